//! Commitments: a field of personal matter enters the record as a salted hash that its holder can open later.

use super::{hash::Digest, hex::hex_text, jcs};
use rand::CryptoRng;
use serde_json::{Value, json};
use std::fmt;

/// 16 random bytes, fresh for every field; without them a commitment cannot be guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Salt([u8; 16]);

impl Salt {
    /// A new salt.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The salt whose bytes these are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

hex_text!(
    Salt,
    16,
    "^[0-9a-f]{32}$",
    "Salt of a commitment: 16 bytes, lower-case hexadecimal"
);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// `SHA-256(salt || JCS{competition, field, subject, value})`.
///
/// # Panics
/// If `value` has no canonical form (null, fraction, integer beyond 2^53 - 1); [`try_commitment`] says so instead.
pub fn commitment(salt: &[u8; 16], competition: &str, field: &str, subject: &str, value: &Value) -> Digest {
    try_commitment(salt, competition, field, subject, value).expect("the caller commits to a value that JCS can write")
}

/// [`commitment`] of a value that came from outside.
pub fn try_commitment(
    salt: &[u8; 16],
    competition: &str,
    field: &str,
    subject: &str,
    value: &Value,
) -> Result<Digest, jcs::JcsError> {
    let content = json!({ "competition": competition, "field": field, "subject": subject, "value": value });
    Ok(Digest::of_parts(&[salt, &jcs::to_canonical(&content)?]))
}
