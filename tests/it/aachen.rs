//! aachen
