//! The JSON API and the pages: a map of their routes and layers.
//!
//! This room reads bytes, asks another room, and writes bytes; it decides nothing and keeps nothing but rate buckets,
//! used challenges and what was answered in public (`reads.rs`). Every error is a problem document (`problem.rs`), or a page for a reader (`pages.rs`);
//! every body is read under limits (`limits.rs`); every route of the API stands in the table of `openapi.rs`, from which
//! router and document are both made.

mod answer;
mod auth;
mod competitions;
mod documents;
mod drafts;
mod events;
mod known;
mod ledger;
mod limits;
mod metrics;
mod nominations;
pub mod openapi;
mod openings;
mod pages;
mod problem;
mod reads;
mod serve;
mod statements;

pub use limits::{Rate, Rates};
pub use problem::{Door, Problem};
pub use serve::serve;

use crate::clerk::Clerk;
use crate::documents::Documents;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use limits::Buckets;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

/// What the operator may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests by address; `None`: no limit (tests, a rehearsal on one machine).
    pub rates: Option<Rates>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// Origins of our own pages (`https://host`), for browsers that send no `Sec-Fetch-Site`.
    pub own_pages: Vec<String>,
    /// The whole head of a request arrives within this.
    pub header_timeout: Duration,
    /// Each piece of a body arrives within this.
    pub body_timeout: Duration,
    /// How long requests under way may take to end when the service stops.
    pub drain: Duration,
    /// Connections open at once.
    pub connections: usize,
    /// A session ends when it was not used so long.
    pub session_idle_seconds: i64,
    /// A session ends so long after it was opened.
    pub session_seconds: i64,
    /// Cancelled when the service stops: streams that would never end by themselves end then.
    pub ending: CancellationToken,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rates: Some(Rates::default()),
            proxies: Vec::new(),
            own_pages: Vec::new(),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            drain: Duration::from_secs(10),
            connections: 4_096,
            session_idle_seconds: 30 * 60,
            session_seconds: 12 * 60 * 60,
            ending: CancellationToken::new(),
        }
    }
}

/// What handlers share. Each layer clones it for each request: one pointer, not its parts.
#[derive(Clone)]
struct App(Arc<Shared>);

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

struct Shared {
    clerk: Clerk,
    documents: Documents,
    settings: Arc<Settings>,
    buckets: Option<Arc<Buckets>>,
    metrics: Arc<metrics::Metrics>,
    challenges: Arc<auth::Challenges>,
    named: Arc<ledger::Named>,
    pages: Arc<pages::Kept>,
    reads: Arc<reads::Reads>,
    /// Bundles made at once.
    bundles: Arc<Semaphore>,
    /// Event streams open at once.
    streams: Arc<Semaphore>,
}

/// Routes and layers; the last layer here sees a request first.
pub fn router(clerk: Clerk, documents: Documents, settings: Settings) -> Router {
    let app = App(Arc::new(Shared {
        clerk,
        documents,
        buckets: settings.rates.map(|rates| Arc::new(Buckets::new(rates))),
        settings: Arc::new(settings),
        metrics: Arc::default(),
        challenges: Arc::default(),
        named: Arc::default(),
        pages: Arc::default(),
        reads: Arc::default(),
        bundles: Arc::new(Semaphore::new(2)),
        streams: Arc::new(Semaphore::new(events::STREAMS)),
    }));
    openapi::routes()
        .merge(pages::routes())
        .fallback(async || Problem::from(Door::NoRoute))
        .method_not_allowed_fallback(async || Problem::from(Door::NotAllowed))
        .layer(from_fn_with_state(app.clone(), reads::reads))
        .layer(from_fn_with_state(app.clone(), auth::same_site))
        .layer(from_fn_with_state(app.clone(), limits::rate))
        .layer(from_fn(common_headers))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::Fault("a handler panicked".to_owned()).into_response()
        }))
        .layer(from_fn_with_state(app.clone(), pages::problems))
        .layer(from_fn_with_state(app.clone(), metrics::observe))
        .with_state(app)
}

/// Headers of every answer, unless a handler set its own.
async fn common_headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    answer
}
