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
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Bytes of a file that are hashed at once.
const PIECE: u64 = 1 << 18;

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

    /// SHA-256 of a file.
    fn digest(&self, path: &str) -> Option<Digest> {
        let length = self.length(path)?;
        let mut hasher = Hasher::new();
        let mut start = 0;
        while start < length {
            let piece = self.part(path, start, PIECE.min(length - start))?;
            hasher.update(&piece);
            start += piece.len() as u64;
        }
        Some(hasher.finish())
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
pub(super) struct Place {
    pub file: PathBuf,
    pub start: u64,
    pub length: u64,
}

/// A bundle that stays on the disk.
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
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| std::io::ErrorKind::FileTooLarge)?];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
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
