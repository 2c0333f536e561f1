//! Where the files of a bundle lie: in memory ([`Files`]), or on the disk in a folder or a tar ([`OnDisk`]).
//!
//! A great bundle is never held whole: whoever reads it asks for a part of a file at a time. A file that is missing, ends
//! early or cannot be read gives nothing, and what the system said is kept in [`Source::faults`]: it proves no fraud.

use super::bundle::{BundleError, Files, Intake, at};
use crate::crypto::{Digest, hash::Hasher};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Of the bytes of a file that are hashed at once.
const PIECE_BITS: u32 = 18;

/// Files by path, read where they lie.
pub trait Source: Sync {
    /// Every path, in order.
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_>;
    /// How long a file is.
    fn length(&self, path: &str) -> Option<u64>;
    /// Exactly `length` bytes from `start` on.
    fn part(&self, path: &str, start: u64, length: u64) -> Option<Cow<'_, [u8]>>;
    /// What could not be read so far, in words.
    fn faults(&self) -> Vec<String>;

    /// A whole file.
    fn whole(&self, path: &str) -> Option<Cow<'_, [u8]>> {
        self.part(path, 0, self.length(path)?)
    }
}

/// SHA-256 of a file, if it can be read.
pub fn digest_of_file(files: &dyn Source, path: &str) -> Option<Digest> {
    let mut hasher = Hasher::new();
    let length = files.length(path)?;
    for start in (0..length).step_by(1 << PIECE_BITS) {
        hasher.update(&files.part(path, start, (1 << PIECE_BITS).min(length - start))?);
    }
    Some(hasher.finish())
}

/// A file as a stream, read in large pieces.
pub(super) fn stream<'a>(files: &'a dyn Source, path: &'a str) -> impl Read + 'a {
    let left = files.length(path).unwrap_or_default();
    let room = usize::try_from(left).unwrap_or(usize::MAX).min(1 << PIECE_BITS);
    BufReader::with_capacity(room, Reader { files, path, start: 0 })
}

struct Reader<'a> {
    files: &'a dyn Source,
    path: &'a str,
    start: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let left = self
            .files
            .length(self.path)
            .unwrap_or_default()
            .saturating_sub(self.start);
        let length = left.min(room.len() as u64);
        let part = self.files.part(self.path, self.start, length);
        let part = part.ok_or_else(|| std::io::Error::other("the file cannot be read"))?;
        room[..part.len()].copy_from_slice(&part);
        self.start += length;
        Ok(part.len())
    }
}

impl Source for Files {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn length(&self, path: &str) -> Option<u64> {
        self.file(path).map(|bytes| bytes.len() as u64)
    }

    fn part(&self, path: &str, start: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.file(path)?.get(start..end).map(Cow::Borrowed)
    }

    fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Where on the disk a file of a bundle lies.
#[derive(Debug)]
pub(super) struct Place {
    pub file: PathBuf,
    pub start: u64,
    pub length: u64,
}

/// A bundle that stays on the disk.
#[derive(Debug)]
pub struct OnDisk {
    files: BTreeMap<String, Place>,
    faults: Mutex<Vec<String>>,
}

impl OnDisk {
    /// Looks through a folder, or a tar file, without reading what is in the files.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let mut intake = Intake::default();
        if path.is_dir() {
            intake.folder(path, "")?;
        } else {
            intake.tar_places(path)?;
        }
        Ok(Self {
            files: intake.files,
            faults: Mutex::default(),
        })
    }

    /// Where in its tar a file lies; in a folder, all of the file.
    pub fn range(&self, path: &str) -> Option<Range<u64>> {
        let place = self.files.get(path)?;
        Some(place.start..place.start + place.length)
    }

    /// Everything, into memory.
    pub(super) fn load(&self) -> Result<Files, BundleError> {
        let mut files = Files::new();
        for (path, place) in &self.files {
            let bytes = place.read(0, place.length).map_err(at(&place.file))?;
            files.insert(path.as_str(), bytes);
        }
        Ok(files)
    }
}

impl Place {
    fn read(&self, start: u64, length: u64) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&self.file)?;
        if self.start + start > 0 {
            file.seek(SeekFrom::Start(self.start + start))?;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(|_| std::io::ErrorKind::FileTooLarge)?);
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Source for OnDisk {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.files.keys().map(String::as_str))
    }

    fn length(&self, path: &str) -> Option<u64> {
        self.files.get(path).map(|place| place.length)
    }

    fn part(&self, path: &str, start: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        let place = self.files.get(path)?;
        if start.checked_add(length)? > place.length {
            return None;
        }
        match place.read(start, length) {
            Ok(bytes) => Some(Cow::Owned(bytes)),
            Err(fault) => {
                let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
                faults.push(format!("{path}: {fault}"));
                None
            }
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        faults.sort();
        faults.dedup();
        faults
    }
}
