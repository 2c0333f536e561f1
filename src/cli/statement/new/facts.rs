//! Facts behind commitments, the candidate list's file, and lot nonces: what a template needs beside its own fields.

use super::New;
use crate::cli::statement::openings::{FIELDS_EXAMPLE, Openings, listed};
use crate::cli::{Failure, Mode, cannot_tell, read, read_text, talk, usage, write_new};
use crate::competition::act::{Attachment, Kind};
use crate::competition::{Header, ListFile, Slot};
use crate::crypto::key::Enrolment;
use crate::crypto::{Digest, jcs};
use crate::tally;
use rand::Rng;
use serde_json::{Value, json};
use std::path::PathBuf;

impl New {
    /// Commitments, from the facts that were given.
    pub(super) fn facts(&self, payload: &mut Value, openings: &mut Openings<'_>) -> Result<(), Failure> {
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
        let text =
            || String::from_utf8(bytes.clone()).map_err(|_| cannot_tell(format!("{}: not UTF-8 text", path.display())));
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

    pub(super) fn only(&self, kinds: &[Kind], option: &str) -> Result<(), Failure> {
        if kinds.contains(&self.kind) {
            Ok(())
        } else {
            Err(usage(format!("{option} has no place in {}", self.kind.as_str())))
        }
    }

    /// `candidates.json`, the attachment that a candidate list names.
    pub(super) fn list(&self, header: &Header, payload: &mut Value) -> Result<(), Failure> {
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

    /// Draws a nonce and commits to it, or reveals it.
    pub(super) fn lot(&self, header: &Header, payload: &mut Value) -> Result<(), Failure> {
        let Some(path) = &self.lot_nonce else { return Ok(()) };
        self.only(&[Kind::LotCommitted, Kind::LotRevealed], "--lot-nonce")?;
        if self.kind == Kind::LotRevealed {
            let text = read_text(path)?;
            let nonce: Digest = text
                .trim()
                .parse()
                .map_err(|_| cannot_tell(format!("{}: not a nonce", path.display())))?;
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

    /// Writes what opens the commitments; gives its place.
    pub(super) fn write_openings(&self, openings: &Openings<'_>) -> Result<Option<PathBuf>, Failure> {
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
