//! One entry of the ledger: an accepted statement with its place, its time, and the hash of the entry before.

use super::tree::leaf_hash;
use crate::{
    calendar::Time,
    crypto::{
        Digest, Envelope,
        dsse::{EnvelopeSignature, MAX_SIGNATURES, Pae, is_payload_type},
        key::KeyId,
        scan::Scan,
        signature::Signature,
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::borrow::Cow;

/// Greatest length of an entry, bound by the two length bytes of an entry tile.
pub const MAX_ENTRY_BYTES: usize = 65_535;
/// The version that is written into every entry.
const VERSION: u8 = 1;

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than [`MAX_ENTRY_BYTES`].
    #[error("the entry has {0} bytes, above 65535")]
    TooLong(usize),
    /// Not JSON of an entry's shape.
    #[error("not an entry: {0}")]
    Shape(String),
    /// An entry, but not in its one canonical spelling.
    #[error("the entry is not in canonical form")]
    NotCanonical,
    /// Of another version.
    #[error("the entry is of version {0}, not 1")]
    Version(u64),
}

/// An accepted statement in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The statement as it was accepted.
    pub body: Envelope,
    /// What happened, in a word: `ballot_cast`.
    pub kind: String,
    /// Origin of the ledger.
    pub log: String,
    /// Leaf hash of the entry before; zero for the first.
    pub prev: Digest,
    /// Place in the ledger, from 0.
    pub seq: u64,
    /// When it was accepted.
    pub time: Time,
}

/// An entry less what was said: [`Entry`] has the words for its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Entry`")]
pub struct PlaceOf<'a> {
    pub payload_type: &'a str,
    pub kind: &'a str,
    pub log: &'a str,
    pub prev: Digest,
    pub seq: u64,
    pub time: Time,
}

/// Canonical wire form; the order of the fields is the canonical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    body: Cow<'a, Envelope>,
    kind: Cow<'a, str>,
    log: Cow<'a, str>,
    prev: Digest,
    #[serde(serialize_with = "decimal", deserialize_with = "read_decimal")]
    seq: u64,
    time: Time,
    v: u64,
}

impl Entry {
    /// The bytes that are hashed, stored and published: canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = self.json();
        if bytes.len() > MAX_ENTRY_BYTES {
            Err(EntryError::TooLong(bytes.len()))
        } else {
            Ok(bytes)
        }
    }

    /// Reads an entry; anything but its own canonical bytes is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong(bytes.len()));
        }
        if let Some((body, place)) = scan(bytes) {
            return Ok(Self {
                body,
                kind: place.kind.to_owned(),
                log: place.log.to_owned(),
                prev: place.prev,
                seq: place.seq,
                time: place.time,
            });
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|fault| EntryError::Shape(fault.to_string()))?;
        if wire.v != u64::from(VERSION) {
            return Err(EntryError::Version(wire.v));
        }
        let entry = Self {
            body: wire.body.into_owned(),
            kind: wire.kind.into_owned(),
            log: wire.log.into_owned(),
            prev: wire.prev,
            seq: wire.seq,
            time: wire.time,
        };
        if entry.json() == bytes {
            Ok(entry)
        } else {
            Err(EntryError::NotCanonical)
        }
    }

    /// The envelope's own bytes inside those of a canonical entry, whose first field it is.
    pub fn body_of(bytes: &[u8]) -> &[u8] {
        let body = bytes.strip_prefix(b"{\"body\":").unwrap_or_default();
        // Inside a string these quotes would be escaped.
        let end = memchr::memmem::find(body, b",\"kind\":").unwrap_or(body.len());
        &body[..end]
    }

    /// The bytes that the signatures of a canonical entry are over, without a look at the rest of it.
    pub fn pae_of(bytes: &[u8]) -> Option<Vec<u8>> {
        let (signed, _) = scan_signed(&mut Scan::new(bytes))?;
        Some(signed.into_bytes())
    }

    /// All but what was said.
    pub fn place(&self) -> PlaceOf<'_> {
        PlaceOf {
            payload_type: self.body.payload_type(),
            kind: &self.kind,
            log: &self.log,
            prev: self.prev,
            seq: self.seq,
            time: self.time,
        }
    }

    /// What was said, and [`Self::place`], of what [`Self::from_bytes`] takes, if its texts need no escapes; nothing is
    /// said of other bytes.
    pub fn parts_of(bytes: &[u8]) -> Option<(Envelope, PlaceOf<'_>)> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return None;
        }
        scan(bytes)
    }

    /// Leaf hash of these bytes: what the next entry's `prev` says.
    pub fn leaf(bytes: &[u8]) -> Digest {
        leaf_hash(bytes)
    }

    fn json(&self) -> Vec<u8> {
        let wire = Wire {
            body: Cow::Borrowed(&self.body),
            kind: Cow::Borrowed(&self.kind),
            log: Cow::Borrowed(&self.log),
            prev: self.prev,
            seq: self.seq,
            time: self.time,
            v: u64::from(VERSION),
        };
        serde_json::to_vec(&wire).expect("strings and integers are always JSON")
    }
}

/// What was signed, with which an entry begins, and the type of its payload.
fn scan_signed<'a>(scan: &mut Scan<'a>) -> Option<(Pae, &'a str)> {
    scan.skip("{\"body\":{\"payload\":\"")?;
    let payload = scan.quoted()?;
    scan.skip(",\"payloadType\":\"")?;
    let payload_type = scan.text().filter(|text| is_payload_type(text))?;
    let signed = Pae::of_base64(payload_type, payload).ok()?;
    Some((signed, payload_type))
}

/// An entry in its canonical spelling, if its texts need no escapes; nothing is said of other bytes.
fn scan(bytes: &[u8]) -> Option<(Envelope, PlaceOf<'_>)> {
    let mut scan = Scan::new(bytes);
    let (signed, payload_type) = scan_signed(&mut scan)?;
    scan.skip(",\"signatures\":[")?;
    let signatures = scan_signatures(&mut scan)?;
    let place = scan_place(scan, payload_type)?;
    Some((Envelope::of(signed, signatures), place))
}

/// What stands behind the signatures, to the end.
fn scan_place<'a>(mut scan: Scan<'a>, payload_type: &'a str) -> Option<PlaceOf<'a>> {
    scan.skip("},\"kind\":\"")?;
    let kind = scan.text()?;
    scan.skip(",\"log\":\"")?;
    let log = scan.text()?;
    scan.skip(",\"prev\":\"")?;
    let prev = Digest::from_bytes(scan.hex()?);
    scan.skip(",\"seq\":\"")?;
    let seq = super::note::parse_decimal(scan.text()?)?;
    scan.skip(",\"time\":\"")?;
    let time = scan.text()?.parse().ok()?;
    scan.skip(",\"v\":1}")?;
    scan.end()?;
    Some(PlaceOf {
        payload_type,
        kind,
        log,
        prev,
        seq,
        time,
    })
}

fn scan_signatures(scan: &mut Scan<'_>) -> Option<Vec<EnvelopeSignature>> {
    let mut signatures = Vec::with_capacity(1);
    while !scan.skips("]") {
        scan.skip(if signatures.is_empty() {
            "{\"keyid\":\""
        } else {
            ",{\"keyid\":\""
        })?;
        let keyid = KeyId::from_bytes(scan.hex()?);
        scan.skip(",\"sig\":\"")?;
        let sig = Signature::from_bytes(scan.base64_array()?);
        scan.skip("}")?;
        signatures.push(EnvelopeSignature { keyid, sig });
    }
    (signatures.len() <= MAX_SIGNATURES).then_some(signatures)
}

/// A string, because JSON readers lose integers above 2^53.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde prescribes the signature")]
fn decimal<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn read_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    super::note::parse_decimal(&text).ok_or_else(|| D::Error::custom("not a decimal number"))
}
