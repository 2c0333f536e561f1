//! The announcement's template: rule set from a preset, every date computed from the day of publication.

use crate::calendar::{Date, intake_last_day};
use crate::cli::{Failure, cannot_tell, read_json, read_text, usage};
use crate::competition::{Slot, policy_text};
use crate::crypto::key::Enrolment;
use crate::crypto::{Digest, PublicKey};
use crate::ledger::note::Vkey;
use crate::ruleset::RuleSet;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What fills an announcement.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Announcement")]
pub struct Announcing {
    /// Rule set to start from: commission-2014, commission-2014-marks.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Or the whole rule set, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    rule_set: Option<PathBuf>,
    /// Day of publication in the mass media; all other dates follow from it (R21, R17).
    #[arg(long, value_name = "DATE")]
    published: Option<Date>,
    /// Poll day [default: the middle of its window].
    #[arg(long, value_name = "DATE", requires = "published")]
    poll_day: Option<Date>,
    /// Hours of polling on that day, Bishkek time.
    #[arg(long, value_name = "HH:MM-HH:MM", default_value = "10:00-18:00", value_parser = hours)]
    poll_hours: [u32; 4],
    /// A counting member: SLOT=PERSON:BODY:ENROLMENT.json; give it four times.
    #[arg(long = "member", value_name = "SLOT=PERSON:BODY:FILE")]
    members: Vec<String>,
    /// Public key of the log, as `esep init` printed it: a PEM file, or its verifier key.
    #[arg(long, value_name = "PUB.pem|VKEY")]
    log: Option<String>,
}

fn hours(text: &str) -> Result<[u32; 4], String> {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour <= 24 && minute < 60).then_some((hour, minute))
    };
    let ends = text
        .split_once('-')
        .and_then(|(opens, closes)| Some((clock(opens)?, clock(closes)?)));
    let ((h1, m1), (h2, m2)) = ends.ok_or("write it like 10:00-18:00")?;
    Ok([h1, m1, h2, m2])
}

impl Announcing {
    /// Puts into the payload what was given.
    pub fn fill(&self, payload: &mut Map<String, Value>, rehearsal: bool) -> Result<(), Failure> {
        let rules = self.rules()?;
        payload.insert("rule_set".into(), json!(rules));
        payload.insert("rehearsal".into(), json!(rehearsal));
        if let Some(published) = self.published {
            self.dates(payload, &rules, published);
        }
        if !self.members.is_empty() {
            payload.insert("members".into(), members(&self.members)?);
        }
        if let Some(log) = &self.log {
            let name = payload.get("competition").and_then(Value::as_str).unwrap_or_default();
            let vkey = vkey(log, name)?;
            payload.insert("log_key".into(), json!(vkey.key().id()));
            payload.insert(
                "witness_policy".into(),
                json!(Digest::of(policy_text(&vkey).as_bytes())),
            );
        }
        Ok(())
    }

    fn rules(&self) -> Result<RuleSet, Failure> {
        if let Some(path) = &self.rule_set {
            return read_json(path);
        }
        let name = self.preset.as_deref().ok_or_else(|| {
            usage("an announcement needs --preset (commission-2014, commission-2014-marks) or --rule-set: there is no default")
        })?;
        RuleSet::preset(name).ok_or_else(|| {
            usage(format!(
                "--preset {name}: known are commission-2014, commission-2014-marks"
            ))
        })
    }

    fn dates(&self, payload: &mut Map<String, Value>, rules: &RuleSet, published: Date) {
        // R21: documents are accepted within one month of publication.
        let last_day = intake_last_day(published, &rules.calendar);
        // R17: the window's middle leaves room on both sides.
        let middle = i64::from(rules.calendar.poll_min_days + rules.calendar.poll_max_days) / 2;
        let day = self.poll_day.unwrap_or_else(|| last_day.plus_days(middle));
        let [h1, m1, h2, m2] = self.poll_hours;
        let place = payload.get("poll").map(|poll| poll["place"].clone());
        payload.insert("published".into(), json!(published));
        payload.insert("intake_last_day".into(), json!(last_day));
        let poll = json!({ "day": day, "opens_at": day.at(h1, m1), "closes_at": day.at(h2, m2), "place": place });
        payload.insert("poll".into(), poll);
    }
}

/// A verifier key, or the name of a file that holds one; or the log's public key file, which is then that of `name`.
pub fn vkey(text: &str, name: &str) -> Result<Vkey, Failure> {
    match Vkey::parse(text.trim()) {
        Ok(vkey) => return Ok(vkey),
        Err(fault) if text.contains('+') && !Path::new(text).exists() => {
            return Err(usage(format!("the log's verifier key: {fault}")));
        }
        Err(_) => {}
    }
    let file = read_text(Path::new(text))?;
    let bad = |fault: &dyn std::fmt::Display| cannot_tell(format!("{text}: {fault}"));
    if file.starts_with("-----BEGIN") {
        let key = PublicKey::from_pem(&file).map_err(|fault| bad(&fault))?;
        return Vkey::new(name, key).map_err(|fault| bad(&fault));
    }
    Vkey::parse(file.trim()).map_err(|fault| bad(&fault))
}

fn members(given: &[String]) -> Result<Value, Failure> {
    let mut seats = Vec::new();
    for text in given {
        let parts = text.split_once('=').and_then(|(slot, rest)| {
            let mut parts = rest.splitn(3, ':');
            Some((slot.parse::<Slot>().ok()?, parts.next()?, parts.next()?, parts.next()?))
        });
        let (slot, person, body, file) = parts.ok_or_else(|| {
            let slots = Slot::ALL.map(Slot::as_str).join(", ");
            usage(format!(
                "--member {text}: write SLOT=PERSON:BODY:ENROLMENT.json; slots: {slots}"
            ))
        })?;
        let enrolment: Enrolment = read_json(Path::new(file))?;
        seats.push((
            slot,
            json!({ "slot": slot, "body": body, "person": person, "enrolment": enrolment }),
        ));
    }
    // R16: one representative each, in slot order.
    seats.sort_by_key(|(slot, _)| *slot);
    Ok(seats.into_iter().map(|(_, seat)| seat).collect())
}
