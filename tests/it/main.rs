//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod cli;
mod crypto;
#[cfg(feature = "server")]
mod http;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tally_cli;
mod vectors;
