//! Openings read beforehand, so that the rules can be asked while a page or an answer is made.
//!
//! The rules ask synchronously and the store answers asynchronously; a reader of confidential things reads few.

use super::App;
use super::problem::Problem;
use crate::clerk::Snapshot;
use crate::competition::{Competition, Context, Nominated, Opening, Stored};
use crate::crypto::{Digest, KeyId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What opens the commitments of nominations, as far as it is kept.
#[derive(Debug, Default)]
pub struct Known(BTreeMap<Digest, Opening>);

impl Known {
    /// Of every nomination of the competition.
    pub async fn all(app: &App, snapshot: &Snapshot) -> Result<Self, Problem> {
        let mut found = Self::default();
        for nominated in snapshot.competition.nominations().values() {
            found.read(app, &snapshot.id, nominated).await?;
        }
        Ok(found)
    }

    /// Of one nomination.
    pub async fn of(app: &App, id: &str, nominated: &Nominated) -> Result<Self, Problem> {
        let mut found = Self::default();
        found.read(app, id, nominated).await?;
        Ok(found)
    }

    async fn read(&mut self, app: &App, id: &str, nominated: &Nominated) -> Result<(), Problem> {
        for commitment in nominated.commitments() {
            if let Some(opening) = app.documents.opening(id, &commitment).await? {
                self.0.insert(commitment, opening);
            }
        }
        Ok(())
    }

    /// What opens this commitment.
    pub fn get(&self, commitment: &Digest) -> Option<&Opening> {
        self.0.get(commitment)
    }

    /// What the rules see now.
    pub fn context<'a>(&'a self, app: &App, snapshot: &Snapshot) -> Context<'a> {
        Context {
            now: app.clerk.now(),
            head: snapshot.head,
            stored: self,
        }
    }

    /// R7: nominations of the same association, of which one must be decided to stand.
    pub fn contestants(&self, competition: &Competition, hash: &Digest, context: &Context<'_>) -> Vec<Digest> {
        let mut found = competition.contestants(hash, context);
        if !found.is_empty() {
            found.push(*hash);
            found.sort();
        }
        found
    }
}

impl Stored for Known {
    fn attachment(&self, _: &Digest) -> Option<Arc<[u8]>> {
        None
    }

    fn opening(&self, commitment: &Digest) -> Option<Opening> {
        self.0.get(commitment).cloned()
    }

    fn document(&self, _: &Digest) -> bool {
        false
    }

    fn boxed(&self, _: u32, _: &KeyId) -> Option<Digest> {
        None
    }

    fn box_now(&self, _: u32) -> Option<(Digest, u32)> {
        None
    }

    fn complete(&self) -> bool {
        false
    }
}
