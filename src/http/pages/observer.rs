//! The route of the observer's page: public, and without a script a plain page that a reload refreshes.

use super::public::head;
use super::show::{Keep, show};
use super::visit::Visit;
use crate::http::App;
use crate::http::answer::{At, public_size, snapshot};
use crate::http::events;
use crate::http::problem::Problem;
use crate::web::format;
use crate::web::observer::{Dashboard, Entered};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

/// Newest entries on the page.
const SHOWN: u64 = 30;

/// The page `/competitions/{id}/observe`.
pub fn routes() -> Router<App> {
    Router::new().route("/competitions/{id}/observe", get(dashboard))
}

async fn dashboard(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let snapshot = snapshot(&app, &id)?;
    let size = public_size(&snapshot);
    let told = events::told(&app, &snapshot, size.saturating_sub(SHOWN), size).await?;
    let root = snapshot.tree.read().root_at(size).to_string();
    let entries = told.into_iter().rev().map(|one| Entered {
        seq: one.seq,
        time: one.time,
        kind: one.kind,
        hash: format::groups(&one.hash.to_string()),
    });
    let dashboard = Dashboard::new(page, head, &snapshot.competition, size, &root, entries.collect());
    show(&visit, &dashboard, Keep::Public)
}
