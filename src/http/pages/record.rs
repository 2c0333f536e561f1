//! The record of a competition as pages: files with their sums, the list of public events, the feed.

use super::public::{events, head};
use super::show::{Keep, show, text};
use super::visit::Visit;
use crate::clerk::{Packed, Snapshot};
use crate::http::App;
use crate::http::answer::{ASK, At, public_size, sealed, snapshot, tagged};
use crate::http::bundles::{self, Piece};
use crate::http::problem::{Door, Problem};
use crate::http::reads::Good;
use crate::web::Page;
use crate::web::public::{self, Downloads, Event, Feed, FeedItem, FileLine, Logged, NAMED, Record, Verify};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use std::sync::Arc;

/// The newest items of a feed.
const FEED_ITEMS: usize = 50;

/// Record, files, feed; and how to verify them.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/verify", get(verify))
        .route("/competitions/{id}/record", get(record))
        .route("/competitions/{id}/files/{name}", get(file))
        .route("/competitions/{id}/feed.atom", get(feed))
}

/// A bundle's named files with their sums.
async fn lines(packed: Arc<Packed>) -> Result<Vec<FileLine>, Problem> {
    let reading = tokio::task::spawn_blocking(move || public::lines(&packed.files));
    reading.await.map_err(Problem::fault)
}

async fn downloads(app: &App, snapshot: &Arc<Snapshot>) -> Result<Downloads, Problem> {
    if sealed(snapshot) {
        return Ok(Downloads::Sealed);
    }
    match bundles::soon(app, snapshot).await? {
        Some(packed) => Ok(Downloads::Made(lines(packed).await?)),
        None => Ok(Downloads::Making),
    }
}

async fn record(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let size = public_size(&snapshot);
    let events = events(&app, &snapshot).await?;
    let downloads = downloads(&app, &snapshot).await?;
    let keep = match downloads {
        // Soon it says more, though the record has not changed.
        Downloads::Making => Keep::Never,
        Downloads::Sealed | Downloads::Made(_) => Keep::Public,
    };
    let template = Record {
        head: head(&app, &id, &page)?,
        downloads,
        trusted: public::trusted(&snapshot.competition),
        size,
        root: snapshot.tree.read().root_at(size).to_string(),
        vkey: snapshot.log_vkey.clone(),
        events: events.iter().map(|event| logged(event, &page)).collect(),
        page,
    };
    show(&visit, &template, keep)
}

fn logged(event: &Event, page: &Page) -> Logged {
    Logged {
        seq: event.seq,
        when: page.time(&event.time),
        what: public::what(event, page),
        words: event.words().map(str::to_owned),
    }
}

/// A file of the bundle by its name; the digest in the page is that of these bytes.
async fn file(State(app): State<App>, At((id, name)): At<(String, String)>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    if !NAMED.contains(&&name[..]) {
        return Err(Door::NotFound.into());
    }
    if sealed(&snapshot) {
        return Err(Door::Sealed.into());
    }
    let packed = bundles::of(&app, &snapshot).await?;
    let line = lines(packed.clone())
        .await?
        .into_iter()
        .find(|line| line.name == name)
        .ok_or(Door::NotYet)?;
    let range = packed.files.range(&name).ok_or(Door::NotYet)?;
    let media = match name.rsplit_once('.') {
        Some((_, "json")) => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    let good = Extension(Good::At(packed.size));
    let piece = Extension(Piece { packed, range });
    Ok((good, piece, tagged(&line.sha256, media, ASK, ())).into_response())
}

async fn feed(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let events = events(&app, &snapshot).await?;
    let steps = events.iter().rev().filter(|event| event.is_step());
    let items: Vec<_> = steps
        .take(FEED_ITEMS)
        .map(|event| FeedItem {
            seq: event.seq,
            time: event.time.to_string(),
            what: public::what(event, &page),
            words: event.words().unwrap_or_default().to_owned(),
        })
        .collect();
    let template = Feed {
        head: head(&app, &id, &page)?,
        updated: items.first().map(|item| item.time.clone()).unwrap_or_default(),
        items,
        page,
    };
    let body = askama::Template::render(&template).map_err(Problem::fault)?;
    Ok(text(&visit, body, "application/atom+xml; charset=utf-8", Keep::Public))
}

async fn verify(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let heads = super::public::heads(&app, &page);
    show(&visit, &Verify { page, heads }, Keep::Public)
}
