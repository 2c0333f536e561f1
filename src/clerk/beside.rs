//! What the rules may ask of the office beside the ledger, while they decide.

use crate::competition::{Opening, Stored};
use crate::crypto::{Digest, KeyId};
use crate::ledger::tree::{leaf_hash, root_of};
use crate::store::{Answer, Shelf, Store, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// A way to the store and the files from a thread that may wait; never from one that runs tasks.
#[derive(Clone)]
pub(crate) struct Reach {
    handle: Handle,
    answering: TaskTracker,
    pub store: Arc<dyn Store>,
    pub folder: PathBuf,
}

impl Reach {
    /// Must be called on a runtime.
    pub fn here(store: Arc<dyn Store>, folder: PathBuf) -> Self {
        Self {
            handle: Handle::current(),
            answering: TaskTracker::new(),
            store,
            folder,
        }
    }

    /// Waits for the store.
    pub fn wait<T>(&self, answer: Answer<'_, T>) -> Result<T, StoreError> {
        self.handle.block_on(answer)
    }

    /// Answers a group beside what the writer does next.
    pub fn answer(&self, answering: impl Future<Output = ()> + Send + 'static) {
        self.answering.spawn_on(answering, &self.handle);
    }

    /// Waits until every group is answered.
    pub fn all_answered(&self) {
        self.answering.close();
        self.handle.block_on(self.answering.wait());
    }

    /// The attachment of that name, if it is there whole.
    pub fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        let path = self.folder.join(Shelf::Attachment.folder()).join(sha256.to_string());
        let bytes = std::fs::read(path).ok()?;
        (Digest::of(&bytes) == *sha256).then(|| bytes.into())
    }
}

/// Which ballots a box holds, by the cards that cast them; their contents stay in the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct BoxIndex {
    pub cards: HashMap<KeyId, Digest>,
}

impl BoxIndex {
    /// Hashes of its ballots, ascending. Sorted when asked, which is seldom: once a ballot comes in, all wait for it.
    pub fn hashes(&self) -> Vec<Digest> {
        let mut hashes: Vec<Digest> = self.cards.values().copied().collect();
        hashes.sort_unstable();
        hashes
    }

    /// RFC 6962 root over the hashes in ascending order, and their number.
    pub fn root(&self) -> (Digest, u32) {
        box_root(&self.hashes())
    }
}

/// Root and count of a box that holds these ballots, in ascending order.
pub(crate) fn box_root(ascending: &[Digest]) -> (Digest, u32) {
    let leaves: Vec<Digest> = ascending.iter().map(|hash| leaf_hash(hash.as_bytes())).collect();
    (root_of(&leaves), u32::try_from(leaves.len()).unwrap_or(u32::MAX))
}

/// What lies beside one competition's ledger.
pub(crate) struct Beside<'a> {
    pub reach: &'a Reach,
    pub id: &'a str,
    pub boxes: Option<&'a BTreeMap<u32, BoxIndex>>,
    pub complete: bool,
    fault: Mutex<Option<StoreError>>,
}

impl<'a> Beside<'a> {
    pub fn new(reach: &'a Reach, id: &'a str, boxes: Option<&'a BTreeMap<u32, BoxIndex>>, complete: bool) -> Self {
        Self {
            reach,
            id,
            boxes,
            complete,
            fault: Mutex::new(None),
        }
    }

    /// The store's failure, if a question was not answered: the decision then means nothing.
    pub fn fault(&self) -> Option<StoreError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn ask<T>(&self, answer: Answer<'_, Option<T>>) -> Option<T> {
        self.reach.wait(answer).unwrap_or_else(|error| {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            None
        })
    }
}

impl Stored for Beside<'_> {
    fn attachment(&self, sha256: &Digest) -> Option<Arc<[u8]>> {
        self.reach.attachment(sha256)
    }

    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        let bytes = self.ask(self.reach.store.opening(self.id, commitment))?;
        serde_json::from_slice(&bytes).ok()
    }

    fn document(&self, sha256: &Digest) -> bool {
        self.ask(self.reach.store.file(self.id, Shelf::Document, sha256))
            .is_some()
    }

    fn boxed(&self, round: u32, key: &KeyId) -> Option<Digest> {
        self.boxes?.get(&round)?.cards.get(key).copied()
    }

    fn box_now(&self, round: u32) -> Option<(Digest, u32)> {
        self.boxes.map(|boxes| {
            boxes
                .get(&round)
                .map_or_else(|| BoxIndex::default().root(), BoxIndex::root)
        })
    }

    fn complete(&self) -> bool {
        self.complete
    }
}
