//! Group commit: ballots into the box, a durable transaction for each group, by the stores and by the bare libraries on
//! the very same tables, in turns.
//!
//! Floors: SQLite through `rusqlite` with the office's settings, its head row and its rows; PostgreSQL through one
//! connection that does nothing but `insert .. select unnest`. The throw-away PostgreSQL has `fsync` off, so that the
//! disk, on which both wait alike, does not hide what the store adds; this takes a durable one:
//! `ESEP_FSYNC=on tests/postgres target/release/groups postgres`. Aims: 50 % and 70 % of the floor's rate.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../kit/turns.rs"]
mod turns;

#[path = "../../tests/it/cluster.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod cluster;

use cluster::Database;
use esep::crypto::{Digest, KeyId};
use esep::store::sqlite::FILE_NAME;
use esep::store::{Boxed, Change, NewEntry, PostgresStore, SqliteStore, Store, Tip};
use rusqlite::TransactionBehavior;
use sqlx::{Connection, Executor, PgConnection};
use std::time::Instant;
use tokio::runtime::Runtime;

const ID: &str = "commission-bench";
const ROUNDS: usize = 40;
/// So many groups of so many ballots in one round.
const SIZES: [(u32, u32); 3] = [(200, 1), (50, 32), (20, 256)];

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if let Some(other) = wanted
        .as_deref()
        .filter(|wanted| !["sqlite", "postgres"].contains(wanted))
    {
        panic!("{other} is no store: say sqlite or postgres, or nothing for both");
    }
    let wants = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let runtime = Runtime::new().unwrap();
    for (groups, size) in SIZES {
        if wants("sqlite") {
            println!("\nSQLite, groups of {size}");
            sqlite(&runtime, groups, size);
        }
        if wants("postgres")
            && let (Some(ours), Some(bare)) = (Database::new(), Database::new())
        {
            println!("\nPostgreSQL, groups of {size}");
            postgres(&runtime, [&ours, &bare], groups, size);
        }
    }
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

/// A side that commits each of its groups, which are made before its time runs.
fn side<'a, G>(
    name: &'a str,
    (groups, size): (u32, u32),
    made: impl Fn(Vec<Boxed>) -> G + 'a,
    mut commit: impl FnMut(G) + 'a,
) -> turns::Side<'a> {
    let round = move || {
        let groups: Vec<G> = (0..groups).map(|_| made(group(size))).collect();
        let start = Instant::now();
        groups.into_iter().for_each(&mut commit);
        start.elapsed()
    };
    (name, Box::new(round))
}

/// The store and its floor in turns.
fn compare(runtime: &Runtime, store: &dyn Store, shape: (u32, u32), floor: &str, commit: impl FnMut(Vec<Boxed>)) {
    let begun = begun();
    let tip = begun.tip();
    runtime.block_on(store.commit(&[begun])).unwrap();
    let change = move |boxed| Change {
        boxed,
        ..Change::at(ID, tip)
    };
    let ours = side("store", shape, change, |change| {
        runtime.block_on(store.commit(&[change])).unwrap();
    });
    let sides = vec![ours, side(floor, shape, |group| group, commit)];
    turns::play(ROUNDS, sides, &[(1, &[0])]);
    runtime.block_on(store.close());
}

fn sqlite(runtime: &Runtime, groups: u32, size: u32) {
    let folder = tempfile::tempdir().unwrap();
    let ours = runtime
        .block_on(SqliteStore::create(&folder.path().join(FILE_NAME)))
        .unwrap();
    let mut file = rusqlite::Connection::open(folder.path().join("floor.sqlite")).unwrap();
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
    let floor = |mut ballots: Vec<Boxed>| {
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
    };
    compare(runtime, &ours, (groups, size), "rusqlite", floor);
}

fn postgres(runtime: &Runtime, [ours, bare]: [&Database; 2], groups: u32, size: u32) {
    let ours = runtime.block_on(PostgresStore::open(&ours.url)).unwrap();
    let mut connection = runtime.block_on(PgConnection::connect(&bare.owner)).unwrap();
    let ledger = "insert into ledger values ('commission-bench', 1, sha256('tip'))";
    runtime.block_on(connection.execute(ledger)).unwrap();
    let floor = |group: Vec<Boxed>| {
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
    };
    compare(runtime, &ours, (groups, size), "bare unnest", floor);
}
