//! The announcement and its dates.

use super::*;

#[test]
fn announcements_that_cannot_be() {
    let mut story = story(one_seat(), 3, false);
    let nobody = story.cast.members[0].clone();
    let mut envelope = story.desk_header_act(None);
    envelope.sign(&nobody);
    refused(story.desk.submit(envelope), Code::UnknownKey);
    refused(
        announce_with(&mut story, |_, header| header.competition = "esep.example/other".into()),
        Code::WrongCompetition,
    );
    refused(
        announce_with(&mut story, |_, header| header.round = Some(1)),
        Code::BadPayload,
    );
    refused(
        announce_with(&mut story, |act, _| act.rule_set.min_signatures = 1),
        Code::BadRules,
    );
    refused(
        announce_with(&mut story, |act, _| act.log_key = nobody.public().id()),
        Code::LogKey,
    );
    refused(
        announce_with(&mut story, |act, _| act.rehearsal = true),
        Code::Rehearsal,
    );
    let origin = story.desk.origin();
    let test = esep::crypto::test_keys::test_key(3);
    let enrolment = Enrolment::make(&test, &origin, &Slot::Cec.role());
    refused(
        announce_with(&mut story, |act, _| act.members[3].enrolment = enrolment),
        Code::TestKey,
    );
    refused(
        announce_with(&mut story, |act, _| act.published = act.published.plus_days(-1)),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| act.published = act.published.plus_days(32)),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| {
            act.intake_last_day = act.intake_last_day.plus_days(1);
        }),
        Code::BadDates,
    );
    refused(
        announce_with(&mut story, |act, _| act.members.swap(0, 1)),
        Code::Members,
    );
    refused(
        announce_with(&mut story, |act, _| act.members[1].person = "жапарова  АЙСУЛУУ".into()),
        Code::Members,
    );
    let wrong = Enrolment::make(&nobody, &origin, &Slot::Cec.role());
    refused(
        announce_with(&mut story, |act, _| act.members[0].enrolment = wrong),
        Code::BadPossession,
    );
    refused(
        announce_with(&mut story, |act, _| act.outlet = " ".into()),
        Code::TextLength,
    );
    refused(
        announce_with(&mut story, |act, _| act.outlet = "а".repeat(4001)),
        Code::TextLength,
    );
    announce_with(&mut story, |act, _| act.outlet = "а".repeat(4000)).unwrap();
    refused(announce_with(&mut story, |_, _| ()), Code::AlreadyAnnounced);
    let mut early = self::story(one_seat(), 3, false);
    refused(by_organiser_first(&mut early), Code::NoCompetition);
}

trait FirstWords {
    fn desk_header_act(&mut self, act: Option<Act>) -> esep::crypto::dsse::Envelope;
}

impl FirstWords for Played {
    fn desk_header_act(&mut self, act: Option<Act>) -> esep::crypto::dsse::Envelope {
        self.desk.set_now(self.plan.day.at(10, 0));
        let header = Header {
            competition: self.desk.origin(),
            nonce: nonce(&mut self.chance),
            rules: None,
            candidates: None,
            round: None,
            head: None,
            phase: None,
            not_after: None,
        };
        Statement::write(&header, &act.unwrap_or_else(|| self.announcement().into())).unwrap()
    }
}

fn by_organiser_first(story: &mut Played) -> Result<Answer, Turned> {
    let act = Annulment {
        reason: "before anything".into(),
        outside_act: None,
    };
    let mut envelope = story.desk_header_act(Some(act.into()));
    envelope.sign(&story.cast.organiser);
    story.desk.submit(envelope)
}

#[test]
fn poll_day_is_10_to_20_days_after_intake() {
    for (days, allowed) in [(9, false), (10, true), (20, true), (21, false)] {
        let mut story = story(one_seat(), 3, false);
        let played = announce_with(&mut story, |act, _| {
            let day = act.intake_last_day.plus_days(days);
            act.poll = Poll {
                day,
                opens_at: day.at(9, 0),
                closes_at: day.at(24, 0),
                place: "Ош".into(),
            };
        });
        if allowed {
            played.unwrap();
        } else {
            refused(played, Code::PollDay);
        }
    }
    let mut story = story(one_seat(), 3, false);
    refused(
        announce_with(&mut story, |act, _| act.poll.closes_at = act.poll.day.at(24, 1)),
        Code::PollDay,
    );
    refused(
        announce_with(&mut story, |act, _| act.poll.closes_at = act.poll.opens_at),
        Code::PollDay,
    );
}
