//! Facts behind commitments: nominations, decisions and reasons enter the record as salted hashes, and what opens them
//! goes to the office beside the record (`esep post --openings`).

use crate::calendar::Date;
use crate::cli::{Failure, cannot_tell, read, read_json, usage};
use crate::competition::Opening;
use crate::competition::act::Field;
use crate::crypto::Digest;
use crate::crypto::commit::{Salt, try_commitment};
use crate::eligibility::{Citizenship, Conviction, Finding, Organisation, Reason, SCREENED};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Makes commitments and keeps what opens them.
pub struct Openings<'a> {
    competition: &'a str,
    /// Made so far.
    pub made: Vec<Opening>,
}

impl<'a> Openings<'a> {
    /// None made yet.
    pub fn new(competition: &'a str) -> Self {
        Self {
            competition,
            made: Vec::new(),
        }
    }

    /// Commits to a value under a fresh salt.
    pub fn commit(&mut self, field: &str, subject: &str, value: Value) -> Result<Digest, Failure> {
        let salt = Salt::generate(&mut rand::rng());
        let commitment = try_commitment(salt.as_bytes(), self.competition, field, subject, &value)
            .map_err(|fault| usage(format!("the value of {field}: {fault}")))?;
        self.made.push(Opening {
            field: field.to_owned(),
            subject: subject.to_owned(),
            salt,
            value,
        });
        Ok(commitment)
    }

    /// `{"R8": {"finding": "met", "reason": "in_order"}, ..}`: every screened rule, once.
    pub fn decisions(&mut self, path: &Path, nomination: &Digest) -> Result<Value, Failure> {
        let mut given: BTreeMap<String, Decision> = read_json(path)?;
        let mut decisions = Vec::new();
        for rule in SCREENED {
            let decision = given
                .remove(rule)
                .ok_or_else(|| usage(format!("{}: rule {rule} is not decided", path.display())))?;
            let value = json!(decision);
            let commitment = self.commit(&format!("screening/{rule}"), &nomination.to_string(), value)?;
            decisions.push(json!({ "rule": rule, "decision": commitment }));
        }
        match given.keys().next() {
            Some(other) => Err(usage(format!("{}: {other:?} is not a screened rule", path.display()))),
            None => Ok(Value::Array(decisions)),
        }
    }

    /// The commitments of a nomination's fields; `subject` is the association's key id. An amendment may name only some.
    pub fn nomination(&mut self, path: &Path, subject: &str, all: bool) -> Result<Value, Failure> {
        let facts: Facts = read_json(path)?;
        let mut fields = serde_json::Map::new();
        for (field, value) in facts.values(path)? {
            match value {
                Some(value) => {
                    let commitment = self.commit(field.as_str(), subject, value)?;
                    fields.insert(field.as_str().to_owned(), json!(commitment));
                }
                None if all && !field.is_document() => {
                    return Err(usage(format!("{}: {} is missing", path.display(), field.as_str())));
                }
                None => {}
            }
        }
        Ok(Value::Object(fields))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    finding: Finding,
    reason: Reason,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    evidence: Option<Digest>,
}

/// A nomination in plain values, as `--fields` reads it; documents are files, named from the folder of that file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    association: Option<String>,
    organisations: Option<Vec<Organisation>>,
    name: Option<String>,
    birth_date: Option<Date>,
    citizenship: Option<Citizenship>,
    conviction: Option<Conviction>,
    education: Option<bool>,
    experience: Option<String>,
    service: Option<bool>,
    letter: Option<PathBuf>,
    application: Option<PathBuf>,
    resume: Option<PathBuf>,
}

impl Facts {
    /// The values that are there; a nomination has all but the documents, an amendment those that change.
    fn values(self, path: &Path) -> Result<Vec<(Field, Option<Value>)>, Failure> {
        let folder = path.parent().unwrap_or(Path::new(""));
        // R18-R20: a nomination without a document is accepted, and not met at screening.
        let document = |file: Option<PathBuf>| {
            let bytes = file.map(|file| read(&folder.join(file))).transpose()?;
            Ok::<_, Failure>(bytes.map(|bytes| json!(Digest::of(&bytes))))
        };
        Ok(vec![
            (Field::Association, self.association.map(|value| json!(value))),
            (Field::Organisations, self.organisations.map(|value| json!(value))),
            (Field::Name, self.name.map(|value| json!(value))),
            (Field::BirthDate, self.birth_date.map(|value| json!(value))),
            (Field::Citizenship, self.citizenship.map(|value| json!(value))),
            (Field::Conviction, self.conviction.map(|value| json!(value))),
            (Field::Education, self.education.map(|value| json!(value))),
            (Field::Experience, self.experience.map(|value| json!(value))),
            (Field::Service, self.service.map(|value| json!(value))),
            (Field::Letter, document(self.letter)?),
            (Field::Application, document(self.application)?),
            (Field::Resume, document(self.resume)?),
        ])
    }
}

/// What `--fields` reads, for a newcomer.
pub const FIELDS_EXAMPLE: &str = r#"{
  "association": "Name of the association",
  "organisations": [
    {"name": "..", "number": "..", "form": "public_association", "state_body": false, "state_founder": false},
    {"name": "..", "number": "..", "form": "foundation", "state_body": false, "state_founder": false},
    {"name": "..", "number": "..", "form": "institution", "state_body": false, "state_founder": false}
  ],
  "name": "Name of the candidate",
  "birth_date": "1980-01-31",
  "citizenship": {"citizen": true, "capable": true},
  "conviction": {"convicted": false, "expunged": false},
  "education": true,
  "experience": "Public activity so far",
  "service": false,
  "letter": "letter.pdf",
  "application": "application.pdf",
  "resume": "resume.pdf"
}"#;

/// One `ID=NOMINATION.json:OPENINGS.json` of a candidate list: the entry that opens what R7 and R8 need.
pub fn listed(text: &str) -> Result<Value, Failure> {
    let parts = text
        .split_once('=')
        .and_then(|(id, files)| Some((id, files.split_once(':')?)));
    let (id, (nomination, openings)) =
        parts.ok_or_else(|| usage("--candidate: write ID=NOMINATION.dsse.json:NAME.openings.json"))?;
    let bytes = read(Path::new(nomination))?;
    let envelope = crate::crypto::Envelope::from_json(&bytes);
    let hash = envelope
        .map_err(|fault| cannot_tell(format!("{nomination}: {fault}")))?
        .pae_hash();
    let openings: Vec<Opening> = read_json(Path::new(openings))?;
    let opened = |field: Field| {
        let opening = openings.iter().rev().find(|opening| opening.field == field.as_str());
        let opening = opening.ok_or_else(|| usage(format!("{id}: the openings hold no {}", field.as_str())))?;
        Ok::<_, Failure>(json!({ "salt": opening.salt, "value": opening.value }))
    };
    Ok(json!({
        "id": id,
        "nomination": hash,
        "name": opened(Field::Name)?,
        "association": opened(Field::Association)?,
        "organisations": opened(Field::Organisations)?,
    }))
}
