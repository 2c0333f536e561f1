//! Small pieces that every handler uses: reading paths, queries and JSON so that each fault becomes a problem, and
//! answering with bytes that never change.

use super::problem::{Door, Problem};
use super::{App, limits};
use crate::clerk::Snapshot;
use crate::competition::{Code, Phase};
use crate::crypto::Digest;
use crate::ruleset::BallotSecrecy;
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// For what never changes under its address.
pub const FOREVER: &str = "public, max-age=31536000, immutable";
/// For what anyone may keep, asking each time whether it changed.
pub const ASK: &str = "public, no-cache";
/// For confidential answers.
pub const NEVER: &str = "private, no-store";

/// The path's parameters; a fault is a problem document.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(value)| Self(value))
            .map_err(|error| Door::BadQuery.because(error.body_text()))
    }
}

/// The query's parameters; a fault is a problem document.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| Door::BadQuery.because(error.body_text()))
    }
}

/// A JSON body of at most `limit` bytes.
pub async fn json<T: DeserializeOwned>(request: Request, limit: usize, app: &App) -> Result<T, Problem> {
    if media_type(request.headers()) != "application/json" {
        return Err(Door::MediaType.because("send application/json"));
    }
    let body = limits::body(request, limit, &app.settings).await?;
    serde_json::from_slice(&body).map_err(|error| Door::BadBody.because(error.to_string()))
}

/// The media type without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let text = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The competition's state as last published.
pub fn snapshot(app: &App, id: &str) -> Result<Arc<Snapshot>, Problem> {
    app.clerk
        .snapshot(id)
        .ok_or_else(|| Code::NoCompetition.because(String::new()).into())
}

/// Public bytes named by their own hash; `reads.rs` asks whether the reader has them already.
pub fn tagged(digest: &Digest, media: &str, cache: &'static str, bytes: impl IntoResponse) -> Response {
    let headers = [
        (header::ETAG, format!("\"{digest}\"")),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::CONTENT_TYPE, media.to_owned()),
    ];
    (headers, bytes).into_response()
}

/// Whether the bundle is sealed: with named ballots as long as polling is open, before the first ballot too, so that
/// nobody learns from a refusal that somebody has voted.
pub fn sealed(snapshot: &Snapshot) -> bool {
    let competition = &snapshot.competition;
    let polling = competition.phase(competition.poll().closes_at) == Phase::Polling;
    polling && competition.rules().ballots == BallotSecrecy::Named
}

/// How many entries the public may see: all, or, with named ballots, those before the first sealed one.
pub fn public_size(snapshot: &Snapshot) -> u64 {
    snapshot
        .competition
        .named_seal_from()
        .map_or(snapshot.head.size, |sealed| sealed.min(snapshot.head.size))
}
