//! The JSON API and the pages: a map of their routes and layers.
//!
//! This room reads bytes, asks another room, and writes bytes; it decides nothing and keeps nothing but rate buckets,
//! used challenges, what was answered in public (`reads.rs`) and bundles (`bundles.rs`). Every error is a problem
//! document (`problem.rs`), or a page for a reader (`pages.rs`); every body is read under limits (`limits.rs`); every
//! route of the API stands in the table of `openapi.rs`, from which router and document are both made.

mod answer;
mod auth;
mod bundles;
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
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use futures_util::future::{Either, MapOk, Ready, ready};
use futures_util::{FutureExt, TryFutureExt};
use limits::{Buckets, Class};
use std::convert::Infallible;
use std::net::IpAddr;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Service;

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
    /// A bundle, or a file of one, that is longer is answered from the disk; at most 32 MiB are kept in memory.
    pub in_memory: usize,
    /// A page that tells the sums of a bundle's files waits so long for the bundle to be made.
    pub bundle_patience: Duration,
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
            in_memory: reads::MOST,
            bundle_patience: Duration::from_secs(2),
            session_idle_seconds: 30 * 60,
            session_seconds: 12 * 60 * 60,
            ending: CancellationToken::new(),
        }
    }
}

/// What handlers share. It is cloned for each request: one pointer, not its parts.
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
    bundles: bundles::Bundles,
    /// Event streams open at once.
    streams: Arc<Semaphore>,
}

/// All that the office answers: what is kept of public reads at once, everything else by its route.
#[derive(Clone)]
pub struct Site {
    app: App,
    routes: Router,
}

impl Service<Request> for Site {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, MapOk<RouteFuture<Infallible>, fn(Response) -> Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match reads::kept(&self.app, &request) {
            Some(answer) => Either::Left(ready(Ok(answer))),
            None => Either::Right(self.routes.call(request).map_ok(unchanged_has_no_length)),
        }
    }
}

/// The router writes the length of the empty body of `304 Not Modified`, where only that of the whole may stand (RFC 9110
/// section 8.6).
fn unchanged_has_no_length(mut answer: Response) -> Response {
    if answer.status() == StatusCode::NOT_MODIFIED {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    answer
}

/// The site of this office.
pub fn router(clerk: Clerk, documents: Documents, settings: Settings) -> Site {
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
        bundles: bundles::Bundles::default(),
        streams: Arc::new(Semaphore::new(events::STREAMS)),
    }));
    Site::of(app, openapi::routes().merge(pages::routes()))
}

impl Site {
    fn of(app: App, routes: Router<App>) -> Self {
        let routes = routes
            .fallback(async || Problem::from(Door::NoRoute))
            .method_not_allowed_fallback(async || Problem::from(Door::NotAllowed))
            .layer(from_fn_with_state(app.clone(), around))
            .with_state(app.clone());
        Self { app, routes }
    }
}

/// The one layer, around every route: a request is counted and logged, and neither a problem in the wrong form nor a
/// panic gets out.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let (start, method) = (Instant::now(), request.method().clone());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("", MatchedPath::as_str);
    let class = Class::of(&method, route);
    let reader = pages::Reader::of(&request);
    let answer = AssertUnwindSafe(within(&app, class, request, next)).catch_unwind();
    let answer = answer
        .await
        .unwrap_or_else(|_| Problem::Fault("a handler panicked".to_owned()).into_response());
    let answer = pages::problems(&app, reader, answer);
    app.metrics.observe(class, &method, route, answer.status(), start);
    answer
}

/// Those who come too often, or from another site, get no further.
async fn within(app: &App, class: Class, request: Request, next: Next) -> Response {
    let may = limits::rate(app, class, &request).and_then(|()| auth::same_site(app, &request));
    let mut answer = match may {
        Ok(()) => reads::read(app, request, next).await,
        Err(problem) => problem.into_response(),
    };
    common_headers(answer.headers_mut());
    answer
}

/// Headers of every answer, unless a handler set its own.
fn common_headers(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Time;
    use crate::clerk::{ManualClock, Office};
    use crate::crypto::SecretKey;
    use crate::documents::Limits;
    use crate::store::MemoryStore;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_a_fault_without_words() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryStore::default());
        let office = Office {
            host: "esep.test".to_owned(),
            organisers: Vec::new(),
            log_key: SecretKey::from_seed([9; 32]),
            rehearsal: true,
        };
        let clock = Arc::new(ManualClock::at(Time::from_unix(0)));
        let clerk = Clerk::open(office, store.clone(), folder.path(), clock).await.unwrap();
        let documents = Documents::open(folder.path(), store, Limits::default()).await.unwrap();
        let site = router(clerk, documents, Settings::default());
        let falls = get(async || -> &'static str { panic!("a secret") });
        let site = Site::of(site.app, Router::new().route("/falls", falls));
        for (accept, media) in [
            ("*/*", "application/problem+json"),
            ("text/html", "text/html; charset=utf-8"),
        ] {
            let request = Request::get("/falls")
                .header(header::ACCEPT, accept)
                .body(Body::empty());
            let answer = site.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), 500);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], media);
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("secret"));
        }
    }
}
