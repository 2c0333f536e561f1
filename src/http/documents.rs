//! Files come in, streamed to disk: confidential documents (PDF, JPEG, PNG by their first bytes) and public attachments.
//!
//! A document goes out only to a session that may read it, as a download that no browser opens in our name. An
//! attachment goes out through `ledger.rs`, once the record names it.

use super::App;
use super::answer::{At, NEVER, media_type, snapshot};
use super::auth::{self, Reader};
use super::limits::{self, Pieces};
use super::problem::{Door, Problem};
use crate::clerk::is_competition_id;
use crate::crypto::Digest;
use crate::documents::Arrival;
use crate::store::{FileRow, Shelf};
use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::io::ReaderStream;

/// What was stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stored {
    /// SHA-256 of the bytes: what statements and openings name.
    sha256: Digest,
    /// Length.
    bytes: u64,
    /// Media type, as found in the first bytes.
    #[serde(rename = "type")]
    media: String,
}

impl From<FileRow> for Stored {
    fn from(file: FileRow) -> Self {
        Self {
            sha256: file.sha256,
            bytes: file.bytes,
            media: file.media,
        }
    }
}

/// `POST .../documents`: the raw bytes, or a form with one `file`.
pub async fn post_document(State(app): State<App>, At(id): At<String>, request: Request) -> Result<Response, Problem> {
    snapshot(&app, &id)?;
    let arrival = app.documents.begin(&id, Shelf::Document).await?;
    let stored = if media_type(request.headers()) == "multipart/form-data" {
        form(&app, request, arrival).await?
    } else {
        raw(&app, request, arrival, limit_of(&app, Shelf::Document)).await?
    };
    Ok(created(stored))
}

/// `POST .../attachments`: the raw bytes.
pub async fn post_attachment(
    State(app): State<App>,
    At(id): At<String>,
    request: Request,
) -> Result<Response, Problem> {
    // An announcement may name an attachment (the keys of listed electors), which is then sent before it.
    let limit = match snapshot(&app, &id) {
        Ok(_) => limit_of(&app, Shelf::Attachment),
        Err(_) if is_competition_id(&id) => limits::EARLY_ATTACHMENT_BYTES,
        Err(problem) => return Err(problem),
    };
    let arrival = app.documents.begin(&id, Shelf::Attachment).await?;
    Ok(created(raw(&app, request, arrival, limit).await?))
}

fn limit_of(app: &App, shelf: Shelf) -> usize {
    usize::try_from(app.documents.limits().of_one(shelf)).unwrap_or(usize::MAX)
}

fn created(file: FileRow) -> Response {
    (
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, NEVER)],
        Json(Stored::from(file)),
    )
        .into_response()
}

async fn raw(app: &App, request: Request, mut arrival: Arrival, limit: usize) -> Result<FileRow, Problem> {
    let mut pieces = Pieces::new(request, limit, &app.settings)?;
    while let Some(piece) = pieces.next().await? {
        arrival.write(&piece).await?;
    }
    Ok(arrival.finish().await?.file)
}

/// The form's `file`; other fields and further files are refused, so that nothing is silently dropped.
async fn form(app: &App, request: Request, mut arrival: Arrival) -> Result<FileRow, Problem> {
    let limit = limit_of(app, Shelf::Document);
    let request = limits::limited(request, limit + limits::SMALL_BYTES, &app.settings)?;
    let bad = |error: axum::extract::multipart::MultipartError| limits::of_body_error(&error, error.body_text());
    let form = Multipart::from_request(request, app).await;
    let mut form = form.map_err(|error| Door::BadBody.because(error.body_text()))?;
    let mut field = form
        .next_field()
        .await
        .map_err(bad)?
        .ok_or_else(|| Door::BadBody.because("the form is empty"))?;
    if field.name() != Some("file") {
        return Err(Door::BadBody.because("the form's only field is `file`"));
    }
    while let Some(piece) = field.chunk().await.map_err(bad)? {
        arrival.write(&piece).await?;
    }
    drop(field);
    if form.next_field().await.map_err(bad)?.is_some() {
        return Err(Door::BadBody.because("the form's only field is `file`"));
    }
    Ok(arrival.finish().await?.file)
}

/// `GET .../documents/{sha256}`: any, for the office; an association asks for its nomination's.
pub async fn one(
    State(app): State<App>,
    At((id, sha256)): At<(String, Digest)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    match auth::reader(&app, &headers, &snapshot).await? {
        Reader::Organiser | Reader::CountingMember => serve(&app, &id, &sha256).await,
        Reader::Association(_) => Err(Door::NoRight.into()),
    }
}

/// The document as a download: never shown in our origin, never sniffed, never kept.
pub async fn serve(app: &App, id: &str, sha256: &Digest) -> Result<Response, Problem> {
    let (row, file) = app
        .documents
        .file(id, Shelf::Document, sha256)
        .await?
        .ok_or(Door::NotFound)?;
    let extension = row.media.rsplit('/').next().unwrap_or("bin").to_owned();
    let headers = [
        (header::CONTENT_TYPE, row.media),
        (header::CONTENT_LENGTH, row.bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{sha256}.{extension}\""),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'".to_owned(),
        ),
        (header::CACHE_CONTROL, NEVER.to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
