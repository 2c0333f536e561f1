//! An office that starts, or works, over a damaged place: refused in words that say what to do next, and nothing changed.

use crate::process::{HOST, Room, Served, address, copy, stage};
use esep::crypto::Digest;
use esep::demo::Desk as _;
use esep::demo::story::{first_day, first_time};
use esep::ruleset::RuleSet;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const DATABASE: &str = "data/esep.sqlite3";

/// Digest of every file that holds the record; SQLite's index of the log (`-shm`) holds nothing.
fn record(folder: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let empty_wal = name.ends_with("-wal") && entry.metadata().unwrap().len() == 0;
        if entry.file_type().unwrap().is_file() && !name.ends_with("-shm") && !empty_wal {
            found.insert(name, Digest::of(&fs::read(entry.path()).unwrap()));
        }
    }
    found
}

/// The office must not start; what it says holds all these words, and the record is as it was.
fn refused(room: &Room, words: &[&str]) {
    fs::remove_file(room.path("log")).ok();
    let before = record(&room.path("data"));
    let Err(ran) = Served::start(room) else {
        panic!("the office started; expected {words:?}");
    };
    assert!(matches!(ran.code, Some(1 | 3)), "{ran:?}");
    assert_eq!(ran.out, "", "no address is promised");
    for word in words {
        assert!(ran.err.contains(word), "{word:?} is missing in: {}", ran.err);
    }
    assert_eq!(record(&room.path("data")), before, "a refused start changed something");
    // The same verdict without serving, and for whoever makes a copy.
    let doctor = room.run("doctor --data data --rehearsal-clock clock");
    assert_ne!(doctor.code, Some(0), "{doctor:?}");
}

/// An announced competition with nominations; the office is stopped well.
fn some_record() -> Room {
    let (room, served, mut story) = stage(RuleSet::commission_2014(), 2, "info");
    story.announce().unwrap();
    for index in 0..3 {
        story.nominate(index).unwrap();
    }
    served.stop();
    room
}

#[test]
fn a_database_cut_short_is_refused() {
    let room = some_record();
    let whole = room.read(DATABASE);
    for part in [2, 3, 10] {
        room.write(DATABASE, &whole[..whole.len() * (part - 1) / part]);
        refused(&room, &["damaged", "OPERATIONS"]);
    }
    room.write(DATABASE, &whole[..100]);
    refused(&room, &["database is damaged", "OPERATIONS"]);
    // Put back as it was, the office goes on.
    room.write(DATABASE, &whole);
    Served::start(&room).unwrap().stop();
}

#[test]
fn a_killed_office_without_its_write_ahead_log_is_refused() {
    let (room, served, mut story) = stage(RuleSet::commission_2014(), 2, "info");
    story.announce().unwrap();
    served.stop();
    let served = Served::start(&room).unwrap();
    story.desk.moved(&served.url);
    for index in 0..3 {
        story.nominate(index).unwrap();
    }
    served.kill();
    let wal = room.read("data/esep.sqlite3-wal");
    assert!(!wal.is_empty(), "the newest entries lie in the log");
    fs::remove_file(room.path("data/esep.sqlite3-wal")).unwrap();
    fs::remove_file(room.path("data/esep.sqlite3-shm")).unwrap();
    refused(&room, &["esep.sqlite3-wal", "Put the missing file back", "OPERATIONS"]);
}

#[test]
fn a_killed_office_goes_on_when_all_files_are_there() {
    let (room, served, mut story) = stage(RuleSet::commission_2014(), 2, "info");
    story.announce().unwrap();
    story.nominate(0).unwrap();
    served.kill();
    let served = Served::start(&room).unwrap();
    story.desk.moved(&served.url);
    assert_eq!(story.desk.view().unwrap().head.size, 2);
    story.nominate(1).unwrap();
    served.stop();
}

#[test]
fn an_older_copy_is_refused() {
    let (room, served, mut story) = stage(RuleSet::commission_2014(), 2, "info");
    story.announce().unwrap();
    story.nominate(0).unwrap();
    served.stop();
    copy(&room.path("data"), &room.path("older"));
    let served = Served::start(&room).unwrap();
    story.desk.moved(&served.url);
    story.nominate(1).unwrap();
    served.stop();
    // The database alone, put back.
    fs::copy(room.path("older/esep.sqlite3"), room.path(DATABASE)).unwrap();
    refused(
        &room,
        &["older copy", "2 entries", "over 3", "must not go on", "OPERATIONS"],
    );
    // Without the journal nobody could tell: that is refused as well.
    fs::remove_file(room.path("data/journal")).unwrap();
    refused(&room, &["journal is missing", "Put the journal back"]);
}

#[test]
fn a_clock_behind_the_last_entry_is_refused() {
    let room = some_record();
    room.tell_time(first_time().plus_hours(-1));
    refused(&room, &["clock shows", "Set the machine's clock", "start again"]);
    room.tell_time(first_day().plus_days(1).at(12, 0));
    Served::start(&room).unwrap().stop();
}

#[test]
fn another_log_key_is_refused() {
    let room = some_record();
    let other = Room::new();
    other.write("organiser.pem", room.read("organiser.pem"));
    other.esep(&format!(
        "init --data data --origin {HOST} --organiser organiser.pem --rehearsal"
    ));
    fs::copy(other.path("data/log.key"), room.path("data/log.key")).unwrap();
    refused(&room, &["log key", "Put the right log.key back"]);
}

/// A small disk of its own under the data folder; unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(place: &Path) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "esep-test"])
            .arg(place)
            .output();
        done.is_ok_and(|done| done.status.success())
            .then(|| Self(place.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_is_a_clear_fault_and_changes_nothing() {
    let (room, served, mut story) = stage(RuleSet::commission_2014(), 2, "warn");
    served.stop();
    let Some(disk) = SmallDisk::mount(&room.path("disk")) else {
        eprintln!("SKIPPED: only root may mount a small disk");
        return;
    };
    copy(&room.path("data"), &room.path("disk/data"));
    let served = Served::start_with(&room, "disk/data", "warn").unwrap();
    story.desk.moved(&served.url);
    story.announce().unwrap();
    story.nominate(0).unwrap();
    let head = story.desk.view().unwrap().head;
    // Nothing is left of the disk.
    fs::write(room.path("disk/filler"), vec![0_u8; 4 << 20]).expect_err("the disk is small");
    let mut faults = 0;
    for index in 1..4 {
        let words = match story.nominate(index) {
            Ok(_) => continue,
            Err(turned) => turned.to_string(),
        };
        assert!(
            !words.contains("disk/data") && !words.contains("sqlite"),
            "nothing inside leaks: {words}"
        );
        faults += 1;
    }
    assert!(faults > 0, "the disk was not full");
    let mut answer = ureq::get(address(&served.url)).call().unwrap();
    let seen: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    assert!(seen["head"]["size"].as_u64().unwrap() >= head.size, "reading goes on");
    // Room again: the same office takes statements, or does so after a new start; nothing accepted is lost.
    fs::remove_file(room.path("disk/filler")).unwrap();
    served.kill();
    let served = Served::start_with(&room, "disk/data", "warn").unwrap();
    story.desk.moved(&served.url);
    assert!(story.desk.view().unwrap().head.size >= head.size);
    story.nominate(3).unwrap();
    served.stop();
    drop(disk);
}

#[test]
fn a_proxy_that_is_not_configured_is_told_of_once() {
    let (room, served, _story) = stage(RuleSet::commission_2014(), 2, "warn");
    let forwarded = |served: &Served| {
        let asked = ureq::get(format!("{}/healthz", served.url)).header("x-forwarded-for", "192.0.2.9");
        assert_eq!(asked.call().unwrap().status(), 200);
    };
    // `esep init` takes a proxy on this machine to be one.
    forwarded(&served);
    served.stop();
    assert!(!room.text("log").contains("proxies"));
    let config = room.text("data/esep.toml");
    let others = config.replace("127.0.0.1", "192.0.2.1");
    assert_ne!(config, others);
    room.write("data/esep.toml", others);
    let served = Served::start_with(&room, "data", "warn").unwrap();
    forwarded(&served);
    forwarded(&served);
    served.stop();
    let log = room.text("log");
    assert!(log.contains("WARN"), "{log}");
    assert_eq!(log.matches("share one rate").count(), 1, "{log}");
    assert!(!log.contains("192.0.2.9") && !log.contains("127.0.0.1"), "{log}");
}
