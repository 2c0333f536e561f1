//! The announcement: the first entry, which fixes rules, dates and keys.

use super::act::{Act, Announcement, Poll};
use super::{Checked, Code, Context, Extra, Pinned, Refusal, Slot, Step, Taken};
use crate::calendar::{Date, intake_last_day, poll_day_allowed};
use crate::crypto::key::PublicKey;
use crate::crypto::test_keys::is_test_key;
use crate::ruleset::{BallotSecrecy, Electorate, RuleSet};
use std::collections::BTreeSet;

/// Longest text that is published word for word, in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;

impl super::Competition {
    /// Decides the announcement.
    pub fn announce(checked: &Checked, pinned: &Pinned, context: &Context<'_>) -> Result<Step, Refusal> {
        let statement = checked.statement();
        let Act::Announcement(act) = &statement.act else {
            return Err(Code::NoCompetition.into());
        };
        let header = &statement.header;
        if header.competition != pinned.origin {
            return Err(Code::WrongCompetition.because(format!("this ledger is {}", pinned.origin)));
        }
        let draft = header.head.is_some() || header.phase.is_some() || header.not_after.is_some();
        if header.rules.is_some() || header.candidates.is_some() || header.round.is_some() || draft {
            return Err(Code::BadPayload.because("an announcement names no rule set, list, round or head"));
        }
        let signers: Vec<_> = checked.signers().collect();
        if signers.len() != 1 || !pinned.organisers.iter().any(|key| key.id() == signers[0]) {
            return Err(Code::WrongRole.because("only a pinned organiser announces"));
        }
        if let Some(problem) = act.rule_set.problems().first() {
            return Err(Code::BadRules.because(problem.words()));
        }
        check_office(act, pinned)?;
        check_dates(act, context)?;
        check_members(act, pinned)?;
        for title in [
            &act.title.ky,
            &act.title.ru,
            &act.title.en,
            &act.outlet,
            &act.poll.place,
        ] {
            check_text(title)?;
        }
        if act.reruns.as_ref() == Some(&pinned.origin) {
            return Err(Code::BadPayload.because("a re-run names another competition than itself"));
        }
        let electors = elector_keys(&act.rule_set, context)?;
        check_electors(act, pinned, &electors)?;
        Ok(Step {
            hash: statement.hash,
            taken: Taken::Act {
                signers,
                act: statement.act.clone(),
                extra: Extra::Announced(pinned.clone(), electors),
            },
        })
    }
}

fn check_office(act: &Announcement, pinned: &Pinned) -> Result<(), Refusal> {
    if act.log_key != pinned.log_key {
        return Err(Code::LogKey.because(format!("the log key is {}", pinned.log_key)));
    }
    if act.rehearsal != pinned.rehearsal {
        return Err(Code::Rehearsal.because(format!(
            "this office is for {}",
            if pinned.rehearsal {
                "rehearsals"
            } else {
                "real competitions"
            }
        )));
    }
    let keys = act
        .members
        .iter()
        .map(|member| &member.enrolment.key)
        .chain(&pinned.organisers);
    match keys.map(PublicKey::id).find(is_test_key) {
        Some(id) if !pinned.rehearsal => Err(Code::TestKey.because(format!("key {id}"))),
        _ => Ok(()),
    }
}

fn check_dates(act: &Announcement, context: &Context<'_>) -> Result<(), Refusal> {
    let calendar = &act.rule_set.calendar;
    let today = context.now.date();
    if act.published < today || act.published > today.plus_days(31) {
        return Err(Code::BadDates.because(format!("publication is on {today} or within 31 days after it")));
    }
    // R21: documents are accepted within one month of publication.
    let last_day = intake_last_day(act.published, calendar);
    if act.intake_last_day != last_day {
        return Err(Code::BadDates.because(format!("the last day of intake is {last_day}")));
    }
    check_poll(&act.rule_set, last_day, &act.poll)
}

/// R17: the poll lies on one day within the window.
pub(super) fn check_poll(rules: &RuleSet, last_day: Date, poll: &Poll) -> Result<(), Refusal> {
    if !poll_day_allowed(last_day, poll.day, &rules.calendar) {
        let (min, max) = (rules.calendar.poll_min_days, rules.calendar.poll_max_days);
        let (first, last) = (last_day.plus_days(i64::from(min)), last_day.plus_days(i64::from(max)));
        return Err(Code::PollDay.because(format!("poll day lies from {first} to {last}")));
    }
    if poll.opens_at < poll.day.start() || poll.opens_at >= poll.closes_at || poll.closes_at > poll.day.end() {
        return Err(Code::PollDay.because("polling opens before it closes, both on poll day"));
    }
    check_text(&poll.place)
}

fn check_members(act: &Announcement, pinned: &Pinned) -> Result<(), Refusal> {
    let slots: Vec<_> = act.members.iter().map(|member| member.slot).collect();
    // R16: one representative each of four bodies.
    if slots != Slot::ALL {
        return Err(Code::Members.because("one member per slot, in slot order"));
    }
    let persons: BTreeSet<_> = act
        .members
        .iter()
        .map(|member| crate::eligibility::fold(&member.person))
        .collect();
    let mut keys: BTreeSet<_> = act.members.iter().map(|member| member.enrolment.key.id()).collect();
    keys.extend(pinned.organisers.iter().map(PublicKey::id));
    keys.insert(pinned.log_key);
    let bodies: BTreeSet<_> = act
        .members
        .iter()
        .map(|member| crate::eligibility::fold(&member.body))
        .collect();
    if bodies.len() != 4 {
        return Err(Code::Members.because("four bodies"));
    }
    if persons.len() != 4 || keys.len() != 5 + pinned.organisers.len() {
        return Err(Code::Members.because("four persons, and keys that serve in no other role"));
    }
    for member in &act.members {
        check_text(&member.person)?;
        check_text(&member.body)?;
        let possession = member.enrolment.check(&pinned.origin, &member.slot.role());
        possession.map_err(|_| Code::BadPossession.because(format!("slot {}", member.slot)))?;
    }
    Ok(())
}

/// Roles never mix: an elector's key serves in no other.
fn check_electors(act: &Announcement, pinned: &Pinned, electors: &[PublicKey]) -> Result<(), Refusal> {
    let members = act.members.iter().map(|member| &member.enrolment.key);
    let mut others: BTreeSet<_> = members.chain(&pinned.organisers).map(PublicKey::id).collect();
    others.insert(pinned.log_key);
    for id in electors.iter().map(PublicKey::id) {
        if others.contains(&id) {
            return Err(Code::KeyInUse.because(format!("elector's key {id}")));
        }
        if !pinned.rehearsal && is_test_key(&id) {
            return Err(Code::TestKey.because(format!("elector's key {id}")));
        }
    }
    Ok(())
}

fn elector_keys(rules: &RuleSet, context: &Context<'_>) -> Result<Vec<PublicKey>, Refusal> {
    let (Electorate::Commission(roll) | Electorate::Listed(roll)) = &rules.electorate else {
        return Ok(Vec::new());
    };
    match (&roll.keys, rules.ballots) {
        (Some(sha256), BallotSecrecy::Named) => {
            let keys = super::polling::read_keys(sha256, roll.count, context)?;
            let distinct: BTreeSet<_> = keys.iter().map(PublicKey::id).collect();
            if distinct.len() != keys.len() {
                return Err(Code::BadAttachment.because("an elector's key stands twice"));
            }
            Ok(keys)
        }
        _ => Ok(Vec::new()),
    }
}

/// Published text: 1 to 4,000 characters.
pub(super) fn check_text(text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > MAX_TEXT_CHARS {
        return Err(Code::TextLength.because(format!("{length} characters")));
    }
    Ok(())
}
