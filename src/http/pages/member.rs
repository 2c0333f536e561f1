//! Routes of the member's pages. Both are public; what is confidential is asked of the API by a session.

use super::public::head;
use super::show::{Keep, show};
use super::visit::Visit;
use crate::competition::Protocol;
use crate::crypto::{Digest, jcs};
use crate::http::App;
use crate::http::answer::{At, snapshot};
use crate::http::problem::Problem;
use crate::web::member::{Desk, Paper};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

/// The pages under `/competitions/{id}/commission`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/competitions/{id}/commission", get(desk))
        .route("/competitions/{id}/commission/protocol", get(protocol))
}

async fn desk(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let commission = snapshot(&app, &id)?.competition.commission(page.now);
    show(&visit, &Desk { page, head, commission }, Keep::Never)
}

async fn protocol(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let snapshot = snapshot(&app, &id)?;
    let protocol = match snapshot.competition.protocol(snapshot.head) {
        Some(bytes) => {
            let read: Protocol = jcs::from_canonical(&bytes).map_err(Problem::fault)?;
            Some((read, Digest::of(&bytes).to_string()))
        }
        None => None,
    };
    show(
        &visit,
        &Paper::new(page, head, &snapshot.competition, protocol),
        Keep::Public,
    )
}
