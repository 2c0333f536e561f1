//! A competition as the writer holds it: its state, the end of its ledger, and what finds a retry.

use super::beside::BoxIndex;
use super::snapshot::{SharedTree, Snapshot};
use crate::calendar::Time;
use crate::competition::{Checked, Code, Competition, Head, Placed, Refusal, Step};
use crate::crypto::{Digest, KeyId};
use crate::ledger::tree::{Frontier, leaf_hash};
use crate::ledger::{Checkpoint, Entry, NoteKey};
use crate::store::{Change, NewEntry, Noted, Tip};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A competition as the writer holds it.
pub(super) struct Volume {
    pub id: String,
    pub competition: Arc<Competition>,
    pub frontier: Frontier,
    /// Root and size of `frontier`: every decision asks for it, and a ballot for the box does not change it.
    pub head: Head,
    pub tip: Tip,
    pub last: Time,
    pub index: HashMap<(Digest, KeyId), u64>,
    pub boxes: BTreeMap<u32, BoxIndex>,
    pub tree: SharedTree,
    pub checkpoint: String,
    pub key: Arc<NoteKey>,
}

/// What a group may change of a volume, as it was before.
pub(super) struct Before {
    competition: Arc<Competition>,
    frontier: Frontier,
    head: Head,
    tip: Tip,
    last: Time,
}

impl Volume {
    /// Ballots in all boxes.
    pub fn ballots(&self) -> u64 {
        self.boxes.values().map(|boxed| boxed.cards.len() as u64).sum()
    }

    /// What a group may change, as it is now.
    pub fn before(&self) -> Before {
        Before {
            competition: self.competition.clone(),
            frontier: self.frontier.clone(),
            head: self.head,
            tip: self.tip,
            last: self.last,
        }
    }

    /// As it was before a change that was not made; boxes are read again by whoever follows.
    pub fn undo(&mut self, before: Before, change: Option<&Change>) {
        // Every field by name, so that a new one is thought of here.
        let Self {
            id: _,
            competition,
            frontier,
            head,
            tip,
            last,
            index,
            boxes: _,
            tree: _,
            checkpoint: _,
            key: _,
        } = self;
        for entry in change.iter().flat_map(|change| &change.entries) {
            index.remove(&(entry.hash, entry.key));
        }
        *competition = before.competition;
        *frontier = before.frontier;
        (*head, *tip, *last) = (before.head, before.tip, before.last);
    }

    pub fn sign_checkpoint(&mut self) {
        let origin = self.competition.origin().to_owned();
        let checkpoint = Checkpoint {
            origin,
            size: self.head.size,
            root: self.head.root,
        };
        self.checkpoint = checkpoint.sign(&self.key);
    }

    /// The checkpoint, for the store.
    pub fn noted(&self) -> Noted {
        Noted {
            id: self.id.clone(),
            tip: self.tip,
            checkpoint: self.checkpoint.clone(),
        }
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            id: self.id.clone(),
            competition: self.competition.clone(),
            head: self.head,
            checkpoint: self.checkpoint.clone(),
            tree: self.tree.clone(),
            log_vkey: self.key.vkey().to_string(),
        })
    }
}

/// Root and size of a ledger that ends here.
pub(super) fn head_of(frontier: &Frontier) -> Head {
    Head {
        root: frontier.root(),
        size: frontier.size(),
    }
}

/// The bytes of the entry that this statement becomes.
pub(super) fn entry(origin: &str, tip: Tip, checked: &Checked, now: Time) -> Result<Vec<u8>, Refusal> {
    let statement = checked.statement();
    let entry = Entry {
        body: statement.envelope.clone(),
        kind: statement.kind().as_str().to_owned(),
        log: origin.to_owned(),
        prev: tip.leaf,
        seq: tip.size,
        time: now,
    };
    entry
        .to_bytes()
        .map_err(|error| Code::TooLarge.because(error.to_string()))
}

pub(super) fn append(
    volume: &mut Volume,
    change: &mut Change,
    checked: &Checked,
    step: Step,
    now: Time,
) -> Result<u64, Refusal> {
    let bytes = entry(volume.competition.origin(), volume.tip, checked, now)?;
    let seq = volume.tip.size;
    Arc::make_mut(&mut volume.competition).evolve(step, Placed { seq, time: now });
    enter(volume, change, checked, bytes, now);
    Ok(seq)
}

pub(super) fn enter(volume: &mut Volume, change: &mut Change, checked: &Checked, bytes: Vec<u8>, now: Time) {
    let leaf = leaf_hash(&bytes);
    let key = checked.signers().next().expect("a checked statement has a signature");
    let hash = checked.statement().hash;
    volume.frontier.push(leaf);
    volume.head = head_of(&volume.frontier);
    volume.index.insert((hash, key), volume.tip.size);
    volume.tip = Tip {
        size: volume.tip.size + 1,
        leaf,
    };
    volume.last = now;
    change.entries.push(NewEntry { leaf, hash, key, bytes });
}
