//! What outlives a run: the results of tiles, and the output folder.
//!
//! Nothing is ever written under its final name: a file is written beside its place, synced, read back and renamed. The
//! results of tiles lie outside the output folder, which holds only what a run promises to reproduce.

pub mod bundle;
pub mod claim;
pub mod codec;
pub mod folder;
pub mod keys;
pub mod ledger;
pub mod lock;
pub mod products;
pub mod tiles;

/// Names of files being written begin with this.
const TEMPORARY: &str = ".solsite-";
