//! `esep sign`: shows what a statement says, then signs its very bytes, offline.
//!
//! Takes a filled template, an envelope, or a draft fetched as a file; signatures of several members stand in slot
//! order. Also signs every ballot of a box, and the protocol. Nothing is signed that was not shown first.

mod ballots;
mod words;

use super::statement::context::{Known, Source};
use super::statement::{card, envelope_of, kind};
use super::{
    Failure, Passphrase, cannot_tell, confirm, load_key, print, print_json, read, talk, usage, write_or_print,
};
use crate::competition::act::{Act, Kind};
use crate::competition::{PROTOCOL_TYPE, Statement};
use crate::crypto::dsse::{EnvelopeSignature, pae};
use crate::crypto::{Digest, Envelope, SecretKey, jcs};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Types of envelopes that are signed but are no statements: they enter no record.
const OTHER_TYPES: [&str; 2] = [
    "application/vnd.esep.session.v1+json",
    "application/vnd.esep.draft_withdrawal.v1+json",
];

/// Sign a statement, a draft, all ballots of a box, or the protocol, offline; what is signed is shown first.
///
/// FILE is a template that was filled in, an envelope, or a draft fetched as a file (`-`: standard input). The result
/// is a DSSE envelope with the new signature. Of several members' signatures each stands in slot order, for which
/// --context is needed from the second signature on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esep sign attendance.json --key cec.key.pem --out attendance.dsse.json\n  esep sign draft.json --key ombudsman.key.pem --context competition.json --out closed.dsse.json\n  esep sign ballot.json --card-file card.txt --yes --out ballot.dsse.json\n  esep sign --ballots ballots.jsonl --key cec.key.pem --out cec.signatures\n  esep sign --protocol protocol.json --key cec.key.pem --out cec.sig"
)]
pub struct Sign {
    /// What to sign.
    #[arg(required_unless_present_any = ["ballots", "protocol"], conflicts_with_all = ["ballots", "protocol"])]
    file: Option<PathBuf>,
    /// Sign every ballot of a box: a bundle (folder or tar), or ballots.jsonl. Gives 64 bytes a ballot, in box order.
    #[arg(long, value_name = "BUNDLE|JSONL", conflicts_with = "protocol", requires = "out")]
    ballots: Option<PathBuf>,
    /// With --ballots: the round [default: the last in the file].
    #[arg(long, requires = "ballots")]
    round: Option<u32>,
    /// Sign the protocol's bytes; gives the signature that `protocol_signed` carries.
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Private key: a PKCS#8 PEM file.
    #[arg(long, value_name = "KEY.pem", required_unless_present = "card_file")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// A ballot: file with the voting card's code, in place of --key.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "ballots", "protocol"])]
    card_file: Option<PathBuf>,
    /// Kind of statement, where the file holds a bare payload.
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    #[command(flatten)]
    source: Source,
    /// New file for the result [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
    /// Print one JSON object about what was signed (the result itself needs --out then).
    #[arg(long, requires = "out")]
    json: bool,
}

impl Sign {
    /// Shows, asks, signs, writes.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.ballots {
            return self.sign_ballots(path);
        }
        if let Some(path) = &self.protocol {
            return self.sign_protocol(path);
        }
        let path = self.file.as_deref().unwrap_or(Path::new("-"));
        let mut envelope = self.envelope(path)?;
        let statement = understood(&envelope)?;
        let known = self.source.known()?;
        let key = self.signing_key(&envelope)?;
        check_present(&envelope, known.as_ref())?;
        let place = place_of(&envelope, &key, known.as_ref())?;
        talk(words::of_envelope(&envelope));
        if let Some(statement) = &statement {
            warn(statement, &key);
        }
        self.ask(&key)?;
        let sig = key.sign(envelope.pae());
        envelope.signatures.insert(
            place,
            EnvelopeSignature {
                keyid: key.public().id(),
                sig,
            },
        );
        let mut text = envelope.to_json();
        text.push(b'\n');
        write_or_print(self.out.as_deref(), &text)?;
        self.report(&json!({
            "hash": envelope.pae_hash(), "payload_type": envelope.payload_type(),
            "signatures": envelope.signatures.len(), "keyid": key.public().id(),
        }))
    }

    fn report(&self, result: &Value) -> anyhow::Result<ExitCode> {
        if self.json {
            print_json("esep.sign.v1", result)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn ask(&self, key: &SecretKey) -> Result<(), Failure> {
        talk(format_args!("\nsigning key: {}", key.public().id()));
        if self.yes || confirm("Sign this?")? {
            Ok(())
        } else {
            Err(usage("not signed"))
        }
    }

    /// The envelope in the file, or the one that its template makes.
    fn envelope(&self, path: &Path) -> Result<Envelope, Failure> {
        let bytes = read(path)?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|fault| cannot_tell(format!("{}: not JSON: {fault}", path.display())))?;
        let bad = |fault: &dyn std::fmt::Display| cannot_tell(format!("{}: {fault}", path.display()));
        if value.get("payloadType").is_some() {
            return Envelope::from_json(&bytes).map_err(|fault| bad(&fault));
        }
        // A draft, or a challenge, as the office gives it.
        if let Some(inner) = value.get("envelope") {
            return Envelope::from_value(inner).map_err(|fault| bad(&fault));
        }
        let named = value.get("kind").and_then(Value::as_str).map(kind).transpose();
        let named = named.map_err(|fault| bad(&fault))?;
        match (named, value.get("payload"), self.kind) {
            (Some(named), Some(_), Some(given)) if named != given => {
                Err(usage(format!("--kind: the file says {}", named.as_str())))
            }
            (Some(named), Some(payload), _) => envelope_of(named, payload),
            (None, _, Some(given)) => envelope_of(given, &value),
            _ => Err(usage(format!(
                "{}: neither envelope nor template; of a bare payload say --kind",
                path.display()
            ))),
        }
    }

    fn signing_key(&self, envelope: &Envelope) -> Result<SecretKey, Failure> {
        let Some(path) = &self.card_file else {
            let path = self.key.as_deref().ok_or_else(|| usage("--key is needed"))?;
            return load_key(path, &self.passphrase);
        };
        let payload: Value = serde_json::from_slice(envelope.payload()).unwrap_or_default();
        let round = payload["round"].as_u64().and_then(|round| u32::try_from(round).ok());
        match (payload["competition"].as_str(), round) {
            (Some(competition), Some(round)) => Ok(card(path)?.key(competition, round)),
            _ => Err(usage("--card-file: the statement names no competition and round")),
        }
    }

    fn sign_protocol(&self, path: &Path) -> anyhow::Result<ExitCode> {
        let bytes = read(path)?;
        let protocol =
            jcs::parse_canonical(&bytes).map_err(|fault| cannot_tell(format!("{}: {fault}", path.display())))?;
        let key = self.signing_key(&Envelope::new(PROTOCOL_TYPE, Vec::new()))?;
        talk(words::of_protocol(&protocol, &Digest::of(&bytes)));
        self.ask(&key)?;
        let signature = key.sign(&pae(PROTOCOL_TYPE, &bytes));
        write_or_print(self.out.as_deref(), format!("{signature}\n").as_bytes())?;
        self.report(&json!({ "protocol": Digest::of(&bytes), "keyid": key.public().id(), "signature": signature }))
    }

    fn sign_ballots(&self, path: &Path) -> anyhow::Result<ExitCode> {
        let opened = ballots::read_box(path, self.round)?;
        let key = self.signing_key(&Envelope::new(Kind::BallotCast.payload_type(), Vec::new()))?;
        talk(words::of_box(&opened));
        self.ask(&key)?;
        let bytes = opened.sign(&key);
        let out = self.out.as_deref().ok_or_else(|| usage("--ballots needs --out"))?;
        write_or_print(Some(out), &bytes)?;
        let result = json!({
            "competition": opened.competition, "round": opened.round, "count": opened.ballots.len(),
            "box_root": opened.root(), "sha256": Digest::of(&bytes), "bytes": bytes.len(), "keyid": key.public().id(),
        });
        if !self.json && out != Path::new("-") {
            print(format!("sha256 {}\nbytes {}\n", Digest::of(&bytes), bytes.len()))?;
        }
        self.report(&result)
    }
}

/// What the signer should know before signing.
fn warn(statement: &Statement, key: &SecretKey) {
    let own = key.public().id();
    if let Act::BallotCast(act) = &statement.act
        && !act.keys.contains(&own)
    {
        talk("note: this ballot names another key; with this signature it is not cast");
    }
    if let Act::Nomination(act) = &statement.act
        && act.association.key.id() != own
    {
        talk("note: this nomination brings along another key than the one that signs");
    }
}

/// A statement that this program understands, or one of the few other things that are signed.
fn understood(envelope: &Envelope) -> Result<Option<Statement>, Failure> {
    if OTHER_TYPES.contains(&envelope.payload_type()) {
        jcs::parse_canonical(envelope.payload()).map_err(|fault| cannot_tell(format!("the payload: {fault}")))?;
        return Ok(None);
    }
    Ok(Some(Statement::read(envelope.clone())?))
}

/// Signatures by keys that are known must hold; those of others are left to the office.
fn check_present(envelope: &Envelope, known: Option<&Known>) -> Result<(), Failure> {
    for signature in &envelope.signatures {
        let key = known.and_then(|known| known.key(&signature.keyid));
        if key.is_some_and(|key| key.verify(envelope.pae(), &signature.sig).is_err()) {
            return Err(Failure::Wrong(format!(
                "the signature by key {} does not hold",
                signature.keyid
            )));
        }
    }
    Ok(())
}

/// Where the new signature belongs: in slot order.
fn place_of(envelope: &Envelope, key: &SecretKey, known: Option<&Known>) -> Result<usize, Failure> {
    let own = key.public().id();
    if envelope.signature_of(&own).is_some() {
        return Err(usage("this key has signed already"));
    }
    if envelope.signatures.is_empty() {
        return Ok(0);
    }
    let known =
        known.ok_or_else(|| usage("others have signed: --context is needed to put the signatures in slot order"))?;
    let slot = |id| {
        known
            .slot(id)
            .ok_or_else(|| usage(format!("key {id} is not that of a counting member")))
    };
    let own = slot(&own)?;
    let present = envelope
        .signatures
        .iter()
        .map(|signature| slot(&signature.keyid))
        .collect::<Result<Vec<_>, _>>()?;
    if present.contains(&own) {
        return Err(usage(format!("slot {own} has signed already")));
    }
    Ok(present.iter().filter(|slot| **slot < own).count())
}
