//! Tiles: C2SP `tlog-tiles`, the ledger as immutable files of 256 hashes or 256 entries.

use super::{
    bundle::Files,
    source::Source,
    tree::{Tree, leaf_hash},
};
use crate::crypto::Digest;
use rayon::prelude::*;
use std::{borrow::Cow, fmt, ops::Range};

/// Hashes or entries of a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Tiles above this level are not needed for 2^64 entries.
pub const MAX_TILE_LEVEL: u8 = 7;

/// Why tiles do not give entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// An entry does not fit in two length bytes.
    #[error("an entry of {0} bytes, above 65535")]
    EntryTooLong(usize),
    /// A file that the size calls for is not there.
    #[error("the tile {0} is missing")]
    Missing(String),
    /// A bundle of entries ends early, goes on too long, or holds another number of entries.
    #[error("the tile {path} does not hold exactly {width} entries")]
    Malformed {
        /// The file.
        path: String,
        /// Entries that it should hold.
        width: u16,
    },
}

/// Which tile: of hashes at a level, or of entries. Its text is its path: `tile/0/x001/067.p/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    /// Level of a hash tile, 0 to 7; `None` for entries.
    pub level: Option<u8>,
    /// Place at that level.
    pub index: u64,
    /// Hashes or entries in it, 1 to 256; below 256 it is partial.
    pub width: u16,
}

impl TilePath {
    /// Reads a path in its one spelling.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = match level {
            "entries" => None,
            level => Some(
                u8::try_from(super::note::parse_decimal(level)?)
                    .ok()
                    .filter(|l| *l <= MAX_TILE_LEVEL)?,
            ),
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => (index, u16::try_from(super::note::parse_decimal(width)?).ok()?),
        };
        let digits: String = index
            .split('/')
            .map(|group| group.strip_prefix('x').unwrap_or(group))
            .collect();
        let numeric = digits.bytes().all(|byte| byte.is_ascii_digit());
        let index = if numeric { digits.parse().ok()? } else { return None };
        let tile = Self { level, index, width };
        // Writing it again refuses every other spelling, and widths of 0 and above 255 after `.p/`.
        (width > 0 && width <= TILE_WIDTH && tile.to_string() == path).then_some(tile)
    }

    /// First and one past the last of the hashes (at the tile's level) or entries that it covers.
    pub fn range(&self) -> (u64, u64) {
        let start = self.index.saturating_mul(u64::from(TILE_WIDTH));
        (start, start.saturating_add(u64::from(self.width)))
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            None => f.write_str("tile/entries/")?,
            Some(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)
        } else {
            Ok(())
        }
    }
}

/// Every tile of a log of `size` entries, hashes of each level and then entries, with the partial ones at the right
/// edge only.
pub fn tiles_for(size: u64) -> Vec<TilePath> {
    let mut tiles = Vec::new();
    for level in 0..=MAX_TILE_LEVEL {
        let nodes = size >> (8 * u32::from(level));
        tiles.extend(row(nodes).map(|(index, width)| TilePath {
            level: Some(level),
            index,
            width,
        }));
    }
    tiles.extend(row(size).map(|(index, width)| TilePath {
        level: None,
        index,
        width,
    }));
    tiles
}

fn row(nodes: u64) -> impl Iterator<Item = (u64, u16)> {
    let full = nodes / u64::from(TILE_WIDTH);
    let rest = u16::try_from(nodes % u64::from(TILE_WIDTH)).expect("below 256");
    (0..full)
        .map(|index| (index, TILE_WIDTH))
        .chain((rest > 0).then_some((full, rest)))
}

/// Entries one after the other, each with its length in two bytes, big end first.
pub fn encode_entries<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|entry| entry.as_ref().len() + 2).sum());
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong(entry.len()))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of entries to its end; `None` if it breaks off.
pub fn decode_entries(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
    }
    Some(entries)
}

/// All tile files of a log with these entries, full and partial.
///
/// # Panics
/// If an entry is longer than [`MAX_ENTRY_BYTES`](super::entry::MAX_ENTRY_BYTES); [`try_tiles_of`] says so instead.
pub fn tiles_of<E: AsRef<[u8]>>(entries: &[E]) -> Files {
    try_tiles_of(entries).expect("no entry is longer than 65535 bytes")
}

/// [`tiles_of`] entries of unknown length.
pub fn try_tiles_of<E: AsRef<[u8]>>(entries: &[E]) -> Result<Files, TileError> {
    let tree: Tree = entries.iter().map(|entry| leaf_hash(entry.as_ref())).collect();
    let mut files = Files::new();
    for tile in tiles_for(tree.size()) {
        let bytes = if let Some(level) = tile.level {
            tree.hash_tile(level, tile.index, tile.width)
        } else {
            let (start, end) = tile.range();
            let at = |place| usize::try_from(place).expect("entries in memory have indices");
            encode_entries(&entries[at(start)..at(end)])?
        };
        files.insert(tile.to_string(), bytes);
    }
    Ok(files)
}

/// The first `size` entries, from entry tiles alone; whether the hash tiles fit is for the caller to find out.
///
/// A full tile serves where the size calls for a partial one.
pub fn entries_from_tiles(files: &dyn Source, size: u64) -> Result<Vec<Vec<u8>>, TileError> {
    let mut entries = Vec::new();
    for window in windows(size) {
        let window = Window::read(files, window)?;
        entries.extend(window.entries().into_iter().map(<[u8]>::to_vec));
    }
    Ok(entries)
}

/// Entry tiles read at once: 4,096 entries.
const WINDOW: usize = 16;

/// The entry tiles of a log of `size` entries, a window at a time.
pub fn windows(size: u64) -> impl Iterator<Item = Vec<TilePath>> {
    let mut tiles = entry_tiles(size);
    std::iter::from_fn(move || {
        let window: Vec<_> = tiles.by_ref().take(WINDOW).collect();
        (!window.is_empty()).then_some(window)
    })
}

fn entry_tiles(size: u64) -> impl Iterator<Item = TilePath> {
    row(size).map(|(index, width)| TilePath {
        level: None,
        index,
        width,
    })
}

/// The tile of entries in which an entry of a log of `size` lies.
pub fn entry_tile(seq: u64, size: u64) -> TilePath {
    let index = seq / u64::from(TILE_WIDTH);
    let left = size.saturating_sub(index * u64::from(TILE_WIDTH));
    let width = u16::try_from(left).unwrap_or(TILE_WIDTH).clamp(1, TILE_WIDTH);
    let level = None;
    TilePath { level, index, width }
}

/// SHA-256 of files by path.
pub type Sums = Vec<(String, Digest)>;

/// Entry tiles as they were read.
pub struct Window<'a> {
    tiles: Vec<Held<'a>>,
}

/// The file of a tile.
struct Held<'a> {
    path: String,
    bytes: Cow<'a, [u8]>,
    /// Where in it the entries stand that were asked for.
    entries: Vec<Range<usize>>,
}

impl<'a> Window<'a> {
    /// Reads these tiles of entries; each must hold as many as its file says.
    pub fn read(files: &'a dyn Source, tiles: Vec<TilePath>) -> Result<Self, TileError> {
        let (window, _) = Self::read_and(files, tiles, |_| ())?;
        Ok(window)
    }

    /// [`Self::read`], and the SHA-256 of each file by its path, made while it is at hand.
    pub fn read_and_sum(files: &'a dyn Source, tiles: Vec<TilePath>) -> Result<(Self, Sums), TileError> {
        let (window, digests) = Self::read_and(files, tiles, Digest::of)?;
        let paths = window.tiles.iter().map(|held| held.path.clone());
        let sums = paths.zip(digests).collect();
        Ok((window, sums))
    }

    fn read_and<T: Send>(
        files: &'a dyn Source,
        tiles: Vec<TilePath>,
        make: impl Fn(&[u8]) -> T + Sync,
    ) -> Result<(Self, Vec<T>), TileError> {
        let read = tiles.into_par_iter().map(|tile| {
            let held = read_entry_tile(files, tile)?;
            let made = make(&held.bytes);
            Ok((held, made))
        });
        // The first that cannot be read is told, whichever core was first.
        let read: Vec<Result<_, TileError>> = read.collect();
        let (tiles, made) = read.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok((Self { tiles }, made))
    }

    /// The entries, in order.
    pub fn entries(&self) -> Vec<&[u8]> {
        let tiles = self.tiles.iter();
        let each = tiles.flat_map(|held| held.entries.iter().map(|range| &held.bytes[range.clone()]));
        each.collect()
    }
}

fn read_entry_tile(files: &dyn Source, tile: TilePath) -> Result<Held<'_>, TileError> {
    let full = TilePath {
        width: TILE_WIDTH,
        ..tile
    };
    let (held, path, bytes) = [tile, full]
        .into_iter()
        .find_map(|tile| {
            let path = tile.to_string();
            let bytes = files.whole(&path)?;
            Some((tile, path, bytes))
        })
        .ok_or_else(|| TileError::Missing(tile.to_string()))?;
    let width = usize::from(held.width);
    match decode_entries(&bytes).filter(|found| found.len() == width) {
        Some(found) => {
            let mut end = 0;
            let wanted = found.iter().take(usize::from(tile.width)).map(|entry| {
                let start = end + 2;
                end = start + entry.len();
                start..end
            });
            let entries = wanted.collect();
            Ok(Held { path, bytes, entries })
        }
        None => Err(TileError::Malformed {
            path,
            width: held.width,
        }),
    }
}
