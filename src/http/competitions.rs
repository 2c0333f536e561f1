//! Public reads of competitions: what is announced, in which phase, by which rules, with which result.
//!
//! A result is shown only once it is computed from opened ballots; there are no partial totals to show.

use super::App;
use super::answer::{ASK, At, NEVER, public_size, snapshot, tagged};
use super::auth::{self, Reader};
use super::problem::{Door, Problem};
use super::reads::Good;
use crate::ballot::CandidateId;
use crate::calendar::{Date, Time};
use crate::clerk::Snapshot;
use crate::competition::act::{Poll, Title};
use crate::competition::{Competition, Head, Phase, Slot};
use crate::crypto::{Digest, KeyId, PublicKey, jcs};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Serialize;

/// One line of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing {
    id: String,
    /// Origin of its ledger.
    origin: String,
    title: Title,
    phase: Phase,
    /// Marked everywhere: keys and results of a rehearsal mean nothing.
    rehearsal: bool,
}

/// Where a competition stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Standing {
    phase: Phase,
    /// The office's time.
    now: Time,
    /// The present or last round.
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    deadlines: Deadlines,
}

/// R17, R21: the dates in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deadlines {
    published: Date,
    intake_last_day: Date,
    /// First second in which nothing is taken in any more.
    intake_ends_at: Time,
    poll: Poll,
    /// When ballots of the present round are refused, once polling is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    round_closes_at: Option<Time>,
}

/// R16: a counting member.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CountingMember {
    slot: Slot,
    body: String,
    person: String,
    key: PublicKey,
    keyid: KeyId,
}

/// An admitted observer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Observer {
    name: String,
    key: PublicKey,
}

/// Everything public about one competition, less its lists.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Overview {
    #[serde(flatten)]
    listing: Listing,
    /// The office's time.
    now: Time,
    /// The present or last round.
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    deadlines: Deadlines,
    /// SHA-256 of the rule set; statements name it.
    rules: Digest,
    /// SHA-256 of the candidate list, once listed; statements name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates_count: Option<usize>,
    nominations_count: usize,
    counting_members: Vec<CountingMember>,
    observers: Vec<Observer>,
    /// Candidates on the present round's ballot paper, ascending; while a drawing by hand is awaited, the tied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paper: Vec<CandidateId>,
    /// Size and root of the ledger. With named ballots, while polling is open, all but a counting member's or the
    /// organiser's session see it as before the first ballot.
    head: Head,
    /// Verifier key of the log, as in signed notes.
    log_vkey: String,
    /// Why the competition failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'static str>,
    /// Why it was annulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    annulled: Option<String>,
    /// Origin of the competition that this one runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    reruns: Option<String>,
}

fn listing(snapshot: &Snapshot, now: Time) -> Listing {
    let competition = &snapshot.competition;
    Listing {
        id: snapshot.id.clone(),
        origin: competition.origin().to_owned(),
        title: competition.announcement().title.clone(),
        phase: competition.phase(now),
        rehearsal: competition.rehearsal(),
    }
}

fn standing(snapshot: &Snapshot, now: Time) -> Standing {
    let competition = &snapshot.competition;
    let intake_last_day = competition.intake_last_day();
    let deadlines = Deadlines {
        published: competition.announcement().published,
        intake_last_day,
        intake_ends_at: intake_last_day.end(),
        poll: competition.poll().clone(),
        round_closes_at: competition
            .rounds()
            .last()
            .and_then(crate::competition::Round::closes_at),
    };
    Standing {
        phase: competition.phase(now),
        now,
        round: competition.round(),
        deadlines,
    }
}

fn counting_members(snapshot: &Snapshot) -> Vec<CountingMember> {
    let seated = snapshot.competition.members().iter().cloned();
    let shown = seated.map(|member| CountingMember {
        slot: member.slot,
        body: member.body,
        person: member.person,
        keyid: member.key.id(),
        key: member.key,
    });
    shown.collect()
}

fn head(snapshot: &Snapshot, reader: Option<Reader>) -> Head {
    let size = match reader {
        // Drafts name the present head, so those who write them must know it.
        Some(reader) if reader.is_office() => snapshot.head.size,
        Some(_) | None => public_size(snapshot),
    };
    Head {
        root: snapshot.tree.read().root_at(size),
        size,
    }
}

/// `GET /api/v1/competitions`.
pub async fn list(State(app): State<App>) -> impl IntoResponse {
    let now = app.clerk.now();
    let listings: Vec<_> = app.clerk.list().iter().map(|snapshot| listing(snapshot, now)).collect();
    ([(header::CACHE_CONTROL, ASK)], Json(listings))
}

/// `GET /api/v1/competitions/{id}`.
pub async fn one(State(app): State<App>, At(id): At<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let reader = auth::reader(&app, &headers, &snapshot).await.ok();
    let (competition, now) = (&snapshot.competition, app.clerk.now());
    let observers = competition.observers().iter().cloned();
    let Standing {
        phase,
        now,
        round,
        deadlines,
    } = standing(&snapshot, now);
    let overview = Overview {
        listing: listing(&snapshot, now),
        now,
        round,
        deadlines,
        rules: competition.rules_digest(),
        candidates: competition.candidates_digest(),
        candidates_count: competition.list().map(|list| list.candidates.len()),
        nominations_count: competition.nominations().len(),
        counting_members: counting_members(&snapshot),
        observers: observers.map(|(name, key)| Observer { name, key }).collect(),
        paper: paper(competition, phase),
        head: head(&snapshot, reader),
        log_vkey: snapshot.log_vkey.clone(),
        failed: competition.failed(),
        annulled: competition.annulled().map(str::to_owned),
        reruns: competition.announcement().reruns.clone(),
    };
    Ok(([(header::CACHE_CONTROL, NEVER)], Json(overview)).into_response())
}

fn paper(competition: &Competition, phase: Phase) -> Vec<CandidateId> {
    if phase == Phase::Tied {
        return competition.tied().unwrap_or_default();
    }
    let round = competition.rounds().last();
    round.map(|round| round.paper().candidates.clone()).unwrap_or_default()
}

/// `GET .../phase`.
pub async fn phase(State(app): State<App>, At(id): At<String>) -> Result<Json<Standing>, Problem> {
    Ok(Json(standing(&*snapshot(&app, &id)?, app.clerk.now())))
}

/// `GET .../rules`: the canonical bytes whose SHA-256 statements name.
pub async fn rules(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let bytes = jcs::to_canonical(snapshot.competition.rules()).map_err(Problem::fault)?;
    Ok(tagged(
        &snapshot.competition.rules_digest(),
        "application/json",
        ASK,
        bytes,
    ))
}

/// `GET .../candidates`: the bytes of the list, as the organiser uploaded and signed for them.
pub async fn candidates(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let list = snapshot.competition.list().ok_or(Door::NotYet)?;
    Ok(tagged(&list.digest, "application/json", ASK, list.bytes.to_vec()))
}

/// `GET .../result`: only once computed.
pub async fn result(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let result = snapshot.competition.result().ok_or(Door::NotYet)?;
    let good = Extension(Good::At(snapshot.head.size));
    Ok((good, [(header::CACHE_CONTROL, ASK)], Json(result)).into_response())
}

/// `GET .../protocol`: the present bytes; the same for ever once the first slot is resolved.
pub async fn protocol(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    let bytes = snapshot.competition.protocol(snapshot.head).ok_or(Door::NotYet)?;
    Ok(tagged(&Digest::of(&bytes), "application/json", ASK, bytes))
}

/// `GET .../commission`: what each slot has done, and what is to be done now.
pub async fn commission(State(app): State<App>, At(id): At<String>) -> Result<Response, Problem> {
    let commission = snapshot(&app, &id)?.competition.commission(app.clerk.now());
    Ok(([(header::CACHE_CONTROL, ASK)], Json(commission)).into_response())
}

/// What the members who close polling must state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BoxNow {
    round: u32,
    /// RFC 6962 root over the ballots' PAE hashes in ascending order.
    box_root: Digest,
    box_count: u32,
}

/// `GET .../box`: for counting members, from the announced closing time on, so that no turnout is known before.
pub async fn box_now(State(app): State<App>, At(id): At<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = snapshot(&app, &id)?;
    match auth::reader(&app, &headers, &snapshot).await? {
        Reader::CountingMember => {}
        Reader::Organiser | Reader::Association(_) => return Err(Door::NoRight.into()),
    }
    let (round, box_root, box_count) = app
        .clerk
        .box_to_close(&id)
        .await
        .map_err(Problem::fault)?
        .ok_or(Door::NotYet)?;
    let now = BoxNow {
        round,
        box_root,
        box_count,
    };
    Ok(([(header::CACHE_CONTROL, NEVER)], Json(now)).into_response())
}
