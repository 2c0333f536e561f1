//! Published keys for rehearsals and documentation: everybody knows them, so they prove nothing.
//!
//! Key `n` (0..64) is the Ed25519 key with seed `SHA-256("esep test key v1" LF n)`. An office that is not for
//! rehearsals refuses them all.

use super::hash::Digest;
use super::key::{KeyId, SecretKey};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Number of published test keys.
pub const TEST_KEYS: u8 = 64;

/// The test key with this number, below [`TEST_KEYS`].
pub fn test_key(number: u8) -> SecretKey {
    let seed = Digest::of(format!("esep test key v1\n{number}").as_bytes());
    SecretKey::from_seed(*seed.as_bytes())
}

/// Whether this is one of the published test keys.
pub fn is_test_key(id: &KeyId) -> bool {
    static IDS: OnceLock<BTreeSet<KeyId>> = OnceLock::new();
    IDS.get_or_init(|| (0..TEST_KEYS).map(|number| test_key(number).public().id()).collect())
        .contains(id)
}
