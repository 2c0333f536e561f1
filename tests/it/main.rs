//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod crypto;
mod docs;
mod http;
mod ledger;
mod naive;
mod schemas;
mod store;
mod story;
mod tally;
mod vectors;
mod walls;
