//! Tampered records with everything re-hashed: chain, places, forms, signatures, older checkpoints.

use super::insider::Insider;
use super::{disproved, disproved_with, good, proved, undecided};
use crate::envelopes::say_as;
use esep::crypto::dsse::Envelope;
use esep::crypto::{Digest, Signature, base64};
use esep::ledger::Files;
use esep::ledger::entry::Entry;
use esep::ledger::note::NoteKey;
use esep::ledger::receipt::{BoxReceipt, Receipt};
use esep::ledger::tree::Tree;
use esep::verify::Trust;

/// The bundle with its last entry changed after everything else was linked.
fn with_last(mut insider: Insider, change: impl FnOnce(&mut Entry)) -> Files {
    let state = insider.relink();
    change(insider.entries.last_mut().unwrap());
    insider.seal(&insider.bytes(), &state)
}

fn trust_older(older: String) -> Trust {
    Trust {
        older: vec![older],
        ..Trust::default()
    }
}

#[test]
pub fn bad_root() {
    let mut insider = good();
    let state = insider.relink();
    let bytes = insider.bytes();
    let mut files = insider.seal(&bytes, &state);
    let mut other = bytes;
    other.last_mut().unwrap().push(b' ');
    files.insert("checkpoint", insider.checkpoint(&other));
    super::insider::resum(&mut files);
    disproved(&files, &["V06"]);
}

#[test]
pub fn bad_noncanonical_entry() {
    let mut insider = good();
    let state = insider.relink();
    let mut bytes = insider.bytes();
    bytes.last_mut().unwrap().push(b' ');
    disproved(&insider.seal(&bytes, &state), &["V07"]);
}

#[test]
pub fn bad_chain() {
    disproved(
        &with_last(good(), |entry| entry.prev = Digest::of(b"another")),
        &["V08"],
    );
}

#[test]
pub fn bad_seq() {
    disproved(&with_last(good(), |entry| entry.seq += 1), &["V09"]);
}

#[test]
pub fn bad_log_name() {
    disproved(
        &with_last(good(), |entry| entry.log = "esep.example/another".to_owned()),
        &["V09"],
    );
}

#[test]
pub fn bad_kind() {
    disproved(
        &with_last(good(), |entry| entry.kind = "annulment".to_owned()),
        &["V09"],
    );
}

#[test]
pub fn bad_time_backwards() {
    disproved(
        &with_last(good(), |entry| entry.time = entry.time.plus_minutes(-1)),
        &["V09"],
    );
}

#[test]
pub fn bad_noncanonical_statement() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 2);
    let payload = [insider.entries[at].body.payload(), b" "].concat();
    insider.rewrite(at, payload);
    disproved(&insider.bundle(), &["V10"]);
}

#[test]
pub fn bad_unknown_statement() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 2);
    say_as(&mut insider.entries[at].body, "application/vnd.esep.decree.v1+json");
    let payload = insider.entries[at].body.payload().to_vec();
    insider.rewrite(at, payload);
    disproved(&insider.bundle(), &["V10"]);
}

#[test]
pub fn bad_small_order_key() {
    // Under the neutral point every message has a signature: such a key is refused where it would be enrolled.
    let mut insider = good();
    let at = insider.nth("nomination", 0);
    let mut der = insider.organiser.public().to_spki_der();
    der[12..].copy_from_slice(&[
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    insider.edit(at, |value| value["association"]["key"] = base64::encode(der).into());
    disproved(&insider.bundle(), &["V10"]);
}

#[test]
pub fn bad_signature() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 0);
    let other = insider.entries[at + 1].body.signatures[0].sig;
    insider.entries[at].body.signatures[0].sig = other;
    disproved(&insider.bundle(), &["V11"]);
}

#[test]
pub fn bad_neutral_signature() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 0);
    let mut bytes = [0; 64];
    bytes[0] = 1;
    insider.entries[at].body.signatures[0].sig = Signature::from_bytes(bytes);
    disproved(&insider.bundle(), &["V11"]);
}

#[test]
pub fn bad_foreign_signer() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 0);
    let stranger = insider.stranger();
    insider.resign(at, &[&stranger]);
    disproved(&insider.bundle(), &["V11"]);
}

#[test]
pub fn bad_repeated_statement() {
    let mut insider = good();
    let at = insider.nth("attendance", 0);
    let again = insider.entries[at].clone();
    insider.entries.insert(at + 1, again);
    disproved(&insider.bundle(), &["V12"]);
}

#[test]
pub fn bad_author() {
    let mut insider = good();
    let at = insider.nth("screening_decision", 0);
    let member = insider.members[0].clone();
    insider.resign(at, &[&member]);
    disproved(&insider.bundle(), &["V14"]);
}

#[test]
pub fn bad_foreign_log_key() {
    // Another log signs a copy of the record: the announcement names the log key.
    let mut insider = good();
    let stranger = insider.stranger();
    insider.log = NoteKey::new(insider.origin(), stranger).unwrap();
    disproved(&insider.bundle(), &["V04"]);
}

#[test]
pub fn bad_foreign_organiser() {
    let mut insider = good();
    let stranger = insider.stranger();
    insider.resign(0, &[&stranger]);
    disproved(&insider.bundle(), &["V04"]);
}

#[test]
pub fn bad_announced_policy() {
    let mut insider = good();
    insider.edit(0, |value| {
        value["witness_policy"] = Digest::of(b"another policy").to_string().into();
    });
    disproved(&insider.bundle(), &["V02"]);
}

#[test]
pub fn bad_stale_head() {
    let mut insider = good();
    let state = insider.relink();
    let last = insider.entries.len() - 1;
    insider.edit(last, |value| {
        value["head"]["root"] = Digest::of(b"another").to_string().into();
    });
    disproved(&insider.seal(&insider.bytes(), &state), &["V13"]);
}

#[test]
pub fn bad_dropped_tail() {
    let mut insider = good();
    insider.relink();
    let older = insider.checkpoint(&insider.bytes());
    let at = insider.nth("protocol_signed", 1);
    insider.entries.truncate(at);
    let files = insider.bundle();
    // By itself a shorter record is a good one: only a checkpoint held elsewhere shows the loss.
    proved(&files, &Trust::default());
    disproved_with(&files, &trust_older(older), &["V33"]);
}

#[test]
pub fn bad_fork() {
    let mut insider = good();
    insider.relink();
    let (older, size) = (insider.checkpoint(&insider.bytes()), insider.entries.len());
    let at = insider.nth("attendance", 1);
    let other = insider.nonce();
    insider.edit(at, |value| value["nonce"] = other.into());
    let files = insider.bundle();
    assert_eq!(insider.entries.len(), size);
    proved(&files, &Trust::default());
    disproved_with(&files, &trust_older(older), &["V33"]);
}

#[test]
pub fn bad_receipt_of_an_entry_that_is_gone() {
    let mut insider = good();
    insider.relink();
    let bytes = insider.bytes();
    let tree: Tree = bytes.iter().map(|bytes| Entry::leaf(bytes)).collect();
    let at = insider.nth("withdrawal", 0);
    let receipt = Receipt::make(&tree, at as u64, tree.size(), insider.checkpoint(&bytes)).to_string();
    proved(&insider.bundle(), &trust_older(receipt.clone()));
    insider.entries.remove(at);
    disproved_with(&insider.bundle(), &trust_older(receipt), &["V13", "V33"]);
}

#[test]
pub fn bad_box_receipt() {
    let mut insider = good();
    let files = insider.bundle();
    let ballot = insider.entries[insider.nth("ballot_cast", 0)].body.pae_hash();
    let receipt = |ballot| {
        BoxReceipt {
            origin: insider.origin(),
            round: 1,
            ballot,
        }
        .sign(&insider.log)
    };
    proved(&files, &trust_older(receipt(ballot)));
    disproved_with(&files, &trust_older(receipt(Digest::of(b"lost"))), &["V33"]);
}

#[test]
pub fn older_checkpoint_of_another_log_cannot_tell() {
    let mut insider = good();
    let files = insider.bundle();
    let stranger = insider.stranger();
    insider.log = NoteKey::new(insider.origin(), stranger).unwrap();
    undecided(&files, &trust_older(insider.checkpoint(&insider.bytes())));
}

#[test]
pub fn empty_record_cannot_tell() {
    let mut insider = good();
    let state = insider.relink();
    undecided(&insider.seal(&[], &state), &Trust::default());
}

#[test]
pub fn bad_entry_with_a_foreign_envelope() {
    let mut insider = good();
    let last = insider.entries.len() - 1;
    insider.entries[last].body = Envelope::new("text/plain", b"hello");
    disproved(&insider.bundle(), &["V10"]);
}
