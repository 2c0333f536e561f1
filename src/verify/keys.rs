//! Keys: those inside the bundle against those that are trusted, and against those that the record announces.
//!
//! A key that is not the trusted one is one finding; the rest is then checked with the keys inside, so that one cause
//! does not show as many faults.

use super::finding::Finding;
use super::{Bundle, Notes, Trust};
use crate::competition::{Competition, Slot, key_files};
use crate::crypto::key::PublicKey;
use crate::ledger::source::Source;
use std::collections::BTreeMap;

const FOLDER: &str = "keys/";

/// The name of a key file.
pub(super) fn key_name(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_suffix(".pem")
}

/// Keys inside the bundle, completed by trusted ones, and checked against them.
pub(super) fn inner_keys(files: &dyn Source, trust: &Trust, notes: &mut Notes) -> BTreeMap<String, PublicKey> {
    let mut keys = BTreeMap::new();
    for path in files.paths() {
        let Some(name) = key_name(path) else { continue };
        let bytes = files.whole(path).unwrap_or_default();
        match std::str::from_utf8(&bytes).ok().map(PublicKey::from_pem) {
            Some(Ok(key)) => {
                keys.insert(name.to_owned(), key);
            }
            _ => notes.missing(format!("{path}: not a public key")),
        }
    }
    if !trust.keys.is_empty() {
        compare(&mut keys, &trust.keys, notes);
    }
    if !keys.keys().any(|name| is_organiser(name)) {
        notes.missing("keys/organiser.pem: missing");
    }
    keys
}

fn compare(keys: &mut BTreeMap<String, PublicKey>, trusted: &BTreeMap<String, PublicKey>, notes: &mut Notes) {
    let mut wrong = |name: &str, words: String| notes.find(Finding::Trust, None, format!("keys/{name}.pem {words}"));
    let organisers = organisers(trusted);
    for (name, key) in keys.iter().filter(|(name, _)| slot(name).is_none()) {
        match trusted.get(name) {
            Some(given) if given != key => wrong(name, format!("is not the trusted key {}", given.id())),
            // Whoever may announce is pinned: a bundle cannot bring an organiser of its own along.
            None if is_organiser(name) && !organisers.is_empty() && !organisers.contains(key) => {
                wrong(name, "is no trusted organiser's key".to_owned());
            }
            _ => {}
        }
    }
    if organisers.is_empty() && !trusted.contains_key("log") {
        notes.missing("the given keys hold neither an organiser's nor the log's");
    } else if organisers.is_empty() {
        notes.not_checked("the organiser's key is the one inside the bundle: none was given");
    }
    for (name, key) in trusted.iter().filter(|(name, _)| slot(name).is_none()) {
        keys.entry(name.clone()).or_insert_with(|| key.clone());
    }
}

fn is_organiser(name: &str) -> bool {
    name == "organiser" || name.starts_with("organiser-")
}

/// The organisers' keys in the order of their numbers.
pub(super) fn organisers(keys: &BTreeMap<String, PublicKey>) -> Vec<PublicKey> {
    let mut named: Vec<_> = keys.iter().filter(|(name, _)| is_organiser(name)).collect();
    named.sort_by_key(|(name, _)| (name.len(), name.as_str()));
    named.into_iter().map(|(_, key)| key.clone()).collect()
}

fn slot(name: &str) -> Option<Slot> {
    Slot::ALL.into_iter().find(|slot| slot.as_str() == name)
}

/// R16: a trusted member's key held that slot at some time of the record; keys and members are replaced in it.
///
/// Where the replay did not come to its end, nobody can say whether it held the slot later.
pub(super) fn check_members(competition: Option<&Competition>, complete: bool, bundle: &Bundle<'_>, notes: &mut Notes) {
    for (name, given) in &bundle.trust.keys {
        let Some(slot) = slot(name) else { continue };
        let held = competition.is_some_and(|competition| competition.held(slot, given));
        if held || bundle.keys.get(name) == Some(given) {
            continue;
        }
        let words = format!("keys/{name}.pem is not the trusted key {}", given.id());
        if complete {
            notes.find(Finding::Trust, None, words);
        } else {
            notes.missing(format!("{words}, and whether that held the slot cannot be told"));
        }
    }
}

/// The keys beside the ledger are those that it announces, and no others.
pub(super) fn check_announced(competition: &Competition, bundle: &Bundle<'_>, notes: &mut Notes) {
    let announced = key_files(competition, bundle.log);
    for (name, pem) in &announced {
        let path = format!("{FOLDER}{name}.pem");
        let wanted = PublicKey::from_pem(pem).ok();
        let inside = bundle.files.whole(&path);
        match bundle.keys.get(name) {
            None => notes.missing(format!("{path}: missing")),
            Some(key) if Some(key) != wanted.as_ref() => {
                notes.find(
                    Finding::Trust,
                    None,
                    format!("{path}: the record announces another key"),
                );
            }
            Some(_) if inside.is_some_and(|bytes| *bytes != *pem.as_bytes()) => {
                notes.find(Finding::Derived, None, format!("{path} is not written as its key is"));
            }
            Some(_) => {}
        }
    }
    for path in bundle.files.paths() {
        if key_name(path).is_some_and(|name| !announced.contains_key(name)) {
            notes.find(
                Finding::Trust,
                None,
                format!("{path}: the record announces no such key"),
            );
        }
    }
}
