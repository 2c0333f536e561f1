//! Many public keys in little room: 64 bytes each, where a [`PublicKey`] ready for use has 224. Only the first are kept
//! ready, too; each of the others is made ready when it is asked for, which costs a square root.

use super::batch;
use super::key::{KeyError, KeyId, PublicKey};

/// So many keys are kept ready: 14 MB.
const READY: usize = 1 << 16;

/// Keys of which every one passed [`PublicKey::from_bytes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyList {
    ids: Vec<KeyId>,
    keys: Vec<[u8; 32]>,
    /// The first of the keys.
    ready: Vec<PublicKey>,
}

impl KeyList {
    /// Checks every key, on all cores; of several faults the first.
    pub fn read(all: &[[u8; 32]]) -> Result<Self, (usize, KeyError)> {
        let (first, others) = all.split_at(all.len().min(READY));
        let ready = batch::keys_of(first)?;
        let mut ids: Vec<_> = ready.iter().map(PublicKey::id).collect();
        ids.extend(batch::map_keys(others, PublicKey::id).map_err(|(place, error)| (READY + place, error))?);
        let keys = all.to_vec();
        Ok(Self { ids, keys, ready })
    }

    /// What the keys are called, in order.
    pub fn ids(&self) -> &[KeyId] {
        &self.ids
    }

    /// The keys' bytes, in order.
    pub fn bytes(&self) -> &[[u8; 32]] {
        &self.keys
    }

    /// One of the keys, ready for use.
    pub fn key(&self, index: usize) -> Option<PublicKey> {
        match self.ready.get(index) {
            Some(key) => Some(key.clone()),
            None => PublicKey::with_torsion_unchecked(self.keys.get(index)?),
        }
    }
}
