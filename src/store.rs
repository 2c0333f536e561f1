//! What the office keeps, and what may be relied upon after a fall: the contract, and its three stores.
//!
//! The ledger and the box are append-only, change only under compare-and-swap on the tip, and many changes are one
//! transaction. Beside them lie plain records: the index of stored files, openings of commitments, drafts, sessions.
//! A store decides nothing, verifies no signature, and makes no time of its own. Bytes go in and the same bytes come
//! out. One contract suite (`tests/it/store.rs`) runs on every store. Specification: `docs/FORMATS.md`, storage.

pub mod copy;
pub mod database;
pub mod memory;
pub mod postgres;
pub mod sqlite;

use crate::crypto::{Digest, KeyId};
use futures_util::future::BoxFuture;

pub use database::Database;
pub use memory::MemoryStore;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The ledger is not where the caller took it to be; nothing was changed.
    #[error("the ledger {0} has moved on")]
    HeadMoved(String),
    /// A record with this name is there already, with other content; nothing was changed.
    #[error("{0} is there already")]
    Taken(&'static str),
    /// The competition's quota would be exceeded; nothing was changed.
    #[error("the quota of the competition is used up: {left} bytes are left")]
    Quota {
        /// Bytes that still fit.
        left: u64,
    },
    /// What is stored is not what a store writes.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The server was reached anew: it may hold another state than the one that was left; nothing was changed.
    #[error("the connection to the database was lost and made anew")]
    Reconnected,
    /// The machine failed. Whether a change landed is unknown: read before going on.
    #[error("the store failed: {0}")]
    Fault(String),
}

/// What a store answers, some time later.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Where a ledger ends: number of entries, and leaf hash of the last (zero where there is none).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Entries.
    pub size: u64,
    /// Leaf hash of the last entry.
    pub leaf: Digest,
}

impl Tip {
    /// The tip of a ledger without entries.
    pub const EMPTY: Self = Self {
        size: 0,
        leaf: Digest::ZERO,
    };
}

/// A ledger as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Id of the competition.
    pub id: String,
    /// Where the ledger ends.
    pub tip: Tip,
    /// The newest checkpoint noted, as it was signed.
    pub checkpoint: Option<String>,
}

/// An entry to be appended. The store takes the hashes on trust and start-up checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Leaf hash of `bytes`.
    pub leaf: Digest,
    /// PAE hash of the statement.
    pub hash: Digest,
    /// Its first signer.
    pub key: KeyId,
    /// The entry itself.
    pub bytes: Vec<u8>,
}

/// A secret ballot in the box. Nothing in it tells when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boxed {
    /// The round.
    pub round: u32,
    /// PAE hash of the ballot.
    pub hash: Digest,
    /// Key of the card that cast it.
    pub key: KeyId,
    /// The envelope as JSON.
    pub envelope: Vec<u8>,
}

/// What happens to one competition in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Id of the competition.
    pub id: String,
    /// Where the caller takes the ledger to end; [`Tip::EMPTY`] begins a new one.
    pub expected: Tip,
    /// Entries to append, in order.
    pub entries: Vec<NewEntry>,
    /// Ballots to put into the box.
    pub boxed: Vec<Boxed>,
    /// Round whose box is destroyed, its ballots being among `entries`.
    pub opened: Option<u32>,
    /// How many ballots the caller takes the boxes to hold, where `entries` were decided by them.
    pub ballots: Option<u64>,
}

impl Change {
    /// A change of nothing yet.
    pub fn at(id: impl Into<String>, expected: Tip) -> Self {
        Self {
            id: id.into(),
            expected,
            entries: Vec::new(),
            boxed: Vec::new(),
            opened: None,
            ballots: None,
        }
    }

    /// Whether nothing would happen.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.boxed.is_empty() && self.opened.is_none()
    }

    /// Whether nothing happens to the ledger, and something to its box.
    pub fn only_fills_the_box(&self) -> bool {
        self.entries.is_empty() && self.opened.is_none() && !self.boxed.is_empty() && self.expected != Tip::EMPTY
    }

    /// Where the ledger ends afterwards.
    pub fn tip(&self) -> Tip {
        let size = self.expected.size + self.entries.len() as u64;
        Tip {
            size,
            leaf: self.entries.last().map_or(self.expected.leaf, |entry| entry.leaf),
        }
    }
}

/// A signed checkpoint, and the tip that it was signed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Id of the competition.
    pub id: String,
    /// Where the ledger ended.
    pub tip: Tip,
    /// The note.
    pub checkpoint: String,
}

/// Which folder a stored file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// Confidential: letters, applications, resumes, reasons.
    Document,
    /// Public once an accepted entry names it.
    Attachment,
}

impl Shelf {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Document, Self::Attachment];

    /// The shelf's name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Attachment => "attachment",
        }
    }

    /// The folder inside the data folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Document => "documents",
            Self::Attachment => "attachments",
        }
    }
}

/// A stored file; its bytes lie in the folder of its shelf under its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Which folder.
    pub shelf: Shelf,
    /// SHA-256 of the bytes: the file's name.
    pub sha256: Digest,
    /// Length.
    pub bytes: u64,
    /// Media type, as found in the first bytes.
    pub media: String,
}

/// A draft as stored; `body` is [`crate::drafts`]' own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// PAE hash of the statement.
    pub hash: Digest,
    /// Counts the writes, from 1.
    pub revision: u64,
    /// JSON of the draft.
    pub body: Vec<u8>,
}

/// A session for confidential reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token; the token itself is kept nowhere.
    pub token: Digest,
    /// Id of the competition.
    pub competition: String,
    /// Whose session.
    pub key: KeyId,
    /// Seconds since 1970.
    pub opened_at: i64,
    /// Seconds since 1970.
    pub seen_at: i64,
}

/// Everything the office keeps.
///
/// **For every method:** once it answers `Ok`, its effect survives a crash of program and machine; on `HeadMoved`,
/// `Taken`, `Quota` and `Reconnected` nothing was changed; on `Fault` the outcome is unknown. Readers see whole
/// transactions only.
/// Competition ids and hashes are taken as given. All methods may be called from several tasks at once.
pub trait Store: Send + Sync {
    /// Every ledger, by ascending id.
    fn ledgers(&self) -> Answer<'_, Vec<LedgerRow>>;

    /// Bytes of at most `count` entries from place `from` on, in order; fewer only at the end.
    fn entries<'a>(&'a self, id: &'a str, from: u64, count: u32) -> Answer<'a, Vec<Vec<u8>>>;

    /// All changes, or none: one transaction.
    ///
    /// `HeadMoved` unless each ledger ends exactly where expected, also where a change only fills the box; and where
    /// entries are appended, unless the boxes hold as many ballots as the caller says (if it says). `Taken`
    /// if a statement (PAE hash, first key) is in the ledger already, or a ballot of the same card in the box of its
    /// round. `Reconnected` where the server is not surely the one that was read last, since no head tells that ballots
    /// are gone: the same changes may be given again once heads and boxes were read. A box is destroyed so that its
    /// ballots' order of arrival cannot be read from the disk by this program's own means; only ballots that are in the
    /// ledger leave it.
    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()>;

    /// Notes signed checkpoints as the newest, of each ledger that still ends where its checkpoint says: whoever moved
    /// it on signs a newer one.
    fn note<'a>(&'a self, checkpoints: &'a [Noted]) -> Answer<'a, ()>;

    /// The ballots of a round's box, by ascending PAE hash.
    fn boxed<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<Boxed>>;

    /// Card and PAE hash of each ballot in a round's box, in no order.
    fn cards<'a>(&'a self, id: &'a str, round: u32) -> Answer<'a, Vec<(KeyId, Digest)>>;

    /// Rounds of a competition that have ballots in a box, ascending.
    fn boxes<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<u32>>;

    /// Lists a stored file. `false`: it was listed already. `Quota` if the shelf of this competition would then hold
    /// more than `quota` bytes.
    fn list_file<'a>(&'a self, id: &'a str, file: &'a FileRow, quota: u64) -> Answer<'a, bool>;

    /// The file of that name, if it is listed for this competition.
    fn file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, Option<FileRow>>;

    /// Every listed file with its competition, by competition, shelf and hash.
    fn files(&self) -> Answer<'_, Vec<(String, FileRow)>>;

    /// Takes a file off the list of this competition; answers whether another competition still lists it.
    fn unlist_file<'a>(&'a self, id: &'a str, shelf: Shelf, sha256: &'a Digest) -> Answer<'a, bool>;

    /// Keeps the opening of a commitment (JSON). `false`: it was kept already. `Quota` if the openings of this
    /// competition would then hold more than `quota` bytes.
    fn keep_opening<'a>(
        &'a self,
        id: &'a str,
        commitment: &'a Digest,
        opening: &'a [u8],
        quota: u64,
    ) -> Answer<'a, bool>;

    /// The opening of a commitment.
    fn opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, Option<Vec<u8>>>;

    /// Every opening that is kept, by competition and commitment.
    fn openings(&self) -> Answer<'_, Vec<(String, Digest)>>;

    /// Erases an opening for good; answers whether it was there.
    fn erase_opening<'a>(&'a self, id: &'a str, commitment: &'a Digest) -> Answer<'a, bool>;

    /// Writes a draft whose stored revision is one less than this one's (1: none is stored); `Taken` otherwise.
    fn keep_draft<'a>(&'a self, id: &'a str, draft: &'a DraftRow) -> Answer<'a, ()>;

    /// The draft of that hash.
    fn draft<'a>(&'a self, id: &'a str, hash: &'a Digest) -> Answer<'a, Option<DraftRow>>;

    /// Every draft of a competition, by ascending hash.
    fn drafts<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<DraftRow>>;

    /// Writes a session, or its new time.
    fn keep_session<'a>(&'a self, session: &'a SessionRow) -> Answer<'a, ()>;

    /// The session of the token with this hash.
    fn session<'a>(&'a self, token: &'a Digest) -> Answer<'a, Option<SessionRow>>;

    /// Ends a session; answers whether there was one.
    fn end_session<'a>(&'a self, token: &'a Digest) -> Answer<'a, bool>;

    /// Ends every session opened before, or not seen since, these times (seconds since 1970); answers how many.
    fn sweep_sessions(&self, opened_before: i64, seen_before: i64) -> Answer<'_, u64>;

    /// Checks the store's own structure; a sentence for each thing found wrong.
    fn check(&self) -> Answer<'_, Vec<String>>;

    /// Whether the newest changes may lie in a file beside the database that is now missing.
    fn wal_missing(&self) -> bool;

    /// Whether other instances of the office may write to the same ledgers.
    fn shared(&self) -> bool;

    /// Ends every connection; what is kept in files is then folded together. Nothing may be asked afterwards.
    fn close(&self) -> BoxFuture<'_, ()>;
}
