//! What the verifier says: a verdict, every finding, and what it could not check.

use super::finding::Finding;
use serde::Serialize;

/// The verdict over a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything recomputed and equal.
    Proved,
    /// At least one finding.
    Disproved,
    /// Something needed is missing or unreadable, and nothing was disproved.
    CannotTell,
}

impl Verdict {
    /// The exit code of `esep verify`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Proved => 0,
            Self::Disproved => 1,
            Self::CannotTell => 3,
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Which finding.
    pub finding: Finding,
    /// Number of the entry, where it is about one.
    pub entry: Option<u64>,
    /// What exactly.
    pub detail: String,
}

impl Serialize for Found {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("finding", self.finding.number())?;
        map.serialize_entry("rule", self.finding.rule())?;
        map.serialize_entry("title", self.finding.title())?;
        if let Some(entry) = self.entry {
            map.serialize_entry("entry", &entry)?;
        }
        map.serialize_entry("detail", &self.detail)?;
        map.end()
    }
}

/// The report over a bundle.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// `given`: keys came from outside; `bundle`: the record is only consistent with the keys inside.
    pub trust: &'static str,
    /// Key ids by file name, so that people can compare them.
    pub keys: std::collections::BTreeMap<String, String>,
    /// Findings, root cause first.
    pub findings: Vec<Found>,
    /// Files that are missing or unreadable.
    pub missing: Vec<String>,
    /// What was not checked and why; changes nothing.
    pub not_checked: Vec<String>,
    /// What was checked.
    pub summary: Summary,
}

/// What the record holds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Origin.
    pub competition: String,
    /// Whether it is a rehearsal.
    pub rehearsal: bool,
    /// Last phase.
    pub phase: String,
    /// Entries.
    pub entries: u64,
    /// Ballots opened, over all rounds.
    pub ballots: u64,
    /// Signatures checked.
    pub signatures: u64,
    /// Elected candidates: id and name, by rank.
    pub elected: Vec<(String, String)>,
    /// Root of the ledger.
    pub root: String,
}

impl Report {
    /// Numbers of the findings, each once, ascending.
    pub fn numbers(&self) -> Vec<&'static str> {
        let numbers: std::collections::BTreeSet<_> = self.findings.iter().map(|found| found.finding.number()).collect();
        numbers.into_iter().collect()
    }
}
