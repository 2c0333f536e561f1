//! Many public keys in little room: 64 bytes each, where a [`PublicKey`] ready for use has 224.

use super::batch;
use super::key::{KeyError, KeyId, PublicKey};

/// Keys of which every one passed [`PublicKey::from_bytes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyList {
    ids: Vec<KeyId>,
    keys: Vec<[u8; 32]>,
}

impl KeyList {
    /// Checks every key, on all cores; of several faults the first.
    pub fn read(all: &[[u8; 32]]) -> Result<Self, (usize, KeyError)> {
        let ids = batch::map_keys(all, PublicKey::id)?;
        let keys = all.to_vec();
        Ok(Self { ids, keys })
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
        PublicKey::with_torsion_unchecked(self.keys.get(index)?)
    }
}
