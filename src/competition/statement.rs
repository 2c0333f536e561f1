//! Statements: a signed envelope read at the door.
//!
//! [`Statement`] is well-formed; [`Checked`] also carries signatures that verified, by keys that the competition knows.
//! Only a [`Checked`] can be decided, so nobody can forget to verify. Source: `docs/FORMATS.md`.

use super::act::{Act, BallotCast, Kind};
use super::phase::Phase;
use super::refusal::{Code, Refusal};
use crate::ballot::{CandidateId, Ratings};
use crate::calendar::Time;
use crate::crypto::batch;
use crate::crypto::dsse::Envelope;
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::{KeyId, PublicKey};
use crate::crypto::scan::Scan;
use crate::crypto::signature::Signature;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// Most bytes of a payload; an entry is at most 65,535 bytes with base64 and signatures.
pub const MAX_PAYLOAD_BYTES: usize = 46_000;

/// What every payload carries beside its own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Origin of the ledger, `<host>/<competition id>`.
    pub competition: String,
    /// 32 hex digits from a secure generator.
    pub nonce: Nonce,
    /// SHA-256 of the rule set, once announced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rules: Option<Digest>,
    /// SHA-256 of the candidate list, once listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub candidates: Option<Digest>,
    /// The round, once listed: 1, 2, ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub round: Option<u32>,
    /// Acts of several members: the record against which the draft was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head: Option<Head>,
    /// Acts of several members: the phase.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase: Option<Phase>,
    /// Acts of several members: accepted up to then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_after: Option<Time>,
}

const HEADER_FIELDS: [&str; 8] = [
    "competition",
    "nonce",
    "rules",
    "candidates",
    "round",
    "head",
    "phase",
    "not_after",
];

/// Size and root of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// RFC 6962 root.
    pub root: Digest,
    /// Entries.
    pub size: u64,
}

/// 16 random bytes, 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// The nonce of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&String::from(*self))
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        crate::crypto::hex::encode(&nonce.0)
    }
}

impl TryFrom<String> for Nonce {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WORDS: &str = "a nonce is 32 lower-case hex digits";
        if text.len() != 32 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(WORDS);
        }
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| WORDS)?;
        }
        Ok(Self(bytes))
    }
}

impl JsonSchema for Nonce {
    fn schema_name() -> Cow<'static, str> {
        "Nonce".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9a-f]{32}$"})
    }
}

/// A well-formed statement; its signatures are not checked yet.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The envelope as received.
    pub envelope: Envelope,
    /// SHA-256 of the DSSE pre-authentication encoding: the statement's name.
    pub hash: Digest,
    /// The header.
    pub header: Header,
    /// What it says.
    pub act: Act,
}

impl Statement {
    /// Reads an envelope's payload: known kind, canonical JSON, schema.
    pub fn read(envelope: Envelope) -> Result<Self, Refusal> {
        let kind = Kind::of_payload_type(envelope.payload_type())
            .ok_or_else(|| Code::UnknownKind.because(printable(envelope.payload_type())))?;
        if envelope.payload().len() > MAX_PAYLOAD_BYTES {
            return Err(Code::TooLarge.because(format!("{} bytes of payload", envelope.payload().len())));
        }
        // There are many ballots. Whatever is odd about one is said by the common way.
        if kind == Kind::BallotCast
            && let Some((header, act)) = scan_ballot(envelope.payload())
        {
            let hash = envelope.pae_hash();
            return Ok(Self {
                envelope,
                hash,
                header,
                act,
            });
        }
        let value =
            jcs::parse_canonical(envelope.payload()).map_err(|error| Code::NotCanonical.because(error.to_string()))?;
        let (header, act) = split(kind, value)?;
        // A struct is an object, and a default is left out; a ballot holds neither, and there are many of them.
        if kind != Kind::BallotCast && Self::write(&header, &act)?.payload() != envelope.payload() {
            return Err(Code::BadPayload.because("a second spelling of the same content"));
        }
        let hash = envelope.pae_hash();
        Ok(Self {
            envelope,
            hash,
            header,
            act,
        })
    }

    /// Writes an unsigned statement: header and act to canonical payload bytes.
    pub fn write(header: &Header, act: &Act) -> Result<Envelope, Refusal> {
        let bad = |error: serde_json::Error| Code::BadPayload.because(error.to_string());
        let mut value = act.to_value().map_err(bad)?;
        let head = serde_json::to_value(header).map_err(bad)?;
        if let (Value::Object(fields), Value::Object(head)) = (&mut value, head) {
            fields.extend(head);
        }
        let payload = jcs::to_canonical(&value).map_err(|error| Code::BadPayload.because(error.to_string()))?;
        Ok(Envelope::new(act.kind().payload_type(), payload))
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.act.kind()
    }
}

/// A ballot's payload in its canonical spelling, whose order of fields this is; nothing is said of other bytes.
fn scan_ballot(payload: &[u8]) -> Option<(Header, Act)> {
    let mut scan = Scan::new(payload);
    scan.skip("{\"candidates\":\"")?;
    let candidates = Digest::from_bytes(scan.hex()?);
    scan.skip(",\"competition\":\"")?;
    let competition = scan.text()?.to_owned();
    scan.skip(",\"keys\":[\"")?;
    let keys = vec![KeyId::from_bytes(scan.hex()?)];
    scan.skip("],\"nonce\":\"")?;
    let nonce = Nonce(scan.hex()?);
    scan.skip(",\"ratings\":{")?;
    let ratings = scan_ratings(&mut scan)?;
    scan.skip(",\"round\":")?;
    let round = u32::try_from(scan.integer()?).ok()?;
    scan.skip(",\"rules\":\"")?;
    let rules = Digest::from_bytes(scan.hex()?);
    scan.skip("}")?;
    scan.end()?;
    let header = Header {
        competition,
        nonce,
        rules: Some(rules),
        candidates: Some(candidates),
        round: Some(round),
        head: None,
        phase: None,
        not_after: None,
    };
    Some((header, BallotCast { keys, ratings }.into()))
}

fn scan_ratings(scan: &mut Scan<'_>) -> Option<Ratings> {
    let (mut ratings, mut last) = (Vec::with_capacity(16), &b""[..]);
    while !scan.skips("}") {
        if !ratings.is_empty() {
            scan.skip(",")?;
        }
        scan.skip("\"")?;
        let id = scan.quoted()?;
        // Ascending, each once: ids are of letters of which one is one byte.
        if id <= last {
            return None;
        }
        last = id;
        let candidate = CandidateId::from_bytes(id)?;
        scan.skip(":")?;
        ratings.push((candidate, scan.integer()?));
    }
    Some(Ratings::from_sorted_store_unchecked(ratings))
}

fn split(kind: Kind, value: Value) -> Result<(Header, Act), Refusal> {
    let bad = |error: serde_json::Error| Code::BadPayload.because(error.to_string());
    let Value::Object(mut fields) = value else {
        return Err(Code::BadPayload.because("the payload is not an object"));
    };
    let mut head = serde_json::Map::new();
    for name in HEADER_FIELDS {
        if let Some(field) = fields.remove(name) {
            head.insert(name.to_owned(), field);
        }
    }
    let header = serde_json::from_value(Value::Object(head)).map_err(bad)?;
    let act = Act::from_value(kind, Value::Object(fields)).map_err(bad)?;
    Ok((header, act))
}

fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(80).collect()
}

/// Where public keys come from: a key id determines its key, so a check holds whatever the state becomes.
pub trait Keys {
    /// The enrolled key with this id, in whatever role.
    fn key(&self, id: &KeyId) -> Option<PublicKey>;
}

/// The signatures with their keys, up to the first key that nobody knows.
type SignedBy = (Vec<(PublicKey, Signature)>, Option<KeyId>);

fn signed_by(statement: &Statement, keys: &dyn Keys) -> Result<SignedBy, Refusal> {
    let signatures = &statement.envelope.signatures;
    if signatures.is_empty() || signatures.len() > 4 {
        return Err(Code::BadSignature.because("one to four signatures are needed"));
    }
    let mut signed = Vec::with_capacity(signatures.len());
    for signature in signatures {
        let own = match &statement.act {
            Act::Nomination(act) if act.association.key.id() == signature.keyid => Some(act.association.key.clone()),
            _ => None,
        };
        match own.or_else(|| keys.key(&signature.keyid)) {
            Some(key) => signed.push((key, signature.sig)),
            None => return Ok((signed, Some(signature.keyid))),
        }
    }
    Ok((signed, None))
}

/// A statement whose every signature verified under the three-part rule by a key known to [`Keys`].
#[derive(Debug, Clone)]
pub struct Checked {
    statement: Statement,
}

impl Checked {
    /// Verifies every signature. A nomination may be signed by the key it brings along.
    pub fn check(statement: Statement, keys: &dyn Keys) -> Result<Self, Refusal> {
        let (signed, unknown) = signed_by(&statement, keys)?;
        let pae = statement.envelope.pae();
        let bad = signed.iter().find(|(key, sig)| key.verify(pae, sig).is_err());
        let bad = bad.map(|(key, _)| key.id());
        Self::judged(statement, bad, unknown)
    }

    /// Each as [`Self::check`] says, in order, at the cost of batches and on all cores.
    pub fn check_many(
        statements: Vec<Result<Statement, Refusal>>,
        keys: &(dyn Keys + Sync),
    ) -> Vec<Result<Self, Refusal>> {
        let (checked, _) = Prepared::of(statements, keys, &[]).judge();
        checked
    }

    /// Signatures are judged in the envelope's order: those before an unknown key come first.
    fn judged(statement: Statement, bad: Option<KeyId>, unknown: Option<KeyId>) -> Result<Self, Refusal> {
        match (bad, unknown) {
            (Some(key), _) => Err(Code::BadSignature.because(format!("key {key}"))),
            (None, Some(key)) => Err(Code::UnknownKey.because(format!("key {key}"))),
            (None, None) => Ok(Self { statement }),
        }
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Key ids that signed, in the envelope's order.
    pub fn signers(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.statement
            .envelope
            .signatures
            .iter()
            .map(|signature| signature.keyid)
    }

    /// The statement itself.
    pub fn into_statement(self) -> Statement {
        self.statement
    }
}

/// Statements of whose signatures everything is checked that concerns each alone.
pub struct Prepared {
    statements: Vec<Result<Signed, Refusal>>,
    signatures: batch::Prepared,
    /// How many signatures there are of each key beside the statements' own.
    beside: Vec<usize>,
}

/// A statement, and its signatures with their keys, up to the first key that nobody knows.
struct Signed {
    statement: Statement,
    by: Vec<(PublicKey, Signature)>,
    unknown: Option<KeyId>,
}

impl Prepared {
    /// Statements, and signatures that stand elsewhere over the same: of each key, one for every statement.
    pub fn of(
        statements: Vec<Result<Statement, Refusal>>,
        keys: &(dyn Keys + Sync),
        beside: &[(&PublicKey, &[[u8; 64]])],
    ) -> Self {
        let each = statements.into_par_iter().map(|statement| {
            let statement = statement?;
            let (by, unknown) = signed_by(&statement, keys)?;
            Ok::<_, Refusal>(Signed { statement, by, unknown })
        });
        let statements: Vec<_> = each.collect();
        // All that are over one statement stand together: its bytes are at hand then.
        let mut items = Vec::with_capacity(statements.len() * (1 + beside.len()));
        for (place, statement) in statements.iter().enumerate() {
            let Ok(Signed { statement, by, .. }) = statement else {
                continue;
            };
            let pae = statement.envelope.pae();
            items.extend(by.iter().map(|(key, sig)| (key, pae, *sig)));
            let others = beside.iter().filter_map(|(key, sigs)| Some((*key, sigs.get(place)?)));
            items.extend(others.map(|(key, sig)| (key, pae, Signature::from_bytes(*sig))));
        }
        let signatures = batch::Prepared::of(&items);
        Self {
            statements,
            signatures,
            beside: beside.iter().map(|(_, sigs)| sigs.len()).collect(),
        }
    }

    /// Each as [`Checked::check`] says, in order, at the cost of batches and on all cores. Of each key beside, the place of
    /// the first signature that does not hold; of what is no statement nothing is told.
    pub fn judge(self) -> (Vec<Result<Checked, Refusal>>, Vec<Option<usize>>) {
        let good = self.signatures.verdicts();
        let (mut rest, mut first_bad) = (&good[..], vec![None; self.beside.len()]);
        let mut next = |count| {
            let verdicts;
            (verdicts, rest) = rest.split_at(count);
            verdicts
        };
        let mut verdicts = Vec::with_capacity(self.statements.len());
        for (place, statement) in self.statements.iter().enumerate() {
            let Ok(statement) = statement else {
                verdicts.push(&[][..]);
                continue;
            };
            verdicts.push(next(statement.by.len()));
            let theirs = self.beside.iter().zip(&mut first_bad);
            for (_, first_bad) in theirs.filter(|(count, _)| place < **count) {
                if next(1) == [false] {
                    first_bad.get_or_insert(place);
                }
            }
        }
        let checked = self.statements.into_par_iter().zip(verdicts).map(|(signed, verdicts)| {
            let Signed { statement, unknown, .. } = signed?;
            let signatures = statement.envelope.signatures.iter().zip(verdicts);
            let bad = signatures
                .filter(|(_, good)| !**good)
                .map(|(signature, _)| signature.keyid)
                .next();
            Checked::judged(statement, bad, unknown)
        });
        (checked.collect(), first_bad)
    }
}
