//! A bundle: named files that need no server and no database, as a folder or a tar.
//!
//! What comes from a stranger is bounded and checked: relative paths only, plain files only, limits on number and
//! size. A tar of the same files is the same bytes on every machine.

use super::source::{OnDisk, Place, Source, digest_of_file, stream};
pub use super::tile::{entries_from_tiles, tiles_of};
use crate::crypto::{Digest, hash::Hasher};
use rayon::prelude::*;
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Greatest number of files.
pub const MAX_FILES: usize = 1_000_000;
/// Greatest size of one file: the ballots of a million electors have 2 GiB.
pub const MAX_FILE_BYTES: u64 = 4 << 30;
/// Greatest size of all files together.
pub const MAX_BUNDLE_BYTES: u64 = 16 << 30;
/// The file that lists the digests of all others.
pub const SUMS: &str = "SHA256SUMS";

/// Why a bundle cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The disk, or a broken archive.
    #[error("{path}: {fault}")]
    Io {
        /// Where.
        path: String,
        /// What the system says.
        fault: io::Error,
    },
    /// A name that could lead outside, or that not every system can hold.
    #[error("{0:?} is not a safe path for a file of a bundle")]
    Path(String),
    /// A link, device or other thing that is no plain file.
    #[error("{0:?} is neither a plain file nor a folder")]
    NotAFile(String),
    /// The same name twice in one archive.
    #[error("{0:?} is in the archive twice")]
    Twice(String),
    /// Beyond the limits.
    #[error("the bundle is too large (at most 1,000,000 files, 4 GiB each, 16 GiB together)")]
    TooLarge,
}

/// What [`check_sums`] finds wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SumProblem {
    /// There is no [`SUMS`].
    #[error("SHA256SUMS is missing")]
    NoSums,
    /// A line that is not `digest  path`, out of order, or repeated.
    #[error("SHA256SUMS line {0} is not a digest, two spaces and a path, in order")]
    Line(usize),
    /// Listed, but not there.
    #[error("{0} is listed and missing")]
    Missing(String),
    /// There, with other bytes.
    #[error("{0} does not have the listed digest")]
    Differs(String),
    /// There, but not listed.
    #[error("{0} is not listed")]
    Unlisted(String),
}

/// Files by relative path with `/` between the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes of a file.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// Puts a file in its place, whatever was there.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }

    /// Adds all files of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Paths and bytes, in order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Reads a folder, or a tar file, into memory.
    pub fn read(path: &Path) -> Result<Self, BundleError> {
        let kind = fs::metadata(path).map_err(at(path))?;
        if kind.is_dir() || kind.is_file() {
            return OnDisk::open(path)?.load();
        }
        // A pipe cannot be read twice.
        let mut intake = Intake::default();
        intake.tar(File::open(path).map_err(at(path))?, path)?;
        Ok(Self(intake.files))
    }

    /// Reads a tar from memory or the network.
    pub fn read_tar(bytes: impl Read) -> Result<Self, BundleError> {
        let mut intake = Intake::default();
        intake.tar(bytes, Path::new("tar"))?;
        Ok(Self(intake.files))
    }

    /// Writes every file below `folder`, which is made if need be; what is there already is written over.
    pub fn write_folder(&self, folder: &Path) -> Result<(), BundleError> {
        write_folder(self, folder)
    }

    /// Writes a tar: paths in order, no times, no owners.
    pub fn write_tar(&self, out: impl Write) -> Result<(), BundleError> {
        write_tar(self, out)
    }

    /// The text of [`SUMS`], as `sha256sum -c` reads it: every file but itself, in order.
    pub fn sums(&self) -> String {
        sums(self)
    }

    /// Everything in which [`SUMS`] and the files differ; empty when all is well.
    pub fn check_sums(&self) -> Vec<SumProblem> {
        check_sums(self, &digests_of(self, self.paths().collect()))
    }
}

/// Writes one file below `folder`.
pub fn put(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), BundleError> {
    let mut file = create(folder, path)?;
    file.write_all(bytes).map_err(at(Path::new(path)))
}

/// An empty file below `folder`.
pub fn create(folder: &Path, path: &str) -> Result<File, BundleError> {
    check_path(path)?;
    let target = folder.join(path);
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(at(parent))?;
    File::create(&target).map_err(at(&target))
}

/// Writes every file below `folder`, which is made if need be; what is there already is written over.
pub fn write_folder(files: &dyn Source, folder: &Path) -> Result<(), BundleError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    for path in files.paths() {
        let mut file = create(folder, path)?;
        io::copy(&mut stream(files, path), &mut file).map_err(at(Path::new(path)))?;
    }
    Ok(())
}

/// Writes files as a tar: paths in order, no times, no owners.
pub fn write_tar(files: &dyn Source, out: impl Write) -> Result<(), BundleError> {
    let mut tar = tar::Builder::new(out);
    for path in files.paths() {
        check_path(path)?;
        let length = files.length(path).unwrap_or_default();
        let mut header = tar::Header::new_ustar();
        header.set_size(length);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, stream(files, path))
            .map_err(at(Path::new(path)))?;
    }
    let mut out = tar.into_inner().map_err(at(Path::new("tar")))?;
    out.flush().map_err(at(Path::new("tar")))
}

/// The text of [`SUMS`], as `sha256sum -c` reads it: every file but itself, in order.
pub fn sums(files: &dyn Source) -> String {
    let digests = digests_of(files, files.paths().collect());
    let listed = digests.iter().filter(|(path, _)| **path != SUMS);
    let lines: Vec<String> = listed.map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    lines.concat()
}

/// A bundle where it lies; what comes through a pipe is held in memory.
pub fn open(path: &Path) -> Result<Box<dyn Source>, BundleError> {
    let kind = fs::metadata(path).map_err(at(path))?;
    if kind.is_dir() || kind.is_file() {
        Ok(Box::new(OnDisk::open(path)?))
    } else {
        Ok(Box::new(Files::read(path)?))
    }
}

/// SHA-256 of these files, if they can be read, on all cores.
pub fn digests_of<'a>(files: &'a dyn Source, mut paths: Vec<&'a str>) -> BTreeMap<&'a str, Digest> {
    // The longest takes one core as long as all others together.
    paths.sort_by_key(|path| Reverse(files.length(path)));
    let digests = paths
        .into_par_iter()
        .filter_map(|path| Some((path, digest_of_file(files, path)?)));
    digests.collect::<Vec<_>>().into_iter().collect()
}

/// Everything in which [`SUMS`] and the files differ; empty when all is well. `digests` are those of the files.
pub fn check_sums(files: &dyn Source, digests: &BTreeMap<&str, Digest>) -> Vec<SumProblem> {
    let Some(sums) = files.whole(SUMS) else {
        return vec![SumProblem::NoSums];
    };
    let mut problems = Vec::new();
    let mut listed: BTreeMap<String, Digest> = BTreeMap::new();
    for (place, line) in sums.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match sum_line(line) {
            Some((path, digest)) if listed.last_key_value().is_none_or(|(last, _)| *last < path) => {
                listed.insert(path, digest);
            }
            _ => problems.push(SumProblem::Line(place + 1)),
        }
    }
    for (path, digest) in &listed {
        match digests.get(path.as_str()) {
            None => problems.push(SumProblem::Missing(path.clone())),
            Some(found) if found != digest => problems.push(SumProblem::Differs(path.clone())),
            Some(_) => {}
        }
    }
    let unlisted = files
        .paths()
        .filter(|path| *path != SUMS && !listed.contains_key(*path));
    problems.extend(unlisted.map(|path| SumProblem::Unlisted(path.to_owned())));
    problems
}

/// What [`SUMS`] says about one file.
pub fn listed_sum(sums: &[u8], path: &str) -> Option<Digest> {
    let mut lines = sums.split_inclusive(|byte| *byte == b'\n').filter_map(sum_line);
    lines.find_map(|(listed, digest)| (listed == path).then_some(digest))
}

fn sum_line(line: &[u8]) -> Option<(String, Digest)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (digest, path) = line.split_once("  ")?;
    Some((path.to_owned(), digest.parse().ok()?)).filter(|(path, _)| path != SUMS)
}

/// Relative, without empty parts, `.`, `..`, back-slashes, colons or control characters.
fn check_path(path: &str) -> Result<(), BundleError> {
    let part_is_safe = |part: &str| !part.is_empty() && part != "." && part != "..";
    let unsafe_character = |c: char| c.is_control() || c == '\\' || c == ':';
    let safe = path.len() <= 255 && path.split('/').all(part_is_safe) && !path.contains(unsafe_character);
    if safe {
        Ok(())
    } else {
        Err(BundleError::Path(path.to_owned()))
    }
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.display().to_string();
    move |fault| BundleError::Io { path, fault }
}

/// Files as far as they were found, held to the limits: `T` is where a file lies, or its bytes.
pub(super) struct Intake<T> {
    pub files: BTreeMap<String, T>,
    bytes: u64,
}

impl<T> Default for Intake<T> {
    fn default() -> Self {
        let (files, bytes) = (BTreeMap::new(), 0);
        Self { files, bytes }
    }
}

impl<T> Intake<T> {
    fn take(&mut self, path: String, length: u64, file: T) -> Result<(), BundleError> {
        check_path(&path)?;
        if self.files.contains_key(&path) {
            return Err(BundleError::Twice(path));
        }
        self.bytes = self.bytes.saturating_add(length);
        let many = self.files.len() >= MAX_FILES;
        if length > MAX_FILE_BYTES || self.bytes > MAX_BUNDLE_BYTES || many {
            return Err(BundleError::TooLarge);
        }
        self.files.insert(path, file);
        Ok(())
    }
}

impl Intake<Place> {
    pub(super) fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), BundleError> {
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            let source: PathBuf = entry.path();
            let name = entry.file_name();
            let name = name
                .to_str()
                .ok_or_else(|| BundleError::Path(source.display().to_string()))?;
            let path = format!("{prefix}{name}");
            // Not followed: a link could lead out of the bundle.
            let kind = entry.file_type().map_err(at(&source))?;
            if kind.is_dir() {
                check_path(&path)?;
                self.folder(&source, &format!("{path}/"))?;
            } else if kind.is_file() {
                let length = entry.metadata().map_err(at(&source))?.len();
                let place = Place {
                    file: source,
                    start: 0,
                    length,
                };
                self.take(path, length, place)?;
            } else {
                return Err(BundleError::NotAFile(path));
            }
        }
        Ok(())
    }

    /// Where in a tar file each file lies.
    pub(super) fn tar_places(&mut self, source: &Path) -> Result<(), BundleError> {
        let file = File::open(source).map_err(at(source))?;
        let held = file.metadata().map_err(at(source))?.len();
        let mut archive = tar::Archive::new(io::BufReader::new(file));
        for entry in archive.entries_with_seek().map_err(at(source))? {
            let entry = entry.map_err(at(source))?;
            let Some(path) = plain_file(&entry)? else { continue };
            let (start, length) = (entry.raw_file_position(), entry.size());
            if start.checked_add(length).is_none_or(|end| end > held) {
                return Err(at(source)(io::ErrorKind::UnexpectedEof.into()));
            }
            let file = source.to_owned();
            self.take(path, length, Place { file, start, length })?;
        }
        Ok(())
    }
}

impl Intake<Vec<u8>> {
    fn tar(&mut self, bytes: impl Read, source: &Path) -> Result<(), BundleError> {
        let mut archive = tar::Archive::new(bytes);
        for entry in archive.entries().map_err(at(source))? {
            let entry = entry.map_err(at(source))?;
            let Some(path) = plain_file(&entry)? else { continue };
            check_path(&path)?;
            let mut bytes = Vec::new();
            let read = entry.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
            read.map_err(at(Path::new(&path)))?;
            self.take(path, bytes.len() as u64, bytes)?;
        }
        Ok(())
    }
}

/// The path of a plain file in a tar; none for a folder.
fn plain_file(entry: &tar::Entry<'_, impl Read>) -> Result<Option<String>, BundleError> {
    let path = String::from_utf8(entry.path_bytes().into_owned())
        .map_err(|fault| BundleError::Path(String::from_utf8_lossy(fault.as_bytes()).into_owned()))?;
    // `tar -C folder .` writes a leading `./`, which is the same place.
    let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
    match entry.header().entry_type() {
        tar::EntryType::Directory => Ok(None),
        tar::EntryType::Regular => Ok(Some(path)),
        _ => Err(BundleError::NotAFile(path)),
    }
}

/// SHA-256 of a file that may be larger than memory.
pub fn digest_of(mut from: impl Read) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    io::copy(&mut from, &mut hasher)?;
    Ok(hasher.finish())
}
