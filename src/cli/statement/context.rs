//! What a template takes from the competition: `GET /api/v1/competitions/{id}`, saved as a file or fetched.

use crate::calendar::Time;
use crate::cli::{Failure, cannot_tell, read, usage};
use crate::competition::{Head, Header, Nonce, Phase, Slot};
use crate::crypto::{Digest, KeyId, PublicKey};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where the competition is described.
#[derive(Debug, Clone, clap::Args)]
pub struct Source {
    /// The competition as the office describes it: the saved answer of GET /api/v1/competitions/ID.
    #[arg(long, value_name = "FILE")]
    pub context: Option<PathBuf>,
    /// Fetch that description: https://HOST/api/v1/competitions/ID.
    #[cfg(feature = "server")]
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    pub competition_url: Option<String>,
}

impl Source {
    /// Reads or fetches the description, if one was named.
    pub fn known(&self) -> Result<Option<Known>, Failure> {
        #[cfg(feature = "server")]
        if let Some(url) = &self.competition_url {
            let answer = crate::cli::remote::Remote::new(url.clone()).get("", None)?;
            if !answer.is_good() {
                return Err(answer.problem()?.failure(answer.status));
            }
            return Known::of(&answer.body)
                .map(Some)
                .map_err(|fault| cannot_tell(format!("{url}: {fault}")));
        }
        self.context.as_deref().map(from_file).transpose()
    }
}

fn from_file(path: &Path) -> Result<Known, Failure> {
    Known::of(&read(path)?).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))
}

/// The parts of the description that statements need; what else stands there is passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Known {
    /// `<host>/<competition id>`.
    pub origin: String,
    /// SHA-256 of the rule set.
    pub rules: Digest,
    /// SHA-256 of the candidate list.
    #[serde(default)]
    candidates: Option<Digest>,
    /// The round.
    #[serde(default)]
    pub round: Option<u32>,
    #[serde(default)]
    head: Option<Head>,
    #[serde(default)]
    phase: Option<Phase>,
    #[serde(default)]
    now: Option<Time>,
    #[serde(default)]
    counting_members: Vec<Seat>,
}

#[derive(Debug, Clone, Deserialize)]
struct Seat {
    slot: Slot,
    key: PublicKey,
}

impl Known {
    fn of(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The header of a statement; of an act of several members when it is shared.
    pub fn header(&self, shared: bool, hours: u32, nonce: Nonce) -> Result<Header, Failure> {
        let mut header = Header {
            competition: self.origin.clone(),
            nonce,
            rules: Some(self.rules),
            candidates: self.candidates,
            round: self.round,
            head: None,
            phase: None,
            not_after: None,
        };
        if shared {
            let missing = |what| usage(format!("--shared: the description of the competition holds no {what}"));
            header.head = Some(self.head.ok_or_else(|| missing("head"))?);
            header.phase = Some(self.phase.ok_or_else(|| missing("phase"))?);
            header.not_after = Some(self.now.ok_or_else(|| missing("time"))?.plus_hours(i64::from(hours)));
        }
        Ok(header)
    }

    /// R16: the slot of the counting member with this key.
    pub fn slot(&self, key: &KeyId) -> Option<Slot> {
        self.counting_members
            .iter()
            .find(|seat| seat.key.id() == *key)
            .map(|seat| seat.slot)
    }

    /// The counting member's key with this id.
    pub fn key(&self, id: &KeyId) -> Option<&PublicKey> {
        self.counting_members
            .iter()
            .map(|seat| &seat.key)
            .find(|key| key.id() == *id)
    }
}
