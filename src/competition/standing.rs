//! Where a nomination stands, in one word, for its association and the office; never for the public before the list.

use super::{Competition, Context, NominationState};
use crate::crypto::hash::Digest;
use schemars::JsonSchema;
use serde::Serialize;

/// Where a nomination stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Taken in; intake goes on, and it may be amended.
    Received,
    /// Intake is over; it is not screened yet.
    Waiting,
    /// Screened; a flag waits to be settled.
    Flagged,
    /// Screened: every rule is met.
    Admitted,
    /// Screened: a rule is not met.
    Refused,
    /// An appeal waits for its decision.
    Appealed,
    /// R7: another nomination of the association stands.
    Superseded,
    /// Its association withdrew it.
    Withdrawn,
    /// On the candidate list.
    Listed,
    /// The list is published without it.
    NotListed,
}

impl Standing {
    /// As in JSON and in keys of messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Flagged => "flagged",
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Appealed => "appealed",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Listed => "listed",
            Self::NotListed => "not_listed",
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Competition {
    /// Where a nomination stands, as far as its decisions are disclosed; none if there is no such nomination.
    pub fn standing(&self, hash: &Digest, context: &Context<'_>) -> Option<Standing> {
        let nomination = self.nomination(hash)?;
        if nomination.state == NominationState::Withdrawn {
            return Some(Standing::Withdrawn);
        }
        if let Some(list) = self.list() {
            let listed = list.by_nomination(hash).is_some();
            return Some(if listed { Standing::Listed } else { Standing::NotListed });
        }
        if nomination.appeal_open() {
            return Some(Standing::Appealed);
        }
        if nomination.state != NominationState::Live {
            return Some(Standing::Superseded);
        }
        if nomination.screened.is_none() {
            let intake = context.now < self.intake_last_day().end();
            return Some(if intake { Standing::Received } else { Standing::Waiting });
        }
        // A decision with a flag is refused as an answer, and so is one that cannot be read.
        Some(match self.admitted(hash, context) {
            Ok(Some(true)) => Standing::Admitted,
            Ok(Some(false)) => Standing::Refused,
            Ok(None) | Err(_) => Standing::Flagged,
        })
    }
}
