//! The one test binary; each file mirrors a room of `src`.

mod crypto;
mod ledger;
mod vectors;
