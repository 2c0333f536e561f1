//! The verifier: from the bytes of a bundle to a verdict, with nobody's word taken.
//!
//! It re-hashes contents and never compares stored hashes with each other, and replays every statement through the same
//! `decide` that the office ran. Told in this order: sums; policy and checkpoint; tiles and root; entries, chain and place;
//! signatures and rules entry by entry; derived files; an older checkpoint. The bundle is read through a [`Source`], a part
//! at a time: entries are hashed, placed and replayed in one reading, and the root that they give must be the signed one.
//! What is read again must still be what was hashed (lines of `ballots.jsonl` are compared first, and their entries
//! hashed again only where they differ).
//! What is missing or unreadable is never a finding: a broken download proves no fraud.

mod ahead;
mod ballots;
mod derived;
mod eligible;
mod finding;
mod head;
mod keys;
mod places;
mod replay;
mod report;
mod shelf;
mod words;

pub use finding::Finding;
pub use report::{Found, Report, Summary, Verdict};

use crate::calendar::Time;
use crate::competition::{Competition, Head, Opening, Round};
use crate::crypto::hash::Digest;
use crate::crypto::key::PublicKey;
use crate::ledger::bundle::{SumProblem, check_sums, digests_of};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::Vkey;
use crate::ledger::source::Source;
use crate::ledger::tile::TileError;
use ballots::Signed;
use replay::Replayed;
use shelf::{Attachments, Shelf, is_attachment};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the verifier is given beside the bundle.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Public keys by file name (`log`, `organiser`, slots); empty: the bundle's own.
    pub keys: BTreeMap<String, PublicKey>,
    /// Older checkpoints, receipts or box receipts, as text.
    pub older: Vec<String>,
    /// Private facts, disclosed.
    pub disclosed: Vec<Opening>,
    /// Whether an undisclosed fact of a listed candidate leaves the verdict open.
    pub require_disclosed: bool,
}

/// What the checks write into.
#[derive(Default)]
struct Notes {
    findings: Vec<Found>,
    missing: Vec<String>,
    not_checked: Vec<String>,
    signatures: u64,
}

impl Notes {
    fn find(&mut self, finding: Finding, entry: Option<u64>, detail: impl Into<String>) {
        self.findings.push(Found {
            finding,
            entry,
            detail: detail.into(),
        });
    }

    fn missing(&mut self, words: impl Into<String>) {
        self.missing.push(words.into());
    }

    /// What a part of the checks wrote on its own comes after what is here.
    fn append(&mut self, mut other: Self) {
        self.findings.append(&mut other.findings);
        self.missing.append(&mut other.missing);
        self.not_checked.append(&mut other.not_checked);
        self.signatures += other.signatures;
    }

    fn not_checked(&mut self, words: impl Into<String>) {
        self.not_checked.push(words.into());
    }
}

/// Where the tiles of entries are.
const ENTRIES: &str = "tile/entries/";

/// What every check reads.
struct Bundle<'a> {
    files: &'a dyn Source,
    trust: &'a Trust,
    keys: &'a BTreeMap<String, PublicKey>,
    log: &'a Vkey,
    checkpoint: &'a Checkpoint,
}

/// Checks a bundle, which is read where it lies and never held whole.
pub fn check(files: &dyn Source, trust: &Trust) -> Report {
    let (mut notes, mut of_head) = (Notes::default(), Notes::default());
    let mut summary = Summary::default();
    let keys = keys::inner_keys(files, trust, &mut of_head);
    let head = head::check_checkpoint(files, &keys, &mut of_head);
    let bundle = head.as_ref().map(|(log, checkpoint)| Bundle {
        files,
        trust,
        keys: &keys,
        log,
        checkpoint,
    });
    // The replay asks for attachments by what they hash to. The tiles of entries are summed when they are read for it.
    let (attached, others): (Vec<_>, Vec<_>) = files.paths().partition(|path| is_attachment(path));
    let mut digests = digests_of(files, attached);
    let (attachments, signed) = (Attachments::new(files, &digests), Signed::default());
    let replay = || {
        let bundle = bundle.as_ref()?;
        Some(replay::replay(Shelf::new(bundle, &attachments, &signed), bundle))
    };
    let (entries, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|path| path.starts_with(ENTRIES));
    let (sums, replayed) = rayon::join(|| digests_of(files, others), replay);
    digests.extend(sums);
    let summed = match &replayed {
        Some(Ok(replayed)) => &replayed.shelf.record.sums[..],
        _ => &[],
    };
    digests.extend(digests_of_entries(files, entries, summed));
    note_sums(files, &digests, &mut notes);
    notes.append(of_head);
    if let Some((bundle, replayed)) = bundle.as_ref().zip(replayed) {
        summary.competition.clone_from(&bundle.checkpoint.origin);
        summary.entries = bundle.checkpoint.size;
        check_ledger(bundle, replayed, &mut notes, &mut summary);
    }
    for fault in files.faults() {
        notes.missing(fault);
    }
    let verdict = if !notes.findings.is_empty() {
        Verdict::Disproved
    } else if !notes.missing.is_empty() {
        Verdict::CannotTell
    } else {
        Verdict::Proved
    };
    summary.signatures = notes.signatures;
    Report {
        verdict,
        trust: if trust.keys.is_empty() { "bundle" } else { "given" },
        keys: keys
            .iter()
            .map(|(name, key)| (name.clone(), key.id().to_string()))
            .collect(),
        findings: notes.findings,
        missing: notes.missing,
        not_checked: notes.not_checked,
        summary,
    }
}

/// Digests of tiles of entries, of which these were summed as they were read.
fn digests_of_entries<'a>(
    files: &'a dyn Source,
    paths: Vec<&'a str>,
    summed: &[(String, Digest)],
) -> BTreeMap<&'a str, Digest> {
    let summed: BTreeMap<&str, Digest> = summed.iter().map(|(path, digest)| (&path[..], *digest)).collect();
    let (read, unread): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| summed.contains_key(path));
    let mut digests = digests_of(files, unread);
    digests.extend(read.into_iter().map(|path| (path, summed[path])));
    digests
}

fn note_sums(files: &dyn Source, digests: &BTreeMap<&str, Digest>, notes: &mut Notes) {
    for problem in check_sums(files, digests) {
        match problem {
            SumProblem::NoSums | SumProblem::Missing(_) => notes.missing(problem.to_string()),
            SumProblem::Line(_) | SumProblem::Differs(_) | SumProblem::Unlisted(_) => {
                notes.find(Finding::Sums, None, problem.to_string());
            }
        }
    }
}

fn check_ledger(
    bundle: &Bundle<'_>,
    replayed: Result<Replayed<'_>, TileError>,
    notes: &mut Notes,
    summary: &mut Summary,
) {
    let Replayed {
        mut shelf,
        competition,
        complete,
        notes: of_replay,
    } = match replayed {
        Ok(replayed) => replayed,
        Err(error) => {
            for _ in &bundle.trust.older {
                notes.not_checked("an older checkpoint or receipt: the entries cannot be read");
            }
            keys::check_members(None, false, bundle, notes);
            return notes.missing(error.to_string());
        }
    };
    let tree = &shelf.record.tree;
    let head = Head {
        size: tree.size(),
        root: tree.root(),
    };
    places::check_tiles(bundle.files, tree, notes);
    if head.root != bundle.checkpoint.root {
        let words = format!("recomputed {}, signed {}", head.root, bundle.checkpoint.root);
        notes.find(Finding::Root, None, words);
    }
    summary.root = head.root.to_string();
    shelf.record.tell(notes);
    shelf.tell(bundle.trust, notes);
    notes.append(of_replay);
    keys::check_members(competition.as_ref(), complete, bundle, notes);
    if let Some(competition) = &competition {
        summarise(competition, shelf.record.last_time, summary);
        keys::check_announced(competition, bundle, notes);
        check_rounds(competition, notes);
        derived::check_files(bundle, competition, &shelf, head, complete, notes);
    }
    for older in &bundle.trust.older {
        head::check_older(older, bundle.log, &shelf.record.tree, competition.as_ref(), notes);
    }
}

fn summarise(competition: &Competition, last: Option<Time>, summary: &mut Summary) {
    summary.rehearsal = competition.rehearsal();
    summary.phase = last.map_or_else(String::new, |time| competition.phase(time).to_string());
    summary.ballots = competition
        .rounds()
        .iter()
        .map(|round| round.ballots().len() as u64)
        .sum();
    let name = |id| {
        competition
            .list()
            .and_then(|list| list.by_id(id))
            .map_or_else(String::new, |entry| entry.name.clone())
    };
    let elected = competition
        .outcome()
        .map(|result| &result.elected[..])
        .unwrap_or_default();
    summary.elected = elected
        .iter()
        .map(|one| (one.candidate.to_string(), name(&one.candidate)))
        .collect();
}

/// What a round's numbers show: cards that voted though returned, and C1-C6.
fn check_rounds(competition: &Competition, notes: &mut Notes) {
    // Half a box has no numbers: what stopped its opening is told already.
    let whole = |round: &&Round| {
        round
            .closed_box()
            .is_some_and(|(_, count)| round.ballots().len() == count as usize)
    };
    for round in competition.rounds().iter().filter(whole) {
        let returned = competition.returned_cards_voted(round);
        if returned > 0 {
            notes.find(
                Finding::ReturnedCardVoted,
                None,
                format!("round {}: {returned} ballots", round.number()),
            );
        }
        let Some(sums) = competition.reconcile(round) else {
            continue;
        };
        // A returned card that voted breaks C2 by itself: named once, by its own number.
        let others: Vec<_> = sums
            .failed
            .iter()
            .filter(|check| returned == 0 || *check != "C2")
            .cloned()
            .collect();
        if !others.is_empty() {
            let words = format!("round {}: {}", round.number(), others.join(", "));
            notes.find(Finding::Reconciliation, None, words);
        }
    }
}

/// Bytes as text, or a line among what is missing.
fn text<'a>(files: &'a dyn Source, path: &str, notes: &mut Notes) -> Option<Cow<'a, str>> {
    let found = files.whole(path).and_then(|bytes| match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    });
    if found.is_none() {
        notes.missing(format!("{path}: missing or not text"));
    }
    found
}

/// The digest that a path under `attachments/` claims.
fn attachment_path(digest: &Digest) -> String {
    format!("attachments/{digest}")
}
