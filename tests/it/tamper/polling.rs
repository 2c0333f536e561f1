//! Tampered polling: presence, cards, ballots, box, roll, lots, the members' signatures over ballots.

use super::insider::Insider;
use super::{disproved, good, named, played, proved, small_rules};
use crate::envelopes::say;
use crate::rules::{by_member, polling};
use esep::competition::Slot;
use esep::competition::act::KeyReplaced;
use esep::crypto::key::Enrolment;
use esep::crypto::{Digest, PublicKey, SecretKey};
use esep::demo::Desk;
use esep::demo::story::sign_each;
use esep::ruleset::{Electorate, ListedRoll};
use esep::verify::{Trust, check};
use serde_json::json;

fn ballots(insider: &Insider) -> std::ops::Range<usize> {
    let first = insider.nth("ballot_cast", 0);
    first..first + insider.count("ballot_cast")
}

/// Keys of cards that nobody used.
fn unused(insider: &Insider) -> Vec<PublicKey> {
    insider.cards[insider.count("ballot_cast")..]
        .iter()
        .map(|card| card.public().clone())
        .collect()
}

#[test]
pub fn bad_attendance_missing() {
    let mut insider = good();
    insider.entries.remove(insider.nth("attendance", 2));
    disproved(&insider.bundle(), &["V19"]);
}

#[test]
pub fn bad_closing_attendance_missing() {
    let mut insider = good();
    insider.entries.remove(insider.nth("attendance", 5));
    disproved(&insider.bundle(), &["V19"]);
}

#[test]
pub fn bad_too_few_signers() {
    let mut insider = good();
    let at = insider.nth("polling_opened", 0);
    insider.entries[at].body.signatures.truncate(2);
    disproved(&insider.bundle(), &["V14"]);
}

#[test]
pub fn bad_slot_of_another_member() {
    let mut insider = good();
    let at = insider.nth("attendance", 0);
    let other = insider.members[1].clone();
    insider.resign(at, &[&other]);
    disproved(&insider.bundle(), &["V14"]);
}

#[test]
fn a_decision_in_a_later_phase_is_no_matter_of_the_box() {
    let mut insider = good();
    let list = insider.nth("candidate_list", 0);
    let candidates = insider.payload(insider.nth("polling_opened", 0))["candidates"].clone();
    let (late, nonce) = (
        insider.entries[insider.nth("screening_decision", 0)].clone(),
        insider.nonce(),
    );
    insider.entries.insert(list + 1, late);
    insider.set_time(list + 1, insider.entries[list].time);
    insider.edit(list + 1, |act| {
        act["nonce"] = nonce.into();
        act["candidates"] = candidates;
    });
    let bundle = insider.bundle();
    disproved(&bundle, &["V13"]);
    let report = check(&bundle, &Trust::default());
    assert!(report.findings[0].detail.contains("in listed"), "{:?}", report.findings);
}

#[test]
pub fn bad_opening_before_its_time() {
    let mut insider = good();
    let at = insider.nth("polling_opened", 0);
    let time = insider.entries[at - 1].time;
    insider.set_time(at, time);
    disproved(&insider.bundle(), &["V15"]);
}

#[test]
pub fn bad_flipped_rating() {
    // The insider has no card: the ballot's own signature gives the change away.
    let mut insider = good();
    let at = insider.nth("ballot_cast", 1);
    let body = &mut insider.entries[at].body;
    let forged = str::from_utf8(body.payload())
        .unwrap()
        .replacen("\"c01\":", "\"c01\":1", 1);
    say(body, forged);
    insider.rebox();
    disproved(&insider.bundle(), &["V11"]);
}

#[test]
pub fn bad_foreign_ballot() {
    let mut insider = good();
    let stranger = insider.stranger();
    let ballot = insider.ballot_by(&stranger);
    insider.entries.insert(insider.nth("ballot_cast", 0), ballot);
    insider.rebox();
    disproved(&insider.bundle(), &["V20"]);
}

#[test]
pub fn bad_ballot_by_a_member() {
    // An enrolled key, but no card's.
    let mut insider = good();
    let member = insider.members[0].clone();
    let ballot = insider.ballot_by(&member);
    insider.entries.insert(insider.nth("ballot_cast", 0), ballot);
    insider.rebox();
    disproved(&insider.bundle(), &["V20"]);
}

#[test]
pub fn bad_double_card() {
    let mut insider = good();
    let card = insider.cards[0].clone();
    let ballot = insider.ballot_by(&card);
    insider.entries.insert(insider.nth("ballot_cast", 0), ballot);
    insider.rebox();
    disproved(&insider.bundle(), &["V21"]);
}

#[test]
pub fn bad_box_dropped_ballot() {
    for ballot in 0..good().count("ballot_cast") {
        let mut insider = good();
        insider.entries.remove(insider.nth("ballot_cast", ballot));
        disproved(&insider.bundle(), &["V22"]);
    }
}

#[test]
pub fn bad_box_added_ballot() {
    for place in 0..=good().count("ballot_cast") {
        let mut insider = good();
        let spare = insider.cards.last().unwrap().clone();
        let ballot = insider.ballot_by(&spare);
        let first = ballots(&insider).start;
        insider.entries.insert(first + place, ballot);
        disproved(&insider.bundle(), &["V22"]);
    }
}

#[test]
pub fn bad_box_order() {
    let mut insider = good();
    let first = ballots(&insider).start;
    insider.entries.swap(first, first + 1);
    disproved(&insider.bundle(), &["V22"]);
}

#[test]
pub fn bad_ballot_before_opening() {
    for kind in ["polling_closed", "ballots_opened"] {
        let mut insider = good();
        let from = insider.nth("ballot_cast", 2);
        let to = insider.nth(kind, 0);
        let mut ballot = insider.entries.remove(from);
        ballot.time = insider.entries[to - 1].time;
        insider.entries.insert(to, ballot);
        disproved(&insider.bundle(), &["V22"]);
    }
}

#[test]
pub fn bad_opening_of_another_box() {
    let mut insider = good();
    let at = insider.nth("ballots_opened", 0);
    insider.edit(at, |value| {
        value["box_root"] = Digest::of(b"another box").to_string().into();
    });
    disproved(&insider.bundle(), &["V22"]);
}

#[test]
pub fn bad_unfinished_opening() {
    let mut insider = good();
    let last = ballots(&insider).end - 1;
    insider.entries.truncate(last);
    disproved(&insider.bundle(), &["V34"]);
}

#[test]
pub fn bad_unused_card_voted() {
    // A card that voted is listed among the returned ones instead of one that was really returned.
    let mut insider = good();
    let mut keys = unused(&insider);
    keys.truncate(keys.len() - 1);
    let spoiled = insider.key_list(vec![keys.remove(0)]);
    keys.push(insider.cards[0].public().clone());
    let list = insider.key_list(keys);
    let at = insider.nth("polling_closed", 0);
    insider.edit(at, |value| {
        value["unused"] = json!(list);
        value["spoiled"] = json!(spoiled);
    });
    disproved(&insider.bundle(), &["V23"]);
}

#[test]
pub fn bad_ballot_stuffed_with_a_returned_card() {
    // One ballot more than electors on the roll, by a card that was returned unused.
    let mut insider = good();
    let spare = insider.cards.last().unwrap().clone();
    let ballot = insider.ballot_by(&spare);
    insider.entries.insert(insider.nth("ballot_cast", 0), ballot);
    insider.rebox();
    disproved(&insider.bundle(), &["V23", "V24"]);
}

#[test]
pub fn bad_card_forgotten() {
    // C2: a prepared card that is neither used nor returned.
    let mut insider = good();
    let mut keys = unused(&insider);
    keys.remove(0);
    keys.pop();
    let list = insider.key_list(keys);
    let at = insider.nth("polling_closed", 0);
    insider.edit(at, |value| value["unused"] = json!(list));
    disproved(&insider.bundle(), &["V24"]);
}

#[test]
pub fn bad_returned_card_unknown() {
    let mut insider = good();
    let stranger = insider.stranger();
    let list = insider.key_list(vec![stranger.public().clone()]);
    let at = insider.nth("polling_closed", 0);
    insider.edit(at, |value| value["spoiled"] = json!(list));
    disproved(&insider.bundle(), &["V24"]);
}

fn extend_roll(insider: &mut Insider, id: &str) {
    let at = insider.nth("polling_closed", 0);
    let sha256 = insider.payload(at)["roll"]["sha256"].clone();
    let mut roll: Vec<String> = String::from_utf8(insider.attachment(&sha256))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    roll.push(id.to_owned());
    set_roll(insider, &roll);
}

fn set_roll(insider: &mut Insider, roll: &[String]) {
    let at = insider.nth("polling_closed", 0);
    let taken = roll.len();
    let text: String = roll.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
    let roll = insider.attach(text.into_bytes());
    insider.edit(at, |value| {
        value["roll"] = json!(roll);
        value["taken"] = json!(taken);
    });
}

#[test]
pub fn bad_roll_extended() {
    let mut insider = good();
    extend_roll(&mut insider, "c99");
    disproved(&insider.bundle(), &["V25"]);
}

#[test]
pub fn bad_roll_with_one_who_never_came() {
    // An elector without a card: the cards no longer add up.
    let mut insider = good();
    extend_roll(&mut insider, "c05");
    disproved(&insider.bundle(), &["V24"]);
}

#[test]
pub fn bad_member_signature_set_short() {
    let mut insider = good();
    let at = insider.nth("ballots_signed", 1);
    let sha256 = insider.payload(at)["signatures"]["sha256"].clone();
    let mut bytes = insider.attachment(&sha256);
    bytes.truncate(bytes.len() - 64);
    let short = insider.attach(bytes);
    insider.edit(at, |value| value["signatures"] = json!(short));
    disproved(&insider.bundle(), &["V26"]);
}

#[test]
pub fn bad_member_signature_wrong() {
    let mut insider = good();
    let at = insider.nth("ballots_signed", 1);
    let mut paes: Vec<_> = ballots(&insider)
        .map(|at| insider.entries[at].body.pae().to_vec())
        .collect();
    paes[2].push(0);
    let wrong = insider.attach(sign_each(&insider.members[1], &paes));
    insider.edit(at, |value| value["signatures"] = json!(wrong));
    disproved(&insider.bundle(), &["V26"]);
}

/// More ballots than are read at once.
#[test]
fn a_wrong_signature_of_a_member_is_found_wherever_it_stands() {
    let mut rules = small_rules();
    rules.electorate = Electorate::Listed(ListedRoll {
        count: 4_200,
        commitment: Digest::of(b"roll"),
        keys: None,
    });
    let mut insider = played(rules, false, &[]);
    let report = proved(&insider.bundle(), &Trust::default());
    assert_eq!(report.summary.ballots, 4_199);
    for (member, place) in [(0, 0), (3, 4_198)] {
        let mut insider = insider.clone();
        wrong_signature(&mut insider, member, place);
        let report = disproved(&insider.bundle(), &["V26"]);
        let words = format!("ballot {} of the box", place + 1);
        assert!(report.findings[0].detail.ends_with(&words), "{:?}", report.findings);
    }
}

/// Nobody knows the new key when the ballots are read: they are read once more.
#[test]
fn signatures_by_a_key_newer_than_the_opening_are_checked() {
    let mut story = polling(small_rules(), 5);
    story.vote().unwrap();
    story.close_polling().unwrap();
    story.open_box().unwrap();
    let new = SecretKey::generate(&mut story.chance);
    let act = KeyReplaced {
        slot: Slot::Cec,
        enrolment: Enrolment::make(&new, &story.desk.origin(), &Slot::Cec.role()),
    };
    by_member(&mut story, Slot::Cec, act).unwrap();
    story.cast.members[3] = new;
    story.sign_ballots().unwrap();
    story.count().unwrap();
    story.certify().unwrap();
    let honest = story.desk.bundle().unwrap();
    proved(&honest, &Trust::default());
    let mut insider = Insider::of(&story);
    wrong_signature(&mut insider, 3, 2);
    disproved(&insider.bundle(), &["V26"]);
}

/// Of a member's signatures over the ballots one is another.
fn wrong_signature(insider: &mut Insider, member: usize, place: usize) {
    let at = insider.nth("ballots_signed", member);
    let sha256 = insider.payload(at)["signatures"]["sha256"].clone();
    let mut bytes = insider.attachment(&sha256);
    bytes[64 * place + 40] ^= 1;
    let wrong = insider.attach(bytes);
    insider.edit(at, |value| value["signatures"] = json!(wrong));
}

#[test]
pub fn bad_reveal() {
    let mut insider = good();
    let at = insider.nth("lot_revealed", 0);
    insider.edit(at, |value| {
        value["reveal"] = Digest::of(b"a luckier nonce").to_string().into();
    });
    disproved(&insider.bundle(), &["V27"]);
}

#[test]
pub fn bad_late_reveal() {
    let mut insider = good();
    for at in insider.nth("lot_revealed", 0)..insider.entries.len() {
        let time = insider.entries[at].time.plus_minutes(60);
        insider.set_time(at, time);
    }
    disproved(&insider.bundle(), &["V27"]);
}

#[test]
pub fn bad_opening_before_all_revealed() {
    let mut insider = good();
    insider.entries.remove(insider.nth("lot_revealed", 3));
    disproved(&insider.bundle(), &["V27"]);
}

#[test]
pub fn bad_equal_lot_commitments() {
    let mut insider = good();
    let first = insider.payload(insider.nth("lot_committed", 0))["commitment"].clone();
    let at = insider.nth("lot_committed", 1);
    insider.edit(at, |value| value["commitment"] = first);
    disproved(&insider.bundle(), &["V27"]);
}

#[test]
pub fn bad_late_ballot() {
    let mut insider = named();
    let at = ballots(&insider).end - 1;
    let closed = insider.entries[insider.nth("polling_closed", 0)].time;
    for entry in at..insider.nth("polling_closed", 0) {
        insider.set_time(entry, closed);
    }
    disproved(&insider.bundle(), &["V15"]);
}

#[test]
pub fn bad_named_ballot_by_a_stranger() {
    let mut insider = named();
    let stranger = insider.stranger();
    let ballot = insider.ballot_by(&stranger);
    insider.entries.insert(insider.nth("ballot_cast", 0), ballot);
    disproved(&insider.bundle(), &["V20"]);
}

#[test]
pub fn bad_named_ballot_dropped() {
    let mut insider = named();
    insider.entries.remove(insider.nth("ballot_cast", 1));
    disproved(&insider.bundle(), &["V25"]);
    // With the roll cut to fit, root and count of the box still tell.
    let ballots: Vec<_> = ballots(&insider).collect();
    let listed = insider.payload(insider.nth("candidate_list", 0))["list"]["sha256"].clone();
    let list: serde_json::Value = serde_json::from_slice(&insider.attachment(&listed)).unwrap();
    let voter = |at: usize| {
        let key = insider.payload(at)["keys"][0].clone();
        let nomination = (0..insider.count("nomination"))
            .map(|n| insider.nth("nomination", n))
            .find(|at| own_key(&insider.payload(*at)) == key)
            .unwrap();
        let hash = json!(insider.entries[nomination].body.pae_hash());
        let all = list["candidates"].as_array().unwrap();
        let entry = all.iter().find(|entry| entry["nomination"] == hash).unwrap();
        entry["id"].as_str().unwrap().to_owned()
    };
    let mut roll: Vec<_> = ballots.into_iter().map(voter).collect();
    roll.sort();
    set_roll(&mut insider, &roll);
    disproved(&insider.bundle(), &["V22"]);
}

/// Key id of a candidate's own key.
fn own_key(nomination: &serde_json::Value) -> serde_json::Value {
    let key: PublicKey = serde_json::from_value(nomination["candidate_key"]["key"].clone()).unwrap();
    json!(key.id())
}

#[test]
pub fn bad_poll_close_too_early() {
    let mut insider = good();
    let at = insider.nth("polling_closed", 0);
    let time = insider.entries[at - 1].time;
    insider.set_time(at, time);
    disproved(&insider.bundle(), &["V15"]);
}

#[test]
pub fn bad_round_of_a_ballot() {
    let mut insider = good();
    let at = insider.nth("ballot_cast", 0);
    insider.edit(at, |value| value["round"] = json!(2));
    insider.rebox();
    disproved(&insider.bundle(), &["V13"]);
}
