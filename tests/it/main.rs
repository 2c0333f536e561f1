//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod crypto;
mod docs;
mod ledger;
mod naive;
mod schemas;
mod story;
mod tally;
mod vectors;
mod walls;
