//! Two verifiers, written apart from one page, judge the same bundles: vectors, and seeded mutations of good records.
//!
//! `ESEP_MUTATIONS` (1,000) and `ESEP_MUTATION_SEED` (1) choose how many and which. A bundle that is judged otherwise is
//! kept below `target/tmp/differences`.

use super::disk::{self, ExpectedFinding, Given};
use super::mutate::mutation;
use esep::ledger::Files;
use esep::verify::{Report, Trust, Verdict, check};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const MUTATIONS: u64 = 1000;
/// WebCrypto is at hand without a flag from here on.
const OLDEST_NODE: u32 = 20;

/// The second verifier at work, one process for many bundles.
struct Second {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    findings: BTreeSet<Said>,
    /// For people who read of a difference.
    #[serde(default)]
    #[expect(dead_code, reason = "shown where the two differ")]
    missing: Vec<String>,
    error: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    finding: String,
    entry: Option<u64>,
    detail: String,
}

impl Second {
    /// `None`, with a word to the reader, where it cannot run.
    fn start() -> Option<Self> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !home.join("src/web/verifier/check.mjs").exists() {
            eprintln!("skipped: the second verifier is not there");
            return None;
        }
        let version = Command::new("node").args(["-p", "process.versions.node"]).output();
        let version = version.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
        let major = version
            .ok()
            .and_then(|told| told.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major < OLDEST_NODE) {
            eprintln!("skipped: the second verifier needs the command node, of version {OLDEST_NODE} or later");
            return None;
        }
        let started = Command::new("node")
            .arg(home.join("tests/js/batch.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self {
            child,
            input,
            output: BufReader::new(output),
        })
    }

    fn ask(&mut self, tar: &Path, version: &Path, given: &Given) {
        let below = |path: &String| version.join(path);
        let line = json!({
            "path": tar, "trust": given.trust.as_ref().map(below), "disclosed": given.disclosed.as_ref().map(below),
            "older": given.older.iter().map(below).collect::<Vec<_>>(), "require_disclosed": given.require_disclosed,
        });
        writeln!(self.input, "{line}").unwrap();
        self.input.flush().unwrap();
    }

    fn answer(&mut self) -> Judged {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the second verifier said {line:?}: {error}"))
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `None` where both say the same.
fn difference(report: &Report, judged: &Judged) -> Option<String> {
    let (verdict, findings) = disk::said(report);
    let theirs: BTreeSet<_> = judged
        .findings
        .iter()
        .map(|said| ExpectedFinding {
            finding: said.finding.clone(),
            entry: said.entry,
        })
        .collect();
    let same = judged.error.is_none() && verdict == judged.verdict && findings == theirs;
    let ours = format!("{verdict} {:#?} missing {:#?}", report.findings, report.missing);
    (!same).then(|| format!("first: {ours}\nsecond: {judged:#?}"))
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Never a panic; and what no key signed anew is never proved, unless nothing that is proved has changed.
fn judge(seed: u64, at: u64) -> (Files, String, Report) {
    let made = mutation(seed, at);
    let report = check(&made.files, &Trust::default());
    // The page for people is held to the sums, and lines by unknown keys under a checkpoint say nothing.
    let proved_only = |files: &Files| {
        let mut files = files.clone();
        files.0.remove("README.txt");
        files.0.remove(esep::ledger::bundle::SUMS);
        let note = String::from_utf8(files.0.remove("checkpoint").unwrap()).unwrap();
        (files, note.split("\n\n").next().map(str::to_owned))
    };
    if made.outside && report.verdict == Verdict::Proved {
        assert!(
            proved_only(&made.files) == proved_only(&made.honest),
            "mutation {at} of seed {seed} is proved: {}",
            made.words
        );
    }
    (made.files, made.words, report)
}

#[test]
fn mutations_are_judged_alike_by_both_verifiers() {
    let (count, seed) = (number("ESEP_MUTATIONS", MUTATIONS), number("ESEP_MUTATION_SEED", 1));
    let scratch = tempfile::tempdir().unwrap();
    let mut differ = Vec::new();
    let mut verdicts = std::collections::BTreeMap::<String, u64>::new();
    let workers = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        let folder = scratch.path();
        let work = |worker: u64| {
            move || {
                let mut second = Second::start();
                let mut said = Vec::new();
                for at in (0..count).filter(|at| at % workers == worker) {
                    let (files, words, report) = judge(seed, at);
                    let judged = second.as_mut().map(|second| {
                        let tar = folder.join(format!("{worker}.tar"));
                        files.write_tar(fs::File::create(&tar).unwrap()).unwrap();
                        second.ask(&tar, folder, &Given::default());
                        second.answer()
                    });
                    let found = judged.and_then(|judged| difference(&report, &judged));
                    let kept = found.map(|found| (keep(seed, at, &files), format!("{words}\n{found}")));
                    said.push((disk::said(&report).0, kept));
                }
                said
            }
        };
        let all: Vec<_> = (0..workers).map(|worker| scope.spawn(work(worker))).collect();
        for (verdict, kept) in all.into_iter().flat_map(|one| one.join().unwrap()) {
            *verdicts.entry(verdict).or_default() += 1;
            differ.extend(kept);
        }
    });
    eprintln!("{count} mutations of seed {seed}: {verdicts:?}");
    assert!(
        verdicts.len() == 3 || count < 100,
        "mutations end in every verdict: {verdicts:?}"
    );
    let told: Vec<_> = differ
        .iter()
        .map(|(path, words)| format!("{}: {words}", path.display()))
        .collect();
    assert!(told.is_empty(), "{} differences:\n{}", told.len(), told.join("\n\n"));
}

fn keep(seed: u64, at: u64, files: &Files) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differences");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{seed}-{at}.tar"));
    files.write_tar(fs::File::create(&path).unwrap()).unwrap();
    path
}

#[test]
fn vectors_are_judged_alike_by_both_verifiers() {
    let Some(mut second) = Second::start() else { return };
    let mut differ = Vec::new();
    for version in disk::versions() {
        for vector in disk::expect(&version).vectors {
            second.ask(&version.join(&vector.file), &version, &vector.given);
            let report = check(
                &disk::bundle(&version, &vector.file),
                &disk::trust(&version, &vector.given),
            );
            if let Some(found) = difference(&report, &second.answer()) {
                differ.push(format!("{}: {}\n{found}", vector.name, vector.file));
            }
        }
    }
    assert!(
        differ.is_empty(),
        "{} differences:\n{}",
        differ.len(),
        differ.join("\n\n")
    );
}
