//! Signed envelopes: DSSE v1.0.2.
//!
//! What is signed is `PAE(type, payload)`, so the type of the payload separates one kind of statement from another.
//! The payload bytes are kept as received and never written anew. An envelope says nothing about whether its
//! signatures hold: whoever opens one asks [`Envelope::check_signature`] with a key that it knows.

use super::{
    base64,
    hash::Digest,
    key::{BadSignature, KeyId, PublicKey, SecretKey},
    signature::Signature,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;
use smol_str::format_smolstr;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// More signatures than any statement can need.
pub const MAX_SIGNATURES: usize = 64;

/// The bytes are not an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsseError {
    /// Not JSON, or not of the shape of an envelope.
    #[error("not a DSSE envelope: {0}")]
    Shape(String),
    /// The type is empty, too long, or holds other than printable ASCII without spaces.
    #[error("the payload type is not a media type")]
    PayloadType,
    /// More than [`MAX_SIGNATURES`].
    #[error("more than 64 signatures")]
    TooManySignatures,
}

/// A payload, its type, and signatures over both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Envelope {
    // The order of the fields is the canonical order, so that plain JSON of this struct is its JCS form.
    /// The statement's own bytes.
    #[serde(serialize_with = "base64_text::serialize")]
    pub payload: Vec<u8>,
    /// What kind of statement: `application/vnd.esep.<statement>.v1+json`.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// Signatures over [`Envelope::pae`].
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// Whose it says it is.
    pub keyid: KeyId,
    /// The signature.
    pub sig: Signature,
}

/// The bytes that are signed: `"DSSEv1" SP len(type) SP type SP len(payload) SP payload`, lengths in bytes.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    with_pae(payload_type, payload, |parts| parts.concat())
}

/// Gives the parts of a [`pae`], one after the other, without memory of their own.
fn with_pae<T>(payload_type: &str, payload: &[u8], take: impl FnOnce(&[&[u8]]) -> T) -> T {
    let [of_type, of_payload] = [payload_type.len(), payload.len()].map(|length| format_smolstr!("{length}"));
    let (of_type, of_payload) = (of_type.as_bytes(), of_payload.as_bytes());
    take(&[
        b"DSSEv1 ",
        of_type,
        b" ",
        payload_type.as_bytes(),
        b" ",
        of_payload,
        b" ",
        payload,
    ])
}

impl Envelope {
    /// An envelope that nobody has signed yet.
    pub fn new(payload_type: impl Into<String>, payload: Vec<u8>) -> Self {
        Self {
            payload,
            payload_type: payload_type.into(),
            signatures: Vec::new(),
        }
    }

    /// Strict as to fields and base64; white space and the order of fields are free on the wire.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DsseError> {
        let raw: Object<RawEnvelope> = serde_json::from_slice(bytes).map_err(shape)?;
        raw.0.try_into()
    }

    /// Like [`Envelope::from_json`], of JSON that was already read.
    pub fn from_value(value: &Value) -> Result<Self, DsseError> {
        Object::<RawEnvelope>::deserialize(value).map_err(shape)?.0.try_into()
    }

    /// Canonical JSON (RFC 8785).
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(256 + self.payload.len().div_ceil(3) * 4 + 192 * self.signatures.len());
        // Not by serde, which would look for what to escape in text that is base64.
        json.extend(b"{\"payload\":\"");
        base64::encode_into(&mut json, &self.payload);
        json.extend(b"\",\"payloadType\":");
        serde_json::to_writer(&mut json, &self.payload_type).expect("a string is always JSON");
        json.extend(b",\"signatures\":");
        serde_json::to_writer(&mut json, &self.signatures).expect("strings are always JSON");
        json.push(b'}');
        json
    }

    /// The bytes that its signatures are over.
    pub fn pae(&self) -> Vec<u8> {
        pae(&self.payload_type, &self.payload)
    }

    /// SHA-256 of [`Envelope::pae`]: what a statement is called, whoever signed it.
    pub fn pae_hash(&self) -> Digest {
        with_pae(&self.payload_type, &self.payload, Digest::of_parts)
    }

    /// Adds a signature after those present.
    pub fn sign(&mut self, key: &SecretKey) {
        let sig = key.sign(&self.pae());
        self.signatures.push(EnvelopeSignature {
            keyid: key.public().id(),
            sig,
        });
    }

    /// The first signature that names this key.
    pub fn signature_of(&self, keyid: &KeyId) -> Option<&Signature> {
        self.signatures
            .iter()
            .find(|signature| signature.keyid == *keyid)
            .map(|signature| &signature.sig)
    }

    /// Whether `key` has signed.
    pub fn check_signature(&self, key: &PublicKey) -> Result<(), BadSignature> {
        let signature = self.signature_of(&key.id()).ok_or(BadSignature)?;
        key.verify(&self.pae(), signature)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "stands where map_err hands over the fault")]
fn shape(fault: serde_json::Error) -> DsseError {
    DsseError::Shape(fault.to_string())
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<RawEnvelope>::deserialize(deserializer)?
            .0
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for EnvelopeSignature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Object::<RawSignature>::deserialize(deserializer)?.0;
        Ok(Self {
            keyid: raw.keyid,
            sig: raw.sig,
        })
    }
}

/// An envelope as its fields were read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEnvelope {
    #[serde(deserialize_with = "base64_text::deserialize")]
    payload: Vec<u8>,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    keyid: KeyId,
    sig: Signature,
}

/// Whether a payload can be of this type.
pub fn is_payload_type(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl TryFrom<RawEnvelope> for Envelope {
    type Error = DsseError;

    fn try_from(raw: RawEnvelope) -> Result<Self, DsseError> {
        if !is_payload_type(&raw.payload_type) {
            return Err(DsseError::PayloadType);
        }
        if raw.signatures.len() > MAX_SIGNATURES {
            return Err(DsseError::TooManySignatures);
        }
        Ok(Self {
            payload: raw.payload,
            payload_type: raw.payload_type,
            signatures: raw.signatures,
        })
    }
}

/// `T` from a JSON object only: serde would also take an array of the fields in order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

impl JsonSchema for Envelope {
    fn schema_name() -> Cow<'static, str> {
        "Envelope".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let signature = generator.subschema_for::<EnvelopeSignature>();
        json_schema!({
            "type": "object",
            "description": "DSSE v1.0.2 envelope",
            "properties": {
                "payload": { "type": "string", "contentEncoding": "base64" },
                "payloadType": { "type": "string", "minLength": 1, "maxLength": 255 },
                "signatures": { "type": "array", "maxItems": MAX_SIGNATURES, "items": signature }
            },
            "required": ["payload", "payloadType", "signatures"],
            "additionalProperties": false
        })
    }
}

mod base64_text {
    use super::{Cow, Deserialize, Deserializer, Error, Serializer, base64};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        base64::decode(&*text).map_err(D::Error::custom)
    }
}
