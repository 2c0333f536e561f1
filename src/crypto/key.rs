//! Ed25519 keys, and the one rule by which a signature is good.
//!
//! The rule has three parts, chosen so that OpenSSL, WebCrypto, Go, libsodium, Python and this program agree on every
//! signature: (1) only canonical, torsion-free public keys exist here, and they are enrolled with a proof of
//! possession; (2) a signature whose `R` is the neutral element is refused; (3) the equation is checked without the
//! cofactor. Batch verification as it is usually built breaks (3); `batch.rs` has one that does not.

use super::{base64, batch, dsse, hash::Digest, hex::hex_text, jcs, pem, signature::Signature};
use curve25519_dalek::edwards::EdwardsPoint;
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};
use rand::CryptoRng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, cmp::Ordering, fmt, hash};
use zeroize::Zeroizing;

/// `R` of a signature that rule (2) refuses: the neutral element.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// Why bytes or a file are not a usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The 32 bytes are no point of the curve.
    #[error("the public key is not a point of the curve")]
    NotOnCurve,
    /// The point is written in a second spelling.
    #[error("the public key is not in canonical encoding")]
    NotCanonical,
    /// Anyone can sign for such a key.
    #[error("the public key is of small order: anyone could sign for it")]
    SmallOrder,
    /// Programs disagree about signatures under such a key.
    #[error("the public key has a torsion component")]
    Torsion,
    /// Not the DER of an Ed25519 public key.
    #[error("not an Ed25519 public key (SubjectPublicKeyInfo, 44 bytes)")]
    NotSpki,
    /// Not the DER of an Ed25519 private key.
    #[error("not an Ed25519 private key (PKCS#8)")]
    NotPkcs8,
    /// No PEM, or PEM of something else.
    #[error("not a PEM file of a key")]
    NotPem,
    /// A private key where a public one belongs.
    #[error("this is a private key; the public one is wanted here")]
    PrivateWherePublic,
    /// A public key where a private one belongs.
    #[error("this is a public key; the private one is wanted here")]
    PublicWherePrivate,
    /// The file is encrypted.
    #[error("the key file is encrypted: its passphrase is needed")]
    PassphraseNeeded,
    /// The passphrase does not open the file.
    #[error("the passphrase does not open this key file")]
    WrongPassphrase,
    /// Encrypted in a way that we do not read.
    #[error("the key file is encrypted by a scheme that is not supported (use PBES2 with AES)")]
    UnknownEncryption,
}

/// The signature does not hold under this key and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

/// What a key is called: SHA-256 of its SubjectPublicKeyInfo DER, 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

impl KeyId {
    /// The id whose bytes these are.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// What the key of these bytes is called, if they are one.
    pub(super) fn of_key(key: &[u8; 32]) -> Self {
        Self(Digest::of(&pem::spki_of(key)))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The id as a digest.
    pub fn digest(&self) -> Digest {
        self.0
    }
}

hex_text!(
    KeyId,
    32,
    "^[0-9a-f]{64}$",
    "Key id: SHA-256 of the key's SubjectPublicKeyInfo DER"
);

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key that is fit for use: canonical, on the curve, of prime order. Written as base64 of its SPKI DER.
#[derive(Clone)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Checks all of rule (1) except possession, which [`Enrolment::check`] adds.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self::sound(key))
    }

    /// Of a key that is already known to be of prime order.
    fn sound(key: VerifyingKey) -> Self {
        let id = KeyId::of_key(key.as_bytes());
        Self { key, id }
    }

    /// Like [`Self::from_bytes`] but for torsion, which the caller must rule out before anyone sees the key.
    pub(super) fn with_torsion_unchecked(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        batch::is_canonical(bytes).then(|| Self::sound(key))
    }

    /// The point itself.
    pub(super) fn point(&self) -> EdwardsPoint {
        self.key.to_edwards()
    }

    /// The 32 bytes of the point.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// From SubjectPublicKeyInfo DER, exactly 44 bytes.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        pem::key_of_spki(der)
    }

    /// As SubjectPublicKeyInfo DER.
    pub fn to_spki_der(&self) -> [u8; 44] {
        pem::spki_of(self.key.as_bytes())
    }

    /// From a `PUBLIC KEY` PEM file.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        pem::read_public(pem)
    }

    /// As a `PUBLIC KEY` PEM file.
    pub fn to_pem(&self) -> String {
        pem::write_public(self)
    }

    /// What the key is called in signatures.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The rule: see the head of this file.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        if signature.as_bytes()[..32] == NEUTRAL {
            return Err(BadSignature);
        }
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        // What `verify_strict` asks beyond this holds by itself: the key has prime order, so the equation's point has
        // too unless it is neutral, and `R` must spell that point in the one canonical way.
        self.key.verify(message, &signature).map_err(|_| BadSignature)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.key.as_bytes() == other.key.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.as_bytes().cmp(other.key.as_bytes())
    }
}

impl hash::Hash for PublicKey {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.key.as_bytes().hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", base64::encode(self.to_bytes()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(self.to_spki_der()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let der: [u8; 44] = base64::decode_array(&*text).map_err(D::Error::custom)?;
        Self::from_spki_der(&der).map_err(D::Error::custom)
    }
}

impl JsonSchema for PublicKey {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
            "description": "Ed25519 public key, padded canonical base64 of its SubjectPublicKeyInfo DER"
        })
    }
}

/// A private key; wiped from memory when dropped, and shown by no `Debug`.
#[derive(Clone)]
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(*seed)
    }

    /// The key that this seed gives (RFC 8032 §5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let key = SigningKey::from_bytes(&seed);
        // A clamped multiple of the base point is always canonical and of prime order.
        let public = PublicKey::sound(key.verifying_key());
        Self { key, public }
    }

    /// From a `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY` PEM file; the passphrase of a plain file is ignored.
    pub fn from_pem(pem: &str, passphrase: Option<&str>) -> Result<Self, KeyError> {
        pem::read_secret(pem, passphrase)
    }

    /// As a `PRIVATE KEY` PEM file, PKCS#8 version 1.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::write_secret(self.key.as_bytes())
    }

    /// As an `ENCRYPTED PRIVATE KEY` PEM file: PBES2, PBKDF2-HMAC-SHA-256, AES-256-CBC. Slow on purpose.
    pub fn to_encrypted_pem(&self, passphrase: &str, rng: &mut impl CryptoRng) -> Result<Zeroizing<String>, KeyError> {
        pem::write_encrypted(self.key.as_bytes(), passphrase, rng)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs the bytes themselves; statements go through [`dsse::Envelope::sign`], which adds their type.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// A public key together with the proof that its sender holds the private half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The key to be enrolled.
    pub key: PublicKey,
    /// Signature by that key over competition, key and role.
    pub possession: Signature,
}

impl Enrolment {
    /// `payloadType` of the bytes that prove possession.
    pub const TYPE: &'static str = "application/vnd.esep.key-possession.v1+json";

    /// Proves possession of `secret` for one role in one competition.
    pub fn make(secret: &SecretKey, competition: &str, role: &str) -> Self {
        let key = secret.public().clone();
        let possession = secret.sign(&Self::signed_bytes(&key, competition, role));
        Self { key, possession }
    }

    /// Whether the proof was made for this very role and competition.
    pub fn check(&self, competition: &str, role: &str) -> Result<(), BadSignature> {
        self.key
            .verify(&Self::signed_bytes(&self.key, competition, role), &self.possession)
    }

    fn signed_bytes(key: &PublicKey, competition: &str, role: &str) -> Vec<u8> {
        let claim = serde_json::json!({ "competition": competition, "key": key, "role": role });
        let claim = jcs::to_canonical(&claim).expect("three strings have a canonical form");
        dsse::pae(Self::TYPE, &claim)
    }
}
