//! Three instances on one database under load: one is killed, one is frozen and wakes, the database is restarted.

use crate::cluster::Cluster;
use crate::kill::{
    ELECTORS, Ended, LOADERS, Load, Play, all_known, ballots, checkpoint, consistent, mixed, objections,
    proved_with_exactly, rules,
};
use crate::process::{Room, Served, address, stage_on};
use esep::ledger::checkpoint::Checkpoint;
use esep::ledger::note::Vkey;
use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A second data folder of the same office: its own journal, the shared files.
pub fn another(room: &Room, name: &str) {
    fs::create_dir(room.path(name)).unwrap();
    for file in ["esep.toml", "log.key", "journal"] {
        fs::copy(room.path("data").join(file), room.path(name).join(file)).unwrap();
    }
    for shelf in ["documents", "attachments"] {
        std::os::unix::fs::symlink(room.path("data").join(shelf), room.path(name).join(shelf)).unwrap();
    }
}

pub fn instance(room: &Room, name: &str) -> Served {
    Served::start_with(room, name, "warn").unwrap_or_else(|ran| panic!("{name}: {ran:?}"))
}

/// Waits until this instance says what the other said, or more.
fn follows(url: &str, older: &Checkpoint, log: &Vkey) {
    let patience = Instant::now();
    while checkpoint(url, log).size < older.size {
        assert!(patience.elapsed() < Duration::from_secs(10), "a reader does not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
    consistent(url, older, &checkpoint(url, log));
}

/// Lets the loaders send so many more, and waits until most of them are answered.
pub fn let_through(load: &Load, more: usize) {
    let aim = load.answered() + more;
    load.allowed.fetch_add(more, Ordering::SeqCst);
    let patience = Instant::now();
    while load.answered() + LOADERS < aim && patience.elapsed() < Duration::from_secs(30) {
        assert!(
            load.wrong.lock().unwrap().is_empty(),
            "{:?}",
            load.wrong.lock().unwrap()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn three_instances_make_one_history_while_one_dies_one_freezes_and_the_database_restarts() {
    let folder = tempfile::tempdir().unwrap();
    // Of its own, as it is restarted.
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let Some(cluster) = Cluster::in_folder(folder.path()) else {
        return;
    };
    let database = cluster.database();
    let (room, first, mut story) = stage_on(rules(), 4, "warn", &format!("--database {}", database.url));
    another(&room, "second");
    another(&room, "third");
    let (second, third) = (instance(&room, "second"), instance(&room, "third"));
    story.announce().unwrap();
    // The story goes from one instance to the other.
    let log = story.plan.log.clone();
    let go = |story: &mut Play, from: &Served, to: &Served| {
        follows(&to.url, &checkpoint(&from.url, &log), &log);
        story.desk.moved(&to.url);
    };
    story.intake().unwrap();
    go(&mut story, &first, &second);
    story.screening().unwrap();
    story.list().unwrap();
    go(&mut story, &second, &third);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    let ballots = ballots(&mut story);
    let all = mixed(&ballots, objections(&mut story));
    let total = all.len();
    let load = Load::new(all, &[&first.url, &second.url, &third.url], Duration::from_secs(2));
    let before = checkpoint(&third.url, &log);
    let (first, second, third) = std::thread::scope(|scope| {
        let _ended = Ended(&load);
        for _ in 0..LOADERS {
            scope.spawn(|| load.run());
        }
        let_through(&load, total / 6);
        load.allowed.fetch_add(total / 6, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        second.kill();
        let second = instance(&room, "second");
        *load.urls.lock().unwrap() = vec![first.url.clone(), second.url.clone(), third.url.clone()];
        let_through(&load, total / 6);
        load.allowed.fetch_add(total / 6, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        third.signal("STOP");
        // One in three waits in vain first.
        let_through(&load, total / 30);
        third.signal("CONT");
        load.allowed.fetch_add(total / 6, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        database.cluster.restart();
        load.let_all_through(total);
        (first, second, third)
    });
    assert_eq!(*load.wrong.lock().unwrap(), Vec::<String>::new());
    let receipts = load.receipts.into_inner().unwrap();
    assert_eq!(receipts.len(), total, "every statement is answered in the end");
    let newest = checkpoint(&first.url, &log);
    for served in [&first, &second, &third] {
        all_known(&served.url, &receipts);
        follows(&served.url, &newest, &log);
        consistent(&served.url, &before, &checkpoint(&served.url, &log));
    }

    // The box that three instances filled is closed at one, opened at the next, certified at the last.
    assert_eq!(ballots.len(), ELECTORS as usize);
    story.cast_ballots.clone_from(&ballots);
    story.voted = (0..ballots.len()).collect();
    story.desk.moved(&first.url);
    story.close_polling().unwrap();
    go(&mut story, &first, &second);
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    go(&mut story, &second, &third);
    story.count().unwrap();
    story.certify().unwrap();
    for (served, name) in [(first, "data"), (second, "second"), (third, "third")] {
        let url = address(&served.url);
        assert!(ureq::get(format!("{url}/checkpoint")).call().is_ok());
        served.stop();
        // Each journal, too, agrees with the record.
        room.esep(&format!("doctor --data {name} --rehearsal-clock clock"));
    }
    proved_with_exactly(&room, &story, &ballots, &receipts, &log);
}
