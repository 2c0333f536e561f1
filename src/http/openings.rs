//! Openings: value and salt behind the commitments of nominations, appeals and screening decisions. Confidential.
//!
//! Whoever sends one gets back the commitment that its statement then names. Reading one back takes a session.

use super::answer::{At, NEVER, json, snapshot};
use super::auth::{self, Reader};
use super::problem::{Door, Problem};
use super::{App, limits};
use crate::competition::{Code, Opening, check_seen};
use crate::crypto::Digest;
use crate::crypto::commit::try_commitment;
use crate::documents::MAX_OPENING_BYTES;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// Most openings in one request: the fields of a nomination and of a screening decision, with room.
const AT_ONCE: usize = 64;

/// What a statement names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// `SHA-256(salt || JCS{competition, field, subject, value})`.
    commitment: Digest,
}

/// `POST .../openings`.
pub async fn post(State(app): State<App>, At(id): At<String>, request: Request) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let openings: Vec<Opening> = json(request, limits::OPENINGS_BYTES, &app).await?;
    if openings.is_empty() || openings.len() > AT_ONCE {
        return Err(Door::BadBody.because("send 1 to 64 openings"));
    }
    let origin = snapshot.competition.origin();
    // All are read before any is kept: a request is taken whole or not at all.
    openings.iter().try_for_each(|opening| check(origin, opening))?;
    let mut kept = Vec::with_capacity(openings.len());
    for opening in &openings {
        let commitment = app.documents.keep_opening(&id, origin, opening).await?;
        kept.push(Kept { commitment });
    }
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, NEVER)], Json(kept)).into_response())
}

fn check(origin: &str, opening: &Opening) -> Result<(), Problem> {
    let Opening {
        field,
        subject,
        salt,
        value,
    } = opening;
    let commitment = try_commitment(salt.as_bytes(), origin, field, subject, value);
    commitment.map_err(|error| Problem::from(Code::NotCanonical.because(error.to_string())))?;
    check_seen(value)?;
    if serde_json::to_vec(opening).map_err(Problem::fault)?.len() > MAX_OPENING_BYTES {
        return Err(Door::TooLarge.because(format!("an opening has at most {MAX_OPENING_BYTES} bytes")));
    }
    Ok(())
}

/// `GET .../openings/{commitment}`: any, for the office; an association asks for its nomination.
pub async fn one(
    State(app): State<App>,
    At((id, commitment)): At<(String, Digest)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    match auth::reader(&app, &headers, &snapshot).await? {
        Reader::Organiser | Reader::CountingMember => {}
        Reader::Association(_) => return Err(Door::NoRight.into()),
    }
    let opening = app.documents.opening(&id, &commitment).await?.ok_or(Door::NotFound)?;
    Ok(([(header::CACHE_CONTROL, NEVER)], Json(opening)).into_response())
}
