//! The one test binary; each file mirrors a room of `src`.

mod crypto;
#[cfg(feature = "server")]
mod http;
mod ledger;
#[cfg(feature = "server")]
mod store;
mod vectors;
