//! The one test binary; each file mirrors a room of `src`.

mod calendar;
#[cfg(feature = "server")]
mod clerk;
mod crypto;
#[cfg(feature = "server")]
mod documents;
#[cfg(feature = "server")]
mod drafts;
#[cfg(feature = "server")]
mod http;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod sealed;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod vectors;
