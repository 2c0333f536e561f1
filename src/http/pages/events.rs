//! The public events of each competition, read from its ledger once and then only further.
//!
//! Nothing sealed is read: with named ballots reading stops before the first ballot until polling is closed.

use crate::clerk::Snapshot;
use crate::competition::Statement;
use crate::competition::act::Kind;
use crate::http::App;
use crate::http::answer::public_size;
use crate::http::problem::Problem;
use crate::ledger::entry::Entry;
use crate::web::public::Event;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Events by competition, as far as the ledger was read for them.
#[derive(Debug, Default)]
pub struct Events(Mutex<HashMap<String, Seen>>);

#[derive(Debug, Default, Clone)]
struct Seen {
    size: u64,
    events: Arc<Vec<Event>>,
}

impl Events {
    /// Every public event before the end of what the public may see.
    pub async fn of(&self, app: &App, snapshot: &Snapshot) -> Result<Arc<Vec<Event>>, Problem> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, size) = (&snapshot.id, public_size(snapshot));
        let mut seen = lock().get(id).cloned().unwrap_or_default();
        if seen.size >= size {
            return Ok(seen.events);
        }
        let mut events = Arc::unwrap_or_clone(seen.events);
        while seen.size < size {
            let count = u32::try_from((size - seen.size).min(256)).expect("at most 256");
            let entries = app.clerk.store().entries(id, seen.size, count).await;
            let entries = entries.map_err(Problem::fault)?;
            if entries.is_empty() {
                return Err(Problem::fault("the store has fewer entries than the tree"));
            }
            events.extend(
                entries
                    .iter()
                    .zip(seen.size..)
                    .filter_map(|(bytes, seq)| event(bytes, seq)),
            );
            seen.size += entries.len() as u64;
        }
        seen.events = Arc::new(events);
        let mut all = lock();
        let kept = all.entry(id.clone()).or_default();
        if kept.size < seen.size {
            *kept = seen.clone();
        }
        Ok(seen.events)
    }
}

fn event(bytes: &[u8], seq: u64) -> Option<Event> {
    // Ballots are many and no events: passed over without reading.
    if memchr::memmem::find(bytes, br#""kind":"ballot_cast""#).is_some() {
        return None;
    }
    let entry = Entry::from_bytes(bytes).ok()?;
    Kind::of_name(&entry.kind).filter(|kind| Event::is(*kind))?;
    let statement = Statement::read(entry.body).ok()?;
    Some(Event {
        seq,
        time: entry.time,
        act: statement.act,
    })
}
