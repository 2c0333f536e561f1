//! What lies beside the ledger, as far as a verifier knows it: attachments, disclosed facts, and what the candidate list
//! opens to everyone. Attachments stay where they lie until one is asked for.

use super::ballots::Signed;
use super::finding::Finding;
use super::places::Record;
use super::{Bundle, Notes, attachment_path};
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

/// Attachments by digest, openings by commitment.
pub(super) struct Shelf<'a> {
    files: &'a dyn Source,
    attachments: BTreeSet<Digest>,
    openings: BTreeMap<Digest, Opening>,
    /// Members' signatures over ballots.
    pub signed: Signed<'a>,
}

impl Stored for Shelf<'_> {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        let bytes = self.files.whole(&self.path(sha256)?)?;
        (Digest::of(&bytes) == *sha256).then(|| bytes.into())
    }
    fn attachment_bytes(&self, sha256: &Digest) -> Option<u64> {
        self.files.length(&self.path(sha256)?)
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
    /// Reads attachments and openings, and compares the attachments with those that the record names.
    pub(super) fn fill(bundle: &Bundle<'a>, record: &'a Record<'a>, notes: &mut Notes) -> Self {
        let mut shelf = Self {
            files: bundle.files,
            attachments: attachments(bundle, notes),
            openings: BTreeMap::new(),
            signed: Signed::new(record),
        };
        let acts = &record.acts;
        let named: BTreeSet<_> = acts
            .iter()
            .flat_map(|statement| attachments_of(&statement.act))
            .collect();
        if record.acts_complete {
            for digest in shelf.attachments.iter().filter(|digest| !named.contains(digest)) {
                let words = format!("{}: no entry names it", attachment_path(digest));
                notes.find(Finding::Attachment, None, words);
            }
        }
        shelf.open_lists(acts, bundle.log.name());
        shelf.disclose(bundle, acts, notes);
        shelf
    }

    fn path(&self, sha256: &Digest) -> Option<String> {
        self.attachments.contains(sha256).then(|| attachment_path(sha256))
    }

    /// `length` bytes of an attachment from `start` on.
    pub(super) fn part(&self, sha256: &Digest, start: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        self.files.part(&self.path(sha256)?, start, length)
    }

    /// The candidate list opens names, associations and organisations.
    fn open_lists(&mut self, acts: &[Statement], origin: &str) {
        let subjects: BTreeMap<_, _> = acts.iter().filter_map(subject).collect();
        for statement in acts {
            let Act::CandidateList(act) = &statement.act else {
                continue;
            };
            let bytes = self.attachment(&act.list.sha256);
            let Some(list) = bytes.and_then(|bytes| jcs::from_canonical::<ListFile>(&bytes).ok()) else {
                continue;
            };
            for entry in list.candidates {
                let Some(subject) = subjects.get(&entry.nomination) else {
                    continue;
                };
                let fields = [
                    (Field::Name, entry.name),
                    (Field::Association, entry.association),
                    (Field::Organisations, entry.organisations),
                ];
                for (field, disclosed) in fields {
                    self.open(
                        origin,
                        Opening {
                            field: field.as_str().to_owned(),
                            subject: subject.to_string(),
                            salt: disclosed.salt,
                            value: disclosed.value,
                        },
                    );
                }
            }
        }
    }

    fn open(&mut self, origin: &str, opening: Opening) -> Option<Digest> {
        let (salt, value) = (opening.salt.as_bytes(), &opening.value);
        let commitment = try_commitment(salt, origin, &opening.field, &opening.subject, value).ok()?;
        self.openings.insert(commitment, opening);
        Some(commitment)
    }

    /// Disclosed facts: what opens no commitment of this record says nothing about it.
    fn disclose(&mut self, bundle: &Bundle<'_>, acts: &[Statement], notes: &mut Notes) {
        if bundle.trust.disclosed.is_empty() {
            return;
        }
        let committed: BTreeSet<_> = acts.iter().flat_map(commitments).collect();
        for opening in &bundle.trust.disclosed {
            let words = format!("the disclosed {} of {}", opening.field, opening.subject);
            let commitment = self.open(bundle.log.name(), opening.clone());
            if commitment.is_none_or(|commitment| !committed.contains(&commitment)) {
                notes.not_checked(format!("{words} opens no commitment of this record"));
            }
        }
    }
}

fn attachments(bundle: &Bundle<'_>, notes: &mut Notes) -> BTreeSet<Digest> {
    let mut held = BTreeSet::new();
    for (path, digest) in bundle.digests {
        let Some(name) = path.strip_prefix("attachments/") else {
            continue;
        };
        if name == digest.to_string() {
            held.insert(*digest);
        } else {
            notes.find(Finding::Attachment, None, format!("{path} has digest {digest}"));
        }
    }
    held
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
