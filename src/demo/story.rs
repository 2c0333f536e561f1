//! The story, scene by scene. A test may play it up to any scene, and with any rule set.

use super::cast::{Applicant, Cast, Trait, applicants, opening};
use super::desk::{Answer, Desk, Turned, View};
use crate::ballot::{CandidateId, Ratings};
use crate::calendar::{Date, Time, intake_last_day};
use crate::competition::act::{
    AbsenceAttested, Act, Announcement, Appeal, AppealDecided, Attachment, Attendance, BallotCast, BallotsOpened,
    BallotsSigned, CandidateList, CardsPrepared, Certification, ContestDecided, Duty, Ending, Field, KeyList,
    LotCommitted, LotDrawn, LotRevealed, Member, Moment, Nomination, Poll, PollingClosed, PollingOpened,
    ProtocolDissented, ProtocolSigned, RuleDecision, ScreeningDecision, SlotOutcome, Title, Withdrawal,
};
use crate::competition::{
    Disclosed, Header, ListFile, ListedFile, Nonce, PROTOCOL_TYPE, Phase, Slot, Statement, policy_text,
};
use crate::crypto::card::CardCode;
use crate::crypto::dsse::{Envelope, pae};
use crate::crypto::hash::Digest;
use crate::crypto::jcs;
use crate::crypto::key::{Enrolment, PublicKey, SecretKey};
use crate::eligibility::{Finding, Reason, SCREENED};
use crate::ledger::note::Vkey;
use crate::ruleset::{BallotSecrecy, Electorate, RuleSet};
use crate::tally;
use anyhow::{Context as _, bail};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{CryptoRng, Rng, RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is played.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The rule set.
    pub rules: RuleSet,
    /// Admitted candidates.
    pub candidates: usize,
    /// Seed of everything but keys and nonces.
    pub seed: u64,
    /// First day: publication.
    pub day: Date,
    /// Whether the office is one for rehearsals.
    pub rehearsal: bool,
    /// Whether the vote ends in a tie at the last seat, twice.
    pub tie: bool,
    /// Vkey of the office's log for this competition.
    pub log: Vkey,
}

/// Everything the actors remember.
pub struct Story<D: Desk> {
    /// The office.
    pub desk: D,
    /// What is played.
    pub plan: Plan,
    /// Keys of organiser and members.
    pub cast: Cast,
    /// Associations and candidates.
    pub applicants: Vec<Applicant>,
    /// Codes of this round's cards, shuffled as they lie in the box.
    pub cards: Vec<CardCode>,
    /// Lot nonces of this round.
    pub nonces: BTreeMap<Slot, [u8; 32]>,
    /// Envelopes cast in this round.
    pub cast_ballots: Vec<Envelope>,
    /// Numbers of the electors who voted in this round, from 0, ascending.
    pub voted: Vec<usize>,
    /// Keys of a listed roll, for named ballots.
    pub roll_keys: Vec<SecretKey>,
    /// How electors vote; absent: as the story goes.
    pub choice: Option<Choice>,
    /// What happened, for people.
    pub lines: Vec<String>,
    /// Receipts of accepted statements and ballots.
    pub receipts: Vec<Answer>,
    closed_box: Option<(Digest, u32)>,
    /// While ballots are written nothing public changes: one look serves them all.
    seen: Option<View>,
    /// The poll of the present round.
    pub poll: Poll,
    last_day: Date,
    rng: StdRng,
    /// What keys, nonces, salts and card codes are drawn from.
    pub chance: StdRng,
    strength: Vec<CandidateId>,
}

type Played<T = ()> = Result<T, Turned>;

/// Ratings by round, number of the elector (from 0) and ballot paper; `None`: the elector never comes.
pub type Choice = Box<dyn FnMut(u32, usize, &[CandidateId]) -> Option<Ratings> + Send>;

impl<D: Desk> Story<D> {
    /// Assembles the cast; nothing has happened yet.
    pub fn new(desk: D, plan: Plan, cast: Cast) -> Self {
        Self::drawn(desk, plan, cast, rand::make_rng())
    }

    /// Like [`Self::new`], but keys, nonces, salts and card codes are drawn from this generator: a seeded one makes
    /// the same record every time, with keys that everybody can know.
    pub fn drawn(desk: D, mut plan: Plan, cast: Cast, mut chance: StdRng) -> Self {
        let roll_keys = roll_keys(&mut plan.rules, &mut chance);
        let last_day = intake_last_day(plan.day, &plan.rules.calendar);
        let poll_day = last_day.plus_days(i64::from(plan.rules.calendar.poll_min_days) + 3);
        let poll = Poll {
            day: poll_day,
            opens_at: poll_day.at(9, 0),
            closes_at: poll_day.at(18, 0),
            place: "Бишкек, Чүй пр. 1".into(),
        };
        Self {
            applicants: applicants(plan.candidates, plan.seed, last_day, &mut chance),
            rng: StdRng::seed_from_u64(plan.seed),
            chance,
            desk,
            plan,
            cast,
            cards: Vec::new(),
            nonces: BTreeMap::new(),
            cast_ballots: Vec::new(),
            voted: Vec::new(),
            roll_keys,
            choice: None,
            lines: Vec::new(),
            receipts: Vec::new(),
            closed_box: None,
            seen: None,
            poll,
            last_day,
            strength: Vec::new(),
        }
    }

    fn view(&mut self) -> anyhow::Result<View> {
        match &self.seen {
            Some(view) => Ok(view.clone()),
            None => self.desk.view(),
        }
    }

    /// Tells a line of the story.
    fn tell(&mut self, line: impl Into<String>) {
        let stamp = self.desk.now().bishkek();
        self.lines.push(format!("{stamp}  {}", line.into()));
    }

    /// The header that the present state asks for.
    pub fn header(&mut self) -> Played<Header> {
        let view = self.view()?;
        Ok(Header {
            competition: self.desk.origin(),
            nonce: nonce(&mut self.chance),
            rules: Some(view.rules),
            candidates: view.candidates,
            round: view.round,
            head: None,
            phase: None,
            not_after: None,
        })
    }

    /// An unsigned statement.
    pub fn write(&mut self, act: impl Into<Act>) -> Played<Envelope> {
        let header = self.header()?;
        Statement::write(&header, &act.into()).map_err(|refusal| Turned::Fault(refusal.into()))
    }

    /// Signs and sends the statement of one author.
    pub fn state(&mut self, key: &SecretKey, act: impl Into<Act>) -> Played<Answer> {
        let mut envelope = self.write(act)?;
        envelope.sign(key);
        self.send(envelope)
    }

    fn send(&mut self, envelope: Envelope) -> Played<Answer> {
        let answer = self.desk.submit(envelope)?;
        self.receipts.push(answer.clone());
        Ok(answer)
    }

    /// An unsigned act of several members, against the present head.
    pub fn write_shared(&mut self, act: impl Into<Act>) -> Played<Envelope> {
        let view = self.view()?;
        let mut header = self.header()?;
        header.head = Some(view.head);
        header.phase = Some(view.phase);
        header.not_after = Some(self.desk.now().plus_hours(2));
        Statement::write(&header, &act.into()).map_err(|refusal| Turned::Fault(refusal.into()))
    }

    /// All four members sign and send.
    pub fn members_state(&mut self, act: impl Into<Act>) -> Played<Answer> {
        let envelope = self.write_shared(act)?;
        let answer = self
            .desk
            .submit_shared(envelope, &self.cast.members.iter().collect::<Vec<_>>())?;
        self.receipts.push(answer.clone());
        Ok(answer)
    }

    /// The announcement's text.
    pub fn announcement(&self) -> Announcement {
        let origin = self.desk.origin();
        let bodies = [
            "Президенттин Аппараты",
            "Өкмөттүн Аппараты",
            "Акыйкатчы (Омбудсмен)",
            "Борбордук шайлоо комиссиясы",
        ];
        let persons = ["Жапарова Айсулуу", "Мамбетов Эркин", "Дүйшенова Гүлмира", "Ли Виктор"];
        let members = Slot::ALL.into_iter().enumerate().map(|(index, slot)| Member {
            slot,
            body: bodies[index].into(),
            person: persons[index].into(),
            enrolment: Enrolment::make(&self.cast.members[index], &origin, &slot.role()),
        });
        Announcement {
            title: Title {
                ky: "Комиссиянын жарандык коомдон мүчөлөрүн тандоо конкурсу".into(),
                ru: "Конкурс по отбору членов Комиссии от гражданского общества".into(),
                en: "Competition for the civil-society seats of the Commission".into(),
            },
            rule_set: Box::new(self.plan.rules.clone()),
            rehearsal: self.plan.rehearsal,
            outlet: "«Кыргыз Туусу»".into(),
            published: self.plan.day,
            intake_last_day: self.last_day,
            poll: self.poll.clone(),
            witness_policy: Digest::of(policy_text(&self.plan.log).as_bytes()),
            log_key: self.plan.log.key().id(),
            members: members.collect(),
            reruns: None,
        }
    }

    /// Scene 1: the announcement.
    pub fn announce(&mut self) -> Played {
        self.desk.set_now(self.plan.day.at(10, 0));
        if !self.roll_keys.is_empty() {
            self.desk.attach(key_bytes(&self.roll_keys))?;
        }
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
        let act = self.announcement().into();
        let mut envelope = Statement::write(&header, &act).map_err(|refusal| Turned::Fault(refusal.into()))?;
        envelope.sign(&self.cast.organiser);
        self.send(envelope)?;
        let (day, poll) = (self.last_day, self.poll.day);
        self.tell(format!(
            "the competition is announced: intake until {day}, poll on {poll}"
        ));
        Ok(())
    }

    /// One association nominates.
    pub fn nominate(&mut self, index: usize) -> Played<Answer> {
        let origin = self.desk.origin();
        let fields = self.applicants[index].bring_papers(&mut self.desk, &mut self.chance)?;
        let rules = &self.plan.rules;
        let named = rules.ballots == BallotSecrecy::Named && rules.electorate == Electorate::Candidates {};
        let applicant = &self.applicants[index];
        let act = Nomination {
            association: Enrolment::make(&applicant.key, &origin, "association"),
            fields,
            candidate_key: named.then(|| Enrolment::make(&applicant.own, &origin, "candidate")),
        };
        let mut envelope = self.write(act)?;
        envelope.sign(&self.applicants[index].key);
        let answer = self.send(envelope)?;
        self.applicants[index].nomination = Some(answer.hash);
        Ok(answer)
    }

    /// Scene 2: all nominate; one withdraws; one comes a second too late.
    pub fn intake(&mut self) -> Played {
        self.nominate_all()?;
        self.come_too_late()
    }

    /// All nominate inside intake; one withdraws.
    pub fn nominate_all(&mut self) -> Played {
        let count = self.applicants.len();
        for index in 0..count {
            let day = 1 + i64::try_from(index % 20).unwrap_or(0);
            let time = self
                .plan
                .day
                .plus_days(day)
                .at(11, 0)
                .plus_minutes(i64::try_from(index).unwrap_or(0));
            let time = time.max(self.desk.now());
            self.desk.set_now(time);
            self.nominate(index)?;
        }
        self.tell(format!("{count} associations have nominated"));
        if let Some(index) = self.find(Trait::Withdraws) {
            let nomination = self.nomination(index)?;
            let key = self.applicants[index].key.clone();
            self.state(&key, Withdrawal { nomination })?;
            self.tell("one association withdraws its nomination");
        }
        Ok(())
    }

    /// Intake ends by the clock, and a nomination a second later is refused.
    pub fn come_too_late(&mut self) -> Played {
        self.desk.set_now(self.last_day.end());
        let first = self.applicants[0].openings.clone();
        let late = self.nominate(0);
        self.applicants[0].openings = first;
        match late {
            Err(Turned::Refused { code, .. }) if code == "intake_closed" => {
                self.tell("a nomination at 00:00 after the last day is refused (R21)");
                Ok(())
            }
            Err(other) => Err(other),
            Ok(_) => Err(Turned::Fault(anyhow::anyhow!("a late nomination was accepted"))),
        }
    }

    fn find(&self, oddity: Trait) -> Option<usize> {
        self.applicants.iter().position(|applicant| applicant.oddity == oddity)
    }

    fn nomination(&self, index: usize) -> Played<Digest> {
        let found = self.applicants[index]
            .nomination
            .context("this association has not nominated");
        found.map_err(Turned::Fault)
    }

    /// The secretariat decides one nomination, rule by rule.
    pub fn screen(&mut self, index: usize, against: Option<(&str, Reason)>) -> Played<Answer> {
        let nomination = self.nomination(index)?;
        let mut decisions = Vec::new();
        for rule in SCREENED {
            let (finding, reason) = match against {
                Some((named, reason)) if named == rule => (Finding::NotMet, reason),
                _ => (Finding::Met, Reason::InOrder),
            };
            let value = json!({ "finding": finding, "reason": reason });
            let field = format!("screening/{rule}");
            let opening = opening(&field, &nomination.to_string(), value, &mut self.chance);
            decisions.push(RuleDecision {
                rule: rule.to_owned(),
                decision: self.desk.store_opening(opening)?,
            });
        }
        let key = self.cast.organiser.clone();
        self.state(&key, ScreeningDecision { nomination, decisions })
    }

    /// Scene 3: contests, decisions, an appeal.
    pub fn screening(&mut self) -> Played {
        self.desk.set_now(self.last_day.plus_days(1).at(9, 0));
        self.decide_contest()?;
        for index in 0..self.applicants.len() {
            let against = match self.applicants[index].oddity {
                Trait::InOrder => None,
                Trait::TooYoung => Some(("R10", Reason::TooYoung)),
                Trait::AssociationOfTwo => Some(("R8", Reason::TooFewOrganisations)),
                Trait::DocumentMissing => Some(("R20", Reason::DocumentMissing)),
                Trait::Convicted => Some(("R11", Reason::Convicted)),
                Trait::Servant => Some(("R14", Reason::Servant)),
                Trait::AdmittedOnAppeal => Some(("R12", Reason::EvidenceMissing)),
                Trait::Contested | Trait::Withdraws => continue,
            };
            self.screen(index, against)?;
        }
        self.tell("the secretariat has decided every nomination, rule by rule");
        self.appeal()
    }

    fn decide_contest(&mut self) -> Played {
        let Some(loser) = self.find(Trait::Contested) else {
            return Ok(());
        };
        let (stands, other) = (self.nomination(0)?, self.nomination(loser)?);
        let mut nominations = vec![stands, other];
        nominations.sort();
        let reason = opening(
            "contest_decided",
            &stands.to_string(),
            json!("the letter is signed by the chair in office"),
            &mut self.chance,
        );
        let reason = self.desk.store_opening(reason)?;
        let key = self.cast.organiser.clone();
        self.state(
            &key,
            ContestDecided {
                nominations,
                stands,
                reason,
            },
        )?;
        self.tell("two nominations of one association: the organiser decides which stands (R7)");
        Ok(())
    }

    fn appeal(&mut self) -> Played {
        let Some(index) = self.find(Trait::AdmittedOnAppeal) else {
            return Ok(());
        };
        let nomination = self.nomination(index)?;
        self.desk.set_now(self.last_day.plus_days(2).at(10, 0));
        let (subject, chance) = (nomination.to_string(), &mut self.chance);
        let text = opening("appeal", &subject, json!("the diploma was attached"), chance);
        let reason = opening("appeal_decided", &subject, json!("the diploma is there"), chance);
        let text = self.desk.store_opening(text)?;
        let key = self.applicants[index].key.clone();
        self.state(&key, Appeal { nomination, text })?;
        let reason = self.desk.store_opening(reason)?;
        let organiser = self.cast.organiser.clone();
        self.state(
            &organiser,
            AppealDecided {
                nomination,
                upheld: true,
                reason,
            },
        )?;
        self.screen(index, None)?;
        self.tell("an appeal succeeds: the nomination is screened anew and admitted");
        Ok(())
    }

    /// The candidate list's file.
    pub fn list_file(&mut self) -> Played<ListFile> {
        let mut listed = Vec::new();
        for index in 0..self.plan.candidates {
            let id: CandidateId = format!("c{:02}", index + 1)
                .parse()
                .map_err(|error| Turned::Fault(anyhow::Error::new(error)))?;
            self.applicants[index].id = Some(id.clone());
            let applicant = &self.applicants[index];
            let disclose = |field: Field| {
                let opening = &applicant.openings[&field];
                Disclosed {
                    salt: opening.salt,
                    value: opening.value.clone(),
                }
            };
            listed.push(ListedFile {
                id,
                nomination: self.nomination(index)?,
                name: disclose(Field::Name),
                association: disclose(Field::Association),
                organisations: disclose(Field::Organisations),
            });
        }
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(ListFile {
            competition: self.desk.origin(),
            candidates: listed,
        })
    }

    /// Scene 4: the list is published.
    pub fn list(&mut self) -> Played {
        let days = i64::from(self.plan.rules.calendar.appeal_days);
        self.desk.set_now(self.last_day.plus_days(3 + days).at(9, 0));
        let file = self.list_file()?;
        self.publish_list(&file)?;
        let mut order: Vec<_> = file.candidates.iter().map(|entry| entry.id.clone()).collect();
        order.shuffle(&mut self.rng);
        self.strength = order;
        self.tell(format!("the list of {} candidates is published", file.candidates.len()));
        Ok(())
    }

    /// Stores and states a candidate list.
    pub fn publish_list(&mut self, file: &ListFile) -> Played<Answer> {
        let bytes = jcs::to_canonical(file).map_err(|error| Turned::Fault(error.into()))?;
        let list = self.desk.attach(bytes)?;
        let count = u32::try_from(file.candidates.len()).unwrap_or(u32::MAX);
        let key = self.cast.organiser.clone();
        self.state(&key, CandidateList { list, count })
    }

    fn secret(&self) -> bool {
        self.plan.rules.ballots == BallotSecrecy::Secret
    }

    fn electors(&self) -> usize {
        match &self.plan.rules.electorate {
            Electorate::Candidates {} => self.plan.candidates,
            Electorate::CountingCommission {} => 4,
            Electorate::Commission(roll) | Electorate::Listed(roll) => roll.count as usize,
        }
    }

    /// Scene 5: cards, presence, lot commitments.
    pub fn prepare(&mut self) -> Played {
        let view = self.view()?;
        let round = view.round.unwrap_or(1);
        let opens = if round == 1 {
            self.poll.opens_at
        } else {
            self.desk.now().plus_hours(1)
        };
        self.desk.set_now(opens.plus_minutes(-30).max(self.desk.now()));
        if self.secret() {
            self.prepare_cards(round)?;
        }
        self.nonces.clear();
        for slot in Slot::ALL {
            let key = self.cast.member(slot).clone();
            self.state(
                &key,
                Attendance {
                    slot,
                    at: Moment::Opening,
                },
            )?;
            let mut nonce = [0; 32];
            self.chance.fill_bytes(&mut nonce);
            self.nonces.insert(slot, nonce);
            let commitment = tally::commitment(&self.desk.origin(), round, slot.as_str(), &nonce);
            self.state(&key, LotCommitted { slot, commitment })?;
        }
        self.tell("all four members are present and have committed to their lot nonces");
        Ok(())
    }

    fn prepare_cards(&mut self, round: u32) -> Played {
        let origin = self.desk.origin();
        let electors = self.electors();
        let count = electors + electors / 50 + 3;
        self.cards = (0..count).map(|_| CardCode::generate(&mut self.chance)).collect();
        let keys: Vec<_> = self
            .cards
            .iter()
            .map(|card| card.key(&origin, round).public().clone())
            .collect();
        let cards = self.key_list(&keys)?;
        self.members_state(CardsPrepared { cards })?;
        self.tell(format!("{count} voting cards are prepared for {electors} electors"));
        Ok(())
    }

    /// Stores keys as an attachment, sorted by key id.
    pub fn key_list(&mut self, keys: &[PublicKey]) -> Played<KeyList> {
        let mut sorted: Vec<_> = keys.iter().collect();
        sorted.sort_by_key(|key| key.id());
        let bytes: Vec<u8> = sorted.iter().flat_map(|key| key.to_bytes()).collect();
        let attachment = self.desk.attach(bytes)?;
        Ok(KeyList {
            sha256: attachment.sha256,
            count: u32::try_from(keys.len()).unwrap_or(u32::MAX),
        })
    }

    /// Scene 6: polling opens.
    pub fn open_polling(&mut self) -> Played {
        let round = self.view()?.round.unwrap_or(1);
        let closes_at = if round == 1 {
            self.desk.set_now(self.poll.opens_at);
            self.poll.closes_at
        } else {
            self.desk.now().plus_hours(3)
        };
        self.poll.closes_at = closes_at;
        self.members_state(PollingOpened { closes_at })?;
        self.cast_ballots.clear();
        self.tell(format!("polling of round {round} opens"));
        Ok(())
    }

    /// Ratings of elector `number` that end in a tie at the last seat if the plan says so.
    pub fn ratings(&mut self, number: usize, electors: usize) -> Played<Ratings> {
        let paper = self.view()?.paper;
        let vote = &self.plan.rules.vote;
        let (min, max) = (i64::from(vote.scale.min), i64::from(vote.scale.max));
        let order: Vec<_> = self.strength.iter().filter(|id| paper.contains(id)).cloned().collect();
        if paper.len() < self.strength.len() {
            // The repeat vote: everybody rates the tied alike, so that it ties again.
            let rating = if self.plan.tie { max } else { min.max(0) };
            let last = order.len() - 1;
            return Ok(order
                .into_iter()
                .enumerate()
                .map(|(place, id)| (id, if place == last { max } else { rating }))
                .collect());
        }
        let seats = self.plan.rules.seats as usize;
        let pair = if self.plan.tie && order.len() > seats {
            seats - 1
        } else {
            usize::MAX - 1
        };
        let mut ratings = Ratings::new();
        if max - min == 1 {
            return Ok(self.marks(&order, pair, number, electors));
        }
        let mut mirror = max;
        for (place, id) in order.into_iter().enumerate() {
            let span = max - min;
            let rating = if place < pair.min(seats) {
                max - self.rng.random_range(0..=span / 4)
            } else if place == pair {
                mirror = min + span / 2 + self.rng.random_range(0..=span / 10);
                mirror
            } else if place == pair + 1 {
                mirror
            } else {
                min + self.rng.random_range(0..=span / 4)
            };
            ratings.insert(id, rating);
        }
        Ok(ratings)
    }

    /// Marks "for": the favourites, then one of the pair in turn; an odd elector out marks neither.
    fn marks(&mut self, order: &[CandidateId], pair: usize, number: usize, electors: usize) -> Ratings {
        let seats = self.plan.rules.seats as usize;
        let most = self.plan.rules.vote.max_rated.map_or(order.len(), |most| most as usize);
        let skipped = self.rng.random_range(0..seats.max(1));
        let mut chosen: Vec<_> = order
            .iter()
            .take(pair.min(seats))
            .enumerate()
            .filter(|(place, _)| *place != skipped || seats < 2)
            .map(|(_, id)| id.clone())
            .collect();
        let of_pair = number < electors / 2 * 2 && pair < order.len();
        if of_pair && let Some(id) = order.get(pair + number % 2) {
            chosen.push(id.clone());
        }
        chosen.truncate(most);
        chosen.into_iter().map(|id| (id, 1)).collect()
    }

    /// The key with which elector `number` votes.
    pub fn elector_key(&mut self, number: usize) -> Played<SecretKey> {
        let origin = self.desk.origin();
        let round = self.view()?.round.unwrap_or(1);
        Ok(match &self.plan.rules.electorate {
            _ if self.secret() => self.cards[number].key(&origin, round),
            Electorate::CountingCommission {} => self.cast.members[number].clone(),
            Electorate::Candidates {} => self.applicants[number].own.clone(),
            Electorate::Commission(_) | Electorate::Listed(_) => self.roll_keys[number].clone(),
        })
    }

    /// A signed ballot.
    pub fn ballot(&mut self, key: &SecretKey, ratings: Ratings) -> Played<Envelope> {
        let mut envelope = self.write(BallotCast {
            keys: vec![key.public().id()],
            ratings,
        })?;
        envelope.sign(key);
        Ok(envelope)
    }

    /// Scene 7: the electors vote; the last never comes, one over-votes, one tries twice.
    pub fn vote(&mut self) -> Played {
        let electors = self.electors();
        self.desk.set_now(self.desk.now().plus_minutes(20));
        self.seen = Some(self.desk.view()?);
        let envelopes = self.write_ballots(electors);
        self.seen = None;
        let envelopes = envelopes?;
        for answer in self.desk.submit_many(envelopes.clone()) {
            self.receipts.push(answer?);
        }
        let voters = envelopes.len();
        self.cast_ballots = envelopes;
        self.tell(format!(
            "{voters} of {electors} electors cast their ballots; each has a receipt"
        ));
        self.second_try()
    }

    fn write_ballots(&mut self, electors: usize) -> Played<Vec<Envelope>> {
        let ratings = match self.choice.take() {
            Some(mut choice) => {
                let view = self.view()?;
                let round = view.round.unwrap_or(1);
                let chosen = (0..electors).map(|number| choice(round, number, &view.paper)).collect();
                self.choice = Some(choice);
                chosen
            }
            None => self.usual_ratings(electors)?,
        };
        let mut envelopes = Vec::with_capacity(electors);
        self.voted.clear();
        for (number, ratings) in ratings.into_iter().enumerate() {
            let Some(ratings) = ratings else { continue };
            let key = self.elector_key(number)?;
            envelopes.push(self.ballot(&key, ratings)?);
            self.voted.push(number);
        }
        Ok(envelopes)
    }

    fn usual_ratings(&mut self, electors: usize) -> Played<Vec<Option<Ratings>>> {
        let spoils = (electors > 4).then(|| electors - 2);
        let voters = electors - usize::from(electors > 4);
        let mut all = Vec::with_capacity(electors);
        for number in 0..voters {
            let mut ratings = self.ratings(number, voters - usize::from(spoils.is_some()))?;
            if Some(number) == spoils {
                let over = i64::from(self.plan.rules.vote.scale.max) + 1;
                for (_, rating) in ratings.iter_mut() {
                    *rating = over;
                }
            }
            all.push(Some(ratings));
        }
        all.resize_with(electors, || None);
        Ok(all)
    }

    fn second_try(&mut self) -> Played {
        let Some(first) = self.voted.first().copied() else {
            return Ok(());
        };
        let key = self.elector_key(first)?;
        let again = self.ballot(&key, Ratings::new())?;
        match self.desk.submit(again) {
            Err(Turned::Refused { code, .. }) if code == "card_used" => {
                self.tell("a second, different ballot of one elector is refused; the first stands (R15)");
                Ok(())
            }
            Err(other) => Err(other),
            Ok(_) => Err(Turned::Fault(anyhow::anyhow!("a second ballot was accepted"))),
        }
    }

    /// Scene 8: polling closes; a late ballot is refused.
    pub fn close_polling(&mut self) -> Played {
        for slot in Slot::ALL {
            let key = self.cast.member(slot).clone();
            self.state(
                &key,
                Attendance {
                    slot,
                    at: Moment::Closing,
                },
            )?;
        }
        self.desk.set_now(self.poll.closes_at);
        self.late_ballot()?;
        let act = self.closing()?;
        self.members_state(act)?;
        self.tell("polling is closed: roll, box and returned cards are fixed before any ballot is opened");
        Ok(())
    }

    fn late_ballot(&mut self) -> Played {
        let Some(late) = (0..self.electors()).find(|number| !self.has_voted(*number)) else {
            return Ok(());
        };
        let key = self.elector_key(late)?;
        let ballot = self.ballot(&key, Ratings::new())?;
        match self.desk.submit(ballot) {
            Err(Turned::Refused { code, .. }) if code == "polling_over" => {
                self.tell("a ballot at the closing time is refused (R15)");
                Ok(())
            }
            Err(other) => Err(other),
            Ok(_) => Err(Turned::Fault(anyhow::anyhow!("a late ballot was accepted"))),
        }
    }

    /// Roll, box and returned cards.
    pub fn closing(&mut self) -> Played<PollingClosed> {
        let round = self.view()?.round.unwrap_or(1);
        let origin = self.desk.origin();
        let mut roll: Vec<String> = self.voted.iter().map(|number| self.elector_id(*number)).collect();
        roll.sort();
        let text: String = roll.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        let roll = self.desk.attach(text.into_bytes())?;
        let (unused, spoiled) = if self.secret() {
            let keys: Vec<_> = self
                .cards
                .iter()
                .enumerate()
                .filter(|(number, _)| !self.has_voted(*number))
                .map(|(_, card)| card.key(&origin, round).public().clone())
                .collect();
            let (spoiled, unused) = keys.split_at(keys.len().min(1));
            (self.key_list(unused)?, self.key_list(spoiled)?)
        } else {
            (self.key_list(&[])?, self.key_list(&[])?)
        };
        let member = self.cast.members[0].clone();
        let (box_root, box_count) = self.desk.sealed_box(&member)?;
        self.closed_box = Some((box_root, box_count));
        let taken = u32::try_from(self.voted.len()).unwrap_or(u32::MAX);
        Ok(PollingClosed {
            box_root,
            box_count,
            roll,
            taken,
            unused,
            spoiled,
        })
    }

    fn has_voted(&self, number: usize) -> bool {
        self.voted.binary_search(&number).is_ok()
    }

    fn elector_id(&self, number: usize) -> String {
        match &self.plan.rules.electorate {
            Electorate::Candidates {} => format!("c{:02}", number + 1),
            Electorate::CountingCommission {} => Slot::ALL[number].to_string(),
            Electorate::Commission(_) | Electorate::Listed(_) => (number + 1).to_string(),
        }
    }

    /// Scene 9: nonces are revealed, then the box is opened.
    pub fn open_box(&mut self) -> Played {
        self.reveal(&Slot::ALL)?;
        let (box_root, count) = self.closed_box.context("polling was not closed")?;
        self.members_state(BallotsOpened { box_root })?;
        self.tell(format!("the box is opened: {count} ballots"));
        Ok(())
    }

    /// These members reveal their nonces.
    pub fn reveal(&mut self, slots: &[Slot]) -> Played {
        self.desk.set_now(self.desk.now().plus_minutes(5));
        for slot in slots {
            let key = self.cast.member(*slot).clone();
            let reveal = Digest::from_bytes(self.nonces[slot]);
            self.state(&key, LotRevealed { slot: *slot, reveal })?;
        }
        Ok(())
    }

    /// Scene 10: the members read and sign every ballot.
    pub fn sign_ballots(&mut self) -> Played {
        self.desk.set_now(self.desk.now().plus_minutes(30));
        for slot in Slot::ALL {
            self.sign_all(slot)?;
        }
        self.tell("each of the four members has signed every ballot");
        Ok(())
    }

    /// One member signs every ballot.
    pub fn sign_all(&mut self, slot: Slot) -> Played {
        let ballots = self.desk.opened_ballots()?;
        let key = self.cast.member(slot).clone();
        let signatures: Vec<u8> = sign_each(&key, &ballots);
        let signatures: Attachment = self.desk.attach(signatures)?;
        let mut hashes: Vec<_> = ballots.iter().map(|pae| Digest::of(pae)).collect();
        hashes.sort_unstable();
        let box_root = crate::competition::box_root(&hashes);
        self.state(
            &key,
            BallotsSigned {
                slot,
                box_root,
                signatures,
            },
        )?;
        Ok(())
    }

    /// One whole round, from cards to signed ballots.
    pub fn round(&mut self) -> Played {
        self.prepare()?;
        self.open_polling()?;
        self.vote()?;
        self.close_polling()?;
        self.open_box()?;
        self.sign_ballots()
    }

    /// Scene 11: ties are followed until the result stands.
    pub fn count(&mut self) -> Played {
        loop {
            let view = self.view()?;
            match view.phase {
                Phase::Listed => {
                    let tied: Vec<_> = view.paper.iter().map(ToString::to_string).collect();
                    self.tell(format!(
                        "a tie at the last seat between {}: a repeat vote",
                        tied.join(" and ")
                    ));
                    self.desk.set_now(self.desk.now().plus_hours(1));
                    self.round()?;
                }
                Phase::Tied => {
                    let order = view.paper;
                    self.members_state(LotDrawn {
                        order,
                        record: "Drawn from a hat, in the room".into(),
                    })?;
                }
                Phase::Counted => break,
                other => return Err(Turned::Fault(anyhow::anyhow!("the count ended in {other}"))),
            }
        }
        self.tell("the result stands");
        Ok(())
    }

    /// Scene 12: three sign, the fourth signs with a dissent; certification.
    pub fn certify(&mut self) -> Played {
        self.sign_protocol(&Slot::ALL)?;
        self.close_the_book()
    }

    /// These members sign the protocol, the CEC's with a dissent.
    pub fn sign_protocol(&mut self, slots: &[Slot]) -> Played {
        self.desk.set_now(self.desk.now().plus_minutes(30));
        let bytes = self.desk.protocol()?;
        let protocol = Digest::of(&bytes);
        let to_sign = pae(PROTOCOL_TYPE, &bytes);
        for slot in slots.iter().copied() {
            let key = self.cast.member(slot).clone();
            let signature = key.sign(&to_sign);
            if slot == Slot::Cec {
                let text = "Добуш берүү бөлмөсү тар болду; жыйынтыкка таасири жок.".to_owned();
                self.state(
                    &key,
                    ProtocolDissented {
                        slot,
                        protocol,
                        signature,
                        text,
                    },
                )?;
                self.tell("the fourth member signs with a dissent in words");
            } else {
                self.state(
                    &key,
                    ProtocolSigned {
                        slot,
                        protocol,
                        signature,
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The certification, once every slot has ended as the story tells.
    pub fn close_the_book(&mut self) -> Played {
        let protocol = Digest::of(&self.desk.protocol()?);
        let slots = Slot::ALL.into_iter().map(|slot| SlotOutcome {
            slot,
            outcome: if slot == Slot::Cec {
                Ending::Dissenting
            } else {
                Ending::Signed
            },
        });
        let term_start = self.desk.now().date().plus_days(1);
        let term_end = term_start.plus_years(self.plan.rules.term_years);
        self.members_state(Certification {
            protocol,
            slots: slots.collect(),
            term_start,
            term_end,
        })?;
        self.tell(format!(
            "the result is certified: a term from {term_start} to {term_end}"
        ));
        Ok(())
    }

    /// The whole story.
    pub fn play(&mut self) -> Played {
        self.announce()?;
        self.intake()?;
        self.screening()?;
        self.list()?;
        self.round()?;
        self.count()?;
        self.certify()
    }

    /// All the other members attest that these were absent.
    pub fn attest_absence(&mut self, slots: &[Slot], duty: Duty) -> Played<Answer> {
        let act = AbsenceAttested {
            slots: slots.to_vec(),
            duty,
        };
        let envelope = self.write_shared(act)?;
        let others: Vec<_> = Slot::ALL
            .iter()
            .filter(|slot| !slots.contains(slot))
            .map(|slot| self.cast.member(*slot))
            .collect();
        self.desk.submit_shared(envelope, &others)
    }

    /// Names of the elected with rank and total, for the final table.
    pub fn table(&mut self) -> anyhow::Result<Vec<Row>> {
        let result = self.desk.result()?;
        let protocol: Value = serde_json::from_slice(&self.desk.protocol()?)?;
        let totals = protocol["rounds"][0]["totals"].as_array().context("no totals")?.clone();
        let total = |id: &str| {
            totals
                .iter()
                .find(|entry| entry["candidate"] == id)
                .and_then(|entry| entry["total"].as_i64())
                .unwrap_or(0)
        };
        let mut rows = Vec::new();
        for (list, elected) in [("elected", true), ("reserve", false)] {
            for entry in result[list].as_array().into_iter().flatten() {
                let id = entry["candidate"].as_str().unwrap_or_default().to_owned();
                let rank = entry["rank"].as_u64().unwrap_or(0);
                let name = self.name_of(&id);
                rows.push(Row {
                    rank,
                    name,
                    total: total(&id),
                    elected,
                    by: entry["by"].as_str().unwrap_or_default().to_owned(),
                });
            }
        }
        if rows.is_empty() {
            bail!("nobody is elected and nobody is in reserve");
        }
        Ok(rows)
    }

    fn name_of(&self, id: &str) -> String {
        let found = self
            .applicants
            .iter()
            .find(|applicant| applicant.id.as_ref().is_some_and(|own| own.as_str() == id));
        found
            .and_then(|applicant| applicant.fields[&Field::Name].as_str())
            .unwrap_or(id)
            .to_owned()
    }
}

/// Named ballots of a listed roll: new keys, named in the rule set.
fn roll_keys(rules: &mut RuleSet, chance: &mut StdRng) -> Vec<SecretKey> {
    let named = rules.ballots == BallotSecrecy::Named;
    let (Electorate::Commission(roll) | Electorate::Listed(roll)) = &mut rules.electorate else {
        return Vec::new();
    };
    if !named {
        return Vec::new();
    }
    let keys: Vec<_> = (0..roll.count).map(|_| SecretKey::generate(chance)).collect();
    roll.keys = Some(Digest::of(&key_bytes(&keys)));
    keys
}

fn key_bytes(keys: &[SecretKey]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.public().to_bytes()).collect()
}

/// A row of the final table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Rank; tied ones share it.
    pub rank: u64,
    /// The candidate.
    pub name: String,
    /// Total of the first round.
    pub total: i64,
    /// Elected, or in reserve.
    pub elected: bool,
    /// By what.
    pub by: String,
}

/// 64 signature bytes over each message, in order.
pub fn sign_each(key: &SecretKey, messages: &[Vec<u8>]) -> Vec<u8> {
    use rayon::prelude::*;
    let signatures: Vec<_> = messages.par_iter().map(|message| key.sign(message)).collect();
    signatures.iter().flat_map(|signature| *signature.as_bytes()).collect()
}

/// A fresh nonce.
pub fn nonce(chance: &mut impl CryptoRng) -> Nonce {
    let mut bytes = [0; 16];
    chance.fill_bytes(&mut bytes);
    Nonce::from_bytes(bytes)
}

/// A day far enough from any edge, for tests and the demo.
pub fn first_day() -> Date {
    Date::new(2026, 9, 1).expect("1 September 2026 is a day")
}

/// A time on that day.
pub fn first_time() -> Time {
    first_day().at(8, 0)
}
