//! Routes of the elector's pages. Nothing about a ballot passes through here: it is filled and signed in the browser
//! and sent to the API as any statement is.

use super::public::head;
use super::show::{Keep, show};
use super::visit::Visit;
use crate::http::App;
use crate::http::answer::{Asked, At, snapshot};
use crate::http::problem::Problem;
use crate::web::elector::{CheckReceipt, Door, Kiosk, Paper, Vote};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

/// The pages under `/competitions/{id}/vote` and `/receipt`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/competitions/{id}/vote", get(vote))
        .route("/competitions/{id}/receipt", get(receipt))
}

/// How the page is used.
#[derive(Debug, Deserialize)]
struct Use {
    /// There at all: a device of the polling room.
    kiosk: Option<String>,
}

async fn vote(
    State(app): State<App>,
    At(id): At<String>,
    Asked(asked): Asked<Use>,
    visit: Visit,
) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let paper = Paper::new(&id, &snapshot(&app, &id)?.competition, page.now);
    let closes_at = paper.as_ref().and_then(|paper| paper.closes_at);
    let door = Door::of(head.phase, closes_at, page.now);
    if asked.kiosk.is_some() {
        let kiosk = Kiosk {
            page,
            head,
            door,
            paper,
        };
        return show(&visit, &kiosk, Keep::Never);
    }
    let vote = Vote {
        page,
        head,
        door,
        paper,
    };
    show(&visit, &vote, Keep::Never)
}

async fn receipt(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let head = head(&app, &id, &page)?;
    let snapshot = snapshot(&app, &id)?;
    let check = CheckReceipt {
        page,
        head,
        log: snapshot.log_vkey.clone(),
        sealed: snapshot.competition.named_seal_from().is_some(),
    };
    show(&visit, &check, Keep::Public)
}
