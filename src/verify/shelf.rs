//! What lies beside the ledger, as far as a verifier knows it: attachments, disclosed facts, and what the candidate list
//! opens to everyone. Attachments stay where they lie until one is asked for.

use super::ballots::Signed;
use super::finding::Finding;
use super::places::{Record, Seen};
use super::{Bundle, Notes, Trust, attachment_path};
use crate::competition::act::{Act, Field};
use crate::competition::{Competition, ListFile, Opening, Refusal, Round, Seated, Statement, Stored, attachments_of};
use crate::crypto::commit::try_commitment;
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::KeyId;
use crate::ledger::source::Source;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FOLDER: &str = "attachments/";

/// Whether a file is an attachment.
pub(super) fn is_attachment(path: &str) -> bool {
    path.starts_with(FOLDER)
}

/// Attachments under their digests.
pub(super) struct Attachments<'a> {
    files: &'a dyn Source,
    held: BTreeSet<Digest>,
    /// Files whose names are not their digests.
    misnamed: Vec<(&'a str, Digest)>,
}

impl<'a> Attachments<'a> {
    /// `digests` are those of all attachments.
    pub(super) fn new(files: &'a dyn Source, digests: &BTreeMap<&'a str, Digest>) -> Self {
        let (mut held, mut misnamed) = (BTreeSet::new(), Vec::new());
        for (path, digest) in digests {
            if **path == attachment_path(digest) {
                held.insert(*digest);
            } else {
                misnamed.push((*path, *digest));
            }
        }
        Self { files, held, misnamed }
    }

    fn path(&self, sha256: &Digest) -> Option<String> {
        self.held.contains(sha256).then(|| attachment_path(sha256))
    }

    /// Its length in bytes.
    pub(super) fn length(&self, sha256: &Digest) -> Option<u64> {
        self.files.length(&self.path(sha256)?)
    }

    /// All of it, if it still is what it was.
    fn whole(&self, sha256: &Digest) -> Option<Cow<'_, [u8]>> {
        let bytes = self.files.whole(&self.path(sha256)?)?;
        (Digest::of(&bytes) == *sha256).then_some(bytes)
    }

    /// `length` bytes of it from `start` on.
    pub(super) fn part(&self, sha256: &Digest, start: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        self.files.part(&self.path(sha256)?, start, length)
    }
}

/// The record as far as it was read, what lies beside it, and what is open to everyone by then.
pub(super) struct Shelf<'a> {
    pub record: Record<'a>,
    pub attachments: &'a Attachments<'a>,
    /// Members' signatures over ballots.
    pub signed: &'a Signed,
    /// What members said of ballots.
    pub signings: Vec<Statement>,
    openings: BTreeMap<Digest, Opening>,
    /// Who nominates, by nomination.
    subjects: BTreeMap<Digest, KeyId>,
    committed: BTreeSet<Digest>,
    named: BTreeSet<Digest>,
}

impl Stored for Shelf<'_> {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        Some(self.attachments.whole(sha256)?.into())
    }
    fn attachment_bytes(&self, sha256: &Digest) -> Option<u64> {
        self.attachments.length(sha256)
    }
    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        self.openings.get(commitment).cloned()
    }
    fn document(&self, _: &Digest) -> bool {
        false
    }
    fn boxed(&self, _: u32, _: &KeyId) -> Option<Digest> {
        None
    }
    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        None
    }
    fn complete(&self) -> bool {
        false
    }
    fn keeps_ballots(&self) -> bool {
        false
    }
    fn first_unsigned(
        &self,
        state: &Competition,
        round: &Round,
        member: &Seated,
        signatures: &Digest,
    ) -> Result<Option<usize>, Refusal> {
        self.signed.first_unsigned(self, state, round, member, signatures)
    }
}

impl<'a> Shelf<'a> {
    /// Beside a record of which nothing is read yet.
    pub(super) fn new(bundle: &Bundle<'a>, attachments: &'a Attachments<'a>, signed: &'a Signed) -> Self {
        let mut shelf = Self {
            record: Record::new(bundle.files, bundle.log.name(), bundle.checkpoint.size),
            attachments,
            signed,
            signings: Vec::new(),
            openings: BTreeMap::new(),
            subjects: BTreeMap::new(),
            committed: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        for opening in &bundle.trust.disclosed {
            shelf.open(opening.clone());
        }
        shelf
    }

    /// Takes the next entries into the record.
    pub(super) fn take(&mut self, seen: Vec<Seen>) {
        for seen in seen {
            if let Some(statement) = self.record.take(seen) {
                self.see(statement);
            }
        }
    }

    fn see(&mut self, statement: Statement) {
        self.named.extend(attachments_of(&statement.act));
        self.subjects.extend(subject(&statement));
        self.committed.extend(commitments(&statement));
        match &statement.act {
            Act::CandidateList(act) => self.open_list(&act.list.sha256),
            Act::BallotsSigned(_) => self.signings.push(statement),
            _ => {}
        }
    }

    /// The candidate list opens names, associations and organisations.
    fn open_list(&mut self, sha256: &Digest) {
        let bytes = self.attachments.whole(sha256);
        let Some(list) = bytes.and_then(|bytes| jcs::from_canonical::<ListFile>(&bytes).ok()) else {
            return;
        };
        for entry in list.candidates {
            let Some(subject) = self.subjects.get(&entry.nomination) else {
                continue;
            };
            let subject = subject.to_string();
            let fields = [
                (Field::Name, entry.name),
                (Field::Association, entry.association),
                (Field::Organisations, entry.organisations),
            ];
            for (field, disclosed) in fields {
                self.open(Opening {
                    field: field.as_str().to_owned(),
                    subject: subject.clone(),
                    salt: disclosed.salt,
                    value: disclosed.value,
                });
            }
        }
    }

    fn open(&mut self, opening: Opening) {
        if let Some(commitment) = self.commitment(&opening) {
            self.openings.insert(commitment, opening);
        }
    }

    fn commitment(&self, opening: &Opening) -> Option<Digest> {
        let (salt, value) = (opening.salt.as_bytes(), &opening.value);
        try_commitment(salt, self.record.origin, &opening.field, &opening.subject, value).ok()
    }

    /// What lies there and belongs to nothing: attachments that no entry names, disclosed facts that open no commitment.
    pub(super) fn tell(&self, trust: &Trust, notes: &mut Notes) {
        for (path, digest) in &self.attachments.misnamed {
            notes.find(Finding::Attachment, None, format!("{path} has digest {digest}"));
        }
        if self.record.acts_complete {
            for digest in self.attachments.held.difference(&self.named) {
                let words = format!("{}: no entry names it", attachment_path(digest));
                notes.find(Finding::Attachment, None, words);
            }
        }
        for opening in &trust.disclosed {
            let commitment = self.commitment(opening);
            if commitment.is_none_or(|commitment| !self.committed.contains(&commitment)) {
                let words = format!("the disclosed {} of {}", opening.field, opening.subject);
                notes.not_checked(format!("{words} opens no commitment of this record"));
            }
        }
    }
}

fn subject(statement: &Statement) -> Option<(Digest, KeyId)> {
    match &statement.act {
        Act::Nomination(act) => Some((statement.hash, act.association.key.id())),
        _ => None,
    }
}

fn commitments(statement: &Statement) -> Vec<Digest> {
    match &statement.act {
        Act::Nomination(act) => act.fields.values().copied().collect(),
        Act::Amendment(act) => act.fields.values().copied().collect(),
        Act::ScreeningDecision(act) => act.decisions.iter().map(|decision| decision.decision).collect(),
        Act::Appeal(act) => vec![act.text],
        Act::AppealDecided(act) => vec![act.reason],
        Act::ContestDecided(act) => vec![act.reason],
        Act::AssociationKeyReplaced(act) => vec![act.letter],
        Act::Announcement(act) => match &act.rule_set.electorate {
            crate::ruleset::Electorate::Commission(roll) | crate::ruleset::Electorate::Listed(roll) => {
                vec![roll.commitment]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
