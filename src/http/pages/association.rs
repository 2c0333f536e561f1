//! Routes of the association's pages. What is confidential is read by their scripts, with a session of the key.

use super::public::head;
use super::show::{Keep, show, strict};
use super::visit::Visit;
use crate::crypto::Digest;
use crate::http::App;
use crate::http::answer::{Asked as Query, At, snapshot};
use crate::http::problem::{Door, Problem};
use crate::web::association::{Asked, Form, Index, Public, Status, svg};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

/// The pages under `/competitions/{id}/nominate` and `/nomination`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/competitions/{id}/nominate", get(index))
        .route("/competitions/{id}/nominate/form", get(form))
        .route("/competitions/{id}/nomination", get(status))
        .route("/competitions/{id}/nomination/{hash}/code.svg", get(code))
}

async fn index(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let asked = Asked::new(&snapshot(&app, &id)?.competition, page.now);
    show(&visit, &Index { page, head, asked }, Keep::Never)
}

async fn form(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let asked = Asked::new(&snapshot(&app, &id)?.competition, page.now);
    show(&visit, &Form { page, head, asked }, Keep::Never)
}

/// Which nomination.
#[derive(Debug, Deserialize)]
struct Tracked {
    code: Option<String>,
}

async fn status(
    State(app): State<App>,
    At(id): At<String>,
    Query(tracked): Query<Tracked>,
    visit: Visit,
) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let snapshot = snapshot(&app, &id)?;
    let asked = Asked::new(&snapshot.competition, page.now);
    // People type it from paper: in groups, in capitals.
    let code = tracked.code.unwrap_or_default();
    let code: String = code.split_whitespace().collect::<String>().to_lowercase();
    let hash = code.parse::<Digest>().ok();
    let nominated = hash.and_then(|hash| Some((hash, snapshot.competition.nomination(&hash)?)));
    let public = nominated.map(|(hash, nominated)| Public::new(hash, nominated));
    let unknown = !code.is_empty() && public.is_none();
    let status = Status {
        page,
        head,
        asked,
        public,
        unknown,
    };
    show(&visit, &status, Keep::Never)
}

/// The tracking code as a QR picture of the address of its page.
async fn code(State(app): State<App>, At((id, hash)): At<(String, Digest)>, visit: Visit) -> Result<Response, Problem> {
    snapshot(&app, &id)?;
    let page = &visit.page;
    let address = format!("https://{}{}?code={hash}", page.host, page.of(&id, "/nomination"));
    let picture = svg(&address).ok_or_else(|| Problem::from(Door::NotFound))?;
    let mut answer = picture.into_response();
    let headers = answer.headers_mut();
    strict(headers);
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/svg+xml"));
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("private, no-store"),
    );
    Ok(answer)
}
