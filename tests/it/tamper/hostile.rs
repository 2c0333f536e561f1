//! Hostile bytes: whatever a file holds, the verifier neither panics nor proves what was changed.

use super::insider::resum;
use super::{good, named, report, tied};
use crate::kit::mutate::{extreme, leaves};
use esep::crypto::jcs;
use esep::ledger::Files;
use esep::verify::{Finding, Verdict};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

const MUTATIONS: usize = 300;

fn mutate(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let at = rng.random_range(0..=bytes.len());
    match rng.random_range(0..5) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
        1 if at < bytes.len() => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, rng.random()),
        3 => bytes.truncate(at),
        _ => {
            let end = (at + rng.random_range(0..64)).min(bytes.len());
            rng.fill_bytes(&mut bytes[at..end]);
        }
    }
}

#[test]
fn no_changed_byte_is_proved_and_none_panics() {
    let bundles = [good().bundle(), tied().bundle(), named().bundle()];
    let mut rng = StdRng::seed_from_u64(20_261_123);
    for round in 0..MUTATIONS {
        let honest = &bundles[round % bundles.len()];
        let mut files = honest.clone();
        let paths: Vec<String> = files.iter().map(|(path, _)| path.to_owned()).collect();
        let path = paths.choose(&mut rng).unwrap().clone();
        for _ in 0..=rng.random_range(0..3) {
            mutate(files.0.get_mut(&path).unwrap(), &mut rng);
        }
        let resummed = rng.random_bool(0.5);
        if resummed {
            resum(&mut files);
        }
        let found = report(&files);
        // The page for people is held to the sums alone: rewritten with them, it is named and changes nothing.
        let readme = path == "README.txt" && resummed;
        let unchanged = files == *honest;
        assert_eq!(
            found.verdict == Verdict::Proved,
            unchanged || readme,
            "{round} {path} {resummed}: {:?} {:?}",
            found.findings,
            found.missing
        );
        let named = found.not_checked.iter().any(|line| line.starts_with("README.txt"));
        assert_eq!(named, path == "README.txt" && !unchanged);
    }
}

#[test]
fn statements_with_extreme_values_signed_by_their_authors_never_panic() {
    let mut rng = StdRng::seed_from_u64(74);
    let insiders = [good(), named()];
    for round in 0..MUTATIONS {
        let mut insider = insiders[round % 2].clone();
        // The announcement holds most numbers.
        let at = if round % 4 < 2 {
            0
        } else {
            rng.random_range(0..insider.entries.len())
        };
        let mut value = insider.payload(at);
        let mut all = Vec::new();
        leaves(&value, "", &mut all);
        let Some(leaf) = value.pointer_mut(all.choose(&mut rng).unwrap()) else {
            continue;
        };
        *leaf = extreme(&mut rng);
        let Ok(payload) = jcs::to_canonical(&value) else {
            continue;
        };
        insider.rewrite(at, payload);
        let found = report(&insider.bundle());
        for numbered in &found.findings {
            assert!(Finding::ALL.contains(&numbered.finding));
        }
    }
}

#[test]
fn bundles_of_nothing_and_of_noise_cannot_be_proved() {
    assert_eq!(report(&Files::new()).verdict, Verdict::CannotTell);
    let mut rng = StdRng::seed_from_u64(3);
    let honest = good().bundle();
    for _ in 0..20 {
        let mut files = honest.clone();
        for bytes in files.0.values_mut() {
            rng.fill_bytes(bytes);
        }
        resum(&mut files);
        assert_ne!(report(&files).verdict, Verdict::Proved);
    }
}
