//! Sessions for confidential reads. There are no passwords: a session is opened by signing a challenge with an
//! enrolled key, and lets its holder read, never write; everything that changes a competition is signed by itself.
//!
//! A challenge is not stored: it proves itself by a keyed hash, and only a *used* one is remembered, so strangers
//! cannot fill a table. A token is 256 random bits; the store holds only its SHA-256. What a session may read is asked
//! anew at each request from the competition's present state, so a replaced key reads nothing more.

use super::problem::{Door, Problem};
use super::{App, answer, limits};
use crate::calendar::Time;
use crate::clerk::Snapshot;
use crate::competition::{Keys, Nonce, Role};
use crate::crypto::{Digest, Envelope, KeyId, PublicKey, hex, jcs};
use crate::store::SessionRow;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Mutex;
use subtle::ConstantTimeEq;

/// DSSE payload type of a signed challenge.
pub const TYPE: &str = "application/vnd.esep.session.v1+json";
/// `__Host-`: browsers take it over TLS only, for this host only, for all paths.
pub const COOKIE: &str = "__Host-esep";
/// How long a challenge may be answered, in seconds.
const CHALLENGE_SECONDS: i64 = 300;
/// `seen` is written at most this often, in seconds.
const SEEN_SECONDS: i64 = 60;

/// Who wants a challenge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// The key that will sign.
    key: PublicKey,
    /// Origin of the competition, or its id alone.
    competition: String,
}

/// What is signed to open a session.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Origin of the competition.
    competition: String,
    /// The key that signs.
    key: KeyId,
    /// Fresh for each challenge.
    nonce: Nonce,
    /// Last second in which it opens a session.
    not_after: Time,
    /// Shows this office that the challenge is its own.
    proof: Digest,
}

/// An open session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opened {
    /// For `Authorization: Bearer`; browsers use the cookie that comes along.
    token: String,
    /// What the key is in the competition.
    role: &'static str,
    /// When the session ends at the latest.
    not_after: Time,
}

/// Makes challenges and remembers the used ones.
#[derive(Debug)]
pub struct Challenges {
    secrets: [[u8; 32]; 2],
    used: Mutex<HashMap<Nonce, Time>>,
}

impl Default for Challenges {
    fn default() -> Self {
        let mut rng = rand::rng();
        Self {
            secrets: [rng.random(), rng.random()],
            used: Mutex::default(),
        }
    }
}

impl Challenges {
    fn make(&self, competition: &str, key: KeyId, now: Time) -> Challenge {
        let nonce = Nonce::from_bytes(rand::rng().random());
        let not_after = Time::from_unix(now.unix() + CHALLENGE_SECONDS);
        let proof = self.proof(competition, &key, nonce, not_after);
        Challenge {
            competition: competition.to_owned(),
            key,
            nonce,
            not_after,
            proof,
        }
    }

    /// A keyed hash, nested so that nobody extends it; an origin holds no line feed.
    fn proof(&self, competition: &str, key: &KeyId, nonce: Nonce, not_after: Time) -> Digest {
        let text = format!("{competition}\n{key}\n{}\n{not_after}", String::from(nonce));
        let inner = Digest::of_parts(&[&self.secrets[0], text.as_bytes()]);
        Digest::of_parts(&[&self.secrets[1], inner.as_bytes()])
    }

    fn is_own(&self, challenge: &Challenge) -> bool {
        let Challenge {
            competition,
            key,
            nonce,
            not_after,
            proof,
        } = challenge;
        self.proof(competition, key, *nonce, *not_after)
            .as_bytes()
            .ct_eq(proof.as_bytes())
            .into()
    }

    /// Whether this is the first use; called only for challenges whose signature holds.
    fn first_use(&self, challenge: &Challenge, now: Time) -> bool {
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        used.retain(|_, not_after| *not_after >= now);
        used.insert(challenge.nonce, challenge.not_after).is_none()
    }
}

/// `POST /api/v1/sessions/challenge`: an envelope without signatures, to be signed as it is.
pub async fn challenge(State(app): State<App>, request: Request) -> Result<Json<Envelope>, Problem> {
    let wanted: ChallengeRequest = answer::json(request, limits::SMALL_BYTES, &app).await?;
    let prefix = format!("{}/", app.clerk.office().host);
    let id = wanted.competition.strip_prefix(&prefix).unwrap_or(&wanted.competition);
    let snapshot = answer::snapshot(&app, id)?;
    let challenge = app
        .challenges
        .make(snapshot.competition.origin(), wanted.key.id(), app.clerk.now());
    Ok(Json(Envelope::new(
        TYPE,
        jcs::to_canonical(&challenge).map_err(Problem::fault)?,
    )))
}

/// `POST /api/v1/sessions`: the signed challenge opens a session.
pub async fn open(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let body = limits::body(request, limits::SMALL_BYTES, &app.settings).await?;
    let envelope = Envelope::from_json(&body).map_err(|error| Door::BadBody.because(error.to_string()))?;
    let (snapshot, challenge) = answered(&app, &envelope)?;
    let role = role_of(&snapshot, &challenge.key).ok_or(Door::NoRight)?;
    let now = app.clerk.now();
    if !app.challenges.first_use(&challenge, now) {
        return Err(Door::BadSession.because("this challenge was used before"));
    }
    let token = hex::encode(&rand::rng().random::<[u8; 32]>());
    let session = SessionRow {
        token: Digest::of(token.as_bytes()),
        competition: snapshot.id.clone(),
        key: challenge.key,
        opened_at: now.unix(),
        seen_at: now.unix(),
    };
    let store = app.clerk.store();
    let (oldest, idlest) = (
        now.unix() - app.settings.session_seconds,
        now.unix() - app.settings.session_idle_seconds,
    );
    store.sweep_sessions(oldest, idlest).await.map_err(Problem::fault)?;
    store.keep_session(&session).await.map_err(Problem::fault)?;
    let not_after = Time::from_unix(now.unix() + app.settings.session_seconds);
    let cookie = cookie(&token, app.settings.session_seconds);
    let opened = Opened {
        token,
        role: role.as_str(),
        not_after,
    };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(opened)).into_response())
}

/// The challenge of a signed envelope: ours, fresh, and signed by the very key it was made for.
fn answered(app: &App, envelope: &Envelope) -> Result<(std::sync::Arc<Snapshot>, Challenge), Problem> {
    let bad = |words: &str| Door::BadSession.because(words);
    if envelope.payload_type() != TYPE {
        return Err(bad("another payload type"));
    }
    let challenge: Challenge = jcs::from_canonical(envelope.payload()).map_err(|error| bad(&error.to_string()))?;
    if !app.challenges.is_own(&challenge) || challenge.not_after < app.clerk.now() {
        return Err(bad("not a fresh challenge of this office"));
    }
    let id = challenge.competition.rsplit('/').next().unwrap_or_default();
    let snapshot = answer::snapshot(app, id)?;
    let key = snapshot
        .competition
        .key(&challenge.key)
        .ok_or_else(|| bad("the key is not enrolled"))?;
    if envelope.signatures.len() != 1 || envelope.check_signature(&key).is_err() {
        return Err(bad("the signature does not hold"));
    }
    Ok((snapshot, challenge))
}

fn cookie(token: &str, seconds: i64) -> HeaderValue {
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&text).expect("a cookie of hexadecimal digits is a header value")
}

/// `DELETE /api/v1/sessions`: ends the session it comes with.
pub async fn close(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let token = token(&headers).ok_or(Door::NoSession)?;
    app.clerk
        .store()
        .end_session(&Digest::of(token.as_bytes()))
        .await
        .map_err(Problem::fault)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", 0))]).into_response())
}

/// Roles that read confidential things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The organiser.
    Organiser,
    /// A counting member.
    CountingMember,
    /// The association with this key: its own nominations only.
    Association(KeyId),
}

impl Reader {
    fn as_str(self) -> &'static str {
        match self {
            Self::Organiser => "organiser",
            Self::CountingMember => "counting member",
            Self::Association(_) => "association",
        }
    }

    /// Whether this reader is of the office: organiser or counting member.
    pub fn is_office(self) -> bool {
        match self {
            Self::Organiser | Self::CountingMember => true,
            Self::Association(_) => false,
        }
    }
}

fn role_of(snapshot: &Snapshot, key: &KeyId) -> Option<Reader> {
    match snapshot.competition.role(key)? {
        Role::Organiser => Some(Reader::Organiser),
        Role::CountingMember(_) => Some(Reader::CountingMember),
        Role::Association => Some(Reader::Association(*key)),
        // An elector's session would say who is at the poll, and when.
        Role::Elector | Role::Observer => None,
    }
}

/// The reader behind a request; [`Door::NoSession`] without a live session for this competition.
pub async fn reader(app: &App, headers: &HeaderMap, snapshot: &Snapshot) -> Result<Reader, Problem> {
    let token = token(headers).ok_or(Door::NoSession)?;
    let store = app.clerk.store();
    let session = store
        .session(&Digest::of(token.as_bytes()))
        .await
        .map_err(Problem::fault)?;
    let session = session.ok_or(Door::NoSession)?;
    let now = app.clerk.now().unix();
    let (idle, age) = (now - session.seen_at, now - session.opened_at);
    if idle > app.settings.session_idle_seconds || age > app.settings.session_seconds {
        store.end_session(&session.token).await.map_err(Problem::fault)?;
        return Err(Door::NoSession.because("the session has ended"));
    }
    if session.competition != snapshot.id {
        return Err(Door::NoRight.because("the session is for another competition"));
    }
    if idle > SEEN_SECONDS {
        store
            .keep_session(&SessionRow {
                seen_at: now,
                ..session.clone()
            })
            .await
            .map_err(Problem::fault)?;
    }
    role_of(snapshot, &session.key).ok_or_else(|| Door::NoRight.into())
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|text| text.to_str().ok()?.strip_prefix("Bearer "));
    bearer.or_else(|| cookie_of(headers)).filter(|token| token.len() == 64)
}

fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

/// At the door: an unsafe request that carries our cookie must come from our own pages; one with a bearer token, or with
/// neither, needs no such proof, since no browser adds those by itself.
pub fn same_site(app: &App, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let by_cookie = cookie_of(headers).is_some() && !headers.contains_key(header::AUTHORIZATION);
    if request.method().is_safe() || !by_cookie || is_own_page(headers, &app.settings.own_pages) {
        return Ok(());
    }
    Err(Door::CrossSite.into())
}

/// `Sec-Fetch-Site` decides where a browser sends it; else `Origin` must be one of the configured ones.
fn is_own_page(headers: &HeaderMap, own_pages: &[String]) -> bool {
    if let Some(site) = headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        return site == b"same-origin" || site == b"none";
    }
    let origin = headers.get(header::ORIGIN).and_then(|text| text.to_str().ok());
    origin.is_some_and(|origin| own_pages.iter().any(|own| own == origin))
}
