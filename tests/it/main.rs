//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod cli;
mod crypto;
mod http;
mod ledger;
mod naive;
mod store;
mod story;
mod tally;
mod vectors;
