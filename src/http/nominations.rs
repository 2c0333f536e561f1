//! Nominations: the public sees that there is one, the office its fields, the association its own and the reasons.
//!
//! The public view has one shape whatever was decided: a refused candidate is named nowhere and recognised by nothing.

use super::App;
use super::answer::{At, NEVER, snapshot};
use super::auth::{self, Reader};
use super::documents;
use super::problem::{Door, Problem};
use crate::calendar::Time;
use crate::clerk::Snapshot;
use crate::competition::act::Field;
use crate::competition::{Competition, Nominated, NominationState, Opening};
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

/// What the office, or the association itself, sees of a nomination.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Whole {
    #[serde(flatten)]
    nomination: Nomination,
    /// The last version of every field.
    fields: Vec<Opened>,
    /// Finding and reason of each rule, once screened.
    decisions: Vec<Opened>,
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
    let id = &snapshot.id;
    let mut fields = Vec::new();
    for (field, commitment) in &nominated.fields {
        let opening = app.documents.opening(id, commitment).await?;
        fields.push(Opened {
            field: Field::as_str(*field).to_owned(),
            commitment: *commitment,
            opening,
        });
    }
    let mut decisions = Vec::new();
    let decided = nominated.screened.iter().flat_map(|screened| &screened.decisions);
    for (rule, commitment) in SCREENED.iter().zip(decided) {
        let opening = app.documents.opening(id, commitment).await?;
        decisions.push(Opened {
            field: format!("screening/{rule}"),
            commitment: *commitment,
            opening,
        });
    }
    let mut documents = Vec::new();
    for sha256 in named(fields.iter().chain(&decisions)) {
        let listed = app.clerk.store().file(id, Shelf::Document, &sha256).await;
        if listed.map_err(Problem::fault)?.is_some() {
            documents.push(sha256);
        }
    }
    Ok(Whole {
        nomination: shown(hash, nominated),
        age_depends_on_day: age_depends_on_day(&snapshot.competition, &fields),
        fields,
        decisions,
        documents,
    })
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
