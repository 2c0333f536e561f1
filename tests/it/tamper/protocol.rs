//! Tampered protocols: what all four members signed is not what the record gives.

use super::insider::{Insider, resum};
use super::{disproved, good, tied};
use esep::competition::PROTOCOL_TYPE;
use esep::crypto::dsse::pae;
use esep::crypto::{Digest, jcs};
use esep::ledger::Files;
use serde_json::{Value, json};

/// All four members sign and certify a changed protocol, and the bundle carries it.
fn forge(mut insider: Insider, change: impl FnOnce(&mut Value)) -> Files {
    let state = insider.relink();
    let mut value: Value = serde_json::from_slice(state.frozen().unwrap().bytes()).unwrap();
    change(&mut value);
    let bytes = jcs::to_canonical(&value).unwrap();
    let signed = pae(PROTOCOL_TYPE, &bytes);
    let members = insider.members.clone();
    for (n, member) in members.iter().enumerate() {
        let at = if n < 3 {
            insider.nth("protocol_signed", n)
        } else {
            insider.nth("protocol_dissented", 0)
        };
        insider.edit(at, |value| {
            value["protocol"] = json!(Digest::of(&bytes));
            value["signature"] = json!(member.sign(&signed));
        });
    }
    let last = insider.nth("certification", 0);
    insider.edit(last, |value| value["protocol"] = json!(Digest::of(&bytes)));
    insider.rechain();
    let mut files = insider.seal(&insider.bytes(), &state);
    files.insert("protocol.json", bytes);
    resum(&mut files);
    files
}

#[test]
pub fn bad_protocol_total() {
    let files = forge(good(), |value| value["rounds"][0]["totals"][0]["total"] = json!(50));
    disproved(&files, &["V28"]);
}

#[test]
pub fn bad_protocol_elected() {
    let files = forge(good(), |value| {
        value["result"]["elected"].as_array_mut().unwrap().pop();
        value["result"]["unfilled"] = json!(1);
    });
    disproved(&files, &["V29"]);
}

#[test]
pub fn bad_protocol_lot_order() {
    // The lot is turned around, and the other one of the tied is elected.
    let files = forge(tied(), |value| {
        let ties = value["result"]["ties"].as_array_mut().unwrap();
        let order = ties.last_mut().unwrap()["order"].as_array_mut().unwrap();
        order.swap(0, 1);
        let (winner, loser) = (order[0].clone(), order[1].clone());
        let elected = value["result"]["elected"].as_array_mut().unwrap();
        elected
            .iter_mut()
            .filter(|one| one["candidate"] == loser)
            .for_each(|one| one["candidate"] = winner.clone());
    });
    disproved(&files, &["V27"]);
}

#[test]
pub fn bad_protocol_counts() {
    let files = forge(good(), |value| value["counts"]["appeals"] = json!(0));
    disproved(&files, &["V30"]);
}

#[test]
pub fn bad_protocol_objection_left_out() {
    let files = forge(good(), |value| value["slots"][0]["person"] = json!("Somebody Else"));
    disproved(&files, &["V30"]);
}

#[test]
pub fn bad_protocol_nobody_can_read() {
    // The signed bytes are withheld: the file is the honest one.
    let mut insider = good();
    let state = insider.relink();
    let at = insider.nth("protocol_signed", 0);
    insider.edit(at, |value| value["protocol"] = json!(Digest::of(b"another protocol")));
    insider.rechain();
    disproved(&insider.seal(&insider.bytes(), &state), &["V30"]);
}

#[test]
pub fn bad_protocol_signature() {
    let mut insider = good();
    let state = insider.relink();
    let at = insider.nth("protocol_signed", 2);
    let other = insider.payload(insider.nth("protocol_signed", 0))["signature"].clone();
    insider.edit(at, |value| value["signature"] = other);
    insider.rechain();
    disproved(&insider.seal(&insider.bytes(), &state), &["V30"]);
}

#[test]
pub fn bad_certified_slots() {
    let mut insider = good();
    let at = insider.nth("certification", 0);
    insider.edit(at, |value| value["slots"][3]["outcome"] = json!("signed"));
    disproved(&insider.bundle(), &["V30"]);
}

#[test]
pub fn bad_certified_with_an_open_slot() {
    let mut insider = good();
    insider.entries.remove(insider.nth("protocol_dissented", 0));
    disproved(&insider.bundle(), &["V30"]);
}

#[test]
pub fn bad_certified_too_early() {
    let mut insider = good();
    for n in [2, 1, 0] {
        insider.entries.remove(insider.nth("protocol_signed", n));
    }
    insider.entries.remove(insider.nth("protocol_dissented", 0));
    disproved(&insider.bundle(), &["V30"]);
}

#[test]
pub fn bad_term() {
    let mut insider = good();
    let at = insider.nth("certification", 0);
    insider.edit(at, |value| value["term_end"] = json!("2099-01-01"));
    disproved(&insider.bundle(), &["V13"]);
}
