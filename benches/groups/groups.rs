//! Group commit: ballots into the box, a durable transaction for each group, by the stores and by the bare libraries on
//! the very same tables, in the same run.
//!
//! Floors: SQLite through `rusqlite` with the office's settings, its head row and its rows; PostgreSQL through one
//! connection that does nothing but `insert .. select unnest`. The throw-away PostgreSQL has `fsync` off, so that the
//! disk, on which both wait alike, does not hide what the store adds;
//! `ESEP_FSYNC=on tests/postgres target/release/groups --bench postgres` takes a durable one. Aims: 0.5 and 0.7 of the floor's rate.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../../tests/it/cluster.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod cluster;

use cluster::Database;
use divan::Bencher;
use divan::counter::ItemsCount;
use esep::crypto::{Digest, KeyId};
use esep::store::sqlite::FILE_NAME;
use esep::store::{Boxed, Change, NewEntry, PostgresStore, SqliteStore, Store, Tip};
use rusqlite::TransactionBehavior;
use sqlx::{Connection, Executor, PgConnection};
use tokio::runtime::Runtime;

const ID: &str = "commission-bench";
const GROUPS: u32 = 50;
const SIZES: [u32; 3] = [1, 32, 256];

fn main() {
    divan::main();
}

fn random() -> [u8; 32] {
    rand::random()
}

/// A group of ballots as long as those of twelve candidates.
fn group(size: u32) -> Vec<Boxed> {
    let ballot = |_| Boxed {
        round: 1,
        hash: Digest::from_bytes(random()),
        key: KeyId::from_bytes(random()),
        envelope: vec![b'a'; 700],
    };
    (0..size).map(ballot).collect()
}

/// The groups of one sample, made before its time runs.
fn groups(size: u32) -> Vec<Vec<Boxed>> {
    (0..GROUPS).map(|_| group(size)).collect()
}

/// A ledger of one entry.
fn begun() -> Change {
    let bytes = b"{}".to_vec();
    let (leaf, hash, key) = (
        Digest::of(&bytes),
        Digest::of(b"statement"),
        KeyId::from_bytes(random()),
    );
    let entries = vec![NewEntry { leaf, hash, key, bytes }];
    Change {
        entries,
        ..Change::at(ID, Tip::EMPTY)
    }
}

fn through(bencher: Bencher<'_, '_>, size: u32, runtime: &Runtime, store: &dyn Store) {
    let begun = begun();
    let tip = begun.tip();
    runtime.block_on(store.commit(&[begun])).unwrap();
    let change = |boxed| Change {
        boxed,
        ..Change::at(ID, tip)
    };
    bencher
        .counter(ItemsCount::new(GROUPS * size))
        .with_inputs(|| groups(size).into_iter().map(change).collect())
        .bench_local_values(|changes: Vec<Change>| {
            for change in changes {
                runtime.block_on(store.commit(&[change])).unwrap();
            }
        });
    runtime.block_on(store.close());
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn sqlite_store(bencher: Bencher<'_, '_>, size: u32) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let store = runtime
        .block_on(SqliteStore::create(&folder.path().join(FILE_NAME)))
        .unwrap();
    through(bencher, size, &runtime, &store);
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn sqlite_floor(bencher: Bencher<'_, '_>, size: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut file = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    file.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on;
         pragma recursive_triggers = on; pragma wal_autocheckpoint = 4000; pragma cache_size = -65536;
         pragma temp_store = memory;",
    )
    .unwrap();
    for tables in [
        include_str!("../../src/store/sqlite/0001_office.sql"),
        include_str!("../../src/store/sqlite/0002_card.sql"),
    ] {
        file.execute_batch(tables).unwrap();
    }
    let tip = Digest::of(b"tip");
    file.execute("insert into ledger values (?, 1, ?, null)", (ID, tip.as_bytes()))
        .unwrap();
    bencher
        .counter(ItemsCount::new(GROUPS * size))
        .with_inputs(|| groups(size))
        .bench_local_values(|groups| {
            for mut ballots in groups {
                ballots.sort_by_key(|ballot| ballot.key);
                let group = file.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
                let head = "update ledger set size = 1, tip = ? where id = ? and size = 1 and tip = ?";
                let mut head = group.prepare_cached(head).unwrap();
                assert_eq!(head.execute((tip.as_bytes(), ID, tip.as_bytes())).unwrap(), 1);
                let mut insert = group.prepare_cached("insert into box values (?, ?, ?, ?, ?)").unwrap();
                for one in &ballots {
                    let (hash, key) = (one.hash.as_bytes(), one.key.as_bytes());
                    insert.execute((ID, one.round, hash, key, &one.envelope)).unwrap();
                }
                drop((head, insert));
                group.commit().unwrap();
            }
        });
}

/// A database with tables; none where there is no PostgreSQL.
fn database() -> Option<(Runtime, Database)> {
    Some((Runtime::new().unwrap(), Database::new()?))
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn postgres_store(bencher: Bencher<'_, '_>, size: u32) {
    let Some((runtime, database)) = database() else { return };
    let store = runtime.block_on(PostgresStore::open(&database.url)).unwrap();
    through(bencher, size, &runtime, &store);
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn postgres_floor(bencher: Bencher<'_, '_>, size: u32) {
    let Some((runtime, database)) = database() else { return };
    let mut connection = runtime.block_on(PgConnection::connect(&database.owner)).unwrap();
    let ledger = "insert into ledger values ('commission-bench', 1, sha256('tip'))";
    runtime.block_on(connection.execute(ledger)).unwrap();
    bencher
        .counter(ItemsCount::new(GROUPS * size))
        .with_inputs(|| groups(size))
        .bench_local_values(|groups| {
            for group in groups {
                let rounds = vec![1_i32; group.len()];
                let hashes: Vec<&[u8]> = group.iter().map(|ballot| &ballot.hash.as_bytes()[..]).collect();
                let cards: Vec<&[u8]> = group.iter().map(|ballot| &ballot.key.as_bytes()[..]).collect();
                let envelopes: Vec<&[u8]> = group.iter().map(|ballot| &ballot.envelope[..]).collect();
                let insert = sqlx::query(
                    "insert into box (ledger, round, hash, card, envelope)
                     select $1, * from unnest($2::integer[], $3::bytea[], $4::bytea[], $5::bytea[])",
                );
                let insert = insert.bind(ID).bind(rounds).bind(hashes).bind(cards).bind(envelopes);
                runtime.block_on(insert.execute(&mut connection)).unwrap();
            }
        });
}
