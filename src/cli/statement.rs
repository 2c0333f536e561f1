//! `esep statement`: templates of payloads to fill in, with every field that the competition fixes already in them.
//!
//! A template is `{"kind": .., "payload": ..}`; `esep sign` makes canonical bytes of the payload. Random values (nonce,
//! salts, lot nonces) are drawn here, at the door, and never inside the rules.

mod announcement;
pub mod context;
mod openings;
pub mod template;

use super::{Failure, Mode, Passphrase, load_key, print, print_json, read, talk, usage, write_new, write_or_print};
use crate::calendar::Date;
use crate::competition::act::{Attachment, Kind};
use crate::competition::{Header, ListFile, Nonce, Phase, Slot, authors, taken_in};
use crate::crypto::card::CardCode;
use crate::crypto::key::Enrolment;
use crate::crypto::{Digest, Envelope, SecretKey, jcs};
use crate::tally;
use announcement::Announcing;
pub use announcement::vkey;
use clap::Subcommand;
use context::{Known, Source};
use openings::{FIELDS_EXAMPLE, Openings, listed};
use rand::Rng;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use template::Shape;

/// Templates of statements, and what kinds there are.
#[derive(Debug, clap::Args)]
pub struct Statement {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(Box<New>),
    Kinds(Kinds),
}

impl Statement {
    /// Writes a template, or lists the kinds.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::New(new) => new.run(),
            What::Kinds(kinds) => kinds.run(),
        }
    }
}

/// List the kinds of statements, with who makes them and in which phases they are taken.
#[derive(Debug, clap::Args)]
struct Kinds {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Kinds {
    fn run(self) -> anyhow::Result<ExitCode> {
        let phases = |kind: Kind| {
            let taken = Phase::ALL.into_iter().filter(|phase| taken_in(kind, *phase));
            taken.map(Phase::as_str).collect::<Vec<_>>()
        };
        if self.json {
            let line =
                |kind: &Kind| json!({ "kind": kind.as_str(), "authors": authors(*kind), "phases": phases(*kind) });
            print_json(
                "esep.statement-kinds.v1",
                &Kind::ALL.iter().map(line).collect::<Vec<_>>(),
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        for kind in Kind::ALL {
            let phases = match kind {
                Kind::Announcement => "before the first entry".to_owned(),
                kind => phases(*kind).join(", "),
            };
            let authors = authors(*kind).join(", ");
            writeln!(text, "{:<24} {authors:<27} {phases}", kind.as_str())?;
        }
        print(text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Write the template of a statement: fill in what is marked <fill in ..>, then `esep sign` it.
///
/// Header fields (competition, nonce, rules, candidates, round) come from the competition's description. --set puts a
/// value in its place: a dotted path, and text, a number or JSON; @FILE takes the value from a file: sha256 and length
/// (or count) of an attachment, the hash of a statement or document, the id of a public key, or the text or JSON in it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct New {
    /// Kind of statement; `esep statement kinds` lists them.
    #[arg(value_parser = kind)]
    kind: Kind,
    #[command(flatten)]
    source: Source,
    /// Origin, <host>/<competition id>, where there is no description yet.
    #[arg(long, value_name = "ORIGIN", value_parser = super::origin)]
    competition: Option<String>,
    /// Put a value into a field; may be given often.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    settings: Vec<String>,
    /// Several members will sign: name the record's head, the phase, and how long signatures may be collected.
    /// Acts that always need several have these anyway.
    #[arg(long)]
    shared: bool,
    /// Hours from now within which the signatures of several members are collected.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
    /// The counting member's own slot.
    #[arg(long, value_parser = slot)]
    slot: Option<Slot>,
    /// The author's private key: fills in slot, ballot key, or the association's enrolment; signs nothing else.
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// ballot_cast: file with the voting card's code, in place of --key.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    card_file: Option<PathBuf>,
    /// New file for the template [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// nomination, amendment: the facts in plain values (see below); commitments are made of them.
    #[arg(long, value_name = "FILE", help_heading = "Facts behind commitments")]
    fields: Option<PathBuf>,
    /// screening_decision: {"R8": {"finding": "met", "reason": "in_order"}, ..}.
    #[arg(long, value_name = "FILE", help_heading = "Facts behind commitments")]
    decisions: Option<PathBuf>,
    /// appeal, appeal_decided, contest_decided: file with the text behind the commitment.
    /// association_key_replaced: the new letter.
    #[arg(long, value_name = "FILE", help_heading = "Facts behind commitments")]
    reason: Option<PathBuf>,
    /// amendment, association_key_replaced: key id with which the association nominated.
    #[arg(long, value_name = "KEYID", help_heading = "Facts behind commitments")]
    subject: Option<crate::crypto::KeyId>,
    /// New file for what opens the commitments [default: NAME.openings.json beside --out NAME.json].
    #[arg(long, value_name = "FILE", help_heading = "Facts behind commitments")]
    openings: Option<PathBuf>,
    /// candidate_list: an admitted candidate, ID=NOMINATION.dsse.json:NAME.openings.json; may be given often.
    #[arg(long = "candidate", value_name = "ID=FILE:FILE", help_heading = "Candidate list")]
    candidates: Vec<String>,
    /// candidate_list: new file for the list itself, the attachment to upload.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "candidates.json",
        help_heading = "Candidate list"
    )]
    list_out: PathBuf,
    /// polling_closed, ballots_opened, ballots_signed: the box as `esep fetch box` gave it to a counting member.
    #[arg(long = "box", value_name = "FILE", help_heading = "Box")]
    the_box: Option<PathBuf>,
    /// lot_committed: new file for the secret nonce that is drawn; lot_revealed: that file.
    #[arg(long, value_name = "FILE", help_heading = "Lot")]
    lot_nonce: Option<PathBuf>,
    /// certification: years of a term, from which its last day follows (R5).
    #[arg(long, value_name = "YEARS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50), help_heading = "Certification")]
    term_years: u32,
    /// The office is for rehearsals.
    #[arg(long, help_heading = "Announcement")]
    rehearsal: bool,
    #[command(flatten)]
    announcing: Announcing,
}

const EXAMPLES: &str = "Examples:
  esep statement new announcement --competition esep.example/commission-2026 --preset commission-2014 \\
    --published 2026-03-02 --log log.vkey --member 'cec=A. Person:Central Election Commission:cec.enrolment.json' .. \\
    --set title.ky=.. --set title.ru=.. --set title.en=.. --set outlet=.. --set poll.place=.. --out announcement.json
  esep statement new nomination --context competition.json --fields facts.json --key association.key.pem --out nomination.json
  esep statement new screening_decision --context competition.json --set nomination=@nomination.dsse.json --decisions decisions.json --out decision.json
  esep statement new attendance --context competition.json --slot cec --set at=opening --out attendance.json
  esep statement new polling_closed --context competition.json --box box.json --set roll=@roll.txt --set unused=@unused.keys --set spoiled=@/dev/null
  esep statement new protocol_signed --context competition.json --slot cec --set protocol=@protocol.json --set signature=@cec.sig

Facts of a nomination (--fields), all but the three documents needed; documents are named from the folder of the file:
{\"association\": \"..\", \"organisations\": [{\"name\": \"..\", \"number\": \"..\", \"form\": \"public_association|foundation|institution|other\",
  \"state_body\": false, \"state_founder\": false}, ..], \"name\": \"..\", \"birth_date\": \"1980-01-31\",
  \"citizenship\": {\"citizen\": true, \"capable\": true}, \"conviction\": {\"convicted\": false, \"expunged\": false},
  \"education\": true, \"experience\": \"..\", \"service\": false,
  \"letter\": \"letter.pdf\", \"application\": \"application.pdf\", \"resume\": \"resume.pdf\"}";

fn slot(text: &str) -> Result<Slot, String> {
    text.parse()
        .map_err(|()| format!("slots: {}", Slot::ALL.map(Slot::as_str).join(", ")))
}

/// A kind of statement by its name.
pub fn kind(text: &str) -> Result<Kind, String> {
    Kind::of_name(text).ok_or_else(|| "not a kind of statement; `esep statement kinds` lists them".to_owned())
}

impl New {
    fn run(self) -> anyhow::Result<ExitCode> {
        let shape = Shape::of(self.kind);
        let known = self.source.known()?;
        let header = self.header(known.as_ref())?;
        let mut payload = shape.template();
        if self.kind == Kind::Announcement {
            self.announcing.fill(&mut payload, self.rehearsal, &header.competition)?;
        }
        let mut payload = Value::Object(payload);
        merge(&mut payload, &serde_json::to_value(&header)?);
        for setting in &self.settings {
            shape.set(&mut payload, setting)?;
        }
        self.derive(&mut payload)?;
        let mut openings = Openings::new(&header.competition);
        self.author(&shape, &header, known.as_ref(), &mut payload)?;
        self.facts(&mut payload, &mut openings)?;
        self.list(&header, &mut payload)?;
        self.lot(&header, &mut payload)?;
        let openings = self.write_openings(&openings)?;
        let text = serde_json::to_string_pretty(&json!({ "kind": self.kind.as_str(), "payload": payload }))? + "\n";
        if let Err(fault) = write_or_print(self.out.as_deref(), text.as_bytes()) {
            // Openings without their statement are of no use, and would stand in the way of the next attempt.
            openings.map(std::fs::remove_file);
            return Err(fault);
        }
        advise(&shape, &payload);
        Ok(ExitCode::SUCCESS)
    }

    fn header(&self, known: Option<&Known>) -> Result<Header, Failure> {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        let nonce = Nonce::from_bytes(bytes);
        if self.kind == Kind::Announcement && known.is_some() {
            return Err(usage(
                "an announcement is the first entry: there is no description yet, only --competition",
            ));
        }
        match (known, &self.competition) {
            (Some(known), given) if given.as_ref().is_none_or(|given| *given == known.origin) => {
                known.header(self.is_shared()?, self.hours, nonce)
            }
            (Some(known), _) => Err(usage(format!(
                "--competition: the description is that of {}",
                known.origin
            ))),
            (None, Some(competition)) if self.kind == Kind::Announcement => Ok(Header {
                competition: competition.clone(),
                nonce,
                rules: None,
                candidates: None,
                round: None,
                head: None,
                phase: None,
                not_after: None,
            }),
            (None, _) if self.kind == Kind::Announcement => Err(usage("an announcement needs --competition")),
            (None, _) => Err(usage("the header needs the competition's description: --context FILE")),
        }
    }

    /// Whether several members will sign.
    fn is_shared(&self) -> Result<bool, Failure> {
        let always = matches!(
            self.kind,
            Kind::CardsPrepared
                | Kind::PollingOpened
                | Kind::PollingClosed
                | Kind::BallotsOpened
                | Kind::AbsenceAttested
                | Kind::LotDrawn
                | Kind::Certification
        );
        let ever = always || matches!(self.kind, Kind::MemberReplaced | Kind::KeyReplaced | Kind::Annulment);
        if self.shared && !ever {
            return Err(usage(format!("--shared: {} is an act of one", self.kind.as_str())));
        }
        Ok(always || self.shared)
    }

    /// What follows from what was set: electors on the roll, the end of the term.
    fn derive(&self, payload: &mut Value) -> Result<(), Failure> {
        if let Some(path) = &self.the_box {
            self.only(
                &[Kind::PollingClosed, Kind::BallotsOpened, Kind::BallotsSigned],
                "--box",
            )?;
            let told: Value = super::read_json(path)?;
            payload["box_root"] = told["box_root"].clone();
            if self.kind == Kind::PollingClosed {
                payload["box_count"] = told["box_count"].clone();
            }
        }
        let given = |field: &str| {
            self.settings
                .iter()
                .any(|setting| setting.starts_with(&format!("{field}=")))
        };
        let roll = self.settings.iter().find_map(|setting| setting.strip_prefix("roll=@"));
        if let (Kind::PollingClosed, Some(roll), false) = (self.kind, roll, given("taken")) {
            payload["taken"] = json!(super::read_text(Path::new(roll))?.lines().count());
        }
        let start = payload["term_start"].as_str().and_then(|day| day.parse::<Date>().ok());
        if let (Kind::Certification, Some(start), false) = (self.kind, start, given("term_end")) {
            payload["term_end"] = json!(start.plus_years(self.term_years));
        }
        Ok(())
    }

    /// What follows from who makes the statement.
    fn author(
        &self,
        shape: &Shape,
        header: &Header,
        known: Option<&Known>,
        payload: &mut Value,
    ) -> Result<(), Failure> {
        let key = self.secret(header)?;
        let own = key
            .as_ref()
            .zip(known)
            .and_then(|(key, known)| known.slot(&key.public().id()));
        match self.slot.or(own) {
            Some(slot) if shape.has("slot") => payload["slot"] = json!(slot),
            Some(_) if self.slot.is_some() => return Err(usage(format!("{} names no slot", self.kind.as_str()))),
            _ => {}
        }
        match (self.kind, &key) {
            (Kind::Nomination, Some(key)) => {
                payload["association"] = json!(Enrolment::make(key, &header.competition, "association"));
            }
            (Kind::BallotCast, Some(key)) => payload["keys"] = json!([key.public().id()]),
            _ => {}
        }
        Ok(())
    }

    fn secret(&self, header: &Header) -> Result<Option<SecretKey>, Failure> {
        if let Some(path) = &self.card_file {
            let round = header
                .round
                .ok_or_else(|| usage("--card-file: there is no round yet"))?;
            return Ok(Some(card(path)?.key(&header.competition, round)));
        }
        self.key
            .as_deref()
            .map(|path| load_key(path, &self.passphrase))
            .transpose()
    }

    fn facts(&self, payload: &mut Value, openings: &mut Openings<'_>) -> Result<(), Failure> {
        let nomination = |payload: &Value| {
            let hash = payload["nomination"]
                .as_str()
                .and_then(|text| text.parse::<Digest>().ok());
            hash.ok_or_else(|| usage("say which nomination first: --set nomination=HASH, or =@NOMINATION.dsse.json"))
        };
        if let Some(path) = &self.fields {
            let subject = self.nominating_key(payload)?;
            payload["fields"] = openings.nomination(path, &subject, self.kind == Kind::Nomination)?;
        } else if self.kind == Kind::Nomination {
            return Err(usage(format!(
                "a nomination needs --fields FILE and --key; the file is like this:\n{FIELDS_EXAMPLE}"
            )));
        }
        if let Some(path) = &self.decisions {
            self.only(&[Kind::ScreeningDecision], "--decisions")?;
            payload["decisions"] = openings.decisions(path, &nomination(payload)?)?;
        }
        let Some(path) = &self.reason else { return Ok(()) };
        self.only(
            &[
                Kind::Appeal,
                Kind::AppealDecided,
                Kind::ContestDecided,
                Kind::AssociationKeyReplaced,
            ],
            "--reason",
        )?;
        let bytes = read(path)?;
        let text = || {
            String::from_utf8(bytes.clone())
                .map_err(|_| super::cannot_tell(format!("{}: not UTF-8 text", path.display())))
        };
        let (place, field, subject, value) = match self.kind {
            Kind::Appeal => ("text", "appeal", nomination(payload)?.to_string(), json!(text()?)),
            Kind::AppealDecided => (
                "reason",
                "appeal_decided",
                nomination(payload)?.to_string(),
                json!(text()?),
            ),
            Kind::ContestDecided => {
                let stands = payload["stands"].as_str().unwrap_or_default().to_owned();
                stands
                    .parse::<Digest>()
                    .map_err(|_| usage("say which stands first: --set stands=HASH"))?;
                ("reason", "contest_decided", stands, json!(text()?))
            }
            _ => (
                "letter",
                "letter",
                self.nominating_key(payload)?,
                json!(Digest::of(&bytes)),
            ),
        };
        payload[place] = json!(openings.commit(field, &subject, value)?);
        Ok(())
    }

    /// The key id that a nomination's commitments name as their subject.
    fn nominating_key(&self, payload: &Value) -> Result<String, Failure> {
        if self.kind == Kind::Nomination {
            let enrolment: Result<Enrolment, _> = serde_json::from_value(payload["association"].clone());
            return enrolment
                .map(|own| own.key.id().to_string())
                .map_err(|_| usage("a nomination needs --key"));
        }
        self.only(&[Kind::Amendment, Kind::AssociationKeyReplaced], "--fields")?;
        let subject = self
            .subject
            .ok_or_else(|| usage("--subject: the key id with which the association nominated"))?;
        Ok(subject.to_string())
    }

    fn only(&self, kinds: &[Kind], option: &str) -> Result<(), Failure> {
        if kinds.contains(&self.kind) {
            Ok(())
        } else {
            Err(usage(format!("{option} has no place in {}", self.kind.as_str())))
        }
    }

    /// `candidates.json`, the attachment that a candidate list names.
    fn list(&self, header: &Header, payload: &mut Value) -> Result<(), Failure> {
        if self.candidates.is_empty() {
            return Ok(());
        }
        self.only(&[Kind::CandidateList], "--candidate")?;
        let mut candidates = self
            .candidates
            .iter()
            .map(|text| listed(text))
            .collect::<Result<Vec<_>, _>>()?;
        candidates.sort_by(|one, other| one["id"].as_str().cmp(&other["id"].as_str()));
        let file = json!({ "competition": header.competition, "candidates": candidates });
        let file: ListFile = serde_json::from_value(file).map_err(|fault| usage(format!("--candidate: {fault}")))?;
        let bytes = jcs::to_canonical(&file).map_err(|fault| usage(format!("--candidate: {fault}")))?;
        payload["list"] = json!(Attachment::of(&bytes));
        payload["count"] = json!(file.candidates.len());
        write_new(&self.list_out, &bytes, Mode::Public)?;
        talk(format_args!(
            "wrote {}: upload it as an attachment",
            self.list_out.display()
        ));
        Ok(())
    }

    fn lot(&self, header: &Header, payload: &mut Value) -> Result<(), Failure> {
        let Some(path) = &self.lot_nonce else { return Ok(()) };
        self.only(&[Kind::LotCommitted, Kind::LotRevealed], "--lot-nonce")?;
        if self.kind == Kind::LotRevealed {
            let text = super::read_text(path)?;
            let nonce: Digest = text
                .trim()
                .parse()
                .map_err(|_| super::cannot_tell(format!("{}: not a nonce", path.display())))?;
            payload["reveal"] = json!(nonce);
            return Ok(());
        }
        let slot = payload["slot"].as_str().and_then(|text| text.parse::<Slot>().ok());
        let slot = slot.ok_or_else(|| usage("the commitment names your slot: --slot SLOT"))?;
        let round = header.round.ok_or_else(|| usage("there is no round yet"))?;
        let mut nonce = [0; 32];
        rand::rng().fill_bytes(&mut nonce);
        payload["commitment"] = json!(tally::commitment(&header.competition, round, slot.as_str(), &nonce));
        write_new(
            path,
            format!("{}\n", Digest::from_bytes(nonce)).as_bytes(),
            Mode::Secret,
        )?;
        talk(format_args!(
            "wrote {}: keep it secret until polling is closed, then reveal it",
            path.display()
        ));
        Ok(())
    }

    fn write_openings(&self, openings: &Openings<'_>) -> Result<Option<PathBuf>, Failure> {
        if openings.made.is_empty() {
            return Ok(None);
        }
        let path = match (&self.openings, &self.out) {
            (Some(path), _) => path.clone(),
            (None, Some(out)) => out.with_extension("openings.json"),
            (None, None) => {
                return Err(usage(
                    "commitments need a place for what opens them: --out or --openings",
                ));
            }
        };
        let text = serde_json::to_string_pretty(&openings.made).expect("openings are always JSON") + "\n";
        write_new(&path, text.as_bytes(), Mode::Secret)?;
        talk(format_args!(
            "wrote {}: confidential; send it with `esep post --openings`",
            path.display()
        ));
        Ok(Some(path))
    }
}

/// What is left to do, for the person at the terminal.
fn advise(shape: &Shape, payload: &Value) {
    let left = template::placeholders(payload);
    if !left.is_empty() {
        talk(format_args!("to fill in: {}", left.join(", ")));
    }
    let optional: Vec<_> = shape
        .optional()
        .into_iter()
        .filter(|name| payload.get(*name).is_none())
        .collect();
    if !optional.is_empty() {
        talk(format_args!("may be added: {}", optional.join(", ")));
    }
    if let Ok(Some(day)) = payload["poll"]["day"].as_str().map(str::parse::<Date>).transpose() {
        talk(format_args!(
            "intake ends on {}, poll day is {day}",
            payload["intake_last_day"].as_str().unwrap_or("a day to fill in")
        ));
    }
}

fn merge(payload: &mut Value, header: &Value) {
    if let (Some(fields), Some(header)) = (payload.as_object_mut(), header.as_object()) {
        fields.extend(header.clone().into_iter().collect::<Map<_, _>>());
    }
}

/// A voting card's code from a file.
pub fn card(path: &Path) -> Result<CardCode, Failure> {
    let text = zeroize::Zeroizing::new(super::read_text(path)?);
    text.trim()
        .parse()
        .map_err(|fault| super::cannot_tell(format!("{}: {fault}", path.display())))
}

/// The envelope that a filled template makes, unsigned.
pub fn envelope_of(kind: Kind, payload: &Value) -> Result<Envelope, Failure> {
    let left = template::placeholders(payload);
    if !left.is_empty() {
        return Err(usage(format!("not filled in yet: {}", left.join(", "))));
    }
    let bytes = jcs::to_canonical(payload).map_err(|fault| usage(format!("the payload: {fault}")))?;
    Ok(Envelope::new(kind.payload_type(), bytes))
}
