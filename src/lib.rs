//! Esep runs the competition for the civil-society seats of a state commission and proves the result.
//!
//! One way through the house: request -> statement (a signed envelope) -> decision -> ledger append -> view -> response.
//!
//! | room | what it is for |
//! |---|---|
//! | [`calendar`] | days, deadlines and ages; dates come in as values |
//! | [`ruleset`] | every choice that the rules leave open, as signed data |
//! | [`ballot`] | what a ballot may say |
//! | [`tally`] | totals, ranks, ties, lots, margins: exact integers |
//! | [`crypto`] | hashes, keys, signatures, envelopes, canonical JSON |
//! | [`ledger`] | entries, tree, proofs, notes, tiles, bundles: knows nothing of competitions |
//!
//! The pure rooms know no clock, no randomness, no files and no network: time, actor and chance arrive as values.
//! The walls between rooms are kept by `tests/it/walls.rs`.

// pub mod ballot;
pub mod calendar;
pub mod crypto;
pub mod ledger;
// pub mod ruleset;
// pub mod tally;
