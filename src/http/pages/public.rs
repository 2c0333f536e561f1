//! Routes of the public pages. Nothing here is confidential, and everything works without a script.

use super::show::{Keep, show};
use super::visit::Visit;
use crate::clerk::Snapshot;
use crate::competition::act::Act;
use crate::competition::{Competition, Phase};
use crate::http::App;
use crate::http::answer::{At, snapshot};
use crate::http::problem::{Door, Problem};
use crate::web::public::{self, Candidates, Event, Facts, Head, Home, How, Outcome, Overview, Rules, Styleguide};
use crate::web::{Page, Said, sort};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// Home, competition, how it works.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/how", get(how))
        .route("/styleguide", get(styleguide))
        .route("/competitions/{id}", get(overview))
        .route("/competitions/{id}/rules", get(rules))
        .route("/competitions/{id}/candidates", get(candidates))
        .route("/competitions/{id}/result", get(result))
}

/// The head of a competition's page.
pub fn head(app: &App, id: &str, page: &Page) -> Result<Head, Problem> {
    let snapshot = snapshot(app, id)?;
    Ok(Head::new(id, &snapshot.competition, page))
}

/// Every competition, the newest first.
pub fn heads(app: &App, page: &Page) -> Vec<Head> {
    let all = app.clerk.list();
    let mut heads: Vec<_> = all
        .iter()
        .map(|snapshot| Head::new(&snapshot.id, &snapshot.competition, page))
        .collect();
    heads.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
    heads
}

/// What happened in public.
pub async fn events(app: &App, snapshot: &Snapshot) -> Result<Arc<Vec<Event>>, Problem> {
    app.pages.events.of(app, snapshot).await
}

async fn home(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let (over, going) = heads(&app, &page).into_iter().partition(Head::over);
    show(&visit, &Home { page, going, over }, Keep::Public)
}

async fn how(visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    show(&visit, &How { page }, Keep::Public)
}

/// Only where nothing is meant in earnest.
async fn styleguide(visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    if !page.rehearsal {
        return Err(Door::NoRoute.into());
    }
    let phases = Phase::ALL;
    show(&visit, &Styleguide { page, phases }, Keep::Public)
}

async fn overview(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let competition = &snapshot.competition;
    let events = events(&app, &snapshot).await?;
    let elected = competition.outcome().map(|outcome| {
        let ids: Vec<_> = outcome.elected.iter().map(|one| one.candidate.clone()).collect();
        public::names(competition, &ids)
    });
    let rounds = public::rounds(competition, &page);
    let template = Overview {
        head: Head::new(&id, competition, &page),
        facts: Facts::new(competition),
        points: public::points(competition, &events, &page),
        slots: public::slots(competition, &events, &page),
        observers: competition.observers().iter().map(|(name, _)| name.clone()).collect(),
        elected: elected.unwrap_or_default(),
        turnout: rounds.into_iter().rev().find_map(|round| round.turnout),
        failed: competition.failed(),
        annulled: competition.annulled().map(str::to_owned),
        page,
    };
    show(&visit, &template, Keep::Public)
}

async fn rules(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let competition = &snapshot.competition;
    let template = Rules {
        head: Head::new(&id, competition, &page),
        groups: public::groups(competition, &page),
        name: competition.rules().name.clone(),
        digest: competition.rules_digest().to_string(),
        page,
    };
    show(&visit, &template, Keep::Public)
}

async fn candidates(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let list = snapshot.competition.list();
    let mut candidates = list.map(|list| list.candidates.clone()).unwrap_or_default();
    candidates.sort_by(|a, b| sort::compare(&a.name, &b.name));
    let template = Candidates {
        head: Head::new(&id, &snapshot.competition, &page),
        candidates,
        digest: list.map(|list| list.digest.to_string()),
        page,
    };
    show(&visit, &template, Keep::Public)
}

async fn result(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let page = visit.page.clone();
    let snapshot = snapshot(&app, &id)?;
    let competition = &snapshot.competition;
    let events = events(&app, &snapshot).await?;
    let template = Outcome {
        head: Head::new(&id, competition, &page),
        rounds: public::rounds(competition, &page),
        unfilled: competition.outcome().map_or(0, |outcome| outcome.unfilled),
        ties: public::ties(competition, &page),
        last_seat: public::last_seat(competition, &page),
        slots: slots_of_result(competition, &events, &page),
        objections: objections(&events, &page),
        term: public::term(&events, &page),
        failed: competition.failed(),
        annulled: competition.annulled().map(str::to_owned),
        page,
    };
    show(&visit, &template, Keep::Public)
}

/// The slots, once there is something to sign.
fn slots_of_result(competition: &Competition, events: &[Event], page: &Page) -> Vec<public::SlotView> {
    let slots = public::slots(competition, events, page);
    let signed = slots.iter().any(|slot| slot.ballots.is_some() || slot.ending.is_some());
    if signed { slots } else { Vec::new() }
}

fn objections(events: &[Event], page: &Page) -> Vec<(Said, String)> {
    let said = events.iter().filter_map(|event| match &event.act {
        Act::Objection(act) => Some((page.say_of("slot", act.slot), act.text.clone())),
        _ => None,
    });
    said.collect()
}
