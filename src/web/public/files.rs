//! Files to download: each with its size, its SHA-256, and what it is for.

use crate::competition::Competition;
use crate::crypto::Digest;
use crate::ledger::bundle::{SUMS, listed_sum};
use crate::ledger::source::Source;

/// A file of the bundle that is worth a line of its own.
#[derive(Debug, Clone)]
pub struct FileLine {
    /// Name in the bundle.
    pub name: String,
    /// Name in messages: `file-<key>`.
    pub key: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// Files that people ask for by name, in the order of the page; the rest is in the bundle.
pub const NAMED: [&str; 8] = [
    "protocol.json",
    "protocol.dsse.json",
    "result.json",
    "ballots.jsonl",
    "candidates.json",
    "rules.json",
    "announcement.dsse.json",
    "checkpoint",
];

/// The lines for those of [`NAMED`] that the bundle has.
pub fn lines(files: &dyn Source) -> Vec<FileLine> {
    let sums = files.whole(SUMS).unwrap_or_default();
    let line = |name: &&str| {
        Some(FileLine {
            name: (*name).to_owned(),
            key: name.replace('.', "-"),
            bytes: files.length(name)?,
            sha256: listed_sum(&sums, name)?,
        })
    };
    NAMED.iter().filter_map(line).collect()
}

/// What must be known before a bundle is believed: the log's verifier key and the announced keys.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// Whose.
    pub whose: &'static str,
    /// Key id.
    pub id: String,
}

/// Key ids that a reader compares with those the offices published themselves.
pub fn trusted(competition: &Competition) -> Vec<Trusted> {
    let log = [Trusted {
        whose: "log",
        id: competition.pinned().log_key.to_string(),
    }];
    let organisers = competition.pinned().organisers.iter().map(|key| Trusted {
        whose: "organiser",
        id: key.id().to_string(),
    });
    let members = competition.announcement().members.iter().map(|member| Trusted {
        whose: member.slot.as_str(),
        id: member.enrolment.key.id().to_string(),
    });
    log.into_iter().chain(organisers).chain(members).collect()
}
