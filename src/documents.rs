//! Files that are too large, or too private, for the ledger: streamed to content-addressed folders.
//!
//! `documents/` holds what is confidential (letters, applications, resumes, reasons), `attachments/` what accepted
//! entries name and everyone may read. A file's name is the SHA-256 of its bytes, taken while they arrive; it appears
//! under that name only whole and durable, and is listed afterwards. Nothing here trusts a client's file name or type,
//! and nothing decides who may read. Specification: `docs/FORMATS.md`, storage.

use crate::clerk::journal::sync_folder;
use crate::competition::Opening;
use crate::crypto::commit::try_commitment;
use crate::crypto::hash::Hasher;
use crate::crypto::{Digest, hex};
use crate::store::{FileRow, Shelf, Store, StoreError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

/// Start of the names of files that are still arriving.
const ARRIVING: &str = ".arriving-";
/// No file arrives for longer.
const ARRIVING_AT_MOST: Duration = Duration::from_hours(24);
/// Bytes by which a type is recognised.
const MAGIC_BYTES: usize = 16;
/// Greatest length of an opening as JSON.
pub const MAX_OPENING_BYTES: usize = 64 * 1024;

/// How much is taken; bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One document.
    pub document_bytes: u64,
    /// All documents of a competition.
    pub documents_bytes: u64,
    /// One attachment.
    pub attachment_bytes: u64,
    /// All attachments of a competition.
    pub attachments_bytes: u64,
    /// All openings of a competition.
    pub openings_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            document_bytes: 5_000_000,
            documents_bytes: 4_096 * MIB,
            attachment_bytes: 256 * MIB,
            attachments_bytes: 2_048 * MIB,
            openings_bytes: 256 * MIB,
        }
    }
}

impl Limits {
    /// Greatest length of one file.
    pub fn of_one(&self, shelf: Shelf) -> u64 {
        match shelf {
            Shelf::Document => self.document_bytes,
            Shelf::Attachment => self.attachment_bytes,
        }
    }

    /// Greatest length of all files of a competition.
    pub fn of_all(&self, shelf: Shelf) -> u64 {
        match shelf {
            Shelf::Document => self.documents_bytes,
            Shelf::Attachment => self.attachments_bytes,
        }
    }
}

/// Why a file was not taken, or not given.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Longer than one file may be.
    #[error("the file is longer than {limit} bytes")]
    TooLong {
        /// Greatest length.
        limit: u64,
    },
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Its first bytes are of no type that is taken.
    #[error("the file is neither a PDF, nor a JPEG, nor a PNG")]
    Type,
    /// The competition's quota is used up.
    #[error("the competition has room for {left} more bytes only")]
    Quota {
        /// Bytes that still fit.
        left: u64,
    },
    /// The value of an opening has no canonical form, or is too long.
    #[error("the opening cannot be committed to: {0}")]
    Opening(String),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Quota { left } => Self::Quota { left },
            other => Self::Store(other),
        }
    }
}

/// The media type that the first bytes show; only types that are taken as documents.
pub fn media_type(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        _ => None,
    }
}

/// Whether no other instance can still be writing this file.
async fn old(file: &fs::DirEntry) -> io::Result<bool> {
    let age = file.metadata().await?.modified()?.elapsed();
    Ok(age.is_ok_and(|age| age > ARRIVING_AT_MOST))
}

/// The folders of a data folder, and their index in the store.
#[derive(Clone)]
pub struct Documents {
    folder: Arc<Path>,
    store: Arc<dyn Store>,
    limits: Limits,
    /// Held while a name appears or goes, so that no file goes that another competition is just listing.
    turn: Arc<Mutex<()>>,
}

impl Documents {
    /// Makes the folders where they are missing, and removes what never arrived whole.
    pub async fn open(folder: &Path, store: Arc<dyn Store>, limits: Limits) -> io::Result<Self> {
        for shelf in Shelf::ALL {
            let folder = folder.join(shelf.folder());
            fs::create_dir_all(&folder).await?;
            let mut files = fs::read_dir(&folder).await?;
            while let Some(file) = files.next_entry().await? {
                if file.file_name().to_string_lossy().starts_with(ARRIVING) && (!store.shared() || old(&file).await?) {
                    fs::remove_file(file.path()).await?;
                }
            }
        }
        Ok(Self::look(folder, store, limits))
    }

    /// The folders as they are, to be looked at beside an office at work.
    pub fn look(folder: &Path, store: Arc<dyn Store>, limits: Limits) -> Self {
        Self {
            folder: folder.into(),
            store,
            limits,
            turn: Arc::default(),
        }
    }

    /// What is taken.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where a file lies.
    pub fn path(&self, shelf: Shelf, sha256: &Digest) -> PathBuf {
        self.folder.join(shelf.folder()).join(sha256.to_string())
    }

    /// Begins to take a file. Dropping the arrival forgets it.
    pub async fn begin(&self, id: &str, shelf: Shelf) -> Result<Arrival, DocumentError> {
        let name = format!("{ARRIVING}{}", hex::encode(&rand::random::<[u8; 16]>()));
        let path = self.folder.join(shelf.folder()).join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await?;
        let arriving = Arriving(Some(path));
        Ok(Arrival {
            documents: self.clone(),
            id: id.to_owned(),
            shelf,
            arriving,
            file,
            hasher: Hasher::new(),
            start: Vec::with_capacity(MAGIC_BYTES),
            bytes: 0,
        })
    }

    /// Takes a file that is in memory already.
    pub async fn put(&self, id: &str, shelf: Shelf, bytes: &[u8]) -> Result<Kept, DocumentError> {
        let mut arrival = self.begin(id, shelf).await?;
        arrival.write(bytes).await?;
        arrival.finish().await
    }

    /// An open file that is listed for this competition.
    pub async fn file(
        &self,
        id: &str,
        shelf: Shelf,
        sha256: &Digest,
    ) -> Result<Option<(FileRow, File)>, DocumentError> {
        let Some(row) = self.store.file(id, shelf, sha256).await? else {
            return Ok(None);
        };
        let file = File::open(self.path(shelf, sha256)).await?;
        Ok(Some((row, file)))
    }

    /// The bytes of a file that is listed for this competition.
    pub async fn bytes(&self, id: &str, shelf: Shelf, sha256: &Digest) -> Result<Option<Vec<u8>>, DocumentError> {
        match self.store.file(id, shelf, sha256).await? {
            Some(_) => Ok(Some(fs::read(self.path(shelf, sha256)).await?)),
            None => Ok(None),
        }
    }

    /// Erases a file of this competition; its bytes go when no other competition lists them.
    pub async fn erase(&self, id: &str, shelf: Shelf, sha256: &Digest) -> Result<(), DocumentError> {
        let _turn = self.turn.lock().await;
        self.forget(id, shelf, sha256).await
    }

    async fn forget(&self, id: &str, shelf: Shelf, sha256: &Digest) -> Result<(), DocumentError> {
        if self.store.unlist_file(id, shelf, sha256).await? {
            return Ok(());
        }
        match fs::remove_file(self.path(shelf, sha256)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Keeps what opens a commitment of this competition (`origin` is its ledger's name); answers the commitment.
    pub async fn keep_opening(&self, id: &str, origin: &str, opening: &Opening) -> Result<Digest, DocumentError> {
        let Opening {
            field,
            subject,
            salt,
            value,
        } = opening;
        let commitment = try_commitment(salt.as_bytes(), origin, field, subject, value)
            .map_err(|error| DocumentError::Opening(error.to_string()))?;
        let body = serde_json::to_vec(opening).map_err(|error| DocumentError::Opening(error.to_string()))?;
        if body.len() > MAX_OPENING_BYTES {
            return Err(DocumentError::Opening(format!("longer than {MAX_OPENING_BYTES} bytes")));
        }
        self.store
            .keep_opening(id, &commitment, &body, self.limits.openings_bytes)
            .await?;
        Ok(commitment)
    }

    /// What opens a commitment, if it is kept.
    pub async fn opening(&self, id: &str, commitment: &Digest) -> Result<Option<Opening>, DocumentError> {
        let Some(body) = self.store.opening(id, commitment).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&body)
            .map(Some)
            .map_err(|_| StoreError::Damaged(format!("the opening of {commitment}")).into())
    }

    /// Rereads every listed file; a sentence for each that is missing or changed.
    pub async fn check(&self) -> Result<Vec<String>, DocumentError> {
        let listed: BTreeSet<(Shelf, Digest)> = self
            .store
            .files()
            .await?
            .into_iter()
            .map(|(_, row)| (row.shelf, row.sha256))
            .collect();
        let mut found = Vec::new();
        for (shelf, sha256) in listed {
            let path = self.path(shelf, &sha256);
            let read =
                tokio::task::spawn_blocking(move || crate::ledger::bundle::digest_of(std::fs::File::open(path)?));
            match read.await.map_err(io::Error::other)? {
                Ok(read) if read == sha256 => {}
                Ok(_) => found.push(format!("the {} {sha256} was changed", shelf.as_str())),
                Err(error) => found.push(format!("the {} {sha256} cannot be read: {error}", shelf.as_str())),
            }
        }
        Ok(found)
    }
}

/// A file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// `false`: it was listed already.
    pub created: bool,
    /// Name, length, type.
    pub file: FileRow,
}

/// Removes a file that did not arrive.
struct Arriving(Option<PathBuf>);

impl Drop for Arriving {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // What cannot be removed now is removed at the next start.
            std::fs::remove_file(path).ok();
        }
    }
}

/// A file that is arriving.
pub struct Arrival {
    documents: Documents,
    id: String,
    shelf: Shelf,
    arriving: Arriving,
    file: File,
    hasher: Hasher,
    start: Vec<u8>,
    bytes: u64,
}

impl Arrival {
    /// Takes the next bytes; refuses as soon as there are too many, or the first ones show a type that is not taken.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), DocumentError> {
        let limit = self.documents.limits.of_one(self.shelf);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > limit {
            return Err(DocumentError::TooLong { limit });
        }
        let missing = MAGIC_BYTES - self.start.len();
        self.start.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        if self.start.len() == MAGIC_BYTES {
            self.media()?;
        }
        self.hasher.update(bytes);
        Ok(self.file.write_all(bytes).await?)
    }

    fn media(&self) -> Result<&'static str, DocumentError> {
        match self.shelf {
            Shelf::Document => media_type(&self.start).ok_or(DocumentError::Type),
            Shelf::Attachment => Ok("application/octet-stream"),
        }
    }

    /// Makes the file durable under its name and lists it.
    pub async fn finish(mut self) -> Result<Kept, DocumentError> {
        if self.bytes == 0 && self.shelf == Shelf::Document {
            return Err(DocumentError::Empty);
        }
        let media = self.media()?.to_owned();
        self.file.flush().await?;
        self.file.sync_all().await?;
        let sha256 = std::mem::take(&mut self.hasher).finish();
        let row = FileRow {
            shelf: self.shelf,
            sha256,
            bytes: self.bytes,
            media,
        };
        let Documents {
            folder,
            store,
            limits,
            turn,
        } = &self.documents;
        let _turn = turn.lock().await;
        // The name first, then the list: what is listed is there, whenever the machine falls.
        if let Some(arriving) = self.arriving.0.take() {
            fs::rename(&arriving, self.documents.path(self.shelf, &sha256)).await?;
        }
        let folder = folder.join(self.shelf.folder());
        let synced = tokio::task::spawn_blocking(move || sync_folder(&folder));
        synced.await.map_err(io::Error::other)??;
        let listed = store.list_file(&self.id, &row, limits.of_all(self.shelf)).await;
        if let Err(StoreError::Quota { .. }) = listed {
            self.documents.forget(&self.id, self.shelf, &sha256).await?;
        }
        let created = listed?;
        Ok(Kept { created, file: row })
    }
}
