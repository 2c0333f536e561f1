//! Esep runs the competition for the civil-society seats of a state commission and proves the result.
//!
//! One way through the house: request -> statement (a signed envelope) -> decision -> ledger append -> view -> response.
//!
//! | room | what it is for |
//! |---|---|
//! | [`calendar`] | days, deadlines and ages; dates come in as values |
//! | [`ruleset`] | every choice that the rules leave open, as signed data |
//! | [`ballot`] | what a ballot may say |
//! | [`eligibility`] | who may be a candidate, and of which association |
//! | [`tally`] | totals, ranks, ties, lots, margins: exact integers |
//! | [`crypto`] | hashes, keys, signatures, envelopes, canonical JSON |
//! | [`competition`] | one competition: statements, decisions, states, protocol, result |
//! | [`ledger`] | entries, tree, proofs, notes, tiles, bundles: knows nothing of competitions |
//! | [`verify`] | from the bytes of a bundle to a verdict, with nobody's word taken |
//! | [`demo`] | the story: actors with their own keys, an office in memory, an office over HTTP |
//! | [`cli`] | the command line: parse, call a room, print, exit code |
//! | `clerk` | the one way in which a competition changes: decide, append, receipt |
//! | `store`, `documents`, `drafts` | what is kept: ledger and box; files; statements that wait for signatures |
//! | `config` | the settings file, and the environment |
//! | `http` | the JSON API and the pages: reads bytes, asks a room, writes bytes; decides nothing |
//! | `web` | what the pages say and show: languages, messages, templates, assets |
//! | `telemetry` | the process's own log |
//!
//! The pure rooms know no clock, no randomness, no files and no network: time, actor and chance arrive as values
//! (but for the coefficients of [`crypto::batch`]).
//! The walls between rooms are kept by `tests/it/walls.rs`.

pub mod ballot;
pub mod calendar;
pub mod cli;
pub mod competition;
pub mod crypto;
pub mod demo;
pub mod eligibility;
pub mod ledger;
pub mod ruleset;
pub mod tally;
pub mod verify;

#[cfg(feature = "server")]
pub mod clerk;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod documents;
#[cfg(feature = "server")]
pub mod drafts;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod web;
