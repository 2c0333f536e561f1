//! Whom to trust: the policy file of C2SP `tlog-policy`: logs, witnesses, groups of them, and the quorum.

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{Verified, Vkey, VkeyKind},
};
use std::{collections::BTreeSet, fmt};

/// Logs, witnesses and groups that one file may name.
pub const MAX_POLICY_LINES: usize = 1000;

/// Why a policy cannot be read, or a checkpoint does not meet it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A line that breaks the format.
    #[error("policy line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No quorum line.
    #[error("the policy names no quorum")]
    NoQuorum,
    /// No log has signed, or a signature does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Signed by the log, but by too few witnesses.
    #[error("the checkpoint is not cosigned by the quorum {0}")]
    Quorum(String),
}

/// A witness and the name that groups use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Name inside the file.
    pub name: String,
    /// Its cosignature key.
    pub vkey: Vkey,
    /// Where it is reached, if the file says so.
    pub url: Option<String>,
}

/// A group of witnesses and groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name inside the file.
    pub name: String,
    /// How many of the members must have cosigned.
    pub threshold: usize,
    /// Names of witnesses and of groups above.
    pub members: Vec<String>,
}

/// A policy file. The quorum is the name of a witness or group, or `None` for the log's word alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Any one of these must have signed.
    pub logs: Vec<Vkey>,
    /// Those who may cosign.
    pub witnesses: Vec<Witness>,
    /// In the order in which they may refer to one another.
    pub groups: Vec<Group>,
    /// What must have cosigned.
    pub quorum: Option<String>,
}

impl Policy {
    /// The policy of one log without witnesses.
    pub fn log_only(log: Vkey) -> Self {
        Self {
            logs: vec![log],
            ..Self::default()
        }
    }

    /// The policy of one log of whose witnesses `threshold` must have cosigned; their key names name them.
    pub fn with_quorum(log: Vkey, witnesses: &[Vkey], threshold: usize) -> Self {
        let witness = |vkey: &Vkey| Witness {
            name: vkey.name().to_owned(),
            vkey: vkey.clone(),
            url: None,
        };
        let members = witnesses.iter().map(|vkey| vkey.name().to_owned()).collect();
        Self {
            logs: vec![log],
            witnesses: witnesses.iter().map(witness).collect(),
            groups: vec![Group {
                name: "quorum-of-witnesses".into(),
                threshold,
                members,
            }],
            quorum: Some("quorum-of-witnesses".into()),
        }
    }

    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.lines().count() > MAX_POLICY_LINES {
            return Err(PolicyError::Line {
                line: MAX_POLICY_LINES,
                why: "too many lines",
            });
        }
        let mut reader = Reader::default();
        for (place, line) in text.split('\n').enumerate() {
            reader
                .line(line)
                .map_err(|why| PolicyError::Line { line: place + 1, why })?;
        }
        if reader.quorum_seen {
            Ok(reader.policy)
        } else {
            Err(PolicyError::NoQuorum)
        }
    }

    /// The keys of logs and witnesses.
    pub fn keys(&self) -> Vec<Vkey> {
        self.logs
            .iter()
            .chain(self.witnesses.iter().map(|witness| &witness.vkey))
            .cloned()
            .collect()
    }

    /// The checkpoint of a note that a log has signed and the quorum has cosigned, and who has.
    pub fn check(&self, note: &str) -> Result<(Checkpoint, Vec<Verified>), PolicyError> {
        let (checkpoint, verified) = Checkpoint::open_all(note, &self.keys())?;
        if self.is_met(&verified) {
            return Ok((checkpoint, verified));
        }
        Err(PolicyError::Quorum(self.quorum.clone().unwrap_or_default()))
    }

    /// Whether these verified lines meet the quorum.
    pub fn is_met(&self, verified: &[Verified]) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let cosigned = |witness: &&Witness| verified.iter().any(|by| by.vkey == witness.vkey && by.time.is_some());
        let mut met: BTreeSet<&str> = self
            .witnesses
            .iter()
            .filter(cosigned)
            .map(|w| w.name.as_str())
            .collect();
        for group in &self.groups {
            if group
                .members
                .iter()
                .filter(|member| met.contains(member.as_str()))
                .count()
                >= group.threshold
            {
                met.insert(&group.name);
            }
        }
        met.contains(quorum.as_str())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for log in &self.logs {
            writeln!(f, "log {log}")?;
        }
        for witness in &self.witnesses {
            let url = witness.url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
            writeln!(f, "witness {} {}{url}", witness.name, witness.vkey)?;
        }
        for group in &self.groups {
            writeln!(
                f,
                "group {} {} {}",
                group.name,
                group.threshold,
                group.members.join(" ")
            )?;
        }
        writeln!(f, "quorum {}", self.quorum.as_deref().unwrap_or("none"))
    }
}

/// A policy as far as it was read.
#[derive(Default)]
struct Reader {
    policy: Policy,
    names: BTreeSet<String>,
    members: BTreeSet<String>,
    quorum_seen: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
            return Err("a control character");
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] | ["log", vkey, _] => self.log(vkey),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, threshold, ref members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            _ => Err("not a log, witness, group or quorum line"),
        }
    }

    fn log(&mut self, vkey: &str) -> Result<(), &'static str> {
        let vkey = Vkey::parse(vkey).map_err(|_| "not a verifier key")?;
        if vkey.kind() != VkeyKind::Ed25519 {
            return Err("a log signs with a key of type 1");
        }
        if self.policy.logs.iter().any(|log| log.key() == vkey.key()) {
            return Err("the same log twice");
        }
        self.policy.logs.push(vkey);
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), &'static str> {
        let vkey = Vkey::parse(vkey).map_err(|_| "not a verifier key")?;
        if vkey.kind() != VkeyKind::CosignatureV1 {
            return Err("a witness signs with a key of type 4");
        }
        if self
            .policy
            .witnesses
            .iter()
            .any(|witness| witness.vkey.key() == vkey.key())
        {
            return Err("the same witness twice");
        }
        self.define(name)?;
        self.policy.witnesses.push(Witness {
            name: name.to_owned(),
            vkey,
            url: url.map(str::to_owned),
        });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), &'static str> {
        for member in members {
            if !self.names.contains(*member) {
                return Err("a member that was not defined above");
            }
            // Each name is a member once, so that nobody counts in two ways.
            if !self.members.insert((*member).to_owned()) {
                return Err("a name is a member twice");
            }
        }
        let threshold = match threshold {
            "any" => Some(1),
            "all" => Some(members.len()),
            number => super::note::parse_decimal(number).and_then(|number| usize::try_from(number).ok()),
        };
        let threshold = threshold
            .filter(|k| (1..=members.len()).contains(k))
            .ok_or("a threshold out of range")?;
        self.define(name)?;
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.policy.groups.push(Group {
            name: name.to_owned(),
            threshold,
            members,
        });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), &'static str> {
        if std::mem::replace(&mut self.quorum_seen, true) {
            return Err("a second quorum");
        }
        if name == "none" {
            return Ok(());
        }
        if !self.names.contains(name) {
            return Err("a quorum that was not defined above");
        }
        self.policy.quorum = Some(name.to_owned());
        Ok(())
    }

    fn define(&mut self, name: &str) -> Result<(), &'static str> {
        if name == "none" {
            return Err("the name 'none' is taken");
        }
        if self.names.insert(name.to_owned()) {
            Ok(())
        } else {
            Err("a name is defined twice")
        }
    }
}
