//! The kit: small complete bundles and receipts, good ones and tampered ones, each with the verdict that every verifier
//! must come to. Made by this code from one seed, kept in `tests/vectors`, and compared with it here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

#[cfg(feature = "server")]
mod differ;
pub mod disk;
mod good;
pub mod mutate;
mod receipts;
mod tampered;

use disk::{Expect, Expected, ExpectedReceipt, Given};
use esep::crypto::Digest;
use esep::ledger::Files;
use esep::ledger::bundle::SUMS;
use esep::ruleset::{Aggregate, Electorate, RuleSet};
use esep::verify::{Finding, Trust, Verdict, check};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// The version that this code makes.
const VERSION: &str = "v1";
const README: &str = "A bundle that was made to test verifiers. Nobody was elected.\n";
const AGAIN: &str = "ESEP_WRITE_VECTORS=1 cargo test --test it vectors";

/// One bundle of the kit, before anybody has judged it.
pub struct Vector {
    pub name: String,
    pub shows: String,
    pub choices: Vec<String>,
    pub near: Vec<&'static str>,
    pub files: Files,
    pub given: Trust,
}

/// A file below the version's folder.
enum Content {
    Plain(Vec<u8>),
    /// The same files are the same bundle, however they are packed.
    Packed(Vec<u8>),
}

/// Everything that the version's folder holds.
#[derive(Default)]
pub struct Kit {
    vectors: Vec<Expected>,
    receipts: Vec<ExpectedReceipt>,
    content: BTreeMap<String, Content>,
    packed: BTreeMap<Digest, String>,
}

impl Kit {
    /// Judges a bundle and takes it in.
    fn add(&mut self, mut vector: Vector) {
        vector.files = without_pages(vector.files);
        let report = check(&vector.files, &vector.given);
        let good = vector.name.starts_with("good/");
        assert!(
            !good || report.findings.is_empty(),
            "{}: {:#?}",
            vector.name,
            report.findings
        );
        let may_miss = vector.name.contains("missing-") || vector.given.require_disclosed;
        assert!(
            !good || may_miss || report.verdict == Verdict::Proved,
            "{}: {:#?}",
            vector.name,
            report.missing
        );
        let (verdict, findings) = disk::said(&report);
        let file = self.pack(&format!("{}.tar.gz", vector.name), &vector.files);
        let given = self.give(&vector.name, &vector.given);
        self.vectors.push(Expected {
            name: vector.name,
            file,
            shows: vector.shows,
            choices: vector.choices,
            near: vector.near.into_iter().map(str::to_owned).collect(),
            given,
            verdict,
            findings,
            summary: serde_json::to_value(&report.summary).unwrap(),
            missing: report.missing.len(),
            not_checked: report.not_checked.len(),
        });
    }

    /// Where the bundle lies: one that is there already is not kept twice.
    fn pack(&mut self, file: &str, files: &Files) -> String {
        let mut tar = Vec::new();
        without_pages(files.clone()).write_tar(&mut tar).unwrap();
        let digest = Digest::of(&tar);
        let path = self.packed.entry(digest).or_insert_with(|| file.to_owned()).clone();
        if path == file {
            self.content.insert(path.clone(), Content::Packed(tar));
        }
        path
    }

    fn give(&mut self, name: &str, trust: &Trust) -> Given {
        let folder = format!("given/{name}");
        let mut given = Given {
            require_disclosed: trust.require_disclosed,
            ..Given::default()
        };
        for (key, public) in &trust.keys {
            given.trust = Some(format!("{folder}/keys"));
            self.plain(format!("{folder}/keys/{key}.pem"), public.to_pem());
        }
        for (number, older) in trust.older.iter().enumerate() {
            let path = format!("{folder}/older-{}", number + 1);
            self.plain(path.clone(), older.as_bytes());
            given.older.push(path);
        }
        if !trust.disclosed.is_empty() {
            let path = format!("{folder}/disclosed.json");
            self.plain(path.clone(), serde_json::to_vec(&trust.disclosed).unwrap());
            given.disclosed = Some(path);
        }
        given
    }

    fn plain(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.content.insert(path.into(), Content::Plain(bytes.into()));
    }

    /// Adds what the bundles are expected to show.
    fn finish(mut self) -> BTreeMap<String, Content> {
        let expect = Expect {
            schema: disk::SCHEMA.to_owned(),
            vectors: std::mem::take(&mut self.vectors),
            receipts: std::mem::take(&mut self.receipts),
        };
        let text = serde_json::to_string_pretty(&expect).unwrap();
        self.plain("expect.json", text + "\n");
        self.plain("TABLE.md", page(&expect));
        self.content
    }
}

/// Findings by number: the vectors that have them, and those that come near.
fn table(expect: &Expect) -> BTreeMap<&'static str, (Vec<&str>, Vec<&str>)> {
    let row = |number: &'static str| {
        let has = expect
            .vectors
            .iter()
            .filter(|vector| vector.findings.iter().any(|found| found.finding == number));
        let near = expect
            .vectors
            .iter()
            .filter(|vector| vector.near.iter().any(|near| near == number));
        (
            number,
            (
                has.map(|one| one.name.as_str()).collect(),
                near.map(|one| one.name.as_str()).collect(),
            ),
        )
    };
    Finding::ALL.iter().map(|finding| row(finding.number())).collect()
}

/// The table for people: which vectors have a finding, and which come near.
fn page(expect: &Expect) -> String {
    let mut page = "# Findings and their vectors\n\nWritten by the tests from `expect.json`.\n\n| Finding | Has it | Comes near |\n|---|---|---|\n".to_owned();
    let table = table(expect);
    for finding in Finding::ALL {
        let (has, near) = &table[finding.number()];
        let name = |name: &&str| name.split('/').next_back().unwrap_or_default().to_owned();
        let names = |all: &[&str]| all.iter().map(name).collect::<Vec<_>>().join(", ");
        writeln!(
            page,
            "| {} {} | {} | {} |",
            finding.number(),
            finding.title(),
            names(has),
            names(near)
        )
        .unwrap();
    }
    page
}

/// The choices of a rule set, one word each.
pub fn choices(rules: &RuleSet) -> Vec<String> {
    let word = |value: &dyn erased::Json| match value.json() {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let vote = &rules.vote;
    let electorate = match rules.electorate {
        Electorate::Candidates {} => "candidates",
        Electorate::CountingCommission {} => "counting_commission",
        Electorate::Commission(_) => "commission",
        Electorate::Listed(_) => "listed",
    };
    let aggregate = match vote.aggregate {
        Aggregate::Sum {} => "sum",
        Aggregate::Mean { .. } => "mean",
    };
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let ties: Vec<_> = rules.ties.iter().map(|rule| word(rule)).collect();
    vec![
        format!("name={}", rules.name),
        format!("electorate={electorate}"),
        format!("ballots={}", word(&rules.ballots)),
        format!("scale={}..{}", vote.scale.min, vote.scale.max),
        format!(
            "rated={}..{}",
            vote.min_rated,
            vote.max_rated.map_or_else(String::new, |most| most.to_string())
        ),
        format!("blank={}", word(&vote.blank)),
        format!("aggregate={aggregate}"),
        format!("self_rating={}", word(&vote.self_rating)),
        format!("pass_mark={}", or_none(vote.pass_mark.map(|mark| mark.to_string()))),
        format!(
            "turnout={}",
            or_none(rules.min_turnout_percent.map(|percent| percent.to_string()))
        ),
        format!("ties={}", or_none(Some(ties.join("+")).filter(|ties| !ties.is_empty()))),
        format!("reserve={}", rules.reserve),
        format!("min_signatures={}", rules.min_signatures),
        format!("roll_to_working_day={}", rules.calendar.roll_to_working_day),
        format!(
            "organisation_in_many_associations={}",
            word(&rules.eligibility.organisation_in_many_associations)
        ),
        format!("expunged_conviction={}", word(&rules.eligibility.expunged_conviction)),
    ]
}

/// Any value as JSON.
mod erased {
    pub trait Json {
        fn json(&self) -> serde_json::Value;
    }
    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).unwrap()
        }
    }
}

/// Pages for people are held to the sums alone, and change often: in a vector a fixed text and no program stand in
/// their place, so that it stays what it is.
fn without_pages(mut files: Files) -> Files {
    let mut sums = files.file(SUMS).map(|sums| String::from_utf8_lossy(sums).into_owned());
    if files.file("README.txt") == Some(esep::competition::README.as_bytes()) {
        let (from, to) = (
            Digest::of(esep::competition::README.as_bytes()),
            Digest::of(README.as_bytes()),
        );
        sums = sums.map(|sums| sums.replacen(&from.to_string(), &to.to_string(), 1));
        files.insert("README.txt", README);
    }
    if let Some(page) = files.0.remove("verify.html") {
        let line = format!("{}  verify.html\n", Digest::of(&page));
        sums = sums.map(|sums| sums.replacen(&line, "", 1));
    }
    if let Some(sums) = sums.filter(|sums| files.file(SUMS).is_some_and(|held| held != sums.as_bytes())) {
        files.insert(SUMS, sums);
    }
    files
}

fn make() -> BTreeMap<String, Content> {
    let mut kit = Kit::default();
    good::make(&mut kit);
    tampered::make(&mut kit);
    receipts::make(&mut kit);
    kit.finish()
}

fn same(path: &Path, content: &Content) -> bool {
    let Ok(held) = fs::read(path) else { return false };
    match content {
        Content::Plain(bytes) => held == *bytes,
        Content::Packed(tar) => disk::gunzip(&held) == *tar,
    }
}

fn write(path: &Path, content: &Content) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match content {
        Content::Plain(bytes) => fs::write(path, bytes).unwrap(),
        Content::Packed(tar) => {
            let mut packed = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
            packed.write_all(tar).unwrap();
            fs::write(path, packed.finish().unwrap()).unwrap();
        }
    }
}

fn files_below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The bundles on the disk are those that this code makes: whoever changes a format sees it here.
#[cfg(feature = "server")]
#[test]
fn vectors_on_disk_are_those_that_the_code_makes() {
    let folder = disk::folder().join(VERSION);
    let made = make();
    let rewrite = std::env::var_os("ESEP_WRITE_VECTORS").is_some();
    let mut differ = Vec::new();
    for (path, content) in made.iter().filter(|(path, content)| !same(&folder.join(path), content)) {
        differ.push(path.clone());
        if rewrite {
            write(&folder.join(path), content);
        }
    }
    let mut held = Vec::new();
    files_below(&folder, &mut held);
    for path in held {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        if !made.contains_key(&name) {
            differ.push(name);
            if rewrite {
                fs::remove_file(path).unwrap();
            }
        }
    }
    assert!(
        rewrite || differ.is_empty(),
        "{} vectors differ from what the code makes: {differ:?}\nIf the format was meant to change, write them anew with: {AGAIN}",
        differ.len()
    );
}
