//! R16: the four slots of the counting commission and what each has done.

use super::event::Event;
use crate::competition::act::{Act, Duty, Ending, Kind};
use crate::competition::{Competition, Slot};
use crate::web::{Page, Said};

/// A slot for readers.
#[derive(Debug, Clone)]
pub struct SlotView {
    /// The slot, in the reader's language.
    pub slot: Said,
    /// The body's name in the announcement.
    pub body: String,
    /// The person.
    pub person: String,
    /// Key id.
    pub key: String,
    /// How it ended about the protocol: `signed`, `dissenting`, `refusing`, `absent`, `open`; none before the count.
    pub ending: Option<&'static str>,
    /// When, if it has.
    pub when: Option<String>,
    /// A dissent or a refusal's reason, word for word.
    pub words: Option<String>,
    /// Whether every ballot of the last round is signed; none before the box is opened.
    pub ballots: Option<&'static str>,
}

/// The four, in their order.
pub fn slots(competition: &Competition, events: &[Event], page: &Page) -> Vec<SlotView> {
    let members = competition.members().iter();
    let view = |member: &crate::competition::Seated| {
        let own = protocol_event(events, member.slot);
        SlotView {
            slot: page.say_of("slot", member.slot),
            body: member.body.clone(),
            person: member.person.clone(),
            key: member.key.id().to_string(),
            ending: ending(competition, member.slot),
            when: own.map(|event| page.time(&event.time)),
            words: own.and_then(Event::words).map(str::to_owned),
            ballots: ballots(competition, events, member.slot),
        }
    };
    members.map(view).collect()
}

fn protocol_event(events: &[Event], slot: Slot) -> Option<&Event> {
    let of_protocol = |event: &&Event| {
        let own = matches!(
            event.act.kind(),
            Kind::ProtocolSigned | Kind::ProtocolRefused | Kind::ProtocolDissented
        );
        own && event.slot() == Some(slot) || event.attests_absence(slot, Duty::Protocol)
    };
    events.iter().rev().find(of_protocol)
}

fn ending(competition: &Competition, slot: Slot) -> Option<&'static str> {
    competition.outcome()?;
    let ending = competition.frozen().and_then(|frozen| frozen.ending(slot));
    Some(match ending {
        Some(Ending::Signed) => "signed",
        Some(Ending::Dissenting) => "dissenting",
        Some(Ending::Refusing) => "refusing",
        Some(Ending::Absent) => "absent",
        None => "open",
    })
}

fn ballots(competition: &Competition, events: &[Event], slot: Slot) -> Option<&'static str> {
    let round = competition
        .rounds()
        .iter()
        .rev()
        .find(|round| !round.ballots().is_empty())?;
    // Named ballots are in the record before polling is closed; nobody signs them before.
    round.closing()?;
    if round.signed().contains_key(&slot) {
        return Some("signed");
    }
    let absent = events.iter().any(|event| event.attests_absence(slot, Duty::Ballots));
    Some(if absent { "absent" } else { "open" })
}

/// What the certification states of the term.
pub fn term(events: &[Event], page: &Page) -> Option<Said> {
    events.iter().rev().find_map(|event| match &event.act {
        Act::Certification(act) => Some(
            page.say("result-term")
                .with("from", page.date(&act.term_start))
                .with("to", page.date(&act.term_end)),
        ),
        _ => None,
    })
}
