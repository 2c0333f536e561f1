//! The one test binary; each file mirrors a room of `src`.

mod calendar;
mod crypto;
mod ledger;
mod naive;
mod rules;
mod states;
mod story;
mod tally;
mod vectors;
