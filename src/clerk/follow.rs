//! Several instances on one database: each follows what the others append, through the same rules as its own.
//!
//! The head rows say whether there is anything to follow; they are read before anything is refused, so that no refusal
//! rests on an older state, and at intervals, so that readers see what others wrote. A group that loses the
//! compare-and-swap, or would refuse something by an older state, is undone and decided anew behind what was followed.

use super::Core;
use super::beside::BoxIndex;
use super::journal::Line;
use super::replay::{go_on, replay};
use super::start_error::StartError;
use super::startup::{cause, compare, compare_boxes, gone};
use super::writer::{Message, Writer};
use crate::store::{Change, LedgerRow, StoreError, Tip};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, Weak};
use std::time::Duration;
use tokio::sync::mpsc;

/// How old a published state may be while nobody writes here.
const EVERY: Duration = Duration::from_millis(250);
/// How often following begins anew because the heads moved meanwhile.
const TRIES: usize = 8;

/// Tells the writer when a head row is ahead of what is published; ends with the clerk.
pub(super) async fn watch(core: Weak<Core>, queue: mpsc::WeakSender<Message>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (Some(core), Some(queue)) = (core.upgrade(), queue.upgrade()) else {
            return;
        };
        let behind = match core.store.ledgers().await {
            Ok(rows) => {
                rows.len() < core.published.read().unwrap_or_else(PoisonError::into_inner).len()
                    || rows.iter().any(|row| size_here(&core, row) != row.tip.size)
            }
            Err(error) => {
                tracing::warn!(%error, "the head rows were not read");
                false
            }
        };
        if behind || !core.at_work.load(Ordering::Relaxed) {
            // A full queue is followed before its next group anyway.
            queue.try_send(Message::Follow(None)).ok();
        }
    }
}

fn size_here(core: &Core, row: &LedgerRow) -> u64 {
    core.snapshot(&row.id).map_or(0, |snapshot| snapshot.head.size)
}

impl Writer {
    /// Follows, and says so in the log where that fails; the next group tries again.
    pub(super) fn catch_up(&mut self) {
        if let Err(error) = self.at_the_head() {
            tracing::error!(%error, "the office cannot go on");
        }
    }

    /// The state in memory is that of the head rows, or was a moment ago.
    pub(super) fn at_the_head(&mut self) -> Result<(), StartError> {
        if self.volumes.is_none() {
            return self.reread();
        }
        if !self.reach.store.shared() {
            return Ok(());
        }
        let followed = self
            .moved_head(&BTreeMap::new())
            .map_err(StartError::from)
            .and_then(|moved| if moved.is_some() { self.follow() } else { Ok(()) });
        if followed.is_err() {
            self.volumes = None;
            self.core.at_work.store(false, Ordering::Relaxed);
        }
        followed
    }

    /// A ledger that ends elsewhere than it does here, or is not there, but for what is still to be committed.
    pub(super) fn moved_head(&self, coming: &BTreeMap<String, Change>) -> Result<Option<String>, StoreError> {
        let rows = self.reach.wait(self.reach.store.ledgers())?;
        let moved = |row: &LedgerRow| {
            let volume = || self.volumes.as_ref()?.get(&row.id).map(|volume| volume.tip);
            let coming = coming.get(&row.id).map(|change| change.expected);
            coming.or_else(volume) != Some(row.tip)
        };
        let begins = |id: &String| coming.get(id).is_some_and(|change| change.expected == Tip::EMPTY);
        let mut here = self.volumes.iter().flat_map(BTreeMap::keys);
        let gone = here.find(|id| !begins(id) && rows.iter().all(|row| row.id != **id));
        Ok(gone
            .or_else(|| rows.iter().find(|row| moved(row)).map(|row| &row.id))
            .cloned())
    }

    /// Brings every volume to its head row and its boxes to what is in them, signs and publishes what is new.
    pub(super) fn follow(&mut self) -> Result<(), StartError> {
        for _ in 0..TRIES {
            match self.follow_once() {
                // What others write between two reads may look like damage.
                Err(error) if self.moved_head(&BTreeMap::new())?.is_some() => {
                    tracing::debug!(%error, "the heads moved while following");
                }
                other => return other,
            }
        }
        self.follow_once()
    }

    fn follow_once(&mut self) -> Result<(), StartError> {
        let rows = self.reach.wait(self.reach.store.ledgers())?;
        gone(&self.reach, self.journal.known(), &rows)?;
        let (mut notes, mut lines) = (Vec::new(), Vec::new());
        for row in &rows {
            self.follow_one(row, &mut lines)?;
            let volume = &self.volumes.get_or_insert_default()[&row.id];
            if row.checkpoint.as_ref() != Some(&volume.checkpoint) {
                notes.push(volume.noted());
            }
            if self.journal.known().checkpoints.get(&row.id) != Some(&volume.checkpoint) {
                lines.push(Line::Checkpoint {
                    id: row.id.clone(),
                    note: volume.checkpoint.clone(),
                });
            }
        }
        if !notes.is_empty() {
            self.reach.wait(self.reach.store.note(&notes))?;
        }
        self.journal.append(&lines)?;
        for volume in self.volumes.get_or_insert_default().values() {
            if self
                .core
                .snapshot(&volume.id)
                .is_none_or(|known| known.head.size != volume.tip.size)
            {
                self.core.publish(&volume.snapshot());
            }
        }
        Ok(())
    }

    fn follow_one(&mut self, row: &LedgerRow, lines: &mut Vec<Line>) -> Result<(), StartError> {
        let office = &self.core.office;
        let volumes = self.volumes.get_or_insert_default();
        let volume = match volumes.entry(row.id.clone()) {
            std::collections::btree_map::Entry::Vacant(place) => place.insert(replay(&self.reach, office, row)?),
            std::collections::btree_map::Entry::Occupied(place) => place.into_mut(),
        };
        if row.tip.size < volume.tip.size {
            return Err(StartError::Shorter {
                id: row.id.clone(),
                has: row.tip.size,
                known: volume.tip.size,
                cause: cause(&self.reach),
            });
        }
        if row.tip != volume.tip {
            go_on(&self.reach, office, volume, row)?;
        }
        if let Some(note) = &row.checkpoint {
            compare(&self.reach, volume, note)?;
        }
        volume.sign_checkpoint();
        read_boxes(self, row, lines)
    }
}

/// What lies in the boxes now: ballots that other instances took, or nothing where one opened them.
fn read_boxes(writer: &mut Writer, row: &LedgerRow, lines: &mut Vec<Line>) -> Result<(), StartError> {
    let reach = &writer.reach;
    let Some(volume) = writer.volumes.get_or_insert_default().get_mut(&row.id) else {
        return Ok(());
    };
    volume.boxes.clear();
    for round in reach.wait(reach.store.boxes(&row.id))? {
        let mut index = BoxIndex::default();
        for (card, hash) in reach.wait(reach.store.cards(&row.id, round))? {
            index.cards.insert(card, hash);
        }
        volume.boxes.insert(round, index);
    }
    compare_boxes(reach, writer.journal.known(), volume, lines)
}
