//! Pages: a map of their routes, one file for each group of readers; all of them under `/ky`, `/ru` and `/en`.
//!
//! A page is rendered from the published state of a competition by the room `web` and decides nothing. Every page has
//! the strict headers of `show.rs`; a problem becomes a page in the reader's language (`failed.rs`).

mod association;
mod elector;
mod events;
mod failed;
mod files;
mod member;
mod observer;
mod organiser;
mod public;
mod record;
mod show;
mod visit;

pub use failed::{Reader, Told, problems};

use super::App;
use crate::web::Lang;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

/// What pages keep in memory: disposable, made anew from the ledger.
#[derive(Debug, Default)]
pub struct Kept {
    events: events::Events,
}

/// Every route of the pages.
pub fn routes() -> Router<App> {
    let pages = Router::new()
        .merge(public::routes())
        .merge(record::routes())
        .merge(association::routes())
        .merge(organiser::routes())
        .merge(member::routes())
        .merge(elector::routes())
        .merge(observer::routes());
    let mut router = Router::new()
        .route("/", get(visit::front))
        .route("/language/{lang}", get(visit::remember))
        .route("/assets/{release}/{*path}", get(files::asset))
        .route("/favicon.ico", get(files::favicon));
    for lang in Lang::ALL {
        router = router.nest(&format!("/{lang}"), pages.clone()).route(
            &format!("/{lang}/"),
            get(move || async move { Redirect::permanent(&format!("/{lang}")) }),
        );
    }
    router
}
