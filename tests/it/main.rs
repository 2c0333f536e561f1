//! The one test binary; each file mirrors a room of `src`.

mod cli;
mod crypto;
mod ledger;
mod vectors;
