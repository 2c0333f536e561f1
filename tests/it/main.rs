//! The one test binary; each file mirrors a room of `src`.

mod calendar;
#[cfg(feature = "server")]
mod clerk;
mod cli;
mod crypto;
mod docs;
#[cfg(feature = "server")]
mod documents;
#[cfg(feature = "server")]
mod drafts;
#[cfg(feature = "server")]
mod http;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod office;
mod rules;
mod schemas;
#[cfg(feature = "server")]
mod sealed;
mod states;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tally_cli;
mod tamper;
mod vectors;
mod walls;
