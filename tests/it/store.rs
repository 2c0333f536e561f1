//! The store's contract, asked of every store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use crate::cluster::Database;
use esep::crypto::{Digest, KeyId};
use esep::store::{
    Boxed, Change, DraftRow, FileRow, MemoryStore, NewEntry, Noted, PostgresStore, SessionRow, Shelf, SqliteStore,
    Store, StoreError, Tip,
};
use futures_util::future::join_all;
use std::sync::Arc;

fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn key(text: &str) -> KeyId {
    KeyId::from_bytes(*hash(text).as_bytes())
}

fn entry(text: &str) -> NewEntry {
    NewEntry {
        leaf: hash(&format!("leaf {text}")),
        hash: hash(text),
        key: key("signer"),
        bytes: text.into(),
    }
}

fn ballot(round: u32, card: &str) -> Boxed {
    Boxed {
        round,
        hash: hash(&format!("ballot {card}")),
        key: key(card),
        envelope: card.into(),
    }
}

fn change(expected: Tip, entries: &[&str]) -> Change {
    Change {
        entries: entries.iter().map(|text| entry(text)).collect(),
        ..Change::at("one", expected)
    }
}

/// A store, its name, and what it stands on.
type Fresh = (&'static str, Arc<dyn Store>, Box<dyn std::any::Any>);

/// Every store that must keep the contract, fresh; what it stands on lives as long as the store.
async fn stores() -> Vec<Fresh> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::create(&folder.path().join("esep.sqlite3")).await.unwrap();
    let mut stores: Vec<Fresh> = vec![
        ("memory", Arc::new(MemoryStore::new()), Box::new(())),
        ("sqlite", Arc::new(sqlite), Box::new(folder)),
    ];
    if let Some(database) = Database::new() {
        let postgres = PostgresStore::open(&database.url).await.unwrap();
        stores.push(("postgres", Arc::new(postgres), Box::new(database)));
    }
    stores
}

#[tokio::test]
async fn entries_come_back_byte_for_byte_and_in_order() {
    for (name, store, _folder) in stores().await {
        let many: Vec<String> = (0..2_500).map(|number| format!("entry {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let first = change(Tip::EMPTY, &many[..3]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        let second = change(first.tip(), &many[3..]);
        store.commit(std::slice::from_ref(&second)).await.unwrap();
        let read = store.entries("one", 0, 10_000).await.unwrap();
        assert_eq!(
            read,
            many.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!(store.entries("one", 2_498, 10).await.unwrap().len(), 2, "{name}");
        assert_eq!(
            store.entries("one", 2_500, 10).await.unwrap(),
            Vec::<Vec<u8>>::new(),
            "{name}"
        );
        assert_eq!(
            store.entries("two", 0, 10).await.unwrap(),
            Vec::<Vec<u8>>::new(),
            "{name}"
        );
        let ledgers = store.ledgers().await.unwrap();
        assert_eq!(ledgers.len(), 1, "{name}");
        assert_eq!(
            (ledgers[0].tip, ledgers[0].checkpoint.as_deref()),
            (second.tip(), None),
            "{name}"
        );
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn a_head_that_moved_changes_nothing() {
    for (name, store, _folder) in stores().await {
        let first = change(Tip::EMPTY, &["a", "b"]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        let moved = Err(StoreError::HeadMoved("one".into()));
        let wrong_leaf = Tip {
            leaf: hash("other"),
            ..first.tip()
        };
        for stale in [
            Tip::EMPTY,
            Tip {
                size: 1,
                leaf: entry("a").leaf,
            },
            wrong_leaf,
        ] {
            assert_eq!(store.commit(&[change(stale, &["c"])]).await, moved, "{name} {stale:?}");
            let boxed = Change {
                boxed: vec![ballot(1, "card")],
                ..Change::at("one", stale)
            };
            assert_eq!(
                store.commit(&[boxed]).await,
                moved,
                "{name}: a ballot, too, is decided at a head"
            );
        }
        // One of several changes that fails takes the others with it.
        let other = Change {
            entries: vec![entry("z")],
            ..Change::at("two", Tip::EMPTY)
        };
        assert_eq!(
            store.commit(&[other, change(wrong_leaf, &["c"])]).await,
            moved,
            "{name}"
        );
        assert_eq!(store.ledgers().await.unwrap().len(), 1, "{name}");
        assert_eq!(store.entries("one", 0, 9).await.unwrap().len(), 2, "{name}");
        assert!(store.boxes("one").await.unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_statement_enters_once() {
    for (name, store, _folder) in stores().await {
        let first = change(Tip::EMPTY, &["a"]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        let twice = store.commit(&[change(first.tip(), &["b", "a"])]).await;
        assert!(matches!(twice, Err(StoreError::Taken(_))), "{name}: {twice:?}");
        assert_eq!(store.ledgers().await.unwrap()[0].tip, first.tip(), "{name}");
        // The same payload signed by another key is another statement, and rules decide about it.
        let other = NewEntry {
            key: key("another"),
            leaf: hash("other leaf"),
            ..entry("a")
        };
        let other = Change {
            entries: vec![other],
            ..Change::at("one", first.tip())
        };
        store.commit(&[other]).await.unwrap();
    }
}

#[tokio::test]
async fn the_box_is_sorted_takes_a_card_once_and_empties_into_the_ledger_only() {
    for (name, store, _folder) in stores().await {
        let first = change(Tip::EMPTY, &["a"]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        let tip = first.tip();
        let put = |ballots: Vec<Boxed>| Change {
            boxed: ballots,
            ..Change::at("one", tip)
        };
        store
            .commit(&[put(vec![ballot(1, "x"), ballot(1, "y")])])
            .await
            .unwrap();
        store
            .commit(&[put(vec![ballot(1, "z"), ballot(2, "x")])])
            .await
            .unwrap();
        for again in [
            ballot(1, "x"),
            Boxed {
                hash: hash("different"),
                ..ballot(1, "y")
            },
        ] {
            let answer = store.commit(&[put(vec![again])]).await;
            assert!(matches!(answer, Err(StoreError::Taken(_))), "{name}: {answer:?}");
        }
        let mut sorted = vec![ballot(1, "x"), ballot(1, "y"), ballot(1, "z")];
        sorted.sort_by_key(|ballot| ballot.hash);
        assert_eq!(store.boxed("one", 1).await.unwrap(), sorted, "{name}");
        assert_eq!(store.boxes("one").await.unwrap(), [1, 2], "{name}");

        let lost = Change {
            opened: Some(1),
            ..Change::at("one", tip)
        };
        assert!(store.commit(&[lost]).await.is_err(), "{name}: ballots never vanish");
        assert_eq!(store.boxed("one", 1).await.unwrap(), sorted, "{name}");

        let opened = |ballot: &Boxed| NewEntry {
            key: ballot.key,
            hash: ballot.hash,
            ..entry(&ballot.hash.to_string())
        };
        let entries = sorted.iter().map(opened).collect();
        let opening = Change {
            entries,
            opened: Some(1),
            ..Change::at("one", tip)
        };
        store.commit(&[opening]).await.unwrap();
        assert_eq!(store.boxes("one").await.unwrap(), [2], "{name}");
        assert_eq!(store.entries("one", 0, 9).await.unwrap().len(), 4, "{name}");
    }
}

#[tokio::test]
async fn entries_that_were_decided_by_a_box_enter_only_while_it_holds_as_much() {
    for (name, store, _folder) in stores().await {
        let first = change(Tip::EMPTY, &["a"]);
        store.commit(std::slice::from_ref(&first)).await.unwrap();
        let boxed = Change {
            boxed: vec![ballot(1, "x"), ballot(2, "y")],
            // A ballot alone does not ask what others put there.
            ballots: Some(7),
            ..Change::at("one", first.tip())
        };
        store.commit(&[boxed]).await.unwrap();
        assert_eq!(
            store.cards("one", 1).await.unwrap(),
            [(key("x"), hash("ballot x"))],
            "{name}"
        );
        let closing = |ballots| Change {
            ballots: Some(ballots),
            ..change(first.tip(), &["closed"])
        };
        for other in [0, 1, 3] {
            let answer = store.commit(&[closing(other)]).await;
            assert_eq!(answer, Err(StoreError::HeadMoved("one".into())), "{name} {other}");
        }
        store.commit(&[closing(2)]).await.unwrap();
    }
}

#[tokio::test]
async fn the_newest_checkpoint_is_noted() {
    for (name, store, _folder) in stores().await {
        store.commit(&[change(Tip::EMPTY, &["a"])]).await.unwrap();
        let first = change(Tip::EMPTY, &["a"]).tip();
        let note = |tip, checkpoint: &str| {
            [Noted {
                id: "one".into(),
                tip,
                checkpoint: checkpoint.into(),
            }]
        };
        store.note(&note(first, "first")).await.unwrap();
        let second = change(first, &["b"]);
        store.commit(std::slice::from_ref(&second)).await.unwrap();
        store.note(&note(second.tip(), "second")).await.unwrap();
        // Whoever was frozen meanwhile does not put an older one over it.
        store.note(&note(first, "first")).await.unwrap();
        assert_eq!(
            store.ledgers().await.unwrap()[0].checkpoint.as_deref(),
            Some("second"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn files_have_a_quota_for_each_competition() {
    for (name, store, _folder) in stores().await {
        let file = |text: &str, shelf| FileRow {
            shelf,
            sha256: hash(text),
            bytes: 40,
            media: "image/png".into(),
        };
        let one = file("one", Shelf::Document);
        assert!(store.list_file("one", &one, 100).await.unwrap(), "{name}");
        assert!(
            !store.list_file("one", &one, 100).await.unwrap(),
            "{name}: listed already"
        );
        assert!(
            store
                .list_file("one", &file("two", Shelf::Document), 100)
                .await
                .unwrap(),
            "{name}"
        );
        let over = store.list_file("one", &file("three", Shelf::Document), 100).await;
        assert_eq!(over, Err(StoreError::Quota { left: 20 }), "{name}");
        assert!(
            store
                .list_file("one", &file("three", Shelf::Attachment), 100)
                .await
                .unwrap(),
            "{name}: another shelf"
        );
        assert!(
            store.list_file("two", &one, 100).await.unwrap(),
            "{name}: another competition"
        );
        assert_eq!(
            store.file("one", Shelf::Document, &hash("one")).await.unwrap(),
            Some(one.clone()),
            "{name}"
        );
        assert_eq!(
            store.file("one", Shelf::Attachment, &hash("one")).await.unwrap(),
            None,
            "{name}"
        );
        assert_eq!(store.files().await.unwrap().len(), 4, "{name}");
        assert!(
            store.unlist_file("one", Shelf::Document, &hash("one")).await.unwrap(),
            "{name}: two lists it"
        );
        assert!(
            !store.unlist_file("two", Shelf::Document, &hash("one")).await.unwrap(),
            "{name}: nobody lists it"
        );
    }
}

#[tokio::test]
async fn openings_have_a_quota_for_each_competition() {
    for (name, store, _folder) in stores().await {
        assert!(
            store.keep_opening("one", &hash("c"), b"12345678", 10).await.unwrap(),
            "{name}"
        );
        assert!(
            !store.keep_opening("one", &hash("c"), b"12345678", 10).await.unwrap(),
            "{name}"
        );
        let over = store.keep_opening("one", &hash("d"), b"123", 10).await;
        assert_eq!(over, Err(StoreError::Quota { left: 2 }), "{name}");
        assert_eq!(
            store.opening("one", &hash("c")).await.unwrap().as_deref(),
            Some(&b"12345678"[..]),
            "{name}"
        );
        assert_eq!(store.opening("two", &hash("c")).await.unwrap(), None, "{name}");
        assert!(store.erase_opening("one", &hash("c")).await.unwrap(), "{name}");
        assert_eq!(store.opening("one", &hash("c")).await.unwrap(), None, "{name}");
    }
}

/// Each alone would fit; what is held is counted where nobody else adds.
#[tokio::test]
async fn many_at_once_do_not_exceed_a_quota() {
    for (name, store, _folder) in stores().await {
        for id in ["one", "two", "three", "four"] {
            let hashes: Vec<_> = (0..64).map(|number| hash(&format!("{id} {number}"))).collect();
            let files: Vec<_> = hashes
                .iter()
                .map(|hash| FileRow {
                    shelf: Shelf::Document,
                    sha256: *hash,
                    bytes: 40,
                    media: "image/png".into(),
                })
                .collect();
            let kept = join_all(hashes.iter().map(|hash| store.keep_opening(id, hash, b"1234", 10))).await;
            assert_eq!(
                kept.iter().filter(|one| **one == Ok(true)).count(),
                2,
                "{name}: openings"
            );
            let listed = join_all(files.iter().map(|file| store.list_file(id, file, 100))).await;
            assert_eq!(
                listed.iter().filter(|one| **one == Ok(true)).count(),
                2,
                "{name}: files"
            );
        }
        assert_eq!(store.openings().await.unwrap().len(), 8, "{name}");
        assert_eq!(store.files().await.unwrap().len(), 8, "{name}");
    }
}

#[tokio::test]
async fn of_two_writers_of_a_draft_one_wins() {
    for (name, store, _folder) in stores().await {
        store.commit(&[change(Tip::EMPTY, &["a"])]).await.unwrap();
        let draft = |revision, body: &str| DraftRow {
            hash: hash("draft"),
            revision,
            body: body.into(),
        };
        store.keep_draft("one", &draft(1, "first")).await.unwrap();
        assert!(
            store.keep_draft("one", &draft(1, "also first")).await.is_err(),
            "{name}"
        );
        store.keep_draft("one", &draft(2, "second")).await.unwrap();
        assert_eq!(
            store.keep_draft("one", &draft(2, "late")).await,
            Err(StoreError::Taken("a draft")),
            "{name}"
        );
        assert_eq!(
            store.draft("one", &hash("draft")).await.unwrap(),
            Some(draft(2, "second")),
            "{name}"
        );
        assert_eq!(store.drafts("one").await.unwrap(), [draft(2, "second")], "{name}");
        assert_eq!(store.drafts("two").await.unwrap(), [], "{name}");
    }
}

#[tokio::test]
async fn sessions_end() {
    for (name, store, _folder) in stores().await {
        let session = |token: &str, opened_at, seen_at| SessionRow {
            token: hash(token),
            competition: "one".into(),
            key: key("reader"),
            opened_at,
            seen_at,
        };
        for row in [session("a", 10, 10), session("b", 10, 90), session("c", 50, 60)] {
            store.keep_session(&row).await.unwrap();
        }
        store.keep_session(&session("c", 50, 95)).await.unwrap();
        assert_eq!(
            store.session(&hash("c")).await.unwrap(),
            Some(session("c", 50, 95)),
            "{name}"
        );
        assert_eq!(store.sweep_sessions(5, 50).await.unwrap(), 1, "{name}: a was not seen");
        assert_eq!(store.sweep_sessions(20, 50).await.unwrap(), 1, "{name}: b is too old");
        assert!(store.end_session(&hash("c")).await.unwrap(), "{name}");
        assert!(!store.end_session(&hash("c")).await.unwrap(), "{name}");
    }
}

/// By another connection, with all the safety pragmas off: what an accident at the `sqlite3` prompt would do.
async fn at_the_prompt(path: &std::path::Path, statement: &'static str) -> Result<(), String> {
    use sqlx::Connection;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .pragma("recursive_triggers", "off");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_tables_are_append_only_at_the_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("esep.sqlite3");
    let store = SqliteStore::create(&path).await.unwrap();
    let first = change(Tip::EMPTY, &["a", "b"]);
    store.commit(std::slice::from_ref(&first)).await.unwrap();
    let boxed = Change {
        boxed: vec![ballot(1, "card")],
        ..Change::at("one", first.tip())
    };
    store.commit(&[boxed]).await.unwrap();
    for accident in [
        "update entry set bytes = x'00' where seq = 0",
        "delete from entry where seq = 1",
        "insert or replace into entry select ledger, seq, leaf, hash, signer, x'00' from entry where seq = 1",
        "insert or replace into entry (rowid, ledger, seq, leaf, hash, signer, bytes)
         select rowid, ledger, 2, leaf, zeroblob(32), signer, x'00' from entry where seq = 1",
        "insert into entry select ledger, 7, leaf, zeroblob(32), signer, x'00' from entry where seq = 1",
        "update ledger set size = 1",
        "update ledger set tip = zeroblob(32)",
        "delete from ledger",
        "insert or replace into ledger (id, size, tip) values ('one', 0, zeroblob(32))",
        "update box set envelope = x'00'",
        "delete from box",
        "insert or replace into box select ledger, round, hash, card, x'00' from box",
        "insert or replace into box select ledger, round, zeroblob(32), card, x'00' from box",
    ] {
        let answer = at_the_prompt(&path, accident).await;
        assert!(
            answer.as_ref().is_err_and(|words| words.contains("append-only")),
            "{accident}: {answer:?}"
        );
    }
    assert_eq!(
        store.entries("one", 0, 9).await.unwrap(),
        [b"a".to_vec(), b"b".to_vec()]
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged_and_create_refuses_an_existing_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("esep.sqlite3");
    std::fs::write(
        &path,
        "this is not a database, but it is long enough to be looked at".repeat(99),
    )
    .unwrap();
    assert!(matches!(SqliteStore::open(&path).await, Err(StoreError::Damaged(_))));
    assert!(SqliteStore::create(&path).await.is_err());
    assert!(SqliteStore::open(&folder.path().join("missing")).await.is_err());
}

#[tokio::test]
async fn a_copy_is_whole_while_the_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(&folder.path().join("esep.sqlite3")).await.unwrap();
    let first = change(Tip::EMPTY, &["a", "b"]);
    store.commit(std::slice::from_ref(&first)).await.unwrap();
    let copy = folder.path().join("copy.sqlite3");
    store.copy_to(&copy).await.unwrap();
    store.commit(&[change(first.tip(), &["c"])]).await.unwrap();
    let copy = SqliteStore::look(&copy).await.unwrap();
    assert_eq!(copy.ledgers().await.unwrap()[0].tip, first.tip());
    assert_eq!(copy.check().await.unwrap(), Vec::<String>::new());
    assert!(
        copy.commit(&[change(first.tip(), &["c"])]).await.is_err(),
        "a look never writes"
    );
}

#[tokio::test]
async fn ballots_stay_in_a_box_whose_tables_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("esep.sqlite3");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut before = sqlx::migrate!("src/store/sqlite");
    before.migrations.to_mut().retain(|step| step.version == 1);
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    before.run(&pool).await.unwrap();
    let first = change(Tip::EMPTY, &["a"]);
    sqlx::query("insert into ledger values ('one', 1, ?, null)")
        .bind(&first.tip().leaf.as_bytes()[..])
        .execute(&pool)
        .await
        .unwrap();
    let mut ballots = vec![ballot(1, "x"), ballot(1, "y"), ballot(1, "z")];
    ballots.sort_by_key(|ballot| ballot.hash);
    for one in &ballots {
        sqlx::query("insert into box values ('one', 1, ?, ?, ?)")
            .bind(&one.hash.as_bytes()[..])
            .bind(&one.key.as_bytes()[..])
            .bind(&one.envelope)
            .execute(&pool)
            .await
            .unwrap();
    }
    pool.close().await;

    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.boxed("one", 1).await.unwrap(), ballots);
    let again = Change {
        boxed: vec![ballot(1, "y")],
        ..Change::at("one", first.tip())
    };
    assert!(matches!(store.commit(&[again]).await, Err(StoreError::Taken(_))));
    for accident in ["delete from box", "update box set card = zeroblob(32)"] {
        let answer = at_the_prompt(&path, accident).await;
        assert!(answer.is_err_and(|words| words.contains("append-only")), "{accident}");
    }
}
