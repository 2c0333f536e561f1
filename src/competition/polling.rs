//! Decisions of a round: presence, cards, opening and closing of polling, ballots, lots, opening of the box.

use super::act::{
    AbsenceAttested, Attendance, BallotCast, BallotsOpened, BallotsSigned, CardDisputed, CardsPrepared, Duty,
    LotCommitted, LotDrawn, LotRevealed, Moment, Objection, PollingClosed, PollingOpened,
};
use super::announce::check_text;
use super::ballots::{Cast, Caster};
use super::count::box_root;
use super::{Cards, Checked, Code, Competition, Context, Extra, Refusal, Round, Seated, Slot, Stage};
use crate::crypto::batch::{keys_of, verify_many};
use crate::crypto::hash::Digest;
use crate::crypto::key::{KeyError, KeyId, PublicKey};
use crate::crypto::key_list::KeyList;
use crate::crypto::signature::Signature;
use crate::ruleset::{BallotSecrecy, Electorate, TieRule};
use crate::tally;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rounds after the first are opened by the members for at most so many days.
pub const MAX_REPEAT_DAYS: i64 = 14;

impl Competition {
    fn this_round(&self) -> Result<&Round, Refusal> {
        self.last()
            .ok_or_else(|| Code::WrongRound.because("there is no round yet"))
    }

    pub(super) fn secret(&self) -> bool {
        self.rules().ballots == BallotSecrecy::Secret
    }

    /// R15: ids of everyone who may vote in the present round.
    pub fn electors(&self) -> BTreeSet<String> {
        match &self.rules().electorate {
            // One who withdrew does not vote any more.
            Electorate::Candidates {} => {
                let first = self.rounds.first();
                let all = first.iter().flat_map(|round| &round.paper.candidates);
                all.filter(|id| !self.barred.contains(*id))
                    .map(ToString::to_string)
                    .collect()
            }
            Electorate::CountingCommission {} => Slot::ALL.iter().map(ToString::to_string).collect(),
            Electorate::Commission(roll) | Electorate::Listed(roll) => {
                (1..=roll.count).map(|number| number.to_string()).collect()
            }
        }
    }

    /// Number of electors of the present round.
    pub fn elector_count(&self) -> u32 {
        match &self.rules().electorate {
            Electorate::Commission(roll) | Electorate::Listed(roll) => roll.count,
            _ => u32::try_from(self.electors().len()).unwrap_or(u32::MAX),
        }
    }

    /// Electors whose ids are no roll numbers, fixed when polling opens.
    pub(super) fn few_electors(&self) -> BTreeSet<String> {
        match &self.rules().electorate {
            Electorate::Commission(_) | Electorate::Listed(_) => BTreeSet::new(),
            _ => self.electors(),
        }
    }

    /// Named ballots: the elector whose own key this is.
    pub(super) fn named_elector(&self, key: &KeyId) -> Option<String> {
        match &self.rules().electorate {
            Electorate::CountingCommission {} => self
                .members
                .iter()
                .find(|member| member.key.id() == *key)
                .map(|member| member.slot.to_string()),
            Electorate::Candidates {} => {
                let own = |hash: &Digest| {
                    self.nominations
                        .get(hash)
                        .and_then(|nomination| nomination.candidate_key.as_ref())
                };
                let list = self.list.as_ref()?;
                let listed = list
                    .candidates
                    .iter()
                    .find(|entry| own(&entry.nomination).is_some_and(|own| own.id() == *key))?;
                self.electors()
                    .contains(listed.id.as_str())
                    .then(|| listed.id.to_string())
            }
            Electorate::Commission(_) | Electorate::Listed(_) => self
                .elector_keys
                .iter()
                .position(|own| own.id() == *key)
                .map(|index| (index + 1).to_string()),
        }
    }

    pub(super) fn attendance(
        &self,
        act: &Attendance,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        let phase = self.phase(context.now);
        let moment = if phase == super::Phase::Listed {
            Moment::Opening
        } else {
            Moment::Closing
        };
        if act.at != moment {
            return Err(Code::WrongPhase.because("attendance at the opening before it, at the closing during polling"));
        }
        let round = self.this_round()?;
        if round.attendance.contains(&(act.at, act.slot)) {
            return Err(Code::Duplicate.because("presence is recorded"));
        }
        // R16: who is present at the opening is there on poll day.
        if act.at == Moment::Opening && round.number == 1 && context.now.date() != self.poll.day {
            return Err(Code::NotPollTime.because(format!("poll day is {}", self.poll.day)));
        }
        Ok(Extra::None)
    }

    pub(super) fn cards_prepared(
        &self,
        act: &CardsPrepared,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        if !self.secret() {
            return Err(Code::NoCards.because("named ballots use no cards"));
        }
        if self.this_round()?.cards.is_some() {
            return Err(Code::Duplicate.because("the cards of this round are prepared"));
        }
        let electors = self.elector_count();
        if act.cards.count < electors {
            return Err(Code::TooFewCards.because(format!("{} cards, {electors} electors", act.cards.count)));
        }
        let cards = read_cards(&act.cards.sha256, act.cards.count, context)?;
        // A credential key serves in one round only, and in no other role.
        let earlier = self.rounds.iter().filter_map(|round| round.cards.as_deref());
        let earlier = earlier.flat_map(|cards| (0..cards.len()).filter_map(|card| cards.id(card)));
        let used = self.keys.keys().chain(self.retired.keys()).copied();
        let used = used.chain([self.pinned.log_key]).chain(earlier);
        match used.filter(|id| cards.find(id).is_some()).min() {
            Some(id) => Err(Code::KeyInUse.because(format!("card {id}"))),
            None => Ok(Extra::Cards(Arc::new(cards))),
        }
    }

    pub(super) fn lot_committed(&self, act: &LotCommitted, checked: &Checked) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        let round = self.this_round()?;
        if round.lot_commitments.contains_key(&act.slot) {
            return Err(Code::Duplicate.because("this slot has committed"));
        }
        if round.lot_commitments.values().any(|other| *other == act.commitment) {
            return Err(Code::EqualCommitments.into());
        }
        Ok(Extra::None)
    }

    pub(super) fn polling_opened(
        &self,
        act: &PollingOpened,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        let round = self.this_round()?;
        // R16: all four bodies are present at the opening.
        if let Some(slot) = Slot::ALL
            .iter()
            .find(|slot| !round.attendance.contains(&(Moment::Opening, **slot)))
        {
            return Err(Code::Attendance.because(format!("slot {slot}")));
        }
        if self.secret() && round.cards.is_none() {
            return Err(Code::NoCards.into());
        }
        if self.rules().ties.contains(&TieRule::Lot)
            && let Some(slot) = Slot::ALL.iter().find(|slot| !round.lot_commitments.contains_key(slot))
        {
            return Err(Code::LotNotCommitted.because(format!("slot {slot}")));
        }
        if round.number == 1 {
            // R17: polling is held on the announced day, between the announced times.
            if act.closes_at != self.poll.closes_at
                || context.now < self.poll.opens_at
                || context.now >= self.poll.closes_at
            {
                return Err(Code::NotPollTime.because(format!("{} to {}", self.poll.opens_at, self.poll.closes_at)));
            }
        } else if act.closes_at <= context.now || act.closes_at > context.now.plus_hours(24 * MAX_REPEAT_DAYS) {
            return Err(Code::NotPollTime.because("a repeat vote closes later than now, within 14 days"));
        }
        Ok(Extra::None)
    }

    pub(super) fn ballot_cast(
        &self,
        act: &BallotCast,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Cast, Refusal> {
        let mut signers = checked.signers();
        let (Some(key), None) = (signers.next(), signers.next()) else {
            return Err(Code::BallotKeys.into());
        };
        if act.keys != [key] {
            return Err(Code::BallotKeys.into());
        }
        let hash = checked.statement().hash;
        let round = self.this_round()?;
        let opening = matches!(self.stage, Stage::Opening);
        // R15: ballots are refused from the announced closing time on, even if closing comes late.
        if !opening && round.closes_at.is_none_or(|end| context.now >= end) {
            return Err(Code::PollingOver.into());
        }
        let by = self
            .caster(round, &key)
            .ok_or_else(|| Code::NotElector.because(format!("key {key}")))?;
        // The first ballot of a card stands.
        let other = if opening {
            None
        } else {
            context.stored.boxed(round.number, &key).filter(|boxed| *boxed != hash)
        };
        let voted = match &by {
            Caster::Card(card) => round.ballots.has_cast(*card as usize),
            // Whoever got a new key since has voted all the same.
            Caster::Elector { id, .. } => round.voted.contains(id),
        };
        if other.is_some() || voted {
            return Err(Code::CardUsed.into());
        }
        if opening {
            Self::next_of_box(round, hash)?;
        }
        let row = round
            .paper
            .row(act.ratings.iter().map(|(candidate, rating)| (candidate, *rating)));
        let keeps = context.stored.keeps_ballots();
        Ok(Cast {
            hash,
            by,
            pae: keeps.then(|| checked.statement().envelope.pae().into()),
            row,
        })
    }

    /// R15: as whom this key may cast a ballot.
    fn caster(&self, round: &Round, key: &KeyId) -> Option<Caster> {
        if self.secret() {
            let card = round.cards.as_ref()?.find(key)?;
            return u32::try_from(card).ok().map(Caster::Card);
        }
        let id = self.named_elector(key)?;
        Some(Caster::Elector { key: *key, id })
    }

    /// Opened ballots come in ascending order, exactly those that the close fixed.
    fn next_of_box(round: &Round, hash: Digest) -> Result<(), Refusal> {
        let closing = round.closing.as_ref().ok_or(Code::BallotOrder)?;
        if round.ballots.hashes().last().is_some_and(|last| *last >= hash) {
            return Err(Code::BallotOrder.because("not ascending"));
        }
        let last = round.ballots.len() + 1 == closing.box_count as usize;
        if last && round.ballots.root_with(&hash) != closing.box_root {
            return Err(Code::BallotOrder.because("the opened ballots are not those of the box"));
        }
        Ok(())
    }

    pub(super) fn polling_closed(
        &self,
        act: &PollingClosed,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        let round = self.this_round()?;
        // R16: present at the closing, or the absence attested.
        let accounted = |slot: &Slot| {
            round.attendance.contains(&(Moment::Closing, *slot)) || round.absent.contains(&(Duty::Closing, *slot))
        };
        if let Some(slot) = Slot::ALL.iter().find(|slot| !accounted(slot)) {
            return Err(Code::Attendance.because(format!("slot {slot}")));
        }
        let bytes = context
            .stored
            .attachment(&act.roll.sha256)
            .ok_or(Code::AttachmentMissing)?;
        self.check_roll(&bytes, act, round)?;
        let everyone = act.taken == round.electors && act.box_count == round.electors;
        if round.closes_at.is_none_or(|end| context.now < end) && !everyone {
            return Err(Code::ClosingEarly.because(format!(
                "polling closes {}",
                round.closes_at.map_or(String::new(), |end| end.to_string())
            )));
        }
        let known = if self.secret() {
            context.stored.box_now(round.number)
        } else {
            Some(named_box(round))
        };
        let empty = act.box_count == 0 && act.box_root != box_root(&[]);
        if empty || known.is_some_and(|known| known != (act.box_root, act.box_count)) {
            return Err(Code::BoxMismatch.into());
        }
        let (unused, spoiled) = Self::read_returned(act, round, context)?;
        Ok(Extra::Closing { unused, spoiled })
    }

    fn check_roll(&self, bytes: &[u8], act: &PollingClosed, round: &Round) -> Result<(), Refusal> {
        let text = std::str::from_utf8(bytes).map_err(|_| Code::BadAttachment.because("the roll is not UTF-8"))?;
        if bytes.len() as u64 != act.roll.bytes || !(text.is_empty() || text.ends_with('\n')) {
            return Err(Code::BadAttachment.because("the roll has another length, or no line end at its end"));
        }
        let roll: Vec<&str> = text.split_terminator('\n').collect();
        if roll.len() != act.taken as usize || !roll.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Code::BadRoll.because("sorted, each once, as many as `taken`"));
        }
        let listed = match &self.rules().electorate {
            Electorate::Commission(rule) | Electorate::Listed(rule) => Some(rule.count),
            _ => None,
        };
        let on_roll = |id: &str| match listed {
            Some(count) => id
                .parse::<u32>()
                .is_ok_and(|number| (1..=count).contains(&number) && number.to_string() == id),
            // One struck during polling may have taken a card before; one struck earlier may not.
            None => round.elector_ids.contains(id),
        };
        // Named ballots: the record shows who voted.
        if !self.secret() && !roll.iter().copied().eq(round.voted.iter().map(String::as_str)) {
            return Err(Code::BadRoll.because("it is not those who voted"));
        }
        match roll.iter().find(|id| !on_roll(id)) {
            Some(id) => Err(Code::BadRoll.because(format!("{id} is no elector"))),
            None => Ok(()),
        }
    }

    fn read_returned(
        act: &PollingClosed,
        round: &Round,
        context: &Context<'_>,
    ) -> Result<(Vec<u32>, Vec<u32>), Refusal> {
        let read = |list: &super::act::KeyList| -> Result<Vec<u32>, Refusal> {
            if list.count == 0 {
                let nothing = list.sha256 == Digest::of(b"");
                let named = || Code::BadAttachment.because("a list of no keys names the SHA-256 of nothing");
                return if nothing { Ok(Vec::new()) } else { Err(named()) };
            }
            let returned = read_cards(&list.sha256, list.count, context)?;
            let each = (0..returned.len()).filter_map(|index| returned.id(index)).map(|id| {
                let card = round.cards.as_ref().and_then(|cards| cards.find(&id));
                let card = card.and_then(|card| u32::try_from(card).ok());
                card.ok_or_else(|| Code::UnknownCards.because(format!("card {id}")))
            });
            each.collect()
        };
        let (unused, spoiled) = (read(&act.unused)?, read(&act.spoiled)?);
        if spoiled.iter().any(|card| unused.binary_search(card).is_ok()) {
            return Err(Code::UnknownCards.because("a card is listed as unused and as spoiled"));
        }
        Ok((unused, spoiled))
    }

    pub(super) fn lot_revealed(
        &self,
        act: &LotRevealed,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        let round = self.this_round()?;
        if round.reveals.contains_key(&act.slot) {
            return Err(Code::Duplicate.because("this slot has revealed"));
        }
        if self.reveals_end(round).is_none_or(|end| context.now > end) {
            return Err(Code::LateReveal.into());
        }
        let commitment = tally::commitment(self.origin(), round.number, act.slot.as_str(), act.reveal.as_bytes());
        if round.lot_commitments.get(&act.slot) != Some(&commitment) {
            return Err(Code::BadReveal.into());
        }
        Ok(Extra::None)
    }

    fn reveals_end(&self, round: &Round) -> Option<crate::calendar::Time> {
        let minutes = i64::from(self.rules().limits.reveal_within_minutes);
        round.closing.as_ref().map(|closing| closing.at.plus_minutes(minutes))
    }

    pub(super) fn ballots_opened(
        &self,
        act: &BallotsOpened,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        let round = self.this_round()?;
        if round
            .closing
            .as_ref()
            .is_none_or(|closing| closing.box_root != act.box_root)
        {
            return Err(Code::BoxMismatch.into());
        }
        // Nonces are revealed before any ballot is opened, when nobody can know whether there is a tie.
        let pending = round
            .lot_commitments
            .keys()
            .any(|slot| !round.reveals.contains_key(slot));
        if pending
            && self.rules().ties.contains(&TieRule::Lot)
            && self.reveals_end(round).is_some_and(|end| context.now <= end)
        {
            return Err(Code::RevealsPending.into());
        }
        Ok(Extra::None)
    }

    pub(super) fn ballots_signed(
        &self,
        act: &BallotsSigned,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        let round = self.this_round()?;
        if round.signed.contains_key(&act.slot) || round.absent.contains(&(Duty::Ballots, act.slot)) {
            return Err(Code::SlotResolved.into());
        }
        if round
            .closing
            .as_ref()
            .is_none_or(|closing| closing.box_root != act.box_root)
        {
            return Err(Code::BoxMismatch.into());
        }
        let (list, ballots) = (&act.signatures, round.ballots.len());
        let stored = context.stored;
        let bytes = stored.attachment_bytes(&list.sha256).ok_or(Code::AttachmentMissing)?;
        if bytes != list.bytes || bytes != 64 * ballots as u64 {
            return Err(Code::BallotSignatures.because(format!("{bytes} bytes for {ballots} ballots")));
        }
        let member = self.member(act.slot).ok_or(Code::WrongSlot)?;
        let bad = if stored.keeps_ballots() {
            first_unsigned(round, member, &list.sha256, context)?
        } else {
            stored.first_unsigned(self, round, member, &list.sha256)?
        };
        match bad {
            Some(index) => Err(Code::BallotSignatures.because(format!("ballot {} of the box", index + 1))),
            None => Ok(Extra::None),
        }
    }

    pub(super) fn objection(&self, act: &Objection, checked: &Checked) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        check_text(&act.text)?;
        Ok(Extra::None)
    }

    pub(super) fn card_disputed(&self, act: &CardDisputed, checked: &Checked) -> Result<Extra, Refusal> {
        self.own_slot(act.slot, checked)?;
        check_text(&act.text)?;
        let prepared = self
            .this_round()?
            .cards
            .as_ref()
            .is_some_and(|cards| cards.find(&act.card).is_some());
        if prepared {
            Ok(Extra::None)
        } else {
            Err(Code::UnknownCards.because(format!("card {}", act.card)))
        }
    }

    pub(super) fn absence_attested(
        &self,
        act: &AbsenceAttested,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<Extra, Refusal> {
        use super::Phase::{Counted, Opened, Polling};
        let fits = matches!(
            (act.duty, self.phase(context.now)),
            (Duty::Closing, Polling) | (Duty::Ballots, Opened) | (Duty::Protocol, Counted)
        );
        if !fits {
            return Err(Code::WrongPhase.because("this duty is of another phase"));
        }
        let round = self.this_round()?;
        if act.slots.is_empty() || !act.slots.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Code::BadPayload.because("slots in slot order, each once"));
        }
        for slot in &act.slots {
            self.may_be_absent(*slot, act.duty, round, context)?;
        }
        // Attested by all the other members, never fewer than `min_signatures`.
        let absent = |slot: &Slot| act.slots.contains(slot) || self.is_absent(*slot, act.duty, round);
        let others: Vec<_> = Slot::ALL.into_iter().filter(|slot| !absent(slot)).collect();
        if self.signing_slots(checked) != others {
            return Err(Code::TooFewSigners.because("all the other members attest an absence"));
        }
        self.enough_members(checked)?;
        if act.duty == Duty::Protocol {
            return self.freeze_if_first(context).map(Extra::Protocol);
        }
        Ok(Extra::None)
    }

    fn is_absent(&self, slot: Slot, duty: Duty, round: &Round) -> bool {
        let protocol = self.frozen().and_then(|frozen| frozen.endings.get(&slot)) == Some(&super::act::Ending::Absent);
        round.absent.contains(&(duty, slot)) || (duty == Duty::Protocol && protocol)
    }

    fn may_be_absent(&self, slot: Slot, duty: Duty, round: &Round, context: &Context<'_>) -> Result<(), Refusal> {
        let hours = i64::from(self.rules().limits.sign_within_hours);
        let resolved = match duty {
            Duty::Closing => {
                round.attendance.contains(&(Moment::Closing, slot)) || round.absent.contains(&(duty, slot))
            }
            Duty::Ballots => round.signed.contains_key(&slot) || round.absent.contains(&(duty, slot)),
            Duty::Protocol => self.frozen().is_some_and(|frozen| frozen.endings.contains_key(&slot)),
        };
        if resolved {
            return Err(Code::SlotResolved.because(format!("slot {slot}")));
        }
        let since = match (duty, &self.stage) {
            (Duty::Closing, _) => return Ok(()),
            (Duty::Protocol, Stage::Counted { since, .. }) => Some(*since),
            _ => round.opened,
        };
        let left = round.absent.contains(&(Duty::Closing, slot));
        let silent = since.is_some_and(|since| context.now > since.plus_hours(hours));
        if left || silent {
            Ok(())
        } else {
            Err(Code::NotAbsent.because(format!("slot {slot}")))
        }
    }

    pub(super) fn lot_drawn(&self, act: &LotDrawn, checked: &Checked) -> Result<Extra, Refusal> {
        self.enough_members(checked)?;
        check_text(&act.record)?;
        let mut drawn = act.order.clone();
        drawn.sort();
        if Some(drawn) != self.tied() {
            return Err(Code::BadLot.into());
        }
        Ok(Extra::None)
    }
}

/// The first ballot over which the member's signature does not hold.
fn first_unsigned(
    round: &Round,
    member: &Seated,
    signatures: &Digest,
    context: &Context<'_>,
) -> Result<Option<usize>, Refusal> {
    let bytes = context.stored.attachment(signatures).ok_or(Code::AttachmentMissing)?;
    let (chunks, _) = bytes.as_chunks::<64>();
    let ballots = round.each_ballot().zip(chunks);
    let items: Vec<_> = ballots
        .map(|(ballot, bytes)| {
            let pae = ballot.pae().map_or(&[][..], |pae| &pae[..]);
            (&member.key, pae, Signature::from_bytes(*bytes))
        })
        .collect();
    Ok(verify_many(&items).iter().position(|good| !good))
}

/// Root and count over the ballots of a named round.
fn named_box(round: &Round) -> (Digest, u32) {
    let mut hashes = round.ballots.hashes().to_vec();
    hashes.sort_unstable();
    (box_root(&hashes), u32::try_from(hashes.len()).unwrap_or(u32::MAX))
}

/// An attachment of 32-byte public keys.
fn key_bytes(sha256: &Digest, count: u32, context: &Context<'_>) -> Result<Arc<[u8]>, Refusal> {
    let bytes = context
        .stored
        .attachment(sha256)
        .ok_or_else(|| Code::AttachmentMissing.because(sha256.to_string()))?;
    if bytes.len() as u64 != 32 * u64::from(count) {
        return Err(Code::BadAttachment.because(format!("{} bytes for {count} keys", bytes.len())));
    }
    Ok(bytes)
}

fn bad_key((place, error): (usize, KeyError)) -> Refusal {
    Code::BadAttachment.because(format!("key {}: {error}", place + 1))
}

/// The keys that an attachment lists.
pub(super) fn read_keys(sha256: &Digest, count: u32, context: &Context<'_>) -> Result<Vec<PublicKey>, Refusal> {
    let bytes = key_bytes(sha256, count, context)?;
    keys_of(bytes.as_chunks::<32>().0).map_err(bad_key)
}

fn read_cards(sha256: &Digest, count: u32, context: &Context<'_>) -> Result<Cards, Refusal> {
    let bytes = key_bytes(sha256, count, context)?;
    let keys = KeyList::read(bytes.as_chunks::<32>().0).map_err(bad_key)?;
    if !keys.is_sorted() {
        return Err(Code::BadAttachment.because("keys stand sorted by key id, each once"));
    }
    Ok(Cards(keys))
}
