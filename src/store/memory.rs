//! The store in memory: for tests, and for a demonstration that leaves nothing behind.

use super::{
    Answer, Boxed, Change, DraftRow, FileRow, LedgerRow, NewEntry, Noted, SessionRow, Shelf, Store, StoreError, Tip,
};
use crate::crypto::{Digest, KeyId};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps everything until it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
}

#[derive(Default, Clone)]
struct Kept {
    ledgers: BTreeMap<String, Ledger>,
    files: BTreeMap<(String, Shelf, Digest), FileRow>,
    openings: BTreeMap<(String, Digest), Vec<u8>>,
    drafts: BTreeMap<(String, Digest), DraftRow>,
    sessions: BTreeMap<Digest, SessionRow>,
}

#[derive(Default, Clone)]
struct Ledger {
    entries: Vec<Arc<NewEntry>>,
    statements: BTreeSet<(Digest, KeyId)>,
    boxes: BTreeMap<(u32, KeyId), Arc<Boxed>>,
    checkpoint: Option<String>,
}

impl Ledger {
    fn tip(&self) -> Tip {
        self.entries.last().map_or(Tip::EMPTY, |last| Tip {
            size: self.entries.len() as u64,
            leaf: last.leaf,
        })
    }

    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        if self.tip() != change.expected {
            return Err(StoreError::HeadMoved(change.id.clone()));
        }
        let ballots = self.boxes.len() as u64;
        if !change.entries.is_empty() && change.ballots.is_some_and(|expected| expected != ballots) {
            return Err(StoreError::HeadMoved(change.id.clone()));
        }
        for ballot in &change.boxed {
            let card = (ballot.round, ballot.key);
            if self.boxes.insert(card, Arc::new(ballot.clone())).is_some() {
                return Err(StoreError::Taken("a ballot"));
            }
        }
        for entry in &change.entries {
            if !self.statements.insert((entry.hash, entry.key)) {
                return Err(StoreError::Taken("a statement"));
            }
            self.entries.push(Arc::new(entry.clone()));
        }
        if let Some(round) = change.opened {
            let left = |ballot: &Arc<Boxed>| self.statements.contains(&(ballot.hash, ballot.key));
            if self.boxes.values().any(|ballot| ballot.round == round && !left(ballot)) {
                return Err(StoreError::Fault("a ballot leaves the box for the ledger only".into()));
            }
            self.boxes.retain(|(other, _), _| *other != round);
        }
        Ok(())
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change below is built aside and put in place at once, so a panic leaves a whole state.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now<'a, T: Send + 'a>(answer: Result<T, StoreError>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Store for MemoryStore {
    fn ledgers(&self) -> Answer<'_, Vec<LedgerRow>> {
        let row = |(id, ledger): (&String, &Ledger)| LedgerRow {
            id: id.clone(),
            tip: ledger.tip(),
            checkpoint: ledger.checkpoint.clone(),
        };
        now(Ok(self.kept().ledgers.iter().map(row).collect()))
    }

    fn entries<'a>(&'a self, id: &'a str, from: u64, count: u32) -> Answer<'a, Vec<Vec<u8>>> {
        let (from, count) = (
            usize::try_from(from).unwrap_or(usize::MAX),
            usize::try_from(count).unwrap_or(usize::MAX),
        );
        let kept = self.kept();
        let entries = kept.ledgers.get(id).map_or(&[][..], |ledger| &ledger.entries);
        now(Ok(entries
            .iter()
            .skip(from)
            .take(count)
            .map(|entry| entry.bytes.clone())
            .collect()))
    }

    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()> {
        let mut kept = self.kept();
        let mut changed = BTreeMap::new();
        for change in changes {
            let ledger = changed
                .entry(change.id.clone())
                .or_insert_with(|| kept.ledgers.get(&change.id).cloned().unwrap_or_default());
            if let Err(refused) = ledger.apply(change) {
                return now(Err(refused));
            }
        }
        kept.ledgers.extend(changed);
        now(Ok(()))
    }

    fn note<'a>(&'a self, checkpoints: &'a [Noted]) -> Answer<'a, ()> {
        let mut kept = self.kept();
        for noted in checkpoints {
            let ledger = kept.ledgers.get_mut(&noted.id);
            if let Some(ledger) = ledger.filter(|ledger| ledger.tip() == noted.tip) {
                ledger.checkpoint = Some(noted.checkpoint.clone());
            }
        }
        now(Ok(()))
    }

    fn boxed<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<Boxed>> {
        let kept = self.kept();
        let ballots = kept
            .ledgers
            .get(id)
            .into_iter()
            .flat_map(|ledger| ledger.boxes.values());
        let mut ballots: Vec<Boxed> = ballots
            .filter(|ballot| ballot.round == round)
            .map(|ballot| Boxed::clone(ballot))
            .collect();
        ballots.sort_unstable_by_key(|ballot| ballot.hash);
        now(Ok(ballots))
    }

    fn cards<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<(KeyId, Digest)>> {
        let kept = self.kept();
        let ballots = kept
            .ledgers
            .get(id)
            .into_iter()
            .flat_map(|ledger| ledger.boxes.values());
        let of_round = ballots.filter(|ballot| ballot.round == round);
        now(Ok(of_round.map(|ballot| (ballot.key, ballot.hash)).collect()))
    }

    fn boxes<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<u32>> {
        let kept = self.kept();
        let rounds: BTreeSet<u32> = kept
            .ledgers
            .get(id)
            .into_iter()
            .flat_map(|ledger| ledger.boxes.keys())
            .map(|(round, _)| *round)
            .collect();
        now(Ok(rounds.into_iter().collect()))
    }

    fn list_file<'a>(&'a self, id: &'a str, file: &'a FileRow, quota: u64) -> Answer<'a, bool> {
        let mut kept = self.kept();
        let held = kept
            .files
            .iter()
            .filter(|((ledger, shelf, _), _)| ledger == id && *shelf == file.shelf);
        let left = quota.saturating_sub(held.map(|(_, row)| row.bytes).sum());
        now(match kept.files.entry((id.to_owned(), file.shelf, file.sha256)) {
            Entry::Occupied(_) => Ok(false),
            Entry::Vacant(_) if file.bytes > left => Err(StoreError::Quota { left }),
            Entry::Vacant(place) => {
                place.insert(file.clone());
                Ok(true)
            }
        })
    }

    fn file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, Option<FileRow>> {
        now(Ok(self.kept().files.get(&(id.to_owned(), shelf, *sha256)).cloned()))
    }

    fn files(&self) -> Answer<'_, Vec<(String, FileRow)>> {
        now(Ok(self
            .kept()
            .files
            .iter()
            .map(|((id, ..), row)| (id.clone(), row.clone()))
            .collect()))
    }

    fn unlist_file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, bool> {
        let mut kept = self.kept();
        kept.files.remove(&(id.to_owned(), shelf, *sha256));
        now(Ok(kept
            .files
            .values()
            .any(|row| row.shelf == shelf && row.sha256 == *sha256)))
    }

    fn keep_opening<'a>(
        &'a self,
        id: &'a str,
        commitment: &'a Digest,
        opening: &'a [u8],
        quota: u64,
    ) -> Answer<'a, bool> {
        let mut kept = self.kept();
        let held = kept.openings.iter().filter(|((ledger, _), _)| ledger == id);
        let left = quota.saturating_sub(held.map(|(_, body)| body.len() as u64).sum());
        now(match kept.openings.entry((id.to_owned(), *commitment)) {
            Entry::Occupied(_) => Ok(false),
            Entry::Vacant(_) if opening.len() as u64 > left => Err(StoreError::Quota { left }),
            Entry::Vacant(place) => {
                place.insert(opening.to_vec());
                Ok(true)
            }
        })
    }

    fn opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, Option<Vec<u8>>> {
        now(Ok(self.kept().openings.get(&(id.to_owned(), *commitment)).cloned()))
    }

    fn openings(&self) -> Answer<'_, Vec<(String, Digest)>> {
        now(Ok(self.kept().openings.keys().cloned().collect()))
    }

    fn erase_opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, bool> {
        now(Ok(self.kept().openings.remove(&(id.to_owned(), *commitment)).is_some()))
    }

    fn keep_draft<'a>(&'a self, id: &'a str, draft: &'a DraftRow) -> Answer<'a, ()> {
        let mut kept = self.kept();
        let name = (id.to_owned(), draft.hash);
        if kept.drafts.get(&name).map_or(0, |stored| stored.revision) + 1 != draft.revision {
            return now(Err(StoreError::Taken("a draft")));
        }
        kept.drafts.insert(name, draft.clone());
        now(Ok(()))
    }

    fn draft<'a>(&'a self, id: &'a str, hash: &'a Digest) -> Answer<'a, Option<DraftRow>> {
        now(Ok(self.kept().drafts.get(&(id.to_owned(), *hash)).cloned()))
    }

    fn drafts<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<DraftRow>> {
        let kept = self.kept();
        now(Ok(kept
            .drafts
            .iter()
            .filter(|((ledger, _), _)| ledger == id)
            .map(|(_, draft)| draft.clone())
            .collect()))
    }

    fn keep_session<'a>(&'a self, session: &'a SessionRow) -> Answer<'a, ()> {
        self.kept().sessions.insert(session.token, session.clone());
        now(Ok(()))
    }

    fn session<'a>(&'a self, token: &'a Digest) -> Answer<'a, Option<SessionRow>> {
        now(Ok(self.kept().sessions.get(token).cloned()))
    }

    fn end_session<'a>(&'a self, token: &'a Digest) -> Answer<'a, bool> {
        now(Ok(self.kept().sessions.remove(token).is_some()))
    }

    fn sweep_sessions(&self, opened_before: i64, seen_before: i64) -> Answer<'_, u64> {
        let mut kept = self.kept();
        let before = kept.sessions.len();
        kept.sessions
            .retain(|_, session| session.opened_at >= opened_before && session.seen_at >= seen_before);
        now(Ok((before - kept.sessions.len()) as u64))
    }

    fn check(&self) -> Answer<'_, Vec<String>> {
        now(Ok(Vec::new()))
    }

    fn wal_missing(&self) -> bool {
        false
    }

    fn shared(&self) -> bool {
        false
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
