//! Routes of the organiser's pages. The desk shows confidential things: a session of the office opens it, made by the
//! key that the page opens; without one the same address shows the entrance.

use super::public::head;
use super::show::{Keep, show};
use super::visit::Visit;
use crate::clerk::{Snapshot, is_competition_id};
use crate::competition::act::Kind;
use crate::competition::{Competition, Context, NominationState, policy_text, taken_in};
use crate::crypto::Digest;
use crate::http::App;
use crate::http::answer::{Asked, At, snapshot};
use crate::http::auth;
use crate::http::known::Known;
use crate::http::problem::{Door, Problem};
use crate::web::organiser::{
    ActPage, Announce, Choices, Contests, Desk, Dossier, Enter, ListPage, Listing, Plan, Row, Sealing, row,
};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The pages under `/competitions/{id}/desk`, and the announcement.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/announce", get(announce))
        .route("/competitions/{id}/desk", get(desk))
        .route("/competitions/{id}/desk/nominations/{hash}", get(nomination))
        .route("/competitions/{id}/desk/contests", get(contests))
        .route("/competitions/{id}/desk/list", get(list))
        .route("/competitions/{id}/desk/acts/{act}", get(act))
}

/// What a page of the desk is made from.
struct Inside {
    snapshot: Arc<Snapshot>,
    known: Known,
}

impl Inside {
    fn competition(&self) -> &Competition {
        &self.snapshot.competition
    }

    fn context<'a>(&'a self, app: &App) -> Context<'a> {
        self.known.context(app, &self.snapshot)
    }
}

/// Lets the office in; `Err` holds the entrance for everybody else without a session.
async fn enter(app: &App, id: &str, visit: &Visit) -> Result<Result<Inside, Response>, Problem> {
    let snapshot = snapshot(app, id)?;
    match auth::reader(app, &visit.headers, &snapshot).await {
        Ok(reader) if reader.is_office() => {}
        Ok(_) => return Err(Door::NoRight.into()),
        // No session, one that ended, or one of another competition.
        Err(Problem::Door(Door::NoSession | Door::NoRight, _)) => {
            let page = visit.page.clone();
            let head = head(app, id, &page)?;
            return Ok(Err(show(visit, &Enter { page, head }, Keep::Never)?));
        }
        Err(problem) => return Err(problem),
    }
    let known = Known::all(app, &snapshot).await?;
    Ok(Ok(Inside { snapshot, known }))
}

async fn desk(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let inside = match enter(&app, &id, &visit).await? {
        Ok(inside) => inside,
        Err(entrance) => return Ok(entrance),
    };
    let (competition, context) = (inside.competition(), inside.context(&app));
    let mut rows: Vec<Row> = competition
        .nominations()
        .iter()
        .map(|(hash, nominated)| row(competition, (*hash, nominated), &context))
        .collect();
    rows.sort_by_key(|row| (!row.waits(), row.at, row.hash));
    let page = visit.page.clone();
    let desk = Desk {
        head: head(&app, &id, &page)?,
        page,
        contests: groups(&inside, &context).len(),
        blocked: Listing::new(competition, &context).blocked.len(),
        rows,
    };
    show(&visit, &desk, Keep::Never)
}

async fn nomination(
    State(app): State<App>,
    At((id, hash)): At<(String, Digest)>,
    visit: Visit,
) -> Result<Response, Problem> {
    let inside = match enter(&app, &id, &visit).await? {
        Ok(inside) => inside,
        Err(entrance) => return Ok(entrance),
    };
    let dossier = dossier(&app, &visit, &inside, hash)?;
    show(&visit, &dossier, Keep::Never)
}

fn dossier(app: &App, visit: &Visit, inside: &Inside, hash: Digest) -> Result<Dossier, Problem> {
    let competition = inside.competition();
    let nominated = competition.nomination(&hash).ok_or(Door::NotFound)?;
    let page = visit.page.clone();
    let head = head(app, &inside.snapshot.id, &page)?;
    let context = inside.context(app);
    Ok(Dossier::new((page, head), competition, (hash, nominated), &context))
}

/// R7: nominations of one association, group by group.
fn groups(inside: &Inside, context: &Context<'_>) -> Vec<Vec<Digest>> {
    let competition = inside.competition();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for hash in competition.nominations().keys() {
        let group = inside.known.contestants(competition, hash, context);
        if !group.is_empty() && seen.insert(group.clone()) {
            found.push(group);
        }
    }
    found
}

async fn contests(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let inside = match enter(&app, &id, &visit).await? {
        Ok(inside) => inside,
        Err(entrance) => return Ok(entrance),
    };
    let mut shown = Vec::new();
    for group in groups(&inside, &inside.context(&app)) {
        let side: Result<Vec<_>, _> = group
            .into_iter()
            .map(|hash| dossier(&app, &visit, &inside, hash))
            .collect();
        shown.push(side?);
    }
    let page = visit.page.clone();
    let contests = Contests {
        head: head(&app, &id, &page)?,
        page,
        groups: shown,
    };
    show(&visit, &contests, Keep::Never)
}

async fn list(State(app): State<App>, At(id): At<String>, visit: Visit) -> Result<Response, Problem> {
    let inside = match enter(&app, &id, &visit).await? {
        Ok(inside) => inside,
        Err(entrance) => return Ok(entrance),
    };
    let page = visit.page.clone();
    let list = ListPage {
        head: head(&app, &id, &page)?,
        page,
        listing: Listing::new(inside.competition(), &inside.context(&app)),
    };
    show(&visit, &list, Keep::Never)
}

/// Acts that need no page of their own kind.
const ACTS: [Kind; 5] = [
    Kind::Extension,
    Kind::PollDayMoved,
    Kind::ObserverAdmitted,
    Kind::AssociationKeyReplaced,
    Kind::Annulment,
];

async fn act(State(app): State<App>, At((id, name)): At<(String, String)>, visit: Visit) -> Result<Response, Problem> {
    let known = Kind::of_name(&name).filter(|kind| ACTS.contains(kind));
    let kind = known.ok_or(Door::NotFound)?;
    let inside = match enter(&app, &id, &visit).await? {
        Ok(inside) => inside,
        Err(entrance) => return Ok(entrance),
    };
    let (competition, context) = (inside.competition(), inside.context(&app));
    let live = competition
        .nominations()
        .iter()
        .filter(|(_, nominated)| nominated.state == NominationState::Live);
    let (rows, subjects) = live
        .map(|(hash, nominated)| {
            (
                row(competition, (*hash, nominated), &context),
                nominated.subject.to_string(),
            )
        })
        .unzip();
    let rules = competition.rules();
    let page = visit.page.clone();
    let shown = ActPage {
        head: head(&app, &id, &page)?,
        taken: taken_in(kind, competition.phase(page.now)),
        page,
        kind: kind.as_str(),
        rows,
        subjects,
        poll: competition.poll().clone(),
        last_day: competition.intake_last_day(),
        latest: competition
            .announcement()
            .intake_last_day
            .plus_days(i64::from(rules.limits.max_extension_days)),
        window: (rules.calendar.poll_min_days, rules.calendar.poll_max_days),
    };
    show(&visit, &shown, Keep::Never)
}

/// The assistant holds nothing confidential and needs no session: the signature alone counts.
async fn announce(State(app): State<App>, Asked(choices): Asked<Choices>, visit: Visit) -> Result<Response, Problem> {
    let office = app.clerk.office();
    let id = choices.id.clone().unwrap_or_default();
    let key = office.note_key(&id).filter(|_| is_competition_id(&id));
    let sealing = Sealing {
        origin: key.as_ref().map(|_| office.origin(&id)),
        taken: app.clerk.snapshot(&id).is_some(),
        log_key: office.log_key.public().id().to_string(),
        witness_policy: key
            .map(|key| Digest::of(policy_text(&key.vkey()).as_bytes()).to_string())
            .unwrap_or_default(),
        rehearsal: office.rehearsal,
    };
    let page = visit.page.clone();
    let announce = Announce {
        plan: Plan::new(&choices, page.now.date()),
        page,
        choices,
        sealing,
    };
    show(&visit, &announce, Keep::Never)
}
