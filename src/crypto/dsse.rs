//! Signed envelopes: DSSE v1.0.2.
//!
//! What is signed is `PAE(type, payload)`, so the type of the payload separates one kind of statement from another.
//! The payload bytes are kept as received and never written anew. An envelope says nothing about whether its
//! signatures hold: whoever opens one asks [`Envelope::check_signature`] with a key that it knows.

use super::{
    base64::{self, BadBase64},
    hash::Digest,
    key::{BadSignature, KeyId, PublicKey, SecretKey},
    signature::Signature,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
    ser::SerializeStruct,
};
use serde_json::Value;
use smol_str::format_smolstr;
use std::{borrow::Cow, fmt, marker::PhantomData, ops::Range};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    signed: Pae,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pae {
    bytes: Vec<u8>,
    /// Where in them the type of the payload stands, and from where on the payload.
    payload_type: Range<usize>,
    payload: usize,
}

impl Pae {
    /// The bytes that are signed of this payload.
    pub fn of(payload_type: &str, payload: &[u8]) -> Self {
        let mut pae = Self::before(payload_type, payload.len());
        pae.bytes.extend_from_slice(payload);
        pae
    }

    /// [`Self::of`] a payload in base64, which is decoded to its place.
    pub fn of_base64(payload_type: &str, payload: &[u8]) -> Result<Self, BadBase64> {
        let mut pae = Self::before(payload_type, base64::decoded_length(payload)?);
        base64::decode_into(&mut pae.bytes, payload)?;
        Ok(pae)
    }

    /// All but the payload, for which there is room.
    fn before(payload_type: &str, length: usize) -> Self {
        let [of_type, of_payload] = [payload_type.len(), length].map(|length| format_smolstr!("{length}"));
        let before = ["DSSEv1 ", &of_type, " ", payload_type, " ", &of_payload, " "];
        let start = before[..3].iter().map(|part| part.len()).sum();
        let payload = before.iter().map(|part| part.len()).sum();
        let mut bytes = Vec::with_capacity(payload + length);
        for part in before {
            bytes.extend_from_slice(part.as_bytes());
        }
        Self {
            bytes,
            payload_type: start..start + payload_type.len(),
            payload,
        }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All of it, as a piece of memory.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// [`Pae::of`] as bytes.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    Pae::of(payload_type, payload).into_bytes()
}

impl Envelope {
    /// An envelope that nobody has signed yet.
    pub fn new(payload_type: impl AsRef<str>, payload: impl AsRef<[u8]>) -> Self {
        let signed = Pae::of(payload_type.as_ref(), payload.as_ref());
        Self::of(signed, Vec::new())
    }

    /// What was signed, and signatures that say they are over it.
    pub fn of(signed: Pae, signatures: Vec<EnvelopeSignature>) -> Self {
        Self { signed, signatures }
    }

    /// The statement's own bytes.
    pub fn payload(&self) -> &[u8] {
        &self.signed.bytes[self.signed.payload..]
    }

    /// What kind of statement: `application/vnd.esep.<statement>.v1+json`.
    pub fn payload_type(&self) -> &str {
        let bytes = &self.signed.bytes[self.signed.payload_type.clone()];
        std::str::from_utf8(bytes).expect("it was text")
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
        let mut json = Vec::with_capacity(256 + self.payload().len().div_ceil(3) * 4 + 192 * self.signatures.len());
        // Not by serde, which would look for what to escape in text that is base64.
        json.extend(b"{\"payload\":\"");
        base64::encode_into(&mut json, self.payload());
        json.extend(b"\",\"payloadType\":");
        serde_json::to_writer(&mut json, self.payload_type()).expect("a string is always JSON");
        json.extend(b",\"signatures\":");
        serde_json::to_writer(&mut json, &self.signatures).expect("strings are always JSON");
        json.push(b'}');
        json
    }

    /// The bytes that its signatures are over.
    pub fn pae(&self) -> &[u8] {
        self.signed.bytes()
    }

    /// SHA-256 of [`Envelope::pae`]: what a statement is called, whoever signed it.
    pub fn pae_hash(&self) -> Digest {
        Digest::of(self.pae())
    }

    /// Adds a signature after those present.
    pub fn sign(&mut self, key: &SecretKey) {
        let sig = key.sign(self.pae());
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
        key.verify(self.pae(), signature)
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

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The order of the fields is the canonical order, so that plain JSON is JCS.
        let mut fields = serializer.serialize_struct("Envelope", 3)?;
        fields.serialize_field("payload", &base64::encode(self.payload()))?;
        fields.serialize_field("payloadType", self.payload_type())?;
        fields.serialize_field("signatures", &self.signatures)?;
        fields.end()
    }
}

/// An envelope as its fields were read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEnvelope<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
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

impl TryFrom<RawEnvelope<'_>> for Envelope {
    type Error = DsseError;

    fn try_from(raw: RawEnvelope<'_>) -> Result<Self, DsseError> {
        if !is_payload_type(&raw.payload_type) {
            return Err(DsseError::PayloadType);
        }
        if raw.signatures.len() > MAX_SIGNATURES {
            return Err(DsseError::TooManySignatures);
        }
        let signed = Pae::of_base64(&raw.payload_type, raw.payload.as_bytes());
        let signed = signed.map_err(|fault| DsseError::Shape(format!("the payload is {fault}")))?;
        Ok(Self::of(signed, raw.signatures))
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
