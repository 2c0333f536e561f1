//! The way of a competition: what has happened, with the time of its entry, and what is still to come, with its date.

use super::event::Event;
use crate::competition::act::Act;
use crate::competition::{Competition, Phase};
use crate::web::{Page, Said};

/// A point on the way.
#[derive(Debug, Clone)]
pub struct Point {
    /// `past`, `now` or `ahead`; also said in words.
    pub state: &'static str,
    /// What.
    pub what: Said,
    /// When, in words.
    pub when: String,
    /// Published words: a reason, a dissent.
    pub words: Option<String>,
}

/// Past, present, future, in this order.
pub fn points(competition: &Competition, events: &[Event], page: &Page) -> Vec<Point> {
    let phase = competition.phase(page.now);
    let mut points = Vec::new();
    let mut intake_over = false;
    for event in events.iter().filter(|event| event.is_step()) {
        // Intake ends by the clock, between two entries.
        if !intake_over && event.time >= competition.intake_last_day().end() {
            intake_over = true;
            points.push(intake_end(competition, page, "past"));
        }
        points.push(past(event, page));
    }
    let over = matches!(phase, Phase::Certified | Phase::Failed | Phase::Annulled);
    if !intake_over && phase > Phase::Intake && !over {
        points.push(intake_end(competition, page, "past"));
    }
    if !over {
        points.push(Point {
            state: "now",
            what: page.say_of("phase", phase),
            when: String::new(),
            words: None,
        });
        ahead(competition, phase, page, &mut points);
    }
    points
}

fn intake_end(competition: &Competition, page: &Page, state: &'static str) -> Point {
    Point {
        state,
        what: page.say(if state == "past" {
            "time-intake-over"
        } else {
            "time-intake-end"
        }),
        when: page
            .say("time-end-of")
            .with("date", page.date(&competition.intake_last_day()))
            .to_string(),
        words: None,
    }
}

/// What an event is, in words.
pub fn what(event: &Event, page: &Page) -> Said {
    let mut what = page.say_of("event", event.kind());
    if let Some(slot) = event.slot() {
        what = what.with("slot", page.say_of("slot", slot));
    }
    match &event.act {
        Act::Extension(act) => what = what.with("date", page.date(&act.last_day)),
        Act::PollDayMoved(act) => what = what.with("date", page.date(&act.poll.day)),
        Act::CandidateList(act) => what = what.with("n", act.count),
        Act::PollingClosed(act) => what = what.with("n", act.box_count).with("taken", act.taken),
        Act::Certification(act) => {
            what = what
                .with("from", page.date(&act.term_start))
                .with("to", page.date(&act.term_end));
        }
        _ => {}
    }
    what
}

fn past(event: &Event, page: &Page) -> Point {
    Point {
        state: "past",
        what: what(event, page),
        when: page.time(&event.time),
        words: event.words().map(str::to_owned),
    }
}

fn ahead(competition: &Competition, phase: Phase, page: &Page, points: &mut Vec<Point>) {
    let poll = competition.poll();
    let mut add = |what: Said, when: String| {
        points.push(Point {
            state: "ahead",
            what,
            when,
            words: None,
        });
    };
    if phase == Phase::Intake {
        let end = intake_end(competition, page, "ahead");
        add(end.what, end.when);
    }
    if phase <= Phase::Screening {
        add(page.say("time-list"), String::new());
    }
    // R17: the announced poll; a repeat vote has its own times.
    if phase <= Phase::Listed && competition.round().is_none_or(|round| round == 1) {
        let when = page
            .say("time-poll")
            .with("date", page.date(&poll.day))
            .with("from", page.hour(&poll.opens_at))
            .with("to", page.hour(&poll.closes_at));
        add(page.say("phase-polling"), when.to_string());
    }
    if phase <= Phase::Opened {
        add(page.say("time-count"), String::new());
    }
    add(page.say("time-certify"), String::new());
}
