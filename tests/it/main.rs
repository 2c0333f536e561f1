//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod cli;
mod crypto;
mod docs;
#[cfg(feature = "server")]
mod http;
mod ledger;
mod naive;
mod schemas;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tally_cli;
mod vectors;
mod walls;
