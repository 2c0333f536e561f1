//! Signed notes: C2SP `signed-note`, with Ed25519 signatures (type 0x01) and checkpoint cosignatures v1 (type 0x04).
//!
//! A note is a text and signature lines after its last empty line. Lines of unknown keys are ignored; a line of a
//! known key that does not hold refuses the whole note.

use crate::{
    calendar::Time,
    crypto::{Digest, PublicKey, SecretKey, Signature, base64},
};
use std::{fmt, str::FromStr};

/// Greatest length of a note in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// Greatest number of signature lines.
pub const MAX_NOTE_SIGNATURES: usize = 100;
const SIGNATURE_START: &str = "— ";

/// Why a text is not a note, or not a good one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not of the form of a note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// A name that is empty or holds white space or `+`.
    #[error("a key name is not empty and holds no space and no '+'")]
    Name,
    /// Not a verifier key.
    #[error("not a verifier key: {0}")]
    Vkey(&'static str),
    /// No line is by a known key.
    #[error("the note is signed by no known key")]
    Unsigned,
    /// A line of a known key does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
}

/// What a verifier key is used for; the number is the type byte of C2SP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VkeyKind {
    /// Signs the text itself.
    Ed25519 = 1,
    /// Cosigns a checkpoint together with a time.
    CosignatureV1 = 4,
}

/// A name and a public key: `name+hash8+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    kind: VkeyKind,
    key: PublicKey,
    id: [u8; 4],
}

impl Vkey {
    /// A key that signs notes as `name`.
    pub fn new(name: impl Into<String>, key: PublicKey) -> Result<Self, NoteError> {
        Self::of_kind(name.into(), VkeyKind::Ed25519, key)
    }

    /// A key that cosigns checkpoints as `name`.
    pub fn cosigner(name: impl Into<String>, key: PublicKey) -> Result<Self, NoteError> {
        Self::of_kind(name.into(), VkeyKind::CosignatureV1, key)
    }

    fn of_kind(name: String, kind: VkeyKind, key: PublicKey) -> Result<Self, NoteError> {
        if !is_name(&name) {
            return Err(NoteError::Name);
        }
        let hash = Digest::of_parts(&[name.as_bytes(), b"\n", &[kind as u8], &key.to_bytes()]);
        let id = *hash.as_bytes().first_chunk().expect("a digest is longer than 4 bytes");
        Ok(Self { name, kind, key, id })
    }

    /// Reads `name+hash8+base64`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let mut next = || {
            parts
                .next()
                .ok_or(NoteError::Vkey("three parts joined by '+' are wanted"))
        };
        let (name, id, key) = (next()?, next()?, next()?);
        let key: [u8; 33] = base64::decode_array(key).map_err(|_| NoteError::Vkey("bad base64 or length"))?;
        let (kind, key) = key.split_first().expect("33 bytes");
        let kind = match kind {
            1 => VkeyKind::Ed25519,
            4 => VkeyKind::CosignatureV1,
            _ => return Err(NoteError::Vkey("unknown type of key")),
        };
        let key = PublicKey::from_bytes(key.try_into().expect("32 bytes")).map_err(|_| NoteError::Vkey("weak key"))?;
        let vkey = Self::of_kind(name.to_owned(), kind, key)?;
        if vkey.id_hex() == id {
            Ok(vkey)
        } else {
            Err(NoteError::Vkey("the hash is not that of name and key"))
        }
    }

    /// Who signs; for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key is used for.
    pub fn kind(&self) -> VkeyKind {
        self.kind
    }

    /// The public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The four bytes by which signature lines name the key.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    fn id_hex(&self) -> String {
        crate::crypto::hex::encode(&self.id)
    }

    fn names(&self, line: &NoteSignature) -> bool {
        self.name == line.name && self.id == line.id
    }

    /// The time of a cosignature, or none for a plain signature.
    fn check(&self, text: &str, line: &NoteSignature) -> Result<Option<Time>, NoteError> {
        let bad = || NoteError::BadSignature(self.name.clone());
        let (time, signature) = match self.kind {
            VkeyKind::Ed25519 => (None, &line.bytes[..]),
            VkeyKind::CosignatureV1 => {
                let (time, signature) = line.bytes.split_first_chunk().ok_or_else(bad)?;
                (Some(u64::from_be_bytes(*time)), signature)
            }
        };
        let signature = Signature::from_bytes(signature.try_into().map_err(|_| bad())?);
        let cosigned = time.map(|time| cosigned_text(text, time));
        let message = cosigned.as_deref().unwrap_or(text);
        self.key.verify(message.as_bytes(), &signature).map_err(|_| bad())?;
        time.map(|time| i64::try_from(time).map(Time::from_unix).map_err(|_| bad()))
            .transpose()
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind as u8], &self.key.to_bytes()[..]].concat();
        write!(f, "{}+{}+{}", self.name, self.id_hex(), base64::encode(key))
    }
}

impl FromStr for Vkey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        Self::parse(text)
    }
}

impl serde::Serialize for Vkey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Vkey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Vkey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Vkey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[^+\\s]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}$",
            "description": "C2SP verifier key: name, hash and base64 of type and Ed25519 public key"
        })
    }
}

/// A private key together with the name that it signs notes as.
#[derive(Debug, Clone)]
pub struct NoteKey {
    name: String,
    key: SecretKey,
}

impl NoteKey {
    /// A key that signs as `name`.
    pub fn new(name: impl Into<String>, key: SecretKey) -> Result<Self, NoteError> {
        let name = name.into();
        if is_name(&name) {
            Ok(Self { name, key })
        } else {
            Err(NoteError::Name)
        }
    }

    /// Who signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key for those who check plain signatures.
    pub fn vkey(&self) -> Vkey {
        Vkey::new(self.name.clone(), self.key.public().clone()).expect("the name was checked")
    }

    /// The key for those who check cosignatures.
    pub fn cosigner_vkey(&self) -> Vkey {
        Vkey::cosigner(self.name.clone(), self.key.public().clone()).expect("the name was checked")
    }

    /// A whole note over `text`, which ends in a newline.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        let signatures = vec![self.signature(text)];
        Ok(Note {
            text: text.to_owned(),
            signatures,
        }
        .to_string())
    }

    /// A signature line for a note that may hold others.
    pub fn signature(&self, text: &str) -> NoteSignature {
        let bytes = self.key.sign(text.as_bytes()).as_bytes().to_vec();
        NoteSignature {
            name: self.name.clone(),
            id: self.vkey().id,
            bytes,
        }
    }

    /// A cosignature line, C2SP `cosignature/v1`, for the text of a checkpoint.
    ///
    /// # Panics
    /// If the time is before 1970.
    pub fn cosign(&self, text: &str, time: Time) -> NoteSignature {
        let time = u64::try_from(time.unix()).expect("nobody cosigns before 1970");
        let signature = self.key.sign(cosigned_text(text, time).as_bytes());
        let bytes = [&time.to_be_bytes()[..], signature.as_bytes()].concat();
        NoteSignature {
            name: self.name.clone(),
            id: self.cosigner_vkey().id,
            bytes,
        }
    }
}

/// One signature line, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who is said to have signed.
    pub name: String,
    /// Which key of that name.
    pub id: [u8; 4],
    /// What follows the id: a signature, or a time and a signature.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let line = line
            .strip_prefix(SIGNATURE_START)
            .ok_or(NoteError::Malformed("a signature line starts with '— '"))?;
        let (name, signature) = line
            .split_once(' ')
            .ok_or(NoteError::Malformed("a signature line has two parts"))?;
        if !is_name(name) {
            return Err(NoteError::Name);
        }
        let bytes = base64::decode(signature).map_err(|_| NoteError::Malformed("bad base64"))?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => Ok(Self {
                name: name.to_owned(),
                id: *id,
                bytes: bytes.to_vec(),
            }),
            _ => Err(NoteError::Malformed("a signature is too short")),
        }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        writeln!(f, "{SIGNATURE_START}{} {}", self.name, base64::encode(bytes))
    }
}

/// A signature line that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// By which key.
    pub vkey: Vkey,
    /// When, for a cosignature.
    pub time: Option<Time>,
}

/// A text and signature lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed; ends in a newline.
    pub text: String,
    /// The lines below it.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note; no signature is checked yet.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("too long"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        check_text(text)?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("the last line does not end"))?;
        let signatures = lines
            .split('\n')
            .map(NoteSignature::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_NOTE_SIGNATURES {
            return Err(NoteError::Malformed("too many signatures"));
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Every line by one of `keys`; one that fails, or none at all, refuses the note.
    pub fn verify(&self, keys: &[Vkey]) -> Result<Vec<Verified>, NoteError> {
        let mut verified = Vec::new();
        for line in &self.signatures {
            // Two keys of one name may share an id of four bytes; the line then holds if it holds under one of them.
            let mut outcome = None;
            for vkey in keys.iter().filter(|vkey| vkey.names(line)) {
                let found = vkey.check(&self.text, line).map(|time| Verified {
                    vkey: vkey.clone(),
                    time,
                });
                if !matches!(outcome, Some(Ok(_))) {
                    outcome = Some(found);
                }
            }
            verified.extend(outcome.transpose()?);
        }
        if verified.is_empty() {
            Err(NoteError::Unsigned)
        } else {
            Ok(verified)
        }
    }

    /// [`Note::parse`] and [`Note::verify`].
    pub fn open(note: &str, keys: &[Vkey]) -> Result<(Self, Vec<Verified>), NoteError> {
        let note = Self::parse(note)?;
        let verified = note.verify(keys)?;
        Ok((note, verified))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| write!(f, "{line}"))
    }
}

fn cosigned_text(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text does not end in a newline"));
    }
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::Malformed("a control character"));
    }
    Ok(())
}

/// A decimal number in its one spelling: no sign, no leading zero.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text == "0" || !text.starts_with('0');
    if digits && plain { text.parse().ok() } else { None }
}
