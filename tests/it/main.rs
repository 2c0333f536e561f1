//! The one test binary; each file mirrors a room of `src`.

#[cfg(feature = "server")]
mod by_hand;
mod calendar;
mod cli;
mod crypto;
mod docs;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
mod kill;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod process;
mod schemas;
#[cfg(feature = "server")]
mod secrecy;
#[cfg(feature = "server")]
mod startup;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tally_cli;
mod vectors;
mod walls;
