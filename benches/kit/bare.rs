//! The least that an office could do with a ballot: read it, check its signature, make its bytes durable, say so.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use ed25519_dalek::{Signature, VerifyingKey};
use esep::crypto::{Digest, Envelope, KeyId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection, Executor, PgConnection, QueryBuilder, Sqlite};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Rows of one transaction, at most: the office's own number.
const GROUP: usize = esep::clerk::GROUP;

struct Row {
    hash: Digest,
    key: KeyId,
    body: Bytes,
    done: oneshot::Sender<()>,
}

#[derive(Clone)]
struct Bare {
    keys: Arc<HashMap<KeyId, VerifyingKey>>,
    queue: mpsc::Sender<Row>,
}

/// Where the floor keeps its rows.
pub enum Base {
    Sqlite(SqlitePool),
    Postgres(PgConnection),
}

impl Base {
    /// A new file, with the office's settings.
    pub async fn sqlite(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory")
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let table = "create table raw (hash blob not null primary key, card blob not null, body blob not null) strict, without rowid";
        pool.execute(table).await.unwrap();
        Self::Sqlite(pool)
    }

    /// A table more in this database.
    pub async fn postgres(owner: &str) -> Self {
        let mut connection = PgConnection::connect(owner).await.unwrap();
        let table = "create table raw (hash bytea not null primary key, card bytea not null, body bytea not null)";
        connection.execute(table).await.unwrap();
        Self::Postgres(connection)
    }

    async fn keep(&mut self, rows: &[Row]) {
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("begin immediate").await.unwrap();
                let mut query = QueryBuilder::<Sqlite>::new("insert into raw (hash, card, body) ");
                query.push_values(rows, |mut values, row| {
                    values
                        .push_bind(&row.hash.as_bytes()[..])
                        .push_bind(&row.key.as_bytes()[..])
                        .push_bind(&row.body[..]);
                });
                query
                    .build()
                    .persistent(false)
                    .execute(&mut *transaction)
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
            }
            Self::Postgres(connection) => {
                let hashes: Vec<&[u8]> = rows.iter().map(|row| &row.hash.as_bytes()[..]).collect();
                let cards: Vec<&[u8]> = rows.iter().map(|row| &row.key.as_bytes()[..]).collect();
                let bodies: Vec<&[u8]> = rows.iter().map(|row| &row.body[..]).collect();
                sqlx::query("insert into raw select * from unnest($1::bytea[], $2::bytea[], $3::bytea[])")
                    .bind(hashes)
                    .bind(cards)
                    .bind(bodies)
                    .execute(connection)
                    .await
                    .unwrap();
            }
        }
    }
}

/// A router with one route, and its writer; called where a runtime is.
pub fn router(base: Base, keys: HashMap<KeyId, VerifyingKey>) -> Router {
    let (queue, waiting) = mpsc::channel(1_024);
    tokio::spawn(write(base, waiting));
    let bare = Bare {
        keys: Arc::new(keys),
        queue,
    };
    Router::new().route("/{*any}", post(take)).with_state(bare)
}

async fn take(State(bare): State<Bare>, body: Bytes) -> (StatusCode, String) {
    let envelope = Envelope::from_json(&body).unwrap();
    let one = envelope.signatures[0];
    let sig = Signature::from_bytes(one.sig.as_bytes());
    if bare.keys[&one.keyid].verify_strict(envelope.pae(), &sig).is_err() {
        return (StatusCode::BAD_REQUEST, String::new());
    }
    let (done, durable) = oneshot::channel();
    let hash = envelope.pae_hash();
    let row = Row {
        hash,
        key: one.keyid,
        body,
        done,
    };
    bare.queue.send(row).await.unwrap();
    durable.await.unwrap();
    (StatusCode::CREATED, hash.to_string())
}

async fn write(mut base: Base, mut waiting: mpsc::Receiver<Row>) {
    let mut rows = Vec::new();
    while waiting.recv_many(&mut rows, GROUP).await > 0 {
        base.keep(&rows).await;
        for row in rows.drain(..) {
            row.done.send(()).unwrap();
        }
    }
}
