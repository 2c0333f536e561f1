//! The store in SQLite: one file beside its write-ahead log.
//!
//! One writer with `begin immediate` and `synchronous=full`, so that a commit is on the disk when it is answered; a few
//! read-only readers. Deleted bytes are overwritten. Runtime queries, one statement per function; rows are distrusted.

mod ledger;
#[path = "tables.rs"]
#[expect(clippy::duplicate_mod, reason = "the same tables, through another driver")]
mod tables;

use super::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
use std::path::{Path, PathBuf};
use std::time::Duration;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/sqlite");

// What `tables.rs` calls them.
type Own = SqliteStore;
type Base = Sqlite;
type BaseRow = SqliteRow;
/// Whether several instances may be at work on one such database.
const SHARED: bool = false;

/// Name of the database in the data folder.
pub const FILE_NAME: &str = "esep.sqlite3";
const READERS: u32 = 4;
/// Least number of bind variables that SQLite is built with is 32,766; six a row at most.
const ROWS_PER_INSERT: usize = 512;
/// Groups up to so many rows are one statement, each number of rows its own: see `ledger::parts`.
const ROWS_AT_ONCE: usize = 64;
/// Prepared statements kept: an insert of each number of rows into two tables, and all others.
const STATEMENTS: usize = 256;

/// A database file.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Whether a write-ahead log lay beside the database when it was opened, with anything in it.
    had_wal: bool,
}

impl SqliteStore {
    /// Makes a new database; refuses where a file is.
    pub async fn create(path: &Path) -> Result<Self, StoreError> {
        // create_new, so that two of these cannot both think they made it.
        std::fs::File::create_new(path).map_err(|error| StoreError::Fault(format!("{}: {error}", path.display())))?;
        let store = Self::connect(path, false).await?;
        MIGRATIONS
            .run(&store.writer)
            .await
            .map_err(|error| StoreError::Fault(error.to_string()))?;
        Ok(store)
    }

    /// Opens a database that is there, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::connect(path, false).await?;
        MIGRATIONS.run(&store.writer).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => fault(error),
            other => StoreError::Damaged(other.to_string()),
        })?;
        Ok(store)
    }

    /// Opens a database to be looked at only, also while another program serves it.
    pub async fn look(path: &Path) -> Result<Self, StoreError> {
        Self::connect(path, true).await
    }

    async fn connect(path: &Path, read_only: bool) -> Result<Self, StoreError> {
        let had_wal = std::fs::metadata(wal_of(path)).is_ok_and(|wal| wal.len() > 0);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .foreign_keys(true)
            .pragma("recursive_triggers", "on")
            .pragma("trusted_schema", "off")
            .busy_timeout(Duration::from_secs(10));
        let writing = options
            .clone()
            .statement_cache_capacity(STATEMENTS)
            .journal_mode(SqliteJournalMode::Wal)
            // A box is filled in the order of its cards: nearly every ballot touches pages of its own, and the longer the
            // write-ahead log, the more of them are folded in at once.
            .pragma("wal_autocheckpoint", "4000")
            // And they are read again and again (64 MiB); what an insert of many rows would have to take back stays in
            // memory, too, not in a temporary file.
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory")
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "on");
        let reading = options.read_only(true);
        let writing = if read_only { reading.clone() } else { writing };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(writing)
            .await
            .map_err(fault)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(reading)
            .await
            .map_err(fault)?;
        Ok(Self {
            writer,
            readers,
            had_wal,
        })
    }

    /// Writes a whole and consistent copy into a new file, while the office goes on.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let name = path
            .to_str()
            .ok_or_else(|| StoreError::Fault("the path is not UTF-8".into()))?;
        sqlx::query("vacuum into ?")
            .bind(name)
            .execute(&self.readers)
            .await
            .map_err(fault)?;
        Ok(())
    }

    async fn disconnect(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("begin immediate").await.map_err(fault)
    }

    /// A transaction in which nobody else adds records of this competition: there is one writer.
    async fn begin_adding(&self, _: &str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.begin().await
    }

    async fn problems(&self) -> Result<Vec<String>, StoreError> {
        let said: Vec<String> = sqlx::query_scalar("pragma quick_check")
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?;
        let mut found: Vec<String> = said.into_iter().filter(|line| line != "ok").collect();
        found.extend(self.unlike_their_heads().await?);
        Ok(found)
    }

    fn lost_its_log(&self) -> bool {
        !self.had_wal
    }
}

fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// What the database says, in our words.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn fault(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(said) = &error {
        // Primary codes 11 (corrupt) and 26 (not a database); extended codes keep them in the low byte.
        let code = said
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .unwrap_or_default()
            & 0xff;
        if matches!(code, 11 | 26) {
            return StoreError::Damaged(said.message().to_owned());
        }
    }
    StoreError::Fault(error.to_string())
}

/// A violated guard becomes `Taken`, everything else a fault.
fn taken(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(said)
            if said.is_unique_violation()
                || said.message().contains("is there already")
                || said.message().contains("in the box already") =>
        {
            StoreError::Taken(what)
        }
        _ => fault(error),
    }
}
