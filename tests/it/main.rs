//! The one test binary; each file mirrors a room of `src`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::too_many_lines, reason = "a story is told in one piece")]

mod batch;
#[cfg(feature = "server")]
mod by_hand;
mod calendar;
#[cfg(feature = "server")]
mod clerk;
mod cli;
#[cfg(feature = "server")]
mod cluster;
mod crypto;
mod docs;
#[cfg(feature = "server")]
mod documents;
#[cfg(feature = "server")]
mod drafts;
mod envelopes;
#[cfg(feature = "server")]
mod failover;
mod given;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
mod instances;
#[cfg(feature = "server")]
mod kill;
#[cfg_attr(
    not(feature = "server"),
    expect(dead_code, reason = "what lies on the disk is compared in the whole build")
)]
mod kit;
mod ledger;
mod naive;
#[cfg(feature = "server")]
mod office;
mod on_disk;
#[cfg(feature = "server")]
mod pages;
#[cfg(feature = "server")]
mod postgres;
#[cfg(feature = "server")]
mod process;
#[cfg(feature = "server")]
mod proxy;
#[cfg(feature = "server")]
mod reads;
mod rules;
mod scan;
mod schemas;
#[cfg(feature = "server")]
mod sealed;
#[cfg(feature = "server")]
mod secrecy;
#[cfg(feature = "server")]
mod startup;
mod states;
#[cfg(feature = "server")]
mod store;
mod story;
mod tally;
mod tally_cli;
mod tamper;
mod vectors;
mod verifier;
mod verify_page;
mod walls;
#[cfg(feature = "server")]
mod web;

use kit::disk;

/// Elections that a property of counting is tried with.
pub const CASES: u32 = 2000;

/// Every vector that is judged otherwise is named.
pub const FIRST_IS_ENOUGH: bool = false;
