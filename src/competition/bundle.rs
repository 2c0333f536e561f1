//! What a stranger downloads: the files of a bundle, and those of them that are derived from the ledger.
//!
//! Source: `docs/FORMATS.md`. [`derived`] is called by the office to write a bundle and by the verifier to compare.

use super::act::Act;
use super::page::{VERIFIER, verifier_page};
use super::{Competition, Head, PROTOCOL_TYPE, Round, Statement, Stored};
use crate::crypto::base64;
use crate::crypto::dsse::{Envelope, EnvelopeSignature};
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::KeyId;
use crate::ledger::again::{Again, Picked};
use crate::ledger::bundle::{Files, SUMS, tiles_of};
use crate::ledger::entry::Entry;
use crate::ledger::note::Vkey;
use crate::ledger::policy::Policy;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The page for whoever opens a bundle.
pub const README: &str = include_str!("bundle_readme.txt");

/// Why a bundle cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// An attachment that the ledger names is gone.
    #[error("attachment {0} is missing")]
    Attachment(Digest),
    /// An entry cannot be read.
    #[error("entry {0} cannot be read")]
    Entry(usize),
}

/// The policy file: this log's key alone, until witnesses run.
pub fn policy_text(log: &Vkey) -> String {
    Policy::log_only(log.clone()).to_string()
}

/// Digests of the attachments that an act names.
pub fn attachments_of(act: &Act) -> Vec<Digest> {
    match act {
        Act::Announcement(act) => match &act.rule_set.electorate {
            crate::ruleset::Electorate::Commission(roll) | crate::ruleset::Electorate::Listed(roll) => {
                roll.keys.into_iter().collect()
            }
            _ => Vec::new(),
        },
        Act::CandidateList(act) => vec![act.list.sha256],
        Act::CardsPrepared(act) => vec![act.cards.sha256],
        Act::BallotsSigned(act) => vec![act.signatures.sha256],
        Act::PollingClosed(act) => {
            let lists = [&act.unused, &act.spoiled].into_iter().filter(|list| list.count > 0);
            std::iter::once(act.roll.sha256)
                .chain(lists.map(|list| list.sha256))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Every file of the bundle. `entries` are the bytes of all entries, `checkpoint` a note over exactly them.
pub fn bundle_files(
    competition: &Competition,
    entries: &[Vec<u8>],
    checkpoint: &str,
    log: &Vkey,
    stored: &dyn Stored,
) -> Result<Files, BundleFault> {
    let mut files = tiles_of(entries);
    let read = read_entries(entries)?;
    for statement in read.iter().filter_map(|entry| Statement::read(entry.body.clone()).ok()) {
        for sha256 in attachments_of(&statement.act) {
            let bytes = stored.attachment(&sha256).ok_or(BundleFault::Attachment(sha256))?;
            files.insert(format!("attachments/{sha256}"), &*bytes);
        }
    }
    let head = Head {
        size: entries.len() as u64,
        root: crate::ledger::tree::root_of(&leaves(entries)),
    };
    let announcement = read.first().map(|entry| &entry.body);
    files.extend(small_files(competition, announcement, head, checkpoint, log));
    if let Some(lines) = ballots_file(competition, entries, stored)? {
        files.insert("ballots.jsonl", lines);
    }
    let sums = files.sums();
    files.insert(SUMS, sums);
    Ok(files)
}

/// Everything but what grows with the record (tiles, attachments, ballots) and the sums.
pub fn small_files(
    competition: &Competition,
    announcement: Option<&Envelope>,
    head: Head,
    checkpoint: &str,
    log: &Vkey,
) -> Files {
    let mut files = derived(competition, announcement, head);
    files.insert("checkpoint", checkpoint);
    files.insert("policy", policy_text(log));
    files.insert("README.txt", README);
    files.insert(VERIFIER, verifier_page());
    for (name, pem) in key_files(competition, log) {
        files.insert(format!("keys/{name}.pem"), pem);
    }
    files
}

fn leaves(entries: &[Vec<u8>]) -> Vec<Digest> {
    entries
        .iter()
        .map(|bytes| crate::ledger::tree::leaf_hash(bytes))
        .collect()
}

fn read_entries(entries: &[Vec<u8>]) -> Result<Vec<Entry>, BundleFault> {
    let read = entries.iter().enumerate();
    read.map(|(index, bytes)| Entry::from_bytes(bytes).map_err(|_| BundleFault::Entry(index)))
        .collect()
}

/// Public keys by file name: the organiser's, the log's and the four members' as announced.
pub fn key_files(competition: &Competition, log: &Vkey) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::from([("log".to_owned(), log.key().to_pem())]);
    for (index, key) in competition.pinned().organisers.iter().enumerate() {
        let name = if index == 0 {
            "organiser".to_owned()
        } else {
            format!("organiser-{}", index + 1)
        };
        keys.insert(name, key.to_pem());
    }
    for member in &competition.announcement().members {
        keys.insert(member.slot.to_string(), member.enrolment.key.to_pem());
    }
    keys
}

/// Files that follow from the ledger, all but the ballots: a verifier rebuilds them and compares byte for byte.
pub fn derived(competition: &Competition, announcement: Option<&Envelope>, head: Head) -> Files {
    let mut files = Files::new();
    if let Some(announcement) = announcement {
        files.insert("announcement.dsse.json", announcement.to_json());
    }
    if let Ok(rules) = jcs::to_canonical(competition.rules()) {
        files.insert("rules.json", rules);
    }
    if let Some(list) = competition.list() {
        files.insert("candidates.json", &*list.bytes);
    }
    if let Some(bytes) = competition.protocol(head) {
        files.insert("protocol.dsse.json", protocol_envelope(competition, &bytes).to_json());
        files.insert("protocol.json", bytes);
    }
    if let Some(result) = competition.outcome().and_then(|result| jcs::to_canonical(result).ok()) {
        files.insert("result.json", result);
    }
    files
}

/// `ballots.jsonl`, once a round is closed; `entries` are the bytes of all entries.
pub fn ballots_file(
    competition: &Competition,
    entries: &[Vec<u8>],
    stored: &dyn Stored,
) -> Result<Option<Vec<u8>>, BundleFault> {
    let (mut closed, mut lines) = (false, Vec::new());
    // Named ballots of a repeat vote enter as they are cast; nobody reads them before that round is closed.
    for round in competition.rounds().iter().filter(|round| round.closed_box().is_some()) {
        closed = true;
        let sets = signature_sets(round, stored);
        let sets: Vec<_> = sets.iter().map(|(keyid, bytes)| (*keyid, &bytes[..])).collect();
        let cast = round.ballots().seqs().iter().map(|seq| {
            let index = usize::try_from(*seq).unwrap_or(usize::MAX);
            let entry = entries.get(index).ok_or(BundleFault::Entry(index))?;
            Ok(&entry[..])
        });
        for piece in ballot_lines(&cast.collect::<Result<Vec<_>, _>>()?, &sets) {
            lines.extend(piece);
        }
    }
    Ok(closed.then_some(lines))
}

/// Ballots read at once: they lie in whole tiles.
const WINDOW: usize = 4_096;

/// The entries of a round's ballots from where they lie, in the order of the box, a window at a time.
pub fn windows_of<'a>(
    round: &'a Round,
    again: Again<'a>,
) -> impl Iterator<Item = (Range<usize>, Result<Picked<'a>, String>)> {
    let ballots = round.ballots();
    (0..ballots.len()).step_by(WINDOW).map(move |start| {
        let places = start..ballots.len().min(start + WINDOW);
        let seqs = ballots.seqs()[places.clone()].to_vec();
        (places, again.pick(seqs))
    })
}

/// Lines that are made in one piece of memory.
const PIECE: usize = 32;

/// Lines of `ballots.jsonl`, some in each piece: one envelope each, the elector's signature and then the members', in slot
/// order.
///
/// `entries` are those of neighbours in the box, `sets` the members' 64-byte signatures over the same.
pub fn ballot_lines(entries: &[&[u8]], sets: &[(KeyId, &[u8])]) -> Vec<Vec<u8>> {
    let opened = |(keyid, bytes): &(KeyId, _)| (format!(r#",{{"keyid":"{keyid}","sig":""#), *bytes);
    let sets: Vec<(String, &[u8])> = sets.iter().map(opened).collect();
    let pieces = entries.par_chunks(PIECE).enumerate();
    let piece = |(piece, entries): (usize, &[&[u8]])| {
        let length = entries.iter().map(|entry| entry.len() + 192 * sets.len()).sum();
        let mut lines = Vec::with_capacity(length);
        for (index, entry) in (PIECE * piece..).zip(entries) {
            write_line(&mut lines, entry, index, &sets);
        }
        lines
    };
    pieces.map(piece).collect()
}

/// `sets`: what of a signature's JSON stands before its base64, and the signatures.
fn write_line(lines: &mut Vec<u8>, entry: &[u8], index: usize, sets: &[(String, &[u8])]) {
    let body = Entry::body_of(entry);
    // An envelope ends with its signatures, of which a ballot has one.
    let open = body.strip_suffix(b"]}").unwrap_or(body);
    lines.extend_from_slice(open);
    for (before, signatures) in sets {
        let Some(signature) = signatures.as_chunks::<64>().0.get(index) else {
            continue;
        };
        lines.extend_from_slice(before.as_bytes());
        base64::encode_into(lines, signature);
        lines.extend_from_slice(br#""}"#);
    }
    lines.extend_from_slice(b"]}\n");
}

fn signature_sets(round: &Round, stored: &dyn Stored) -> Vec<(KeyId, Arc<[u8]>)> {
    let sets = round.signed().values();
    sets.filter_map(|(keyid, sha256)| Some((*keyid, stored.attachment(sha256)?)))
        .collect()
}

/// The protocol with the signatures of those who signed it, in slot order.
fn protocol_envelope(competition: &Competition, bytes: &[u8]) -> Envelope {
    let mut envelope = Envelope::new(PROTOCOL_TYPE, bytes);
    if let Some(frozen) = competition.frozen() {
        let signatures = frozen.signatures.iter().filter_map(|(slot, sig)| {
            let keyid = competition.member(*slot)?.key.id();
            Some(EnvelopeSignature { keyid, sig: *sig })
        });
        envelope.signatures.extend(signatures);
    }
    envelope
}
