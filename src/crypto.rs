//! Hashes, keys, signatures, signed envelopes, canonical JSON, voting cards and commitments.
//!
//! The only room that names `ed25519-dalek`, `curve25519-dalek`, `sha2`, `hkdf` and `pkcs8`. Bytes in, verdicts out:
//! it holds no clock and no random generator (one arrives as a parameter; [`batch`] alone draws its own), opens no file,
//! and knows nothing of what a statement means. Nothing weak can be built: a [`key::PublicKey`] that exists has passed every check of the
//! signature rule. Follows RFC 8032 with the rule of [`key::PublicKey::verify`], RFC 8785, RFC 8410 and DSSE v1.0.2.

pub mod base64;
pub mod batch;
pub mod card;
pub mod commit;
pub mod dsse;
pub mod hash;
pub mod hex;
pub mod jcs;
pub mod key;
pub mod key_list;
pub mod pem;
pub mod scan;
pub mod signature;
pub mod test_keys;

pub use dsse::Envelope;
pub use hash::Digest;
pub use key::{KeyId, PublicKey, SecretKey};
pub use signature::Signature;
