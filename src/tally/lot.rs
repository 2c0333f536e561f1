//! The lot `esep-lot-v1`: an order that nobody could choose.
//!
//! Each counting member commits to a nonce before polling opens and reveals it after polling closed, before any ballot
//! is opened. The seed hashes the reveals together with the root of the box; no random number is drawn here.

use crate::ballot::CandidateId;
use crate::crypto::hash::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the rule, hashed into commitments and seed.
pub const LOT_RULE: &str = "esep-lot-v1";

/// What the seed is made of.
///
/// The fields stand in the order of canonical JSON; keep them so, the seed hashes them as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotInput {
    /// RFC 6962 root of the box, signed at the close of polling.
    pub box_root: Digest,
    /// The ledger's origin.
    pub competition: String,
    /// By slot: the nonce, 64 lower-case hex digits. Slots that did not reveal in time are left out.
    pub reveals: BTreeMap<String, String>,
    /// The round whose tie is settled, from 1.
    pub round: u32,
    /// [`LOT_RULE`].
    pub rule: String,
}

/// What a counting member signs before polling opens.
pub fn commitment(origin: &str, round: u32, slot: &str, nonce: &[u8; 32]) -> Digest {
    let round = round.to_string();
    let parts: [&[u8]; 9] = [
        LOT_RULE.as_bytes(),
        b"\n",
        origin.as_bytes(),
        b"\n",
        round.as_bytes(),
        b"\n",
        slot.as_bytes(),
        b"\n",
        nonce,
    ];
    Digest::of_parts(&parts)
}

/// SHA-256 of the canonical JSON of the input.
pub fn seed(input: &LotInput) -> Digest {
    // Sorted fields, a sorted map and integers: what serde_json writes is canonical already; a test compares.
    Digest::of(&serde_json::to_vec(input).expect("a flat object of texts and integers can be written"))
}

/// The tied in the order of the lot: ascending SHA-256(seed || id). The first `seats_left` are elected.
pub fn order(seed: &Digest, tied: &[CandidateId]) -> Vec<CandidateId> {
    let mut order = tied.to_vec();
    order.sort_by_cached_key(|id| Digest::of_parts(&[seed.as_bytes(), id.as_str().as_bytes()]));
    order
}
