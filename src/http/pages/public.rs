//! Routes of the public pages. Nothing here is confidential, and everything works without a script.

use super::show::{Keep, show};
use super::visit::Visit;
use crate::competition::Phase;
use crate::http::App;
use crate::http::answer::{At, snapshot};
use crate::http::problem::{Door, Problem};
use crate::web::Page;
use crate::web::public::{Head, Home, How, Styleguide};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

/// Home, competition, how it works.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/how", get(how))
        .route("/styleguide", get(styleguide))
        .route("/competitions/{id}", get(one))
}

/// The head of a competition's page.
pub fn head(app: &App, id: &str, page: &Page) -> Result<Head, Problem> {
    let snapshot = snapshot(app, id)?;
    Ok(Head::new(id, &snapshot.competition, page))
}

async fn home(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let mut all: Vec<_> = app
        .clerk
        .list()
        .iter()
        .map(|snapshot| Head::new(&snapshot.id, &snapshot.competition, &page))
        .collect();
    all.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
    let (over, going) = all.into_iter().partition(Head::over);
    show(&visit, &Home { page, going, over }, Keep::Public)
}

async fn how(visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    show(&visit, &How { page }, Keep::Public)
}

async fn one(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    show(&visit, &crate::web::public::Entrance { page, head }, Keep::Public)
}

/// Only where nothing is meant in earnest.
async fn styleguide(visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    if !page.rehearsal {
        return Err(Door::NoRoute.into());
    }
    show(
        &visit,
        &Styleguide {
            page,
            phases: Phase::ALL,
        },
        Keep::Public,
    )
}
