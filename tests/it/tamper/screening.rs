//! Tampered screening: dates, associations, the candidate list, disclosed facts.

use super::insider::Insider;
use super::{disproved, disproved_with, proved, screened};
use esep::crypto::{Digest, jcs};
use esep::verify::Trust;
use serde_json::{Value, json};

/// The index of the nomination with this value in a field.
fn nomination_where(insider: &Insider, field: &str, holds: impl Fn(&Value) -> bool) -> usize {
    let count = insider.count("nomination");
    let found = (0..count).map(|n| insider.nth("nomination", n)).find(|at| {
        let opened = opening(insider, *at, field);
        opened.is_some_and(|opened| holds(&opened["value"]))
    });
    found.expect("the story has such an applicant")
}

fn opening(insider: &Insider, at: usize, field: &str) -> Option<Value> {
    let commitment: Digest = serde_json::from_value(insider.payload(at)["fields"].get(field)?.clone()).unwrap();
    let opening = &insider.openings[&commitment];
    Some(json!({ "salt": opening.salt, "value": opening.value }))
}

fn list_entry(insider: &Insider, at: usize, id: &str) -> Value {
    let field = |name| opening(insider, at, name).unwrap();
    json!({
        "id": id, "nomination": insider.entries[at].body.pae_hash(),
        "name": field("name"), "association": field("association"), "organisations": field("organisations"),
    })
}

/// Rewrites the candidate list; nothing stands after it.
fn relist(insider: &mut Insider, change: impl FnOnce(&mut Vec<Value>)) {
    let at = insider.nth("candidate_list", 0);
    insider.entries.truncate(at + 1);
    let sha256 = insider.payload(at)["list"]["sha256"].clone();
    let mut file: Value = serde_json::from_slice(&insider.attachment(&sha256)).unwrap();
    change(file["candidates"].as_array_mut().unwrap());
    let count = file["candidates"].as_array().unwrap().len();
    let list = insider.attach(jcs::to_canonical(&file).unwrap());
    insider.edit(at, |value| {
        value["list"] = json!(list);
        value["count"] = json!(count);
    });
}

/// Adds a listed candidate of that nomination.
fn admit(insider: &mut Insider, nomination: usize) {
    let entry = list_entry(insider, nomination, "c99");
    relist(insider, |candidates| candidates.push(entry));
}

#[test]
pub fn bad_late_nomination() {
    let mut insider = screened();
    let at = insider.nth("nomination", insider.count("nomination") - 1);
    let screening = insider.nth("screening_decision", 0);
    let late = insider.entries[screening].time;
    for entry in at..screening {
        insider.set_time(entry, late);
    }
    disproved(&insider.bundle(), &["V15"]);
}

#[test]
pub fn bad_second_nomination() {
    let mut insider = screened();
    let at = insider.nth("nomination", 0);
    let again = insider.entries[at].clone();
    insider.entries.insert(at + 1, again);
    let other = insider.nonce();
    insider.edit(at + 1, |value| value["nonce"] = other.into());
    disproved(&insider.bundle(), &["V17"]);
}

#[test]
pub fn bad_list_in_the_appeal_window() {
    let mut insider = screened();
    let (at, decided) = (insider.nth("candidate_list", 0), insider.nth("screening_decision", 0));
    insider.entries.truncate(at + 1);
    let time = insider.entries[decided].time.plus_hours(30);
    insider.set_time(at, time);
    disproved(&insider.bundle(), &["V13"]);
}

#[test]
pub fn bad_candidates_opening() {
    let mut insider = screened();
    relist(&mut insider, |candidates| {
        candidates[0]["name"]["value"] = json!("Somebody Else");
    });
    disproved(&insider.bundle(), &["V16"]);
}

#[test]
pub fn bad_two_per_association() {
    let mut insider = screened();
    // The contest is forgotten, and the second nomination of the association is screened and listed too.
    let contest = insider.nth("contest_decided", 0);
    let first = insider.payload(contest)["stands"].clone();
    let both = insider.payload(contest)["nominations"].clone();
    let second = both
        .as_array()
        .unwrap()
        .iter()
        .find(|hash| **hash != first)
        .unwrap()
        .clone();
    insider.entries.remove(contest);
    let at = insider.nth("screening_decision", 0);
    let copy = insider.entries[at].clone();
    insider.entries.insert(at, copy);
    insider.edit(at, |value| value["nomination"] = second.clone());
    let nomination = (0..insider.entries.len())
        .find(|at| json!(insider.entries[*at].body.pae_hash()) == second)
        .unwrap();
    admit(&mut insider, nomination);
    disproved(&insider.bundle(), &["V17"]);
}

#[test]
pub fn bad_contest_loser_listed() {
    let mut insider = screened();
    let contest = insider.payload(insider.nth("contest_decided", 0));
    let loser = contest["nominations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|hash| **hash != contest["stands"])
        .unwrap();
    let nomination = (0..insider.entries.len())
        .find(|at| json!(insider.entries[*at].body.pae_hash()) == *loser)
        .unwrap();
    admit(&mut insider, nomination);
    disproved(&insider.bundle(), &["V18"]);
}

#[test]
pub fn bad_organisations_two() {
    let mut insider = screened();
    let at = nomination_where(&insider, "organisations", |value| {
        value.as_array().is_some_and(|all| all.len() == 2)
    });
    admit(&mut insider, at);
    disproved(&insider.bundle(), &["V18"]);
}

#[test]
pub fn bad_convict_listed_shows_once_disclosed() {
    let mut insider = screened();
    let at = nomination_where(&insider, "conviction", |value| value["convicted"] == true);
    let fact: Digest = serde_json::from_value(insider.payload(at)["fields"]["conviction"].clone()).unwrap();
    let fact = insider.openings[&fact].clone();
    admit(&mut insider, at);
    let files = insider.bundle();
    // Nobody outside can know it; the report says what is undisclosed.
    let report = proved(&files, &Trust::default());
    assert!(
        report
            .not_checked
            .iter()
            .any(|line| line.contains("R11") && line.contains("c99"))
    );
    let trust = Trust {
        disclosed: vec![fact],
        ..Trust::default()
    };
    disproved_with(&files, &trust, &["V18"]);
}

#[test]
pub fn bad_admitted_left_out_shows_once_disclosed() {
    let mut insider = screened();
    relist(&mut insider, |candidates| {
        candidates.pop();
    });
    let files = insider.bundle();
    proved(&files, &Trust::default());
    let disclosed = insider.openings.values().cloned().collect();
    disproved_with(
        &files,
        &Trust {
            disclosed,
            ..Trust::default()
        },
        &["V18"],
    );
}

#[test]
pub fn bad_document_missing_listed() {
    // Which documents were sent is known to everyone.
    let mut insider = screened();
    let at = (0..insider.count("nomination"))
        .map(|n| insider.nth("nomination", n))
        .find(|at| insider.payload(*at)["fields"].get("resume").is_none())
        .unwrap();
    admit(&mut insider, at);
    disproved(&insider.bundle(), &["V18"]);
}
