//! `esep statement new`: one template, with everything in it that follows from the competition, the key, or a setting.

mod facts;

use super::announcement::Announcing;
use super::context::{Known, Source};
use super::openings::Openings;
use super::template::{self, Shape};
use super::{card, kind};
use crate::calendar::Date;
use crate::cli::{Failure, Passphrase, load_key, origin, read_json, read_text, talk, usage, write_or_print};
use crate::competition::act::Kind;
use crate::competition::{Header, Nonce, Slot};
use crate::crypto::key::Enrolment;
use crate::crypto::{KeyId, SecretKey};
use rand::Rng;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the template of a statement: fill in what is marked <fill in ..>, then `esep sign` it.
///
/// Header fields (competition, nonce, rules, candidates, round) come from the competition's description. --set puts a
/// value in its place: a dotted path, and text, a number or JSON; @FILE takes the value from a file: sha256 and length
/// (or count) of an attachment, the hash of a statement or document, the id of a public key, or the text or JSON in it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct New {
    /// Kind of statement; `esep statement kinds` lists them.
    #[arg(value_parser = kind)]
    kind: Kind,
    #[command(flatten)]
    source: Source,
    /// Origin, <host>/<competition id>, where there is no description yet.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
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
    subject: Option<KeyId>,
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
    --published 2026-03-02 --log log.pub.pem --member 'cec=A. Person:Central Election Commission:cec.enrolment.json' .. \\
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

impl New {
    /// Fills in what is known, and writes the template.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let shape = Shape::of(self.kind);
        let known = self.source.known()?;
        let header = self.header(known.as_ref())?;
        let mut payload = shape.template();
        payload.insert("competition".into(), json!(header.competition));
        if self.kind == Kind::Announcement {
            self.announcing.fill(&mut payload, self.rehearsal)?;
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
            let kinds = [Kind::PollingClosed, Kind::BallotsOpened, Kind::BallotsSigned];
            self.only(&kinds, "--box")?;
            let told: Value = read_json(path)?;
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
            payload["taken"] = json!(read_text(Path::new(roll))?.lines().count());
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
