//! The store in PostgreSQL (15 or later), which several instances of one office may share.
//!
//! The head row of a ledger is moved by compare-and-swap at the default isolation, so whoever comes second changes
//! nothing. The owner of the tables runs [`PostgresStore::migrate`]; the office works as a role that cannot change or
//! delete an entry. Runtime queries, one statement per function; rows are distrusted.

mod ledger;
#[path = "tables.rs"]
#[expect(clippy::duplicate_mod, reason = "the same tables, through another driver")]
mod tables;

use super::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Connection, Postgres, Row, Transaction};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/postgres");

// What `tables.rs` calls them.
type Own = PostgresStore;
type Base = Postgres;
type BaseRow = PgRow;
/// Whether several instances may be at work on one such database.
const SHARED: bool = true;

/// Connections of the pool; one more fills boxes.
const CONNECTIONS: u32 = 8;
/// How long the server may take to let us in, or to say that a connection lives.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that was used so lately is taken to be alive.
const ALIVE: Duration = Duration::from_secs(1);
/// Rows of one UNNEST: beyond it nothing is gained.
const ROWS_PER_INSERT: usize = 1_000;
/// What the office's role may do, where the tables are.
const RIGHTS: [&str; 6] = [
    "grant select on _sqlx_migrations, ledger, entry, box, file, opening, draft, session to",
    "grant insert on ledger, entry, box to",
    "grant update (size, tip, checkpoint) on ledger to",
    "grant insert, update, delete on file, opening, draft, session to",
    "grant execute on function open_box(text, integer) to",
    "grant execute on function tidy_box() to",
];

/// A database.
pub struct PostgresStore {
    pool: PgPool,
    options: PgConnectOptions,
    /// The connection that commits, and when it was used last. The pool asks the server before and after each use whether
    /// a connection lives; ballots would wait for that. Nor does the pool tell that a connection is a new one, and behind
    /// a new one there may be a standby, or an older copy, whose boxes must be read before anything goes in.
    committing: Mutex<Option<(PgConnection, Instant)>>,
}

impl PostgresStore {
    /// Makes the tables, or brings them up to date, as their owner; gives the office's role its rights.
    pub async fn migrate(url: &str, role: Option<&str>) -> Result<(), StoreError> {
        let mut owner = PgConnection::connect_with(&options(url)?).await.map_err(fault)?;
        MIGRATIONS
            .run(&mut owner)
            .await
            .map_err(|error| StoreError::Fault(error.to_string()))?;
        if let Some(role) = role {
            let quoted: String = sqlx::query_scalar("select quote_ident($1)")
                .bind(role)
                .fetch_one(&mut owner)
                .await
                .map_err(fault)?;
            for right in RIGHTS {
                sqlx::query(AssertSqlSafe(format!("{right} {quoted}")))
                    .execute(&mut owner)
                    .await
                    .map_err(fault)?;
            }
        }
        owner.close().await.map_err(fault)
    }

    /// Opens a database whose tables are up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::connect(options(url)?).await
    }

    /// Opens a database to be looked at only.
    pub async fn look(url: &str) -> Result<Self, StoreError> {
        Self::connect(options(url)?.options([("default_transaction_read_only", "on")])).await
    }

    async fn connect(options: PgConnectOptions) -> Result<Self, StoreError> {
        // First, since its error says what is wrong; the pool only says that it waited. And before anything is read.
        let connecting = PgConnection::connect_with(&options);
        let committing = tokio::time::timeout(CONNECT, connecting).await;
        let committing = committing.map_err(|_| no_answer())?.map_err(fault)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT)
            .connect_with(options.clone())
            .await
            .map_err(fault)?;
        let store = Self {
            pool,
            options,
            committing: Mutex::new(Some((committing, Instant::now()))),
        };
        store.check_version().await?;
        Ok(store)
    }

    /// The tables are those that this program was written for.
    async fn check_version(&self) -> Result<(), StoreError> {
        const NEXT: &str = "run `esep migrate` of this version as the owner of the tables";
        let rows = sqlx::query("select version, checksum from _sqlx_migrations where success")
            .fetch_all(&self.pool)
            .await
            .map_err(|error| match &error {
                // There is no such table.
                sqlx::Error::Database(said) if said.code().as_deref() == Some("42P01") => {
                    StoreError::Fault(format!("the database has no tables yet: {NEXT}"))
                }
                _ => fault(error),
            })?;
        let mut applied: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        for row in &rows {
            let version = row.try_get("version").map_err(fault)?;
            applied.insert(version, row.try_get("checksum").map_err(fault)?);
        }
        let wanted = MIGRATIONS
            .iter()
            .map(|step| (step.version, step.checksum.to_vec()))
            .collect();
        if applied == wanted {
            Ok(())
        } else {
            Err(StoreError::Fault(format!(
                "the database's tables are of another version: {NEXT}"
            )))
        }
    }

    /// The connection that commits, out of its place, to be put back if it is good for more. A new one is put there for the
    /// next time: this time nobody has read what lies behind it.
    async fn committer(&self, place: &mut Option<(PgConnection, Instant)>) -> Result<PgConnection, StoreError> {
        let ready = async {
            if let Some((mut connection, used)) = place.take()
                && (used.elapsed() < ALIVE || connection.ping().await.is_ok())
            {
                return Ok(connection);
            }
            let connection = PgConnection::connect_with(&self.options).await.map_err(fault)?;
            *place = Some((connection, Instant::now()));
            Err(StoreError::Reconnected)
        };
        let late = |_| Err(no_answer());
        tokio::time::timeout(CONNECT, ready).await.unwrap_or_else(late)
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin().await.map_err(fault)
    }

    /// A transaction in which nobody else adds records of this competition.
    async fn begin_adding(&self, id: &str) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        Ok(transaction)
    }

    async fn problems(&self) -> Result<Vec<String>, StoreError> {
        self.unlike_their_heads().await
    }

    #[expect(clippy::unused_self, reason = "a file has a log to lose, a server does not")]
    fn lost_its_log(&self) -> bool {
        false
    }

    async fn disconnect(&self) {
        let committing = self.committing.lock().await.take();
        if let Some((connection, _)) = committing {
            // An error means that the server is gone, which is what was wanted.
            connection.close().await.ok();
        }
        self.pool.close().await;
    }

    fn reader(&self) -> &PgPool {
        &self.pool
    }

    fn writer(&self) -> &PgPool {
        &self.pool
    }
}

fn no_answer() -> StoreError {
    StoreError::Fault("the database does not answer".into())
}

/// The connection, whatever the server's own settings are.
fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(|error: sqlx::Error| StoreError::Fault(error.to_string()))?;
    Ok(options.application_name("esep").options([
        // Durable when answered, also where the server or the role is set otherwise.
        ("synchronous_commit", "on"),
        // An instance that freezes amid a transaction must not hold up the others for longer.
        ("idle_in_transaction_session_timeout", "3s"),
        ("lock_timeout", "10s"),
        ("client_min_messages", "warning"),
    ]))
}

/// What the database says, in our words.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn fault(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(said) = &error {
        // Class XX: the data, or an index over it, is corrupted.
        if matches!(said.code().as_deref(), Some("XX001" | "XX002")) {
            return StoreError::Damaged(said.message().to_owned());
        }
    }
    StoreError::Fault(error.to_string())
}

/// A violated guard becomes `Taken`, everything else a fault.
fn taken(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(said) if said.is_unique_violation() => StoreError::Taken(what),
        _ => fault(error),
    }
}
