//! Drafts of acts of several members: laid down, signed, withdrawn. What they mean is `crate::drafts`' affair.
//!
//! Writing needs no session, since every write is signed by a counting member; reading does, because a draft tells what
//! is not decided yet.

use super::App;
use super::answer::{At, NEVER, json, snapshot};
use super::auth::{self, Reader};
use super::limits;
use super::problem::{Door, Problem};
use super::statements::Receipt;
use crate::calendar::Time;
use crate::clerk::Snapshot;
use crate::crypto::dsse::EnvelopeSignature;
use crate::crypto::{Digest, Envelope, KeyId};
use crate::drafts::{Draft, Drafts, Signer, Standing, State as Outcome};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// A draft as its signers see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// PAE hash of the statement: the draft's name.
    hash: Digest,
    /// The statement with the signatures so far: what is signed next.
    envelope: Envelope,
    /// Who began it.
    author: KeyId,
    /// When.
    opened: Time,
    /// What became of it.
    state: Outcome,
    /// Who may sign, and who has.
    signers: Vec<Signer>,
    /// The answer to the statement, where this request entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    entered: Option<Receipt>,
}

fn shown(snapshot: &Snapshot, draft: Draft) -> Shown {
    let (hash, signers) = (draft.hash(), draft.signers(&snapshot.competition));
    let Draft {
        envelope,
        author,
        opened,
        state,
    } = draft;
    Shown {
        hash,
        envelope,
        author,
        opened,
        state,
        signers,
        entered: None,
    }
}

fn standing(app: &App, id: &str, standing: Standing) -> Result<Shown, Problem> {
    let Standing { draft, accepted } = standing;
    let entered = accepted.map(Receipt::from);
    Ok(Shown {
        entered,
        ..shown(&*snapshot(app, id)?, draft)
    })
}

fn answer(status: StatusCode, shown: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, NEVER)], Json(shown)).into_response()
}

fn drafts(app: &App) -> Drafts {
    Drafts::new(app.clerk.clone())
}

async fn office_only(app: &App, headers: &HeaderMap, snapshot: &Snapshot) -> Result<(), Problem> {
    match auth::reader(app, headers, snapshot).await? {
        Reader::Organiser | Reader::CountingMember => Ok(()),
        Reader::Association(_) => Err(Door::NoRight.into()),
    }
}

/// `GET .../drafts`.
pub async fn list(State(app): State<App>, At(id): At<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    office_only(&app, &headers, &snapshot).await?;
    let all = drafts(&app).list(&id).await?;
    Ok(answer(
        StatusCode::OK,
        all.into_iter().map(|draft| shown(&snapshot, draft)).collect::<Vec<_>>(),
    ))
}

/// `GET .../drafts/{hash}`.
pub async fn one(
    State(app): State<App>,
    At((id, hash)): At<(String, Digest)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    office_only(&app, &headers, &snapshot).await?;
    let draft = drafts(&app).draft(&id, &hash).await?.ok_or(Door::NotFound)?;
    Ok(answer(StatusCode::OK, shown(&snapshot, draft)))
}

/// `POST .../drafts`.
pub async fn begin(State(app): State<App>, At(id): At<String>, request: Request) -> Result<Response, Problem> {
    let envelope = envelope(&app, request).await?;
    let begun = drafts(&app).begin(&id, envelope).await?;
    Ok(answer(StatusCode::CREATED, standing(&app, &id, begun)?))
}

/// `POST .../drafts/{hash}/signatures`: the last one needed enters the statement.
pub async fn sign(
    State(app): State<App>,
    At((id, hash)): At<(String, Digest)>,
    request: Request,
) -> Result<Response, Problem> {
    let EnvelopeSignature { keyid, sig } = json(request, limits::SMALL_BYTES, &app).await?;
    let signed = drafts(&app).sign(&id, &hash, keyid, sig).await?;
    Ok(answer(StatusCode::OK, standing(&app, &id, signed)?))
}

/// `POST .../drafts/{hash}/withdrawal`.
pub async fn withdraw(
    State(app): State<App>,
    At((id, hash)): At<(String, Digest)>,
    request: Request,
) -> Result<Response, Problem> {
    let envelope = envelope(&app, request).await?;
    let draft = drafts(&app).withdraw(&id, &hash, &envelope).await?;
    Ok(answer(StatusCode::OK, shown(&*snapshot(&app, &id)?, draft)))
}

async fn envelope(app: &App, request: Request) -> Result<Envelope, Problem> {
    let body = limits::body(request, limits::STATEMENT_BYTES, &app.settings).await?;
    super::statements::read(&body)
}
