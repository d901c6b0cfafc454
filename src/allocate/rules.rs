//! What bounds an allocation: land inside sites, and the one general limit.

pub mod land;
pub mod limit;
