//! `docs/STATES.md` against the rules: every statement in every phase, and every cell of the permission table.
//!
//! `ESEP_BLESS=1` rewrites the two tables of the document.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]
#![expect(clippy::too_many_lines, reason = "one arm for each kind of statement")]

use crate::story::story;
use esep::ballot::Ratings;
use esep::competition::act::{
    AbsenceAttested, Act, Amendment, Annulment, Appeal, AppealDecided, AssociationKeyReplaced, Attachment, Attendance,
    BallotCast, BallotsOpened, BallotsSigned, CandidateList, CardDisputed, CardsPrepared, Certification,
    ContestDecided, Duty, Ending, Extension, Field, KeyReplaced, Kind, LotCommitted, LotDrawn, LotRevealed,
    MemberReplaced, Moment, Nomination, Objection, ObserverAdmitted, PollDayMoved, PollingClosed, PollingOpened,
    ProtocolDissented, ProtocolRefused, ProtocolSigned, RuleDecision, ScreeningDecision, SlotOutcome, Withdrawal,
};
use esep::competition::{Checked, Context, Head, Header, PROTOCOL_TYPE, Phase, Placed, Role, Slot, Statement, allow};
use esep::crypto::dsse::{Envelope, pae};
use esep::crypto::hash::Digest;
use esep::crypto::key::{Enrolment, SecretKey};
use esep::demo::cast::{Trait, opening};
use esep::demo::story::{nonce, sign_each};
use esep::demo::{Desk, MemoryOffice, Story};
use esep::eligibility::{Reason, SCREENED};
use esep::ruleset::{RuleSet, TieRule};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

type Played = Story<MemoryOffice>;

/// Three candidates for one seat; a tie at the seat goes to a drawing by hand.
fn rules() -> RuleSet {
    let mut rules = RuleSet::commission_2014();
    rules.seats = 1;
    rules.ties = vec![TieRule::ByHand];
    rules
}

fn fresh(candidates: usize, tie: bool) -> Played {
    story(rules(), candidates, tie)
}

fn announced() -> Played {
    let mut story = fresh(3, false);
    story.announce().unwrap();
    story.desk.set_now(story.plan.day.plus_days(1).at(9, 0));
    for index in 0..story.applicants.len() - 1 {
        story.nominate(index).unwrap();
    }
    story
}

fn after_intake() -> Played {
    let mut story = fresh(3, false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.desk.set_now(story.desk.now().plus_hours(9));
    story
}

fn decided() -> Played {
    let mut story = after_intake();
    let contest = best(&mut story, Kind::ContestDecided);
    story.desk.submit(contest).unwrap();
    for index in 0..story.applicants.len() {
        let against = match story.applicants[index].oddity {
            Trait::InOrder | Trait::AdmittedOnAppeal => None,
            Trait::TooYoung => Some(("R10", Reason::TooYoung)),
            Trait::AssociationOfTwo => Some(("R8", Reason::TooFewOrganisations)),
            Trait::DocumentMissing => Some(("R20", Reason::DocumentMissing)),
            Trait::Convicted => Some(("R11", Reason::Convicted)),
            Trait::Servant => Some(("R14", Reason::Servant)),
            Trait::Contested | Trait::Withdraws => continue,
        };
        story.screen(index, against).unwrap();
    }
    story
}

fn appealed() -> Played {
    let mut story = decided();
    let appeal = best(&mut story, Kind::Appeal);
    story.desk.submit(appeal).unwrap();
    story
}

fn decidedly_over() -> Played {
    let mut story = decided();
    story.desk.set_now(story.desk.now().plus_hours(24 * 4));
    story
}

fn listed(tie: bool) -> Played {
    let mut story = fresh(3, tie);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story
}

fn on_poll_day() -> Played {
    let mut story = listed(false);
    story.desk.set_now(story.poll.opens_at.plus_minutes(-30));
    story
}

fn prepared() -> Played {
    let mut story = listed(false);
    story.prepare().unwrap();
    story.desk.set_now(story.poll.opens_at);
    story
}

fn polling() -> Played {
    let mut story = prepared();
    story.open_polling().unwrap();
    story
}

fn polling_over() -> Played {
    let mut story = polling();
    story.vote().unwrap();
    for slot in Slot::ALL {
        let key = story.cast.member(slot).clone();
        let at = Moment::Closing;
        story.state(&key, Attendance { slot, at }).unwrap();
    }
    story.desk.set_now(story.poll.closes_at);
    story
}

fn closed(tie: bool) -> Played {
    let mut story = listed(tie);
    story.prepare().unwrap();
    story.open_polling().unwrap();
    story.vote().unwrap();
    story.close_polling().unwrap();
    story
}

fn revealed() -> Played {
    let mut story = closed(false);
    story.reveal(&Slot::ALL).unwrap();
    story
}

/// The moment inside the opening of the box: an office never stops there, so the step is taken by hand.
fn opening_box() -> Played {
    let mut story = revealed();
    let envelope = best(&mut story, Kind::BallotsOpened);
    let head = story.desk.view().unwrap().head;
    let mut state = story.desk.competition.take().unwrap();
    let checked = Checked::check(Statement::read(envelope).unwrap(), &state).unwrap();
    let (now, stored) = (story.desk.now(), story.desk.shelf());
    let step = state.decide(&checked, &Context { now, head, stored }).unwrap();
    let placed = Placed {
        seq: head.size,
        time: now,
    };
    state.evolve(step, placed);
    story.desk.competition = Some(state);
    story
}

fn opened() -> Played {
    let mut story = closed(false);
    story.open_box().unwrap();
    for slot in &Slot::ALL[..3] {
        story.sign_all(*slot).unwrap();
    }
    story
}

fn opened_silent() -> Played {
    let mut story = opened();
    story.desk.set_now(story.desk.now().plus_hours(25));
    story
}

fn tied() -> Played {
    let mut story = closed(true);
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story
}

fn counted() -> Played {
    let mut story = closed(false);
    story.open_box().unwrap();
    story.sign_ballots().unwrap();
    story
}

fn three_signed() -> Played {
    let mut story = counted();
    for slot in &Slot::ALL[..3] {
        let signed = signs(&mut story, *slot);
        let key = story.cast.member(*slot).clone();
        story.state(&key, signed).unwrap();
    }
    story.desk.set_now(story.desk.now().plus_hours(25));
    story
}

fn all_signed() -> Played {
    let mut story = three_signed();
    let last = best(&mut story, Kind::ProtocolSigned);
    story.desk.submit(last).unwrap();
    story
}

fn certified() -> Played {
    let mut story = all_signed();
    let last = best(&mut story, Kind::Certification);
    story.desk.submit(last).unwrap();
    story
}

fn failed() -> Played {
    let mut story = fresh(1, false);
    story.announce().unwrap();
    story.intake().unwrap();
    story.screening().unwrap();
    story.list().unwrap();
    story
}

fn annulled() -> Played {
    let mut story = listed(false);
    let annulment = best(&mut story, Kind::Annulment);
    story.desk.submit(annulment).unwrap();
    story
}

/// States of each phase. A cell is `yes` if one of them takes the statement, else the first one's refusal.
fn states(phase: Option<Phase>) -> Vec<Played> {
    match phase {
        None => vec![fresh(3, false)],
        Some(Phase::Intake) => vec![announced()],
        Some(Phase::Screening) => vec![after_intake(), decided(), appealed(), decidedly_over()],
        Some(Phase::Listed) => vec![on_poll_day(), prepared()],
        Some(Phase::Polling) => vec![polling(), polling_over()],
        Some(Phase::Closed) => vec![closed(false), revealed()],
        Some(Phase::Opening) => vec![opening_box()],
        Some(Phase::Opened) => vec![opened(), opened_silent()],
        Some(Phase::Tied) => vec![tied()],
        Some(Phase::Counted) => vec![counted(), three_signed(), all_signed()],
        Some(Phase::Certified) => vec![certified()],
        Some(Phase::Failed) => vec![failed()],
        Some(Phase::Annulled) => vec![annulled()],
    }
}

fn signs(story: &mut Played, slot: Slot) -> ProtocolSigned {
    let bytes = story.desk.protocol().unwrap_or_default();
    ProtocolSigned {
        slot,
        protocol: Digest::of(&bytes),
        signature: story.cast.member(slot).sign(&pae(PROTOCOL_TYPE, &bytes)),
    }
}

fn commit(story: &mut Played, field: &str, subject: &Digest) -> Digest {
    let opening = opening(field, &subject.to_string(), json!("because"), &mut story.chance);
    story.desk.store_opening(opening).unwrap()
}

/// The statement of this kind, as good as it can be made in this state, signed by whom the rules ask.
fn best(story: &mut Played, kind: Kind) -> Envelope {
    let act = act_of(story, kind);
    let slot = Slot::Cec;
    let members = match kind {
        Kind::CardsPrepared
        | Kind::PollingOpened
        | Kind::PollingClosed
        | Kind::BallotsOpened
        | Kind::LotDrawn
        | Kind::Certification
        | Kind::Annulment => Slot::ALL.to_vec(),
        Kind::AbsenceAttested => Slot::ALL[..3].to_vec(),
        _ if esep::competition::authors(kind) == ["counting member"] => vec![slot],
        _ => Vec::new(),
    };
    let mut envelope = written(story, &act, members.len() > 1);
    for slot in &members {
        envelope.sign(story.cast.member(*slot));
    }
    let author: Option<SecretKey> = match esep::competition::authors(kind)[0] {
        _ if !members.is_empty() => None,
        "organiser" => Some(story.cast.organiser.clone()),
        "association" => Some(match kind {
            Kind::Nomination => story.applicants.last().unwrap().key.clone(),
            Kind::Appeal => appellant(story).0,
            _ => story.applicants[0].key.clone(),
        }),
        _ => Some(elector(story)),
    };
    if let Some(author) = author {
        envelope.sign(&author);
    }
    if story.desk.competition.as_ref().is_some_and(|state| state.to_open() > 0) && kind == Kind::BallotCast {
        let mut sealed = story.cast_ballots.clone();
        sealed.sort_by_key(Envelope::pae_hash);
        return sealed.swap_remove(0);
    }
    envelope
}

fn written(story: &mut Played, act: &Act, shared: bool) -> Envelope {
    let view = story.desk.view().ok();
    let first = act.kind() == Kind::Announcement;
    let nothing = Head {
        size: 0,
        root: esep::ledger::tree::root_of(&[]),
    };
    let header = Header {
        competition: story.desk.origin(),
        nonce: nonce(&mut rand::rng()),
        rules: view.as_ref().filter(|_| !first).map(|view| view.rules),
        candidates: view.as_ref().filter(|_| !first).and_then(|view| view.candidates),
        round: view.as_ref().filter(|_| !first).and_then(|view| view.round),
        head: shared.then(|| view.as_ref().map_or(nothing, |view| view.head)),
        phase: shared.then(|| view.as_ref().map_or(Phase::Intake, |view| view.phase)),
        not_after: shared.then(|| story.desk.now().plus_hours(1)),
    };
    Statement::write(&header, act).unwrap()
}

fn elector(story: &mut Played) -> SecretKey {
    if story.cards.is_empty() {
        return story.applicants[0].own.clone();
    }
    let unused = story.voted.iter().max().map_or(0, |last| last + 1);
    story.cards[unused].key(&story.desk.origin(), 1)
}

/// The association whose nomination was refused: key and nomination.
fn appellant(story: &Played) -> (SecretKey, Digest) {
    let young = story
        .applicants
        .iter()
        .find(|one| one.oddity == Trait::TooYoung)
        .unwrap();
    (young.key.clone(), young.nomination.unwrap_or(Digest::ZERO))
}

fn act_of(story: &mut Played, kind: Kind) -> Act {
    let fresh = SecretKey::generate(&mut rand::rng());
    let origin = story.desk.origin();
    let slot = Slot::Cec;
    let nomination = story.applicants[0].nomination.unwrap_or(Digest::ZERO);
    let empty = Attachment::of(&[]);
    match kind {
        Kind::Announcement => story.announcement().into(),
        Kind::Extension => {
            let last_day = story.announcement().intake_last_day.plus_days(2);
            let poll = story.poll.clone();
            Extension {
                last_day,
                poll,
                reason: "late newspaper".into(),
            }
            .into()
        }
        Kind::PollDayMoved => {
            let mut poll = story.poll.clone();
            (poll.opens_at, poll.closes_at) = (poll.day.at(19, 0), poll.day.at(20, 0));
            PollDayMoved {
                poll,
                reason: "the hall is taken".into(),
            }
            .into()
        }
        Kind::ObserverAdmitted => ObserverAdmitted {
            name: "Байкоочу".into(),
            enrolment: Enrolment::make(&fresh, &origin, "observer"),
        }
        .into(),
        Kind::Nomination => {
            let mut last = story.applicants.pop().unwrap();
            let fields = last.bring_papers(&mut story.desk, &mut story.chance).unwrap();
            let association = Enrolment::make(&last.key, &origin, "association");
            story.applicants.push(last);
            Nomination {
                association,
                fields,
                candidate_key: None,
            }
            .into()
        }
        Kind::Amendment => {
            let subject = story.applicants[0].key.public().id().to_string();
            let value = json!("Коомдук иште он беш жыл");
            let field = opening(Field::Experience.as_str(), &subject, value, &mut story.chance);
            let fields = BTreeMap::from([(Field::Experience, story.desk.store_opening(field).unwrap())]);
            Amendment { nomination, fields }.into()
        }
        Kind::Withdrawal => Withdrawal { nomination }.into(),
        Kind::Appeal => {
            let nomination = appellant(story).1;
            let text = commit(story, "appeal", &nomination);
            Appeal { nomination, text }.into()
        }
        Kind::ScreeningDecision => {
            let decision = |rule: &str, story: &mut Played| {
                let value = json!({ "finding": "met", "reason": "in_order" });
                let made = opening(
                    &format!("screening/{rule}"),
                    &nomination.to_string(),
                    value,
                    &mut story.chance,
                );
                RuleDecision {
                    rule: rule.into(),
                    decision: story.desk.store_opening(made).unwrap(),
                }
            };
            let decisions = SCREENED.iter().map(|rule| decision(rule, story)).collect();
            ScreeningDecision { nomination, decisions }.into()
        }
        Kind::AppealDecided => {
            let nomination = appellant(story).1;
            let reason = commit(story, "appeal_decided", &nomination);
            AppealDecided {
                nomination,
                upheld: false,
                reason,
            }
            .into()
        }
        Kind::ContestDecided => {
            let loser = story
                .applicants
                .iter()
                .find(|one| one.oddity == Trait::Contested)
                .unwrap();
            let mut nominations = vec![nomination, loser.nomination.unwrap_or(Digest::ZERO)];
            nominations.sort();
            let reason = commit(story, "contest_decided", &nomination);
            ContestDecided {
                nominations,
                stands: nomination,
                reason,
            }
            .into()
        }
        Kind::CandidateList => list_act(story, &empty),
        Kind::AssociationKeyReplaced => {
            let subject = story.applicants[0].key.public().id().to_string();
            let letter = story.desk.store_document(b"a new letter".to_vec()).unwrap();
            let made = opening("letter", &subject, json!(letter), &mut story.chance);
            AssociationKeyReplaced {
                nomination,
                association: Enrolment::make(&fresh, &origin, "association"),
                letter: story.desk.store_opening(made).unwrap(),
            }
            .into()
        }
        Kind::Annulment => Annulment {
            reason: "a court".into(),
            outside_act: Some(Digest::of(b"act")),
        }
        .into(),
        kind => act_of_members(story, kind, slot, &fresh),
    }
}

/// The list of those whom `decided` leaves admitted.
fn list_act(story: &mut Played, empty: &Attachment) -> Act {
    if story.applicants[0].nomination.is_none() {
        let list = empty.clone();
        return CandidateList { list, count: 0 }.into();
    }
    let file = story.list_file().unwrap();
    let count = u32::try_from(file.candidates.len()).unwrap();
    let list = story
        .desk
        .attach(esep::crypto::jcs::to_canonical(&file).unwrap())
        .unwrap();
    CandidateList { list, count }.into()
}

fn act_of_members(story: &mut Played, kind: Kind, slot: Slot, fresh: &SecretKey) -> Act {
    let origin = story.desk.origin();
    let member = story.cast.member(slot).clone();
    let (box_root, signatures) = signatures(story, &member);
    let ProtocolSigned {
        protocol, signature, ..
    } = signs(story, slot);
    let nonce = story.nonces.get(&slot).copied().unwrap_or([7; 32]);
    match kind {
        Kind::Attendance => {
            let phase = story.desk.view().map(|view| view.phase);
            let opening = phase.is_ok_and(|phase| phase == Phase::Listed);
            let at = if opening { Moment::Opening } else { Moment::Closing };
            Attendance { slot, at }.into()
        }
        Kind::MemberReplaced => MemberReplaced {
            slot,
            person: "Сатаров Темир".into(),
            enrolment: Enrolment::make(fresh, &origin, &slot.role()),
            reason: "illness".into(),
        }
        .into(),
        Kind::KeyReplaced => KeyReplaced {
            slot,
            enrolment: Enrolment::make(fresh, &origin, &slot.role()),
        }
        .into(),
        Kind::CardsPrepared => {
            let keys: Vec<_> = (0..5)
                .map(|_| SecretKey::generate(&mut rand::rng()).public().clone())
                .collect();
            CardsPrepared {
                cards: story.key_list(&keys).unwrap(),
            }
            .into()
        }
        Kind::LotCommitted => LotCommitted {
            slot,
            commitment: esep::tally::commitment(&origin, 1, slot.as_str(), &nonce),
        }
        .into(),
        Kind::PollingOpened => PollingOpened {
            closes_at: story.poll.closes_at,
        }
        .into(),
        Kind::PollingClosed if story.desk.competition.is_some() => story.closing().unwrap().into(),
        Kind::PollingClosed => PollingClosed {
            box_root,
            box_count: 0,
            roll: Attachment::of(&[]),
            taken: 0,
            unused: story.key_list(&[]).unwrap(),
            spoiled: story.key_list(&[]).unwrap(),
        }
        .into(),
        Kind::LotRevealed => LotRevealed {
            slot,
            reveal: Digest::from_bytes(nonce),
        }
        .into(),
        Kind::BallotsOpened => BallotsOpened { box_root }.into(),
        Kind::BallotsSigned => BallotsSigned {
            slot,
            box_root,
            signatures,
        }
        .into(),
        Kind::Objection => Objection {
            slot,
            text: "the room was cold".into(),
            ballot: None,
        }
        .into(),
        Kind::CardDisputed => {
            let card = elector(story).public().id();
            CardDisputed {
                slot,
                card,
                text: "found it used".into(),
            }
            .into()
        }
        Kind::ProtocolSigned => ProtocolSigned {
            slot,
            protocol,
            signature,
        }
        .into(),
        Kind::ProtocolRefused => ProtocolRefused {
            slot,
            protocol,
            reason: "no".into(),
        }
        .into(),
        Kind::ProtocolDissented => ProtocolDissented {
            slot,
            protocol,
            signature,
            text: "but".into(),
        }
        .into(),
        Kind::AbsenceAttested => {
            let duty = match story.desk.view().map(|view| view.phase) {
                Ok(Phase::Opened) => Duty::Ballots,
                Ok(Phase::Counted) => Duty::Protocol,
                _ => Duty::Closing,
            };
            AbsenceAttested {
                slots: vec![slot],
                duty,
            }
            .into()
        }
        Kind::LotDrawn => {
            let state = story.desk.competition.as_ref();
            let order = state.and_then(esep::competition::Competition::tied).unwrap_or_default();
            LotDrawn {
                order,
                record: "from a hat".into(),
            }
            .into()
        }
        Kind::Certification => {
            let outcome = |slot| SlotOutcome {
                slot,
                outcome: Ending::Signed,
            };
            let term_start = story.desk.now().date();
            let slots = Slot::ALL.into_iter().map(outcome).collect();
            Certification {
                protocol,
                slots,
                term_start,
                term_end: term_start.plus_years(5),
            }
            .into()
        }
        Kind::BallotCast => BallotCast {
            keys: vec![elector(story).public().id()],
            ratings: Ratings::new(),
        }
        .into(),
        other => unreachable!("{other:?} is made elsewhere"),
    }
}

fn signatures(story: &mut Played, member: &SecretKey) -> (Digest, Attachment) {
    let ballots = story.desk.opened_ballots().unwrap_or_default();
    let signatures = story.desk.attach(sign_each(member, &ballots)).unwrap();
    let state = story.desk.competition.as_ref();
    let closed = state.and_then(|state| state.rounds().last().and_then(esep::competition::Round::closed_box));
    (closed.map_or(Digest::ZERO, |(root, _)| root), signatures)
}

fn phases() -> impl Iterator<Item = Option<Phase>> {
    std::iter::once(None).chain(Phase::ALL.into_iter().map(Some))
}

fn name(phase: Option<Phase>) -> &'static str {
    phase.map_or("new", Phase::as_str)
}

/// What the rules say, column by column.
fn state_table() -> String {
    let mut columns = Vec::new();
    for phase in phases() {
        let mut cells = vec![String::new(); Kind::ALL.len()];
        for mut story in states(phase) {
            if let Some(state) = &story.desk.competition {
                assert_eq!(Some(state.phase(story.desk.now())), phase, "a state is in its phase");
            }
            for (cell, kind) in cells.iter_mut().zip(Kind::ALL) {
                let envelope = best(&mut story, *kind);
                match story.desk.ask(envelope) {
                    Ok(()) => *cell = "yes".into(),
                    Err(refusal) if cell.is_empty() => *cell = refusal.code.as_str().into(),
                    Err(_) => {}
                }
            }
        }
        columns.push(cells);
    }
    let heads: Vec<_> = phases().map(name).collect();
    let mut table = format!(
        "| statement | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for (row, kind) in Kind::ALL.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|column| column[row].as_str()).collect();
        writeln!(table, "| `{}` | {} |", kind.as_str(), cells.join(" | ")).unwrap();
    }
    table
}

const ROLES: [(&str, &[Role]); 5] = [
    ("organiser", &[Role::Organiser]),
    (
        "counting member",
        &[
            Role::CountingMember(Slot::PresidentsOffice),
            Role::CountingMember(Slot::GovernmentOffice),
            Role::CountingMember(Slot::Ombudsman),
            Role::CountingMember(Slot::Cec),
        ],
    ),
    ("association", &[Role::Association]),
    ("elector", &[Role::Elector]),
    ("observer", &[Role::Observer]),
];

fn role_table() -> String {
    let heads: Vec<_> = ROLES.iter().map(|(name, _)| *name).collect();
    let mut table = format!(
        "| statement | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for kind in Kind::ALL {
        let cell = |roles: &[Role]| {
            let allowed = |role: Role| Phase::ALL.into_iter().filter(move |phase| allow(role, *kind, *phase));
            let phases: Vec<_> = allowed(roles[0]).map(Phase::as_str).collect();
            assert!(
                roles.iter().all(|role| allowed(*role).eq(allowed(roles[0]))),
                "slots are alike"
            );
            if phases.is_empty() {
                "-".to_owned()
            } else {
                phases.join(" ")
            }
        };
        let cells: Vec<_> = ROLES.iter().map(|(_, roles)| cell(roles)).collect();
        writeln!(table, "| `{}` | {} |", kind.as_str(), cells.join(" | ")).unwrap();
    }
    table
}

/// Compares the table between two marks of the document, or writes it there.
fn compare(mark: &str, table: &str) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/STATES.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {mark}: begin -->\n"), format!("<!-- {mark}: end -->"));
    let start = text.find(&open).unwrap() + open.len();
    let end = start + text[start..].find(&close).unwrap();
    if std::env::var_os("ESEP_BLESS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &text[..start], &text[end..])).unwrap();
        return;
    }
    for (written, found) in text[start..end].lines().zip(table.lines()) {
        assert_eq!(written, found, "docs/STATES.md differs from the rules");
    }
    assert_eq!(&text[start..end], table);
}

#[test]
fn every_statement_in_every_phase_is_as_documented() {
    compare("states", &state_table());
}

#[test]
fn every_cell_of_the_permission_table_is_as_documented() {
    compare("roles", &role_table());
}

/// The two tables agree: what a phase does not take for any role, no state of that phase accepts.
#[test]
fn what_is_accepted_is_permitted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/STATES.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let kind = Kind::of_name(cells.next()?.trim_end_matches('`'))?;
        let cells: Vec<_> = cells.map(|cell| cell.trim_end_matches(" |").to_owned()).collect();
        (cells.len() == 13).then_some((kind, cells))
    });
    let mut seen = 0;
    for (kind, cells) in rows {
        for (phase, cell) in Phase::ALL.into_iter().zip(&cells[1..]) {
            let permitted = ROLES.iter().any(|(_, roles)| allow(roles[0], kind, phase));
            assert_eq!(cell == "yes", permitted, "{} in {phase}", kind.as_str());
            seen += 1;
        }
    }
    assert_eq!(seen, Kind::ALL.len() * Phase::ALL.len());
}

/// What the desk calls ready is what the rules take, and nothing that they take is missing from it.
#[test]
fn the_tasks_of_the_commission_are_what_the_rules_take() {
    const DUTIES: [Kind; 11] = [
        Kind::CardsPrepared,
        Kind::Attendance,
        Kind::LotCommitted,
        Kind::PollingOpened,
        Kind::PollingClosed,
        Kind::LotRevealed,
        Kind::BallotsOpened,
        Kind::BallotsSigned,
        Kind::LotDrawn,
        Kind::ProtocolSigned,
        Kind::Certification,
    ];
    let plays: [fn() -> Played; 14] = [
        announced,
        || listed(false),
        on_poll_day,
        prepared,
        polling,
        polling_over,
        || closed(false),
        revealed,
        opened,
        tied,
        counted,
        three_signed,
        all_signed,
        certified,
    ];
    let mut seen = std::collections::BTreeSet::new();
    for play in plays {
        let mut story = play();
        let now = story.desk.now();
        let commission = story.desk.competition.as_ref().unwrap().commission(now);
        for kind in DUTIES {
            let task = commission.tasks.iter().find(|task| task.act == kind.as_str());
            let ready = task.is_some_and(|task| task.ready && task.by.contains(&Slot::Cec));
            let envelope = best(&mut story, kind);
            let asked = story.desk.ask(envelope);
            let (phase, kind) = (commission.phase, kind.as_str());
            // Where no lot can be needed, a nonce is taken and asked of nobody.
            if kind.starts_with("lot_") && kind != "lot_drawn" && !commission.lot {
                assert!(task.is_none(), "{kind} in {phase}");
                seen.insert(kind);
                continue;
            }
            assert_eq!(ready, asked.is_ok(), "{kind} in {phase}: {task:?}, {asked:?}");
            if ready {
                seen.insert(kind);
            }
        }
    }
    assert_eq!(seen.len(), DUTIES.len(), "{seen:?}");
}
