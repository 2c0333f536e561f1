//! Why the office does not open. Every refusal says in words what to do next; `docs/OPERATIONS.md` says more.

use super::journal::JournalError;
use crate::calendar::Time;
use crate::competition::Refusal;
use crate::store::StoreError;

/// Why the office does not open. The words say what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the data folder.
    #[error(
        "the data folder is in use by another program. Stop that one first; two offices must never write one ledger."
    )]
    InUse,
    /// The database failed.
    #[error(
        "the database cannot be read: {0}. Check the disk and the rights on the data folder, or whether the database server runs and lets this office in; then start again."
    )]
    Store(StoreError),
    /// The database is damaged.
    #[error(
        "the database is damaged: {0}. Do not repair it in place: keep the data folder as it is, read OPERATIONS (\"after a loss\"), and compare the last backup with the newest checkpoint that anyone holds."
    )]
    Damaged(String),
    /// A ledger is shorter than what was handed out.
    #[error(
        "the ledger {id} has {has} entries, but a checkpoint over {known} was handed out: {cause}. Entries that people hold receipts for are missing, so the office must not go on from here. Put the missing file back, or read OPERATIONS (\"after a loss\")."
    )]
    Shorter {
        /// Id of the competition.
        id: String,
        /// Entries in the database.
        has: u64,
        /// Entries that were signed for.
        known: u64,
        /// What may have happened.
        cause: &'static str,
    },
    /// A ledger differs from what was handed out.
    #[error(
        "the ledger {id} differs from its checkpoint over {size} entries. Somebody changed it, or it belongs to another office. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    Differs {
        /// Id of the competition.
        id: String,
        /// Size of the checkpoint.
        size: u64,
    },
    /// A stored checkpoint is not signed by this office's log key.
    #[error(
        "a stored checkpoint of {id} is not signed by this office's log key ({why}). Put the right log.key back; never make a new one for an old ledger."
    )]
    Checkpoint {
        /// Id of the competition.
        id: String,
        /// What was found.
        why: String,
    },
    /// An entry is not what the ledger's form demands.
    #[error(
        "entry {seq} of {id} is wrong: {why}. Somebody changed it. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    Entry {
        /// Id of the competition.
        id: String,
        /// Its place.
        seq: u64,
        /// What was found.
        why: String,
    },
    /// The rules refuse an entry.
    #[error(
        "the rules refuse entry {seq} of {id}: {refusal}. Either this program is of another version than the one that accepted it, or the entry was never accepted: run `esep verify` on an export by the old version."
    )]
    Rules {
        /// Id of the competition.
        id: String,
        /// Its place.
        seq: u64,
        /// What the rules say.
        refusal: Refusal,
    },
    /// The machine's clock is behind the record.
    #[error(
        "the clock shows {now}, but the last entry of {id} is of {last}. Set the machine's clock (time never runs backwards in a ledger), then start again."
    )]
    Clock {
        /// Id of the competition.
        id: String,
        /// The clock.
        now: Time,
        /// The last entry.
        last: Time,
    },
    /// Ballots are missing from a box.
    #[error(
        "the box of {id}, round {round}, lost {missing} ballots that were answered with a receipt. {cause}. Polling must not go on: put the missing file back, or read OPERATIONS (\"after a loss\")."
    )]
    BoxShrank {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
        /// How many.
        missing: usize,
        /// What may have happened.
        cause: &'static str,
    },
    /// A ballot in a box is not the one that was put there.
    #[error(
        "a ballot in the box of {id}, round {round}, was changed. Keep the data folder as evidence and read OPERATIONS (\"after a loss\")."
    )]
    BoxChanged {
        /// Id of the competition.
        id: String,
        /// The round.
        round: u32,
    },
    /// There is a ledger, but no journal.
    #[error(
        "the journal is missing from the data folder, so nobody can tell whether the database is the newest. Put the journal back; if it is lost, read OPERATIONS (\"after a loss\")."
    )]
    NoJournal,
    /// The journal cannot be used.
    #[error("{0}. Keep the data folder as it is and read OPERATIONS (\"after a loss\").")]
    Journal(JournalError),
    /// What an earlier run left of bundles cannot be cleared away.
    #[error(
        "`bundles` in the data folder cannot be removed: {0}. Nothing in it is needed: check the rights on it, or remove it, and start again."
    )]
    Bundles(std::io::Error),
    /// The configuration names a host that no ledger can have.
    #[error(
        "the host {0:?} cannot name a ledger: set `host` in esep.toml to the public host name, without spaces or '+'."
    )]
    Host(String),
    /// The ledger was begun under another host.
    #[error(
        "the ledger {id} is {recorded}, but esep.toml makes it {configured}. Set `host` back; a ledger keeps its name for ever."
    )]
    OtherHost {
        /// The competition.
        id: String,
        /// The origin in its checkpoint.
        recorded: String,
        /// The origin that the configuration gives.
        configured: String,
    },
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(what) => Self::Damaged(what),
            other => Self::Store(other),
        }
    }
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Missing => Self::NoJournal,
            other => Self::Journal(other),
        }
    }
}
