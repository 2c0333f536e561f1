//! Routes of the organiser's pages.

use super::public::head;
use super::show::{Keep, show};
use super::visit::Visit;
use crate::http::App;
use crate::http::answer::At;
use crate::http::problem::Problem;
use crate::web::organiser::Index;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

/// The pages under `/competitions/{id}/desk`.
pub fn routes() -> Router<App> {
    Router::new().route("/competitions/{id}/desk", get(index))
}

async fn index(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    show(&visit, &Index { page, head }, Keep::Never)
}
