//! Tampered files of a good bundle: what somebody between the office and the reader could do.

use super::insider::resum;
use super::{disproved, disproved_with, good, proved, tied, undecided};
use crate::envelopes::say;
use esep::crypto::jcs;
use esep::ledger::Files;
use esep::ledger::note::NoteKey;
use esep::verify::Trust;
use serde_json::Value;
use std::collections::BTreeMap;

fn bundle() -> Files {
    good().bundle()
}

fn change(files: &mut Files, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    change(files.0.get_mut(path).unwrap_or_else(|| panic!("no {path}")));
}

fn change_json(files: &mut Files, path: &str, edit: impl FnOnce(&mut Value)) {
    change(files, path, |bytes| {
        let mut value = serde_json::from_slice(bytes).unwrap();
        edit(&mut value);
        *bytes = jcs::to_canonical(&value).unwrap();
    });
}

fn path_of(files: &Files, prefix: &str) -> String {
    let found = files.iter().map(|(path, _)| path).find(|path| path.starts_with(prefix));
    found.unwrap_or_else(|| panic!("no {prefix}")).to_owned()
}

#[test]
fn good_bundle_is_proved() {
    let report = proved(&bundle(), &Trust::default());
    assert_eq!(report.trust, "bundle");
    assert_eq!(report.summary.elected.len(), 3);
    assert_eq!(report.summary.phase, "certified");
}

#[test]
pub fn bad_sums() {
    let mut files = bundle();
    change(&mut files, "SHA256SUMS", |sums| {
        sums[0] = if sums[0] == b'0' { b'1' } else { b'0' }
    });
    disproved(&files, &["V01"]);
}

#[test]
pub fn bad_file_without_a_sum() {
    let mut files = bundle();
    files.insert("keys/extra.pem", good().organiser.public().to_pem());
    disproved(&files, &["V01", "V04"]);
}

#[test]
pub fn bad_policy_of_another_log() {
    let mut files = bundle();
    let other = NoteKey::new(good().origin(), good().stranger()).unwrap();
    files.insert("policy", esep::competition::policy_text(&other.vkey()));
    resum(&mut files);
    disproved(&files, &["V02"]);
}

#[test]
pub fn bad_checkpoint_signature() {
    let mut files = bundle();
    change(&mut files, "checkpoint", |bytes| {
        let at = bytes.len() - 20;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    });
    resum(&mut files);
    disproved(&files, &["V03"]);
}

#[test]
pub fn bad_stray_key() {
    let mut files = bundle();
    files.insert("keys/organiser-2.pem", good().stranger().public().to_pem());
    resum(&mut files);
    // Consistent with the keys inside; against a trusted organiser's key it is a stranger.
    let trust = Trust {
        keys: BTreeMap::from([("organiser".to_owned(), good().organiser.public().clone())]),
        ..Trust::default()
    };
    disproved_with(&files, &trust, &["V04"]);
    files.0.remove("keys/organiser-2.pem");
    files.insert("keys/observer.pem", good().stranger().public().to_pem());
    resum(&mut files);
    disproved(&files, &["V04"]);
}

#[test]
pub fn bad_member_key_swapped() {
    let mut files = bundle();
    files.insert("keys/cec.pem", good().stranger().public().to_pem());
    resum(&mut files);
    disproved(&files, &["V04"]);
}

#[test]
pub fn bad_key_file_spelt_otherwise() {
    // PEM allows these line ends; a bundle has one spelling.
    let mut files = bundle();
    change(&mut files, "keys/cec.pem", |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace('\n', "\r\n").into_bytes();
    });
    resum(&mut files);
    disproved(&files, &["V31"]);
}

#[test]
pub fn bad_trust_key() {
    let files = bundle();
    let stranger = good().stranger().public().clone();
    for name in ["log", "organiser", "cec"] {
        let mut keys = BTreeMap::from([
            ("log".to_owned(), good().log.vkey().key().clone()),
            ("organiser".to_owned(), good().organiser.public().clone()),
        ]);
        let trust = |keys| Trust {
            keys,
            ..Trust::default()
        };
        assert_eq!(proved(&files, &trust(keys.clone())).trust, "given");
        keys.insert(name.to_owned(), stranger.clone());
        disproved_with(&files, &trust(keys), &["V04"]);
    }
}

#[test]
pub fn trust_without_organiser_or_log_cannot_tell() {
    let keys = BTreeMap::from([("cec".to_owned(), good().members[3].public().clone())]);
    undecided(
        &bundle(),
        &Trust {
            keys,
            ..Trust::default()
        },
    );
}

#[test]
pub fn bad_hash_tile() {
    let mut files = bundle();
    let path = path_of(&files, "tile/0/");
    change(&mut files, &path, |bytes| bytes[40] ^= 1);
    resum(&mut files);
    disproved(&files, &["V05"]);
}

#[test]
pub fn bad_stray_tile() {
    let mut files = bundle();
    files.insert("tile/0/777", b"surplus".to_vec());
    resum(&mut files);
    disproved(&files, &["V05"]);
}

#[test]
pub fn bad_missing_tile() {
    let mut files = bundle();
    let path = path_of(&files, "tile/entries/");
    files.0.remove(&path);
    undecided(&files, &Trust::default());
    resum(&mut files);
    undecided(&files, &Trust::default());
}

#[test]
pub fn bad_missing_files_cannot_tell() {
    for path in [
        "checkpoint",
        "policy",
        "SHA256SUMS",
        "README.txt",
        "announcement.dsse.json",
        "rules.json",
        "candidates.json",
        "ballots.jsonl",
        "protocol.json",
        "protocol.dsse.json",
        "result.json",
        "keys/log.pem",
        "keys/organiser.pem",
        "keys/cec.pem",
        "tile/0/",
        "attachments/",
    ] {
        let mut files = bundle();
        let path = if path.ends_with('/') {
            path_of(&files, path)
        } else {
            path.to_owned()
        };
        assert!(files.0.remove(&path).is_some(), "{path}");
        undecided(&files, &Trust::default());
    }
}

#[test]
pub fn bad_flipped_bit_in_an_entry() {
    // Without re-hashing every layer speaks: sums, hash tile, root, the next entry's chain, and the signature.
    let mut insider = good();
    let at = insider.nth("screening_decision", 0);
    let nonce = insider.payload(at)["nonce"].as_str().unwrap().to_owned();
    let mut files = insider.bundle();
    let honest = insider.entries[at].to_bytes().unwrap();
    let body = &mut insider.entries[at].body;
    let text = str::from_utf8(body.payload()).unwrap();
    let other = format!("{}{}", &nonce[1..], &nonce[..1]);
    let forged = text.replace(&nonce, &other);
    say(body, forged);
    let forged = insider.entries[at].to_bytes().unwrap();
    assert_eq!(honest.len(), forged.len());
    let path = path_of(&files, "tile/entries/");
    change(&mut files, &path, |bytes| {
        let start = bytes.windows(honest.len()).position(|window| window == honest).unwrap();
        bytes[start..start + forged.len()].copy_from_slice(&forged);
    });
    disproved(&files, &["V01", "V05", "V06", "V08", "V11"]);
}

#[test]
pub fn bad_attachment_bytes() {
    let mut files = bundle();
    let path = path_of(&files, "attachments/");
    change(&mut files, &path, |bytes| bytes[0] ^= 1);
    resum(&mut files);
    disproved(&files, &["V32"]);
}

#[test]
pub fn bad_stray_attachment() {
    let mut files = bundle();
    let digest = esep::crypto::Digest::of(b"a letter to the reader");
    files.insert(format!("attachments/{digest}"), b"a letter to the reader".to_vec());
    resum(&mut files);
    disproved(&files, &["V32"]);
}

#[test]
pub fn bad_stray_file() {
    let mut files = bundle();
    files.insert("protocol-final.json", b"{}".to_vec());
    resum(&mut files);
    disproved(&files, &["V31"]);
}

#[test]
pub fn bad_protocol_dsse_signature() {
    let mut files = bundle();
    change_json(&mut files, "protocol.dsse.json", |value| {
        let other = value["signatures"][1]["sig"].clone();
        value["signatures"][0]["sig"] = other;
    });
    resum(&mut files);
    disproved(&files, &["V31"]);
}

#[test]
pub fn bad_derived_files() {
    for path in [
        "announcement.dsse.json",
        "rules.json",
        "candidates.json",
        "ballots.jsonl",
    ] {
        let mut files = bundle();
        change(&mut files, path, |bytes| {
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
        });
        resum(&mut files);
        disproved(&files, &["V31"]);
    }
}

#[test]
pub fn bad_protocol_file_total() {
    let mut files = bundle();
    change_json(&mut files, "protocol.json", |value| {
        value["rounds"][0]["totals"][0]["total"] = 49.into();
    });
    resum(&mut files);
    disproved(&files, &["V28"]);
}

#[test]
pub fn bad_elected_swapped() {
    let mut files = bundle();
    change_json(&mut files, "result.json", |value| {
        let reserve = value["reserve"][0]["candidate"].take();
        let elected = std::mem::replace(&mut value["elected"][2]["candidate"], reserve);
        value["reserve"][0]["candidate"] = elected;
    });
    resum(&mut files);
    disproved(&files, &["V29"]);
}

#[test]
pub fn bad_result_reserve() {
    let mut files = bundle();
    change_json(&mut files, "result.json", |value| {
        value["reserve"].as_array_mut().unwrap().swap(0, 1);
    });
    resum(&mut files);
    disproved(&files, &["V29"]);
}

#[test]
pub fn bad_lot_order() {
    let mut files = tied().bundle();
    change_json(&mut files, "result.json", |value| {
        let last = value["ties"].as_array().unwrap().len() - 1;
        value["ties"][last]["order"].as_array_mut().unwrap().swap(0, 1);
    });
    resum(&mut files);
    disproved(&files, &["V27"]);
}

#[test]
pub fn bad_protocol_file_place() {
    let mut files = bundle();
    change_json(&mut files, "protocol.json", |value| value["place"] = "elsewhere".into());
    resum(&mut files);
    disproved(&files, &["V30"]);
}

#[test]
pub fn readme_is_held_to_the_sums_and_named_when_it_differs() {
    let mut files = bundle();
    change(&mut files, "README.txt", |bytes| {
        bytes.extend_from_slice(b"The winner is c01.\n");
    });
    disproved(&files, &["V01"]);
    resum(&mut files);
    let report = proved(&files, &Trust::default());
    assert!(report.not_checked.iter().any(|line| line.starts_with("README.txt")));
}
