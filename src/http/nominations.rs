//! Nominations: the public sees that there is one, the office its fields, the association its own and the reasons.
//!
//! The public view has one shape whatever was decided: a refused candidate is named nowhere and recognised by nothing.

use super::App;
use super::answer::{At, NEVER, snapshot};
use super::auth::{self, Reader};
use super::documents;
use super::known::Known;
use super::problem::{Door, Problem};
use crate::calendar::Time;
use crate::clerk::Snapshot;
use crate::competition::act::Field;
use crate::competition::{Appealed, Competition, Nominated, NominationState, Opening, Standing};
use crate::crypto::{Digest, KeyId};
use crate::eligibility::{self, SCREENED};
use crate::store::Shelf;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What everybody sees of a nomination.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Nomination {
    /// PAE hash of the nomination: its name.
    hash: Digest,
    /// The association's key in force.
    keyid: KeyId,
    /// When it was accepted.
    at: Time,
    /// `live`, `withdrawn`, or `superseded` by another nomination of the same association (R7).
    state: &'static str,
    /// Whether its screening is decided; never how.
    screened: bool,
    /// Appeals filed.
    appeals: usize,
}

/// A commitment and, where it is kept, what opens it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opened {
    /// The field, or `screening/<rule>`.
    field: String,
    commitment: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    opening: Option<Opening>,
}

/// An appeal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppealShown {
    at: Time,
    text: Opened,
    /// Absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    upheld: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Opened>,
}

/// What the office, or the association itself, sees of a nomination.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Whole {
    #[serde(flatten)]
    nomination: Nomination,
    /// Where it stands.
    standing: Standing,
    /// The key id that its commitments name as their subject.
    subject: KeyId,
    /// The last version of every field.
    fields: Vec<Opened>,
    /// Finding and reason of each rule, once screened.
    decisions: Vec<Opened>,
    /// First second in which the last decision can be appealed no more; absent if there is nothing to appeal, or if it
    /// was appealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal_ends_at: Option<Time>,
    /// Appeals with their outcome.
    appealed: Vec<AppealShown>,
    /// R7: why another nomination of the association stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    contest_reason: Option<Opened>,
    /// Stored documents that the openings name.
    documents: Vec<Digest>,
    /// R10: whether the candidate is old enough on some but not all of publication day, last day of intake and poll
    /// day; absent without a birth date.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_depends_on_day: Option<bool>,
}

fn shown(hash: Digest, nominated: &Nominated) -> Nomination {
    let state = match nominated.state {
        NominationState::Live => "live",
        NominationState::Withdrawn => "withdrawn",
        NominationState::Contested { .. } => "superseded",
    };
    let Nominated {
        key,
        at,
        screened,
        appeals,
        ..
    } = nominated;
    Nomination {
        hash,
        keyid: key.id(),
        at: *at,
        state,
        screened: screened.is_some(),
        appeals: appeals.len(),
    }
}

/// `GET .../nominations`.
pub async fn list(State(app): State<App>, At(id): At<String>) -> Result<Json<Vec<Nomination>>, Problem> {
    let snapshot = snapshot(&app, &id)?;
    Ok(Json(
        snapshot
            .competition
            .nominations()
            .iter()
            .map(|(hash, nominated)| shown(*hash, nominated))
            .collect(),
    ))
}

/// The nomination, if this session may read it. To an association every other one is as if it were not there.
async fn readable<'a>(
    app: &App,
    headers: &HeaderMap,
    snapshot: &'a Snapshot,
    hash: &Digest,
) -> Result<&'a Nominated, Problem> {
    let reader = auth::reader(app, headers, snapshot).await?;
    let nominated = snapshot.competition.nomination(hash);
    match (reader, nominated) {
        (_, None) if reader.is_office() => Err(Door::NotFound.into()),
        (Reader::Organiser | Reader::CountingMember, Some(nominated)) => Ok(nominated),
        (Reader::Association(key), Some(nominated)) if nominated.key.id() == key => Ok(nominated),
        (Reader::Organiser | Reader::CountingMember | Reader::Association(_), _) => Err(Door::NoRight.into()),
    }
}

async fn whole(app: &App, snapshot: &Snapshot, hash: Digest, nominated: &Nominated) -> Result<Whole, Problem> {
    let (id, competition) = (&snapshot.id, &snapshot.competition);
    let disclosed = Known::of(app, id, nominated).await?;
    let open = |field: String, commitment: &Digest| Opened {
        field,
        commitment: *commitment,
        opening: disclosed.get(commitment).cloned(),
    };
    let fields: Vec<_> = nominated
        .fields
        .iter()
        .map(|(field, commitment)| open(Field::as_str(*field).to_owned(), commitment))
        .collect();
    let decided = nominated.screened.iter().flat_map(|screened| &screened.decisions);
    let decisions: Vec<_> = SCREENED
        .iter()
        .zip(decided)
        .map(|(rule, commitment)| open(format!("screening/{rule}"), commitment))
        .collect();
    let mut documents = Vec::new();
    for sha256 in named(fields.iter().chain(&decisions)) {
        let listed = app.clerk.store().file(id, Shelf::Document, &sha256).await;
        if listed.map_err(Problem::fault)?.is_some() {
            documents.push(sha256);
        }
    }
    let context = disclosed.context(app, snapshot);
    let contest_reason = match nominated.state {
        NominationState::Contested { reason, .. } => Some(open("contest_decided".to_owned(), &reason)),
        NominationState::Live | NominationState::Withdrawn => None,
    };
    Ok(Whole {
        nomination: shown(hash, nominated),
        standing: competition.standing(&hash, &context).ok_or(Door::NotFound)?,
        subject: nominated.subject,
        age_depends_on_day: age_depends_on_day(competition, &fields),
        appeal_ends_at: appeal_ends(competition, nominated),
        appealed: nominated
            .appeals
            .iter()
            .map(|appeal| appeal_shown(appeal, open))
            .collect(),
        contest_reason,
        fields,
        decisions,
        documents,
    })
}

/// None once the list is published, too: a decision is then final.
fn appeal_ends(competition: &Competition, nominated: &Nominated) -> Option<Time> {
    let open = !nominated.appealed() && competition.list().is_none() && nominated.state != NominationState::Withdrawn;
    competition.appeal_ends(nominated).filter(|_| open)
}

fn appeal_shown(appeal: &Appealed, open: impl Fn(String, &Digest) -> Opened) -> AppealShown {
    AppealShown {
        at: appeal.at,
        text: open("appeal".to_owned(), &appeal.text),
        upheld: appeal.decided.map(|decided| decided.upheld),
        reason: appeal
            .decided
            .map(|decided| open("appeal_decided".to_owned(), &decided.reason)),
    }
}

/// R10: from the disclosed birth date and the dates in force.
fn age_depends_on_day(competition: &Competition, fields: &[Opened]) -> Option<bool> {
    let birth = fields.iter().find(|opened| opened.field == Field::BirthDate.as_str())?;
    let birth = serde_json::from_value(birth.opening.as_ref()?.value.clone()).ok()?;
    let published = competition.announcement().published;
    let days = [published, competition.intake_last_day(), competition.poll().day];
    Some(eligibility::age_depends_on_day(
        birth,
        days,
        competition.rules().eligibility.min_age_years,
    ))
}

/// Every SHA-256 in the values of the openings.
fn named<'a>(opened: impl Iterator<Item = &'a Opened>) -> BTreeSet<Digest> {
    fn collect(value: &serde_json::Value, found: &mut BTreeSet<Digest>) {
        match value {
            serde_json::Value::String(text) => found.extend(text.parse::<Digest>()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    opened
        .filter_map(|one| one.opening.as_ref())
        .for_each(|opening| collect(&opening.value, &mut found));
    found
}

/// `GET .../nominations/{hash}`.
pub async fn one(
    State(app): State<App>,
    At((id, hash)): At<(String, Digest)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let nominated = readable(&app, &headers, &snapshot, &hash).await?;
    let whole = whole(&app, &snapshot, hash, nominated).await?;
    Ok(([(header::CACHE_CONTROL, NEVER)], Json(whole)).into_response())
}

/// `GET .../nominations/{hash}/documents/{sha256}`: a document that the nomination's openings name, and no other.
pub async fn document(
    State(app): State<App>,
    At((id, hash, sha256)): At<(String, Digest, Digest)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let nominated = readable(&app, &headers, &snapshot, &hash).await?;
    if !whole(&app, &snapshot, hash, nominated)
        .await?
        .documents
        .contains(&sha256)
    {
        return Err(Door::NotFound.into());
    }
    documents::serve(&app, &id, &sha256).await
}
