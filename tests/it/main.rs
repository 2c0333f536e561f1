//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod crypto;
#[cfg(feature = "server")]
mod http;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tamper;
mod vectors;
