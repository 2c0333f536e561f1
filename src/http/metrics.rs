//! `/healthz`, `/readyz`, `/metrics`, and the one place where a request is counted and logged.
//!
//! **Nothing here may depend on who voted when.** A ballot is a `POST` of a statement like any other from outside, so
//! requests of that class are not counted, not timed and not logged at all, whatever they hold and however they end;
//! there is no gauge of the queue, of the box, or of any ledger's size. What remains is counted by class and status
//! only: no competition, no address, no path with an id, no query.

use super::App;
use super::limits::Class;
use super::problem::{Door, Problem};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info as Labels;
use prometheus_client::registry::Registry;
use std::time::Instant;

/// Upper bounds of the time buckets, in seconds.
const BOUNDS_S: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Seen {
    class: &'static str,
    status: u16,
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Seen, Counter>,
    reads: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("esep");
        let (requests, reads) = (Family::default(), Histogram::new(BOUNDS_S));
        registry.register(
            "requests",
            "Requests by class and status; statements are never counted",
            Family::clone(&requests),
        );
        registry.register("read_seconds", "Time to answer public reads", reads.clone());
        registry.register(
            "build",
            "The running version",
            Labels::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        Self {
            registry,
            requests,
            reads,
        }
    }
}

impl Metrics {
    /// Counts and logs a request, unless it may be a ballot (see the head of this file).
    pub fn observe(&self, class: Class, method: &Method, route: &str, status: StatusCode, start: Instant) {
        if class == Class::Statement {
            return;
        }
        let (status, took) = (status.as_u16(), start.elapsed());
        self.count(class, status, took);
        log(method, route, status, took);
    }

    fn count(&self, class: Class, status: u16, took: std::time::Duration) {
        self.requests
            .get_or_create(&Seen {
                class: class.as_str(),
                status,
            })
            .inc();
        if class == Class::Read {
            self.reads.observe(took.as_secs_f64());
        }
    }
}

/// The route's template, never the address itself: ids of nominations and documents stay out of the log.
fn log(method: &Method, route: &str, status: u16, took: std::time::Duration) {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "esep::access", %method, route, status, took_ms);
}

/// `GET /healthz`: the process lives.
pub async fn health() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers and the writer takes statements.
pub async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if app.clerk.ready().await {
        Ok("ready\n")
    } else {
        Err(Door::Stopping.into())
    }
}

/// `GET /metrics`: for the operator's collector, in the `OpenMetrics` text form.
pub async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut out = String::new();
    text::encode(&mut out, &app.metrics.registry).map_err(Problem::fault)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], out).into_response())
}
