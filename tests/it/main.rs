//! The one test binary; each file mirrors a room of `src`.

mod crypto;
mod ledger;
#[cfg(feature = "server")]
mod store;
mod vectors;
