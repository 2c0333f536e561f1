//! The process's own log: lines on standard error, for people on a terminal, as JSON elsewhere.
//!
//! It never names a ballot, a card, a person or an address, and no room writes a line about a single statement: what
//! was accepted stands in the ledger, and what waits in the box must leave no trace.

use std::io::IsTerminal;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Whether a library may say this, whatever the operator asks for: below a warning they tell of addresses and bodies,
/// and the database's library names the table of every statement, so that its lines would tell when a ballot came.
fn may_be_told(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let least = match target.split("::").next() {
        Some("esep") => return true,
        Some("sqlx" | "sqlx_core" | "sqlx_sqlite") => Level::ERROR,
        _ => Level::WARN,
    };
    *metadata.level() <= least
}

/// Starts the log. `filter` is a list of directives as in `info,esep::access=warn`; a second call changes nothing.
pub fn start(filter: &str) {
    let filter =
        EnvFilter::try_new(format!("warn,esep=info,{filter}")).unwrap_or_else(|_| EnvFilter::new("warn,esep=info"));
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_told));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        registry.with(lines.compact()).try_init()
    } else {
        registry.with(lines.json().flatten_event(true)).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}
