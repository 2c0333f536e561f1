//! What stands at the head of every page of a competition: title, phase, what comes next and when.

use crate::calendar::{Date, Time};
use crate::competition::{Competition, Phase};
use crate::web::{Lang, Page, Said};

/// Title, phase and next deadline of a competition.
#[derive(Debug, Clone)]
pub struct Head {
    /// Id in addresses.
    pub id: String,
    /// Origin of its ledger.
    pub origin: String,
    /// Title in the reader's language.
    pub title: String,
    /// The phase now.
    pub phase: Phase,
    /// The round, from the second on.
    pub repeat: Option<u32>,
    /// What comes next, in words.
    pub next: Option<Said>,
    /// When it was published.
    pub published: Date,
    /// Whether it is a rehearsal.
    pub rehearsal: bool,
}

impl Head {
    /// Of this competition, for this page.
    pub fn new(id: &str, competition: &Competition, page: &Page) -> Self {
        let title = &competition.announcement().title;
        let title = match page.lang {
            Lang::Ky => &title.ky,
            Lang::Ru => &title.ru,
            Lang::En => &title.en,
        };
        Self {
            id: id.to_owned(),
            origin: competition.origin().to_owned(),
            title: title.clone(),
            phase: competition.phase(page.now),
            repeat: competition
                .round()
                .filter(|round| *round > 1 && competition.outcome().is_none()),
            next: next(competition, page),
            published: competition.announcement().published,
            rehearsal: competition.rehearsal(),
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn over(&self) -> bool {
        matches!(self.phase, Phase::Certified | Phase::Failed | Phase::Annulled)
    }

    /// Whether nominations are taken in now.
    pub fn intake(&self) -> bool {
        self.phase == Phase::Intake
    }

    /// Whether ballots are cast now.
    pub fn polling(&self) -> bool {
        self.phase == Phase::Polling
    }

    /// Whether there is a result to see.
    pub fn counted(&self) -> bool {
        matches!(self.phase, Phase::Counted | Phase::Certified)
    }
}

/// The next deadline or act.
fn next(competition: &Competition, page: &Page) -> Option<Said> {
    let poll = competition.poll();
    match competition.phase(page.now) {
        // R21: until 24:00 of the last day.
        Phase::Intake => {
            let last = competition.intake_last_day();
            let left = page.now.date().days_until(last).max(0);
            Some(
                page.say("next-intake")
                    .with("date", page.date(&last))
                    .with("days", left),
            )
        }
        // R17: the announced poll.
        Phase::Screening => Some(page.say("next-screening").with("date", page.date(&poll.day))),
        Phase::Listed if competition.round().is_some_and(|round| round > 1) => Some(page.say("next-repeat")),
        Phase::Listed => Some(
            page.say("next-poll")
                .with("date", page.date(&poll.day))
                .with("from", page.hour(&poll.opens_at))
                .with("to", page.hour(&poll.closes_at)),
        ),
        Phase::Polling => closes_at(competition).map(|time| page.say("next-polling").with("time", page.time(&time))),
        Phase::Closed | Phase::Opening => Some(page.say("next-closed")),
        Phase::Opened => Some(page.say("next-opened")),
        Phase::Tied => Some(page.say("next-tied")),
        Phase::Counted => Some(page.say("next-counted")),
        Phase::Certified | Phase::Failed | Phase::Annulled => None,
    }
}

fn closes_at(competition: &Competition) -> Option<Time> {
    competition
        .rounds()
        .last()
        .and_then(crate::competition::Round::closes_at)
}
