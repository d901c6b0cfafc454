//! What bounds an allocation: land inside sites, and the one general limit.

mod bounds;
pub mod land;
pub mod limit;
