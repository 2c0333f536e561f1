//! The signed head: policy, checkpoint, and what an older checkpoint or receipt says about this record.

use super::finding::Finding;
use super::{Notes, text};
use crate::competition::{Competition, policy_text};
use crate::crypto::key::PublicKey;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, Vkey};
use crate::ledger::policy::Policy;
use crate::ledger::receipt::{BoxReceipt, Receipt, Refused};
use crate::ledger::source::Source;
use crate::ledger::tree::Tree;
use std::collections::BTreeMap;

pub(super) fn check_checkpoint(
    files: &dyn Source,
    keys: &BTreeMap<String, PublicKey>,
    notes: &mut Notes,
) -> Option<(Vkey, Checkpoint)> {
    let note = text(files, "checkpoint", notes);
    let policy = text(files, "policy", notes);
    let Some(log_key) = keys.get("log") else {
        notes.missing("keys/log.pem: missing");
        return None;
    };
    let note = &*note?;
    let origin = note.lines().next().unwrap_or_default();
    let Ok(log) = Vkey::new(origin, log_key.clone()) else {
        notes.find(Finding::Checkpoint, None, "its first line is no ledger name");
        return None;
    };
    if let Some(policy) = policy {
        check_policy(&policy, &log, notes);
    }
    match Checkpoint::open(note, &log) {
        Ok(checkpoint) => {
            check_written(note, &checkpoint, notes);
            Some((log, checkpoint))
        }
        Err(error) => {
            notes.find(Finding::Checkpoint, None, error.to_string());
            // Go on with what it claims, so that every other failure is told too.
            Note::parse(note)
                .ok()
                .and_then(|note| Checkpoint::parse(&note.text).ok())
                .map(|claimed| (log, claimed))
        }
    }
}

fn check_policy(policy: &str, log: &Vkey, notes: &mut Notes) {
    if policy == policy_text(log) {
        return;
    }
    let named = Policy::parse(policy).is_ok_and(|policy| policy.logs.contains(log));
    let words = if named {
        "it asks for more than this log's key"
    } else {
        "it does not name this log's key"
    };
    notes.find(Finding::Policy, None, words);
}

/// Without a witness the log's own line is the only one; what other lines say nobody here can check.
fn check_written(note: &str, checkpoint: &Checkpoint, notes: &mut Notes) {
    let lines = note
        .strip_prefix(&checkpoint.text())
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.is_empty());
    let others = lines.count().saturating_sub(1);
    if others == 0 {
        notes.not_checked("times of entries: no witness has cosigned the checkpoint, so time is the office's word");
    } else {
        notes.not_checked(format!(
            "times of entries: {others} further lines under the checkpoint are by keys that the policy does not name"
        ));
    }
}

/// An older checkpoint, or the one in a receipt, must be a beginning of this record; a box receipt names a ballot of it.
pub(super) fn check_older(older: &str, log: &Vkey, tree: &Tree, competition: Option<&Competition>, notes: &mut Notes) {
    if let Ok(receipt) = BoxReceipt::open(older, log) {
        return check_boxed(&receipt, competition, notes);
    }
    if let Ok(refused) = Refused::open(older, log) {
        let words = format!(
            "the refusal note of {}: a refused statement is not in the record",
            refused.statement
        );
        return notes.not_checked(words);
    }
    let receipt = Receipt::parse(older).ok();
    let note = receipt.as_ref().map_or(older, |receipt| receipt.checkpoint.as_str());
    match Checkpoint::open(note, log) {
        Err(error) => notes.missing(format!("the older checkpoint cannot be used: {error}")),
        Ok(old) if old.size > tree.size() => {
            let (size, held) = (old.size, tree.size());
            let words = format!("the older checkpoint has {size} entries, this record {held}");
            notes.find(Finding::Older, None, words);
        }
        Ok(old) if tree.root_at(old.size) != old.root => {
            let words = format!("the first {} entries are not those of the older checkpoint", old.size);
            notes.find(Finding::Older, None, words);
        }
        Ok(old) => {
            let placed = receipt.and_then(|receipt| Some((receipt.index, tree.leaf(receipt.index)?, receipt)));
            if let Some((index, leaf, receipt)) = placed
                && receipt.check_leaf(&leaf, log).is_err()
                && index < old.size
            {
                notes.find(
                    Finding::Older,
                    Some(index),
                    "the receipt is for another entry in this place",
                );
            }
        }
    }
}

fn check_boxed(receipt: &BoxReceipt, competition: Option<&Competition>, notes: &mut Notes) {
    let rounds = competition.map(Competition::rounds).unwrap_or_default();
    let round = rounds.iter().find(|round| round.number() == receipt.round);
    let opened = round.filter(|round| !round.ballots().is_empty() || round.counted().is_some());
    match opened {
        None => notes.not_checked(format!("the box receipt: round {} is not opened here", receipt.round)),
        Some(round) if round.ballots().hashes().contains(&receipt.ballot) => {}
        Some(_) => {
            let words = format!(
                "round {}: the box receipt's ballot {} is not there",
                receipt.round, receipt.ballot
            );
            notes.find(Finding::Older, None, words);
        }
    }
}
