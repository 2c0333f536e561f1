//! What was announced, and where it stands, as facts for the head of a competition's page.

use crate::calendar::{Date, Time};
use crate::competition::{Competition, NominationState};

/// Facts of an announcement.
#[derive(Debug, Clone)]
pub struct Facts {
    /// R21: the mass medium of publication.
    pub outlet: String,
    /// R21: day of publication.
    pub published: Date,
    /// R21: last day of intake.
    pub intake_last_day: Date,
    /// R17: poll day.
    pub poll_day: Date,
    /// When polling opens.
    pub opens_at: Time,
    /// When polling closes.
    pub closes_at: Time,
    /// Where.
    pub place: String,
    /// R5: seats.
    pub seats: u32,
    /// R5: years of a term.
    pub term_years: u32,
    /// Nominations accepted, without those withdrawn.
    pub nominations: usize,
    /// Admitted, once listed.
    pub admitted: Option<usize>,
    /// Origin of the competition that this one runs again.
    pub reruns: Option<String>,
}

impl Facts {
    /// Of this competition.
    pub fn new(competition: &Competition) -> Self {
        let (announced, poll) = (competition.announcement(), competition.poll());
        let standing = competition.nominations().values();
        let standing = standing.filter(|one| one.state != NominationState::Withdrawn);
        Self {
            outlet: announced.outlet.clone(),
            published: announced.published,
            intake_last_day: competition.intake_last_day(),
            poll_day: poll.day,
            opens_at: poll.opens_at,
            closes_at: poll.closes_at,
            place: poll.place.clone(),
            seats: competition.rules().seats,
            term_years: competition.rules().term_years,
            nominations: standing.count(),
            admitted: competition.list().map(|list| list.candidates.len()),
            reruns: announced.reruns.clone(),
        }
    }
}
