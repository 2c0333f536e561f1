//! A bundle is read where it lies: in memory, in a folder and in a tar it says the same, and a file that changes or
//! cannot be read meanwhile proves nothing.

use crate::story::story;
use esep::crypto::Digest;
use esep::ledger::Files;
use esep::ledger::source::{OnDisk, Source};
use esep::ruleset::{Electorate, ListedRoll, RuleSet};
use esep::verify::{Finding, Report, Trust, Verdict, check};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

fn bundle() -> Files {
    let mut story = story(RuleSet::commission_2014(), 12, false);
    story.play().unwrap();
    story.desk.bundle().unwrap()
}

fn said(report: &Report) -> String {
    format!("{report:?}")
}

#[test]
fn memory_folder_and_tar_say_the_same() {
    let good = bundle();
    let mut bad = good.clone();
    for path in ["ballots.jsonl", "result.json"] {
        bad.0.get_mut(path).unwrap().push(b' ');
    }
    bad.0.remove("rules.json");
    for files in [good, bad] {
        let place = tempfile::tempdir().unwrap();
        let (folder, tar) = (place.path().join("bundle"), place.path().join("bundle.tar"));
        files.write_folder(&folder).unwrap();
        files.write_tar(std::fs::File::create(&tar).unwrap()).unwrap();
        let wanted = said(&check(&files, &Trust::default()));
        for path in [folder, tar] {
            let report = check(&OnDisk::open(&path).unwrap(), &Trust::default());
            assert_eq!(said(&report), wanted, "{}", path.display());
        }
    }
}

#[test]
fn a_tar_cut_short_is_no_bundle() {
    let place = tempfile::tempdir().unwrap();
    let tar = place.path().join("bundle.tar");
    let mut bytes = Vec::new();
    bundle().write_tar(&mut bytes).unwrap();
    for length in [bytes.len() / 2, bytes.len() - 1_024 - 512] {
        std::fs::write(&tar, &bytes[..length]).unwrap();
        assert!(OnDisk::open(&tar).is_err(), "{length}");
    }
}

#[test]
fn a_file_that_is_gone_is_missing() {
    for path in ["ballots.jsonl", "tile/entries/000.p/", "attachments/"] {
        let place = tempfile::tempdir().unwrap();
        bundle().write_folder(place.path()).unwrap();
        let files = OnDisk::open(place.path()).unwrap();
        let gone = files.paths().find(|found| found.starts_with(path)).unwrap();
        std::fs::remove_file(place.path().join(gone)).unwrap();
        let report = check(&files, &Trust::default());
        assert_eq!(report.verdict, Verdict::CannotTell, "{path} {:#?}", report.findings);
        assert!(
            report.missing.iter().any(|line| line.starts_with(gone)),
            "{:#?}",
            report.missing
        );
    }
}

/// Files of which one is read otherwise at certain readings.
struct Fickle<'a> {
    files: &'a Files,
    path: &'a str,
    bad: Range<usize>,
    otherwise: fn(Vec<u8>) -> Option<Vec<u8>>,
    reads: Mutex<BTreeMap<String, usize>>,
}

impl Source for Fickle<'_> {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        self.files.paths()
    }
    fn length(&self, path: &str) -> Option<u64> {
        self.files.length(path)
    }
    fn part(&self, path: &str, start: u64, length: u64) -> Option<Cow<'_, [u8]>> {
        let bytes = self.files.part(path, start, length)?.into_owned();
        let mut reads = self.reads.lock().unwrap();
        let reads = reads.entry(path.to_owned()).or_default();
        let bad = path == self.path && self.bad.contains(reads);
        *reads += 1;
        let bytes = if bad { (self.otherwise)(bytes)? } else { bytes };
        Some(Cow::Owned(bytes))
    }
    fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What is said of files of which one is read otherwise at these readings, and how often each was read.
fn fickle(
    files: &Files,
    path: &str,
    bad: Range<usize>,
    otherwise: fn(Vec<u8>) -> Option<Vec<u8>>,
) -> (Report, BTreeMap<String, usize>) {
    let reads = Mutex::default();
    let fickle = Fickle {
        files,
        path,
        bad,
        otherwise,
        reads,
    };
    let report = check(&fickle, &Trust::default());
    (report, fickle.reads.into_inner().unwrap())
}

/// A letter of the last ballot's signature is another.
fn other_letter(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let behind = b"\"}]},\"kind\":\"ballot_cast\"";
    let place = bytes.windows(behind.len()).rposition(|letters| letters == behind)?;
    let letter = &mut bytes[place - 9];
    *letter = if *letter == b'A' { b'B' } else { b'A' };
    Some(bytes)
}

#[test]
fn tiles_that_change_while_they_are_read_prove_nothing() {
    let files = bundle();
    let path = files.paths().find(|path| path.starts_with("tile/entries/")).unwrap();
    let reads = |bad: Range<usize>| {
        let (report, reads) = fickle(&files, path, bad, other_letter);
        (report, reads[path])
    };
    let (report, all) = reads(0..0);
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(
        all, 2,
        "summed, hashed and replayed in one reading, then compared with the ballots' lines"
    );
    // From then on it must stay as it is.
    for bad in [1..usize::MAX, 1..3] {
        let (report, _) = reads(bad.clone());
        assert_eq!(report.verdict, Verdict::CannotTell, "{bad:?}: {:#?}", report.findings);
        assert!(
            report.missing.iter().any(|line| line.contains("changed")),
            "{:#?}",
            report.missing
        );
    }
    // Lines that differ are made again of entries that are hashed again.
    let (report, once_more) = reads(1..2);
    assert_eq!(report.verdict, Verdict::Proved, "{:#?}", report.findings);
    assert_eq!(once_more, 3);
    // What was read is what is told, by its sum and by its root.
    let (report, _) = reads(0..1);
    assert_eq!(report.verdict, Verdict::Disproved);
    let told: Vec<_> = report.findings.iter().map(|found| found.finding).collect();
    assert!(
        told.contains(&Finding::Sums) && told.contains(&Finding::Root),
        "{told:?}"
    );
}

/// A box of more than one window: what its members say of it stands in another, and is looked for ahead.
#[test]
fn members_signatures_are_checked_with_the_ballots_of_a_long_box() {
    let mut rules = RuleSet::commission_2014();
    rules.electorate = Electorate::Listed(ListedRoll {
        count: 4_400,
        commitment: Digest::of(b"roll"),
        keys: None,
    });
    let mut story = story(rules, 2, false);
    story.play().unwrap();
    let files = story.desk.bundle().unwrap();
    let tile = |index: usize| {
        let mut tiles = files.paths().filter(|path| path.starts_with("tile/entries/"));
        tiles.nth(index).unwrap()
    };
    // Tiles of 256 entries, windows of sixteen.
    let (ballots, last) = (
        tile(1),
        tile(files.paths().filter(|path| path.starts_with("tile/entries/")).count() - 1),
    );
    let (report, reads) = fickle(&files, last, 0..0, other_letter);
    assert_eq!(report.verdict, Verdict::Proved, "{:#?}", report.findings);
    assert!(report.summary.ballots > 4_096, "{}", report.summary.ballots);
    assert_eq!(reads[ballots], 2, "replayed, and compared with the lines");
    // Without the hint they are read once more for the members, and all is proved the same.
    let (again, reads) = fickle(&files, last, 0..1, |_| None);
    assert_eq!(said(&again), said(&report));
    assert_eq!(reads[ballots], 3);
    // Where the replay ends early, or does not begin, all entries are hashed and placed nevertheless.
    for gone in ["attachments/", "keys/organiser.pem"] {
        let mut less = files.clone();
        less.0.retain(|path, _| !path.starts_with(gone));
        let stopped = check(&less, &Trust::default());
        assert_eq!(stopped.verdict, Verdict::CannotTell, "{gone}: {:#?}", stopped.findings);
        assert_eq!(stopped.summary.root, report.summary.root, "{gone}");
    }
}
