//! The kit as it lies on the disk: `tests/vectors/<version>/expect.json` and the bundles that it names.
//!
//! Every version that is there is held to its own expectations: an old bundle verifies for ever.

use esep::competition::Opening;
use esep::crypto::key::PublicKey;
use esep::ledger::Files;
use esep::verify::{Finding, Report, Trust, check};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

pub const SCHEMA: &str = "esep.vectors.v1";

/// `expect.json`.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub schema: String,
    pub vectors: Vec<Expected>,
    pub receipts: Vec<ExpectedReceipt>,
}

/// What a verifier must say about one bundle.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub name: String,
    /// The bundle, a gzipped tar, below the version's folder.
    pub file: String,
    /// What it shows: a choice, a near miss, a fault.
    pub shows: String,
    /// Choices of its rule set, where it is good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Findings that it looks like and does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
    #[serde(default, skip_serializing_if = "Given::is_empty")]
    pub given: Given,
    pub verdict: String,
    pub findings: BTreeSet<ExpectedFinding>,
    pub summary: serde_json::Value,
    /// How many lines of words `esep verify` prints under these heads; another verifier may part them otherwise.
    pub missing: usize,
    pub not_checked: usize,
}

impl Expected {
    /// What the report says otherwise than is written here.
    pub fn differs(&self, report: &Report) -> bool {
        let summary = serde_json::to_value(&report.summary).unwrap();
        let lines = (report.missing.len(), report.not_checked.len());
        said(report) != (self.verdict.clone(), self.findings.clone())
            || summary != self.summary
            || lines != (self.missing, self.not_checked)
    }
}

/// What a verifier is given beside the bundle: paths below the version's folder.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// A folder of `*.pem`: `--trust`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<String>,
    /// `--older`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<String>,
    /// A JSON array of openings: `--disclosed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<String>,
    /// `--require-disclosed`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_disclosed: bool,
}

impl Given {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    pub finding: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// What `esep verify-receipt` must say.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ExpectedReceipt {
    pub name: String,
    pub shows: String,
    /// The receipt, below the version's folder, like the paths that follow.
    pub file: String,
    /// The log's verifier key.
    pub log_key: String,
    /// `--bundle`: a gzipped tar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// `--entry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// `--statement`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// `holds`, `wrong` or `cannot_tell`.
    pub verdict: String,
    /// What it proves, where it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<serde_json::Value>,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Folders of all versions, in order.
pub fn versions() -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

pub fn expect(version: &Path) -> Expect {
    let expect: Expect = serde_json::from_slice(&fs::read(version.join("expect.json")).unwrap()).unwrap();
    assert_eq!(expect.schema, SCHEMA);
    expect
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut tar).unwrap();
    tar
}

pub fn bundle(version: &Path, file: &str) -> Files {
    Files::read_tar(&*gunzip(&fs::read(version.join(file)).unwrap())).unwrap()
}

pub fn trust(version: &Path, given: &Given) -> Trust {
    let text = |path: &String| fs::read_to_string(version.join(path)).unwrap();
    let keys = given
        .trust
        .iter()
        .flat_map(|path| fs::read_dir(version.join(path)).unwrap());
    let keys = keys.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, PublicKey::from_pem(&fs::read_to_string(path).unwrap()).unwrap())
    });
    let disclosed: Option<Vec<Opening>> = given
        .disclosed
        .as_ref()
        .map(|path| serde_json::from_str(&text(path)).unwrap());
    Trust {
        keys: keys.collect(),
        older: given.older.iter().map(text).collect(),
        disclosed: disclosed.unwrap_or_default(),
        require_disclosed: given.require_disclosed,
    }
}

/// Verdict and set of findings, as `expect.json` writes them.
pub fn said(report: &Report) -> (String, BTreeSet<ExpectedFinding>) {
    let verdict = serde_json::to_value(report.verdict).unwrap();
    let findings = report.findings.iter().map(|found| ExpectedFinding {
        finding: found.finding.number().to_owned(),
        entry: found.entry,
    });
    (verdict.as_str().unwrap().to_owned(), findings.collect())
}

#[test]
fn vectors_of_every_version_are_judged_as_written() {
    let mut wrong = Vec::new();
    for version in versions() {
        for vector in expect(&version).vectors {
            let report = check(&bundle(&version, &vector.file), &trust(&version, &vector.given));
            if vector.differs(&report) {
                wrong.push(format!("{}: {}: {report:#?}", version.display(), vector.name));
                if crate::FIRST_IS_ENOUGH {
                    break;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn vectors_provoke_every_finding_and_come_near_it() {
    for version in versions() {
        let expect = expect(&version);
        for finding in Finding::ALL {
            let number = finding.number();
            let has = |vector: &&Expected| vector.findings.iter().any(|found| found.finding == number);
            assert!(
                expect.vectors.iter().any(|vector| has(&vector)),
                "no vector has {number}"
            );
            let near: Vec<_> = expect
                .vectors
                .iter()
                .filter(|vector| vector.near.iter().any(|near| near == number))
                .collect();
            assert!(!near.is_empty(), "no vector comes near {number}");
            for vector in near {
                assert!(
                    vector.findings.is_empty(),
                    "{} comes near {number} and has a finding",
                    vector.name
                );
            }
        }
        let names: BTreeSet<_> = expect.vectors.iter().map(|vector| &vector.name).collect();
        assert_eq!(names.len(), expect.vectors.len(), "a name stands twice");
    }
}

#[test]
fn vectors_make_every_choice_that_a_rule_set_leaves_open() {
    let mut wanted: BTreeSet<String> = [
        "name=commission-2014",
        "name=commission-2014-marks",
        "electorate=candidates",
        "electorate=counting_commission",
        "electorate=commission",
        "electorate=listed",
        "ballots=secret",
        "ballots=named",
        "scale=0..10",
        "scale=0..1",
        "scale=-1..1",
        "scale=1..10",
        "rated=1..",
        "rated=1..10",
        "rated=2..2",
        "blank=zero",
        "blank=skip",
        "aggregate=sum",
        "aggregate=mean",
        "self_rating=allowed",
        "self_rating=ignored",
        "self_rating=voids",
        "pass_mark=none",
        "pass_mark=15",
        "turnout=none",
        "turnout=50",
        "turnout=51",
        "ties=repeat_vote+lot",
        "ties=lot",
        "ties=by_hand",
        "ties=none",
        "reserve=true",
        "reserve=false",
        "min_signatures=2",
        "min_signatures=3",
        "min_signatures=4",
        "roll_to_working_day=true",
        "organisation_in_many_associations=flag",
        "organisation_in_many_associations=refuse",
        "expunged_conviction=refuse",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    for version in versions() {
        for vector in expect(&version).vectors {
            vector.choices.iter().for_each(|choice| {
                wanted.remove(choice);
            });
        }
    }
    assert!(wanted.is_empty(), "no vector has {wanted:?}");
}
