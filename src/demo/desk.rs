//! The office as its visitors see it, so that one story runs against a service over HTTP and an office in memory.

use crate::ballot::CandidateId;
use crate::calendar::Time;
use crate::competition::act::Attachment;
use crate::competition::{Head, Opening, Phase};
use crate::crypto::dsse::Envelope;
use crate::crypto::hash::Digest;
use crate::crypto::key::SecretKey;

/// Why a statement was not accepted.
#[derive(Debug)]
pub enum Turned {
    /// The rules say no.
    Refused {
        /// The refusal's code.
        code: String,
        /// What stood against it.
        detail: String,
    },
    /// The machine or the line failed.
    Fault(anyhow::Error),
}

impl std::fmt::Display for Turned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { code, detail } => write!(out, "{code}: {detail}"),
            Self::Fault(error) => write!(out, "{error:#}"),
        }
    }
}

impl std::error::Error for Turned {}

impl From<anyhow::Error> for Turned {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

/// An answer to an accepted statement.
#[derive(Debug, Clone)]
pub struct Answer {
    /// PAE hash.
    pub hash: Digest,
    /// The receipt: a `.tlog-proof`, or a box receipt.
    pub receipt: String,
}

/// What everybody may see of a competition.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct View {
    /// The phase now.
    pub phase: Phase,
    /// SHA-256 of the rule set.
    pub rules: Digest,
    /// SHA-256 of the candidate list, once listed.
    pub candidates: Option<Digest>,
    /// The round, once listed.
    pub round: Option<u32>,
    /// The ledger's head.
    pub head: Head,
    /// Candidates on the present ballot paper; while a drawing by hand is awaited, the tied.
    #[serde(default)]
    pub paper: Vec<CandidateId>,
}

/// The office.
pub trait Desk {
    /// Origin of the competition.
    fn origin(&self) -> String;
    /// The office's time.
    fn now(&self) -> Time;
    /// Moves the office's clock: in a story time is told, never skipped by a rule.
    fn set_now(&mut self, now: Time);
    /// What everybody may see.
    fn view(&mut self) -> anyhow::Result<View>;
    /// Sends one statement.
    fn submit(&mut self, envelope: Envelope) -> Result<Answer, Turned>;
    /// Sends many ballots.
    fn submit_many(&mut self, envelopes: Vec<Envelope>) -> Vec<Result<Answer, Turned>> {
        envelopes.into_iter().map(|envelope| self.submit(envelope)).collect()
    }
    /// Sends an act of several members through a draft that collects their signatures.
    fn submit_shared(&mut self, unsigned: Envelope, signers: &[&SecretKey]) -> Result<Answer, Turned>;
    /// Stores a public attachment.
    fn attach(&mut self, bytes: Vec<u8>) -> anyhow::Result<Attachment>;
    /// Stores a confidential document.
    fn store_document(&mut self, bytes: Vec<u8>) -> anyhow::Result<Digest>;
    /// Stores what opens a commitment.
    fn store_opening(&mut self, opening: Opening) -> anyhow::Result<Digest>;
    /// Root and count of the box, told to a member at the close.
    fn sealed_box(&mut self, member: &SecretKey) -> anyhow::Result<(Digest, u32)>;
    /// Signed bytes of the opened ballots of the present round, in box order.
    fn opened_ballots(&mut self) -> anyhow::Result<Vec<Vec<u8>>>;
    /// The protocol's bytes.
    fn protocol(&mut self) -> anyhow::Result<Vec<u8>>;
    /// The result.
    fn result(&mut self) -> anyhow::Result<serde_json::Value>;
}
