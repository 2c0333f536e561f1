//! Many public keys in little room: 40 bytes each, where a [`PublicKey`] ready for use has 224. Only the first are kept
//! ready, too; each of the others is made ready when it is asked for, which costs a square root.

use super::batch;
use super::key::{KeyError, KeyId, PublicKey};

/// So many keys are kept ready: 29 MB.
const READY: usize = 1 << 17;
/// How far from where it is looked for a key lies at most, to begin with.
const REACH: usize = 256;

/// Keys of which every one passed [`PublicKey::from_bytes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyList {
    /// With what the id of each begins: enough to find it, and rarely two alike.
    starts: Vec<u64>,
    keys: Vec<[u8; 32]>,
    /// The first of the keys.
    ready: Vec<PublicKey>,
}

impl KeyList {
    /// Checks every key, on all cores; of several faults the first.
    pub fn read(all: &[[u8; 32]]) -> Result<Self, (usize, KeyError)> {
        let (first, others) = all.split_at(all.len().min(READY));
        let ready = batch::keys_of(first)?;
        let mut starts = Vec::with_capacity(all.len());
        starts.extend(ready.iter().map(|key| start(&key.id())));
        let others = batch::map_keys(others, |key| start(&key.id()));
        starts.extend(others.map_err(|(place, error)| (READY + place, error))?);
        let keys = all.to_vec();
        Ok(Self { starts, keys, ready })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
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

    /// What one of the keys is called.
    pub fn id(&self, index: usize) -> Option<KeyId> {
        match self.ready.get(index) {
            Some(key) => Some(key.id()),
            None => self.keys.get(index).map(KeyId::of_key),
        }
    }

    /// Whether they stand sorted by id, each once.
    pub fn is_sorted(&self) -> bool {
        let pairs = self.starts.windows(2).enumerate();
        pairs
            .into_iter()
            .all(|(index, pair)| pair[0] < pair[1] || (pair[0] == pair[1] && self.id(index) < self.id(index + 1)))
    }

    /// The place of the key with this id, in a list that [is sorted](Self::is_sorted).
    pub fn find(&self, id: &KeyId) -> Option<usize> {
        let start = start(id);
        let first = self.first_from(start);
        let alike = self.starts[first..].iter().take_while(|other| **other == start);
        (first..first + alike.count()).find(|index| self.id(*index) == Some(*id))
    }

    /// How many ids begin with less.
    fn first_from(&self, start: u64) -> usize {
        let count = self.starts.len();
        // Ids are hashes, evenly spread: it lies near the same part of the list as of all numbers.
        let near = usize::try_from((u128::from(start) * count as u128) >> 64).expect("less than the count");
        let mut reach = REACH;
        loop {
            let (from, to) = (near.saturating_sub(reach), near.saturating_add(reach).min(count));
            let not_before = from == 0 || self.starts[from - 1] < start;
            let not_behind = to == count || self.starts[to] >= start;
            if not_before && not_behind {
                return from + self.starts[from..to].partition_point(|other| *other < start);
            }
            reach = reach.saturating_mul(4);
        }
    }
}

fn start(id: &KeyId) -> u64 {
    let (start, _) = id.as_bytes().split_first_chunk().expect("an id has 32 bytes");
    u64::from_be_bytes(*start)
}

#[cfg(test)]
mod tests {
    use super::KeyList;

    /// Also where ids are not spread evenly, as somebody may choose them.
    #[test]
    fn a_start_is_found_wherever_the_others_are() {
        let even = (0..5_000).map(|place| place * (u64::MAX / 5_000)).collect();
        let low = (0..5_000).collect();
        let high = (0..5_000).map(|place| u64::MAX - 5_000 + place).collect();
        let two_heaps = (0..5_000)
            .map(|place| if place < 2_500 { 7 } else { u64::MAX })
            .collect();
        for starts in [even, low, high, two_heaps, vec![3], Vec::new()] {
            let list = KeyList {
                starts,
                ..KeyList::default()
            };
            let near = list
                .starts
                .iter()
                .flat_map(|start| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
            for start in near.chain([0, 7, 8, u64::MAX / 2, u64::MAX]) {
                let wanted = list.starts.partition_point(|other| *other < start);
                assert_eq!(list.first_from(start), wanted, "{start}");
            }
        }
    }
}
