//! What PostgreSQL adds to the contract: two roles, guards at the prompt, versions, copies, a whole story.

use crate::cluster::{Database, NEW_CONNECTIONS, OFFICE};
use crate::process::Room;
use esep::crypto::{Digest, KeyId};
use esep::store::{Boxed, Change, NewEntry, PostgresStore, Store, StoreError, Tip};
use serde_json::Value;
use sqlx::Connection as _;

fn change(expected: Tip, texts: &[&str]) -> Change {
    let key = KeyId::from_bytes(*Digest::of(b"signer").as_bytes());
    let entry = |text: &&str| NewEntry {
        leaf: Digest::of(format!("leaf {text}").as_bytes()),
        hash: Digest::of(text.as_bytes()),
        key,
        bytes: text.as_bytes().to_vec(),
    };
    Change {
        entries: texts.iter().map(entry).collect(),
        ..Change::at("one", expected)
    }
}

/// A store with two entries and a ballot in the box.
async fn filled(database: &Database) -> PostgresStore {
    let store = PostgresStore::open(&database.url).await.unwrap();
    let first = change(Tip::EMPTY, &["a", "b"]);
    store.commit(std::slice::from_ref(&first)).await.unwrap();
    let ballot = Boxed {
        round: 1,
        hash: Digest::of(b"ballot"),
        key: KeyId::from_bytes([7; 32]),
        envelope: b"envelope".to_vec(),
    };
    let boxed = Change {
        boxed: vec![ballot],
        ..Change::at("one", first.tip())
    };
    store.commit(&[boxed]).await.unwrap();
    store
}

#[tokio::test]
async fn the_owner_meets_append_only_guards_and_the_office_has_no_right_at_all() {
    let Some(database) = Database::new() else { return };
    let store = filled(&database).await;
    for accident in [
        "update entry set bytes = 'x' where seq = 0",
        "delete from entry where seq = 1",
        "truncate entry",
        "insert into entry select ledger, seq, leaf, hash, signer, 'x' from entry where seq = 1
         on conflict (ledger, seq) do update set bytes = excluded.bytes",
        "update box set envelope = 'x'",
        "delete from box",
        "truncate box",
        "delete from ledger",
        "truncate ledger cascade",
    ] {
        let owner = Database::at_the_prompt(&database.owner, accident).await;
        assert!(
            owner.as_ref().is_err_and(|words| words.contains("append-only")),
            "{accident}: {owner:?}"
        );
        let office = Database::at_the_prompt(&database.url, accident).await;
        assert!(
            office.as_ref().is_err_and(|words| words.contains("permission denied")),
            "{accident}: {office:?}"
        );
    }
    // What the office may do in form, the guards stop.
    for accident in [
        "insert into entry select ledger, 7, leaf, sha256('x'), signer, 'x' from entry where seq = 1",
        "update ledger set size = 1",
        "update ledger set tip = sha256('x')",
        "select open_box('one', 1)",
    ] {
        let answer = Database::at_the_prompt(&database.url, accident).await;
        assert!(
            answer.as_ref().is_err_and(|words| words.contains("append-only")),
            "{accident}: {answer:?}"
        );
    }
    for right in [
        "update ledger set id = 'two'",
        "alter table entry disable trigger all",
        "drop table box",
    ] {
        let answer = Database::at_the_prompt(&database.url, right).await;
        assert!(answer.is_err(), "{right}: {answer:?}");
    }
    assert_eq!(
        store.entries("one", 0, 9).await.unwrap(),
        [b"a".to_vec(), b"b".to_vec()]
    );
    assert_eq!(store.boxed("one", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_of_the_same_name_does_not_lead_the_owner_astray() {
    let Some(database) = Database::new() else { return };
    let store = filled(&database).await;
    let astray = "create temp table box (ledger text, round integer); insert into box values ('one', 1);
        create function pg_temp.seize() returns trigger language plpgsql as
          $$ begin execute 'alter table public.entry disable trigger all'; return old; end $$;
        create trigger seize before delete on box for each row execute function pg_temp.seize();
        select open_box('one', 1)";
    let answer = Database::at_the_prompt(&database.url, astray).await;
    assert!(answer.is_err_and(|words| words.contains("append-only")));
    assert_eq!(store.boxed("one", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_writers_at_once_one_finds_the_head_moved() {
    let Some(database) = Database::new() else { return };
    let (one, other) = (
        PostgresStore::open(&database.url).await.unwrap(),
        PostgresStore::open(&database.url).await.unwrap(),
    );
    let mut tip = Tip::EMPTY;
    for turn in 0..40 {
        let (mine, theirs) = (format!("mine {turn}"), format!("theirs {turn}"));
        let (mine, theirs) = (change(tip, &[&mine]), change(tip, &[&theirs]));
        let (mine, theirs) = ([mine], [theirs]);
        let answers = tokio::join!(one.commit(&mine), other.commit(&theirs));
        let moved = Err(StoreError::HeadMoved("one".into()));
        tip = match answers {
            (Ok(()), second) if second == moved => mine[0].tip(),
            (first, Ok(())) if first == moved => theirs[0].tip(),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(one.ledgers().await.unwrap()[0].tip, tip);
    assert_eq!(one.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn behind_a_new_connection_nothing_goes_in_before_something_was_read() {
    let Some(database) = Database::new() else { return };
    let store = filled(&database).await;
    let tip = store.ledgers().await.unwrap()[0].tip;
    let boxed = |card: u8, expected: Tip| Change {
        boxed: vec![Boxed {
            round: 1,
            hash: Digest::of(&[card]),
            key: KeyId::from_bytes([card; 32]),
            envelope: b"envelope".to_vec(),
        }],
        ..Change::at("one", expected)
    };
    let entry = change(tip, &["c"]);
    let (other, later) = (
        Change {
            id: "two".into(),
            ..change(Tip::EMPTY, &["d"])
        },
        entry.tip(),
    );
    // Ballots alone, an entry, and a group of two competitions of which one has only ballots.
    let groups = [vec![boxed(8, tip)], vec![entry], vec![boxed(9, later), other]];
    for group in groups {
        // For so long a connection is taken to live without being asked.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        Database::at_the_prompt(&database.owner, NEW_CONNECTIONS).await.unwrap();
        assert_eq!(store.commit(&group).await, Err(StoreError::Reconnected));
        assert_eq!(store.commit(&group).await, Ok(()));
    }
    assert_eq!(store.boxed("one", 1).await.unwrap().len(), 3);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn tables_of_another_version_are_refused_in_words() {
    let Some(cluster) = crate::cluster::Cluster::shared() else {
        return;
    };
    let database = cluster.empty();
    let words = |answer: Result<PostgresStore, StoreError>| answer.err().unwrap().to_string();
    let none = words(PostgresStore::open(&database.owner).await);
    assert!(
        none.contains("no tables yet") && none.contains("esep migrate"),
        "{none}"
    );
    PostgresStore::migrate(&database.owner, Some(OFFICE)).await.unwrap();
    // Twice is once.
    PostgresStore::migrate(&database.owner, Some(OFFICE)).await.unwrap();
    PostgresStore::open(&database.url).await.unwrap();
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (9999, 'later', true, 'x', 0)";
    Database::at_the_prompt(&database.owner, later).await.unwrap();
    let other = words(PostgresStore::open(&database.url).await);
    assert!(other.contains("another version"), "{other}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once_and_in_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://esep_office@127.0.0.1:{port}/esep");
    let answer = PostgresStore::open(&url).await;
    let words = answer.err().unwrap().to_string();
    assert!(words.contains("refused"), "{words}");
}

#[tokio::test]
async fn ballots_stay_in_a_box_whose_tables_are_brought_up_to_date() {
    let Some(cluster) = crate::cluster::Cluster::shared() else {
        return;
    };
    let database = cluster.empty();
    let mut before = sqlx::migrate!("src/store/postgres");
    before.migrations.to_mut().retain(|step| step.version < 3);
    let mut owner = sqlx::PgConnection::connect(&database.owner).await.unwrap();
    before.run(&mut owner).await.unwrap();
    owner.close().await.unwrap();
    let ballots = "insert into ledger values ('one', 1, sha256('tip'), null);
        insert into box select 'one', 1, sha256(name), sha256('card ' || name), name
        from unnest(array['a', 'b', 'c']::bytea[]) as name";
    Database::at_the_prompt(&database.owner, ballots).await.unwrap();

    PostgresStore::migrate(&database.owner, Some(OFFICE)).await.unwrap();
    let store = PostgresStore::open(&database.url).await.unwrap();
    let boxed = store.boxed("one", 1).await.unwrap();
    let hashes: Vec<_> = boxed.iter().map(|ballot| ballot.hash).collect();
    let mut expected = [b"a", b"b", b"c"].map(|name| Digest::of(name));
    expected.sort_unstable();
    assert_eq!(hashes, expected);
    // One of these cards, and another ballot.
    let again = Change {
        boxed: vec![Boxed {
            hash: Digest::of(b"other"),
            ..boxed[0].clone()
        }],
        ..Change::at("one", store.ledgers().await.unwrap()[0].tip)
    };
    assert_eq!(store.commit(&[again]).await, Err(StoreError::Taken("a ballot")));
    let lost = Database::at_the_prompt(&database.owner, "delete from box").await;
    assert!(lost.is_err_and(|words| words.contains("append-only")));
}

#[test]
fn a_whole_demonstration_is_proved_and_a_used_database_is_refused() {
    let Some(database) = Database::new() else { return };
    let room = Room::new();
    let demo = |out: &str| {
        let mut command = room.command(
            crate::process::ESEP,
            &format!("demo --candidates 12 --json --out {out}"),
        );
        crate::process::Ran::from(command.arg("--database").arg(&database.url).output().unwrap())
    };
    let ran = demo("bundle");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["result"]["report"]["verdict"], "proved");
    let again = demo("again");
    assert_eq!(again.code, Some(4), "{}", again.err);
    assert!(again.err.contains("never overwritten"), "{}", again.err);
}

/// The whole record moves from a file to a server and back while a round is open, and the office goes on.
#[test]
fn a_record_moves_to_postgres_and_back() {
    let Some(database) = Database::new() else { return };
    let room = Room::new();
    room.esep("demo --candidates 4 --until voted --keep kept");
    let copy = format!("copy --data kept/office --to {} --json", database.url);
    let copied: Value = serde_json::from_str(&room.esep(&copy)).unwrap();
    assert!(copied["result"]["boxed"].as_u64().unwrap() > 0, "{copied}");
    assert!(copied["result"]["openings"].as_u64().unwrap() > 0, "{copied}");
    let twice = room.run(&copy);
    assert_eq!(twice.code, Some(4), "{}", twice.err);
    room.esep(
        "copy --data kept/office --from URL --to sqlite:back.sqlite3"
            .replace("URL", &database.url)
            .as_str(),
    );
    let there: Value = serde_json::from_str(&room.esep(&format!(
        "doctor --data kept/office --database {} --json --rehearsal-clock kept/clock",
        database.url
    )))
    .unwrap();
    let back: Value = serde_json::from_str(
        &room.esep("doctor --data kept/office --database sqlite:back.sqlite3 --json --rehearsal-clock kept/clock"),
    )
    .unwrap();
    assert_eq!(there, back);
    // Without the ballots that were answered with a receipt the copy is not the record.
    let lost = "alter table box disable trigger all; delete from box";
    futures(Database::at_the_prompt(&database.owner, lost));
    let doctor = room.run(&format!("doctor --data kept/office --database {}", database.url));
    assert_eq!(doctor.code, Some(1), "{}", doctor.out);
    assert!(doctor.out.contains("lost"), "{}", doctor.out);
}

fn futures(done: impl Future<Output = Result<u64, String>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(done).unwrap();
}

#[tokio::test]
async fn an_opened_box_leaves_no_dead_rows() {
    let Some(database) = Database::new() else { return };
    let store = filled(&database).await;
    let bytes = "select pg_relation_size('box')";
    let mut connection = sqlx::PgConnection::connect(&database.owner).await.unwrap();
    let before: i64 = sqlx::query_scalar(bytes).fetch_one(&mut connection).await.unwrap();
    assert!(before > 0);
    let tip = store.ledgers().await.unwrap()[0].tip;
    let ballot = &store.boxed("one", 1).await.unwrap()[0];
    let opened = NewEntry {
        leaf: Digest::of(b"leaf of the ballot"),
        hash: ballot.hash,
        key: ballot.key,
        bytes: b"opened".to_vec(),
    };
    let opening = Change {
        entries: vec![opened],
        opened: Some(1),
        ..Change::at("one", tip)
    };
    store.commit(&[opening]).await.unwrap();
    let after: i64 = sqlx::query_scalar(bytes).fetch_one(&mut connection).await.unwrap();
    assert_eq!(after, 0, "the table was not written anew");
}
