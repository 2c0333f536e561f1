//! The Merkle tree of RFC 6962 section 2.1: whole ([`Tree`]), or as its right edge only ([`Frontier`]).

use crate::crypto::Digest;

/// Hash of an entry: `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], entry])
}

/// Hash of two subtrees: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// Root over these leaf hashes; the root of no leaf is the hash of nothing.
pub fn root_of(leaves: &[Digest]) -> Digest {
    leaves.iter().copied().collect::<Frontier>().root()
}

/// The right edge of a tree: enough to append and to know the root, in space that grows as the logarithm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Roots of the perfect subtrees, from the greatest to the least; one for each set bit of `size`.
    subtrees: Vec<Digest>,
    size: u64,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Each trailing one of the size is a perfect subtree that the new leaf completes to one twice its size.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one subtree for each set bit");
            node = node_hash(&left, &node);
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root over all leaves.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(least) = subtrees.next() else {
            return Digest::of(&[]);
        };
        subtrees.fold(*least, |right, left| node_hash(left, &right))
    }
}

impl Extend<Digest> for Frontier {
    fn extend<I: IntoIterator<Item = Digest>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Digest> for Frontier {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        frontier.extend(leaves);
        frontier
    }
}

/// Of a tree's levels every fourth is kept: the hash tiles' are among them, and what lies between costs few hashes.
const STEP: u32 = 4;
/// Kept levels from one level of hash tiles to the next.
const TILE_STEPS: usize = 2;
/// Nodes under one of the kept level above.
const WIDTH: usize = 1 << STEP;

/// A tree of which the leaves and every fourth level are kept, about 34 bytes a leaf; gives roots and proofs for every
/// size it has had.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// `levels[k][i]` is the root over the leaves `i * 16^k .. (i + 1) * 16^k`; perfect subtrees only.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(node);
            if !nodes.len().is_multiple_of(WIDTH) {
                return;
            }
            node = root_of(&nodes[nodes.len() - WIDTH..]);
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Root over all leaves.
    pub fn root(&self) -> Digest {
        self.root_at(self.size())
    }

    /// Root over the first `size` leaves.
    ///
    /// # Panics
    /// If the tree is smaller than `size`.
    pub fn root_at(&self, size: u64) -> Digest {
        assert!(size <= self.size(), "the tree has {} leaves, not {size}", self.size());
        if size == 0 {
            Digest::of(&[])
        } else {
            self.subtree(0, size)
        }
    }

    /// The leaf hash at `index`, if there is one.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        let index = usize::try_from(index).ok()?;
        self.levels.first()?.get(index).copied()
    }

    /// Inclusion proof of the leaf `index` in the tree of `size`, from the leaf's sibling up (RFC 6962 §2.1.1).
    ///
    /// # Panics
    /// Unless `index < size <= self.size()`.
    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Digest> {
        assert!(
            index < size && size <= self.size(),
            "no leaf {index} in a tree of {size}"
        );
        let (mut low, mut high) = (0, size);
        let mut path = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.subtree(middle, high));
                high = middle;
            } else {
                path.push(self.subtree(low, middle));
                low = middle;
            }
        }
        path.reverse();
        path
    }

    /// Proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962 §2.1.2).
    ///
    /// Empty where `old` is 0 or `new`.
    ///
    /// # Panics
    /// Unless `old <= new <= self.size()`.
    pub fn consistency(&self, old: u64, new: u64) -> Vec<Digest> {
        assert!(old <= new && new <= self.size(), "no trees of {old} and {new} leaves");
        if old == 0 || old == new {
            return Vec::new();
        }
        let (mut low, mut high) = (0, new);
        let mut path = Vec::new();
        // Down the right edge of the old tree, until a subtree ends where the old tree ends.
        while high != old {
            let middle = low + split(high - low);
            if old <= middle {
                path.push(self.subtree(middle, high));
                high = middle;
            } else {
                path.push(self.subtree(low, middle));
                low = middle;
            }
        }
        // A subtree from the first leaf on is the old root itself, which the verifier has.
        if low > 0 {
            path.push(self.subtree(low, high));
        }
        path.reverse();
        path
    }

    /// `width` nodes of the tile `index` at tile level `level`, 32 bytes each; `None` where the tree has fewer.
    pub fn try_hash_tile(&self, level: u8, index: u64, width: u16) -> Option<Vec<u8>> {
        let nodes = self.levels.get(usize::from(level) * TILE_STEPS)?;
        let start = usize::try_from(index.checked_mul(256)?).ok()?;
        let nodes = nodes.get(start..start.checked_add(usize::from(width))?)?;
        Some(nodes.iter().flat_map(|node| *node.as_bytes()).collect())
    }

    /// [`Tree::try_hash_tile`] of a tile that is known to be there.
    ///
    /// # Panics
    /// If the tree has no such tile.
    pub fn hash_tile(&self, level: u8, index: u64, width: u16) -> Vec<u8> {
        self.try_hash_tile(level, index, width)
            .expect("the caller asks within the size of the tree")
    }

    /// Root over the leaves `low..high`; `low` is a multiple of a power of two that is at least `high - low`.
    fn subtree(&self, low: u64, high: u64) -> Digest {
        let width = high - low;
        let level = width.trailing_zeros();
        if width.is_power_of_two() && level.is_multiple_of(STEP) {
            let index = usize::try_from(low >> level).expect("a node in memory has an index");
            return self.levels[(level / STEP) as usize][index];
        }
        let middle = low + split(width);
        node_hash(&self.subtree(low, middle), &self.subtree(middle, high))
    }
}

impl FromIterator<Digest> for Tree {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let mut tree = Self::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

/// The greatest power of two below `width`, which is at least 2: where RFC 6962 splits a tree.
fn split(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}
