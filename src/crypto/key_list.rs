//! Many public keys in little room: 44 to 48 bytes each, where a [`PublicKey`] ready for use has 224. Only the first are
//! kept ready, too; each of the others is made ready when it is asked for, which costs a square root.

use super::batch;
use super::key::{KeyError, KeyId, PublicKey};

/// So many keys are kept ready: 29 MB.
const READY: usize = 1 << 17;

/// Keys of which every one passed [`PublicKey::from_bytes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyList {
    /// With what the id of each begins: enough to find it, and rarely two alike.
    starts: Vec<u64>,
    /// How many starts are below each multiple of an even step, of which there are one to two for each key: where ids
    /// are hashes, and so evenly spread, the two beside a start leave hardly a choice.
    below: Vec<u32>,
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
        let (below, keys) = (count_below(&starts), all.to_vec());
        Ok(Self {
            starts,
            below,
            keys,
            ready,
        })
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
        let step = start.checked_shr(shift(self.below.len())).unwrap_or_default();
        let step = usize::try_from(step).expect("there are as many steps as memory");
        let at = |step| self.below.get(step).map_or(self.starts.len(), |below| *below as usize);
        let (from, to) = (at(step), at(step.saturating_add(1)));
        from + self.starts[from..to].partition_point(|other| *other < start)
    }
}

/// See [`KeyList::below`].
fn count_below(starts: &[u64]) -> Vec<u32> {
    let mut below = vec![0; starts.len().next_power_of_two()];
    let shift = shift(below.len());
    let mut sorted = 0;
    for (step, below) in (0_u64..).zip(&mut below) {
        let first = step.checked_shl(shift).unwrap_or_default();
        while starts.get(sorted).is_some_and(|start| *start < first) {
            sorted += 1;
        }
        *below = u32::try_from(sorted).expect("a list of cards has no more");
    }
    below
}

/// By how much a start is shifted to count these steps, of which there are a power of two.
fn shift(steps: usize) -> u32 {
    u64::BITS - steps.trailing_zeros()
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
                below: super::count_below(&starts),
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
