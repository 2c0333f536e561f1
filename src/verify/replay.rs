//! Replaying the record: every statement through the same `decide` that the office ran.
//!
//! A refusal stops the replay, since what follows was said to another state; it is the root cause and stands alone.

use super::ballots::OpenBox;
use super::finding::Finding;
use super::places::Record;
use super::shelf::Shelf;
use super::{Bundle, Notes, derived, eligible};
use crate::calendar::Time;
use crate::competition::act::{Act, Kind};
use crate::competition::{
    Checked, Code, Competition, Context, Head, Keys, Phase, Pinned, Placed, Refusal, Statement, Step,
};
use crate::crypto::hash::Digest;
use crate::ledger::entry::{Entry, PlaceOf};
use crate::ledger::tile::windows;
use crate::ruleset::BallotSecrecy;
use smol_str::SmolStr;

/// Where the replay ended.
pub(super) struct Replayed {
    /// The state after the last good entry.
    pub competition: Option<Competition>,
    /// Whether every entry was accepted.
    pub complete: bool,
}

/// The replay as far as it came, and what it reads.
struct Replay<'a> {
    pinned: &'a Pinned,
    shelf: &'a Shelf<'a>,
    record: &'a Record<'a>,
    bundle: &'a Bundle<'a>,
    competition: Option<Competition>,
}

pub(super) fn replay(
    record: &Record<'_>,
    pinned: &Pinned,
    shelf: &Shelf<'_>,
    bundle: &Bundle<'_>,
    notes: &mut Notes,
) -> Replayed {
    let mut replay = Replay {
        pinned,
        shelf,
        record,
        bundle,
        competition: None,
    };
    let complete = replay.run(notes);
    if let Some(state) = replay.competition.as_ref().filter(|_| complete) {
        notes.signatures += signatures_over_ballots(state);
    }
    Replayed {
        competition: replay.competition,
        complete,
    }
}

/// Members' signatures over the ballots were verified by `decide`; they count as checked.
fn signatures_over_ballots(state: &Competition) -> u64 {
    let rounds = state.rounds().iter();
    rounds
        .map(|round| (round.ballots().len() * round.signed().len()) as u64)
        .sum()
}

/// What the replay needs of an entry beside its statement.
struct Place {
    kind: SmolStr,
    time: Time,
}

impl Place {
    fn of(place: &PlaceOf<'_>) -> Self {
        let (kind, time) = (place.kind.into(), place.time);
        Self { kind, time }
    }
}

/// An entry's place, and its statement; none if it is no entry.
type Read = Option<(Place, Result<Statement, Refusal>)>;

/// Neighbours in the record whose signatures are checked.
type Run = Vec<(Option<Place>, Result<Checked, Refusal>)>;

fn read_entry(bytes: &[u8]) -> Read {
    let (body, place) = if let Some((body, place)) = Entry::parts_of(bytes) {
        (body, Place::of(&place))
    } else {
        let entry = Entry::from_bytes(bytes).ok()?;
        let place = Place::of(&entry.place());
        (entry.body, place)
    };
    Some((place, Statement::read(body)))
}

/// What is no entry has no place, and ends the replay.
fn parted(read: Read) -> (Option<Place>, Result<Statement, Refusal>) {
    match read {
        Some((place, statement)) => (Some(place), statement),
        None => (None, Err(Code::Malformed.into())),
    }
}

impl<'a> Replay<'a> {
    /// Whether every entry was accepted.
    fn run(&mut self, notes: &mut Notes) -> bool {
        if self.pinned.organisers.is_empty() {
            return false;
        }
        if self.record.tree.size() == 0 {
            notes.missing("the record is empty: nothing is announced");
            return false;
        }
        if !self.take_all(notes) {
            return false;
        }
        if self.competition.as_ref().is_some_and(|state| state.to_open() > 0) {
            notes.find(Finding::Unfinished, None, "ballots of the box are missing at the end");
            return false;
        }
        true
    }

    /// Whether every entry was accepted: read a window at a time, the signatures checked, then decided one after the other.
    fn take_all(&mut self, notes: &mut Notes) -> bool {
        let again = self.record.again();
        let read = |tiles| {
            let (_, read) = again.window_as(tiles, read_entry)?;
            Ok::<Vec<Read>, String>(read)
        };
        let shelf = self.shelf;
        let (mut windows, mut seq) = (windows(self.record.tree.size()), 0);
        let mut next = windows.next().map(read);
        // Entries that are checked and not decided yet, and the box that they come from.
        let (mut waiting, mut open_box) = (Run::new(), None::<OpenBox>);
        while let Some(window) = next.take() {
            let (window, unread) = match window {
                Ok(window) => (window, None),
                Err(words) => (Vec::new(), Some(words)),
            };
            let mut left = window.into_iter().peekable();
            while left.peek().is_some() {
                if open_box.as_ref().is_none_or(|open_box| open_box.left() == 0) {
                    if !self.take_run(std::mem::take(&mut waiting), &mut seq, notes) {
                        return false;
                    }
                    let state = self.competition.as_ref();
                    open_box = state.and_then(|state| shelf.signed.open_box(shelf, state));
                }
                let count = open_box.as_ref().map_or(1, OpenBox::left);
                let (places, statements): (Vec<_>, Vec<_>) = left.by_ref().take(count).map(parted).unzip();
                let last = left.peek().is_none();
                let mut read_next = || last.then(|| windows.next())?.map(read);
                let (checked, read) = if let Some(open_box) = &mut open_box {
                    // One after the other is for one core: others check the next, and read what comes after.
                    let before = std::mem::take(&mut waiting);
                    let (taken, ahead) = rayon::join(
                        || self.take_run(before, &mut seq, notes),
                        || rayon::join(|| open_box.check(shelf, statements), read_next),
                    );
                    // Why an entry was not accepted is noted.
                    if !taken {
                        return false;
                    }
                    ahead
                } else {
                    let keys: &(dyn Keys + Sync) = match &self.competition {
                        Some(state) => state,
                        None => self.pinned,
                    };
                    (Checked::check_many(statements, keys), read_next())
                };
                waiting = places.into_iter().zip(checked).collect();
                next = read;
            }
            if let Some(words) = unread {
                if self.take_run(waiting, &mut seq, notes) {
                    notes.missing(words);
                }
                return false;
            }
        }
        self.take_run(waiting, &mut seq, notes)
    }

    /// Whether these neighbours are accepted, of which the first stands at `seq`.
    fn take_run(&mut self, run: Run, seq: &mut u64, notes: &mut Notes) -> bool {
        for (place, checked) in run {
            let Some(place) = place else { return false };
            if !self.take(&place, checked, *seq, notes) {
                return false;
            }
            *seq += 1;
        }
        true
    }

    /// Whether the entry is accepted.
    fn take(&mut self, place: &Place, checked: Result<Checked, Refusal>, seq: u64, notes: &mut Notes) -> bool {
        let checked = match checked {
            Ok(checked) => checked,
            Err(refusal) => {
                self.blame_form(&refusal, &place.kind, seq, notes);
                return false;
            }
        };
        notes.signatures += checked.signers().count() as u64;
        let context = self.context(&checked, place.time, seq);
        let step = match self.decide(&checked, &context) {
            Ok(step) => step,
            Err(refusal) => {
                self.blame(&refusal, &checked, &context, seq, notes);
                return false;
            }
        };
        let placed = Placed { seq, time: place.time };
        match &mut self.competition {
            None => self.competition = Some(Competition::begin(step, placed)),
            Some(state) => state.evolve(step, placed),
        }
        if checked.statement().kind() == Kind::CandidateList
            && let Some(state) = &self.competition
        {
            eligible::check_listed(state, &context, seq, self.bundle.trust, notes);
        }
        true
    }

    fn context(&self, checked: &Checked, now: Time, seq: u64) -> Context<'a> {
        // No rule asks a ballot without a draft's head what the record was before it, and there are many of them.
        let statement = checked.statement();
        let asked = statement.kind() != Kind::BallotCast || statement.header.head.is_some();
        let root = if asked {
            self.record.tree.root_at(seq)
        } else {
            Digest::ZERO
        };
        let head = Head { size: seq, root };
        let stored = self.shelf;
        Context { now, head, stored }
    }

    fn decide(&self, checked: &Checked, context: &Context<'_>) -> Result<Step, Refusal> {
        match &self.competition {
            None => Competition::announce(checked, self.pinned, context),
            // A secret ballot has no place in the ledger before the box is opened.
            Some(state) if state.seals(checked.statement().kind()) => {
                Err(Code::BallotOrder.because("a secret ballot stands in the record before the box was opened"))
            }
            Some(state) => state.decide(checked, context),
        }
    }

    /// What cannot be read, or is not signed as it says.
    fn blame_form(&self, refusal: &Refusal, kind: &str, seq: u64, notes: &mut Notes) {
        let finding = match (refusal.code, &self.competition) {
            // The first statement is by another organiser than the one whose key is given.
            (Code::UnknownKey, None) => Finding::Trust,
            // A ballot by a key that nobody prepared has no key to check its signature with.
            (Code::UnknownKey, _) if kind == "ballot_cast" => Finding::ForeignBallot,
            (code, _) => Finding::of_refusal(code),
        };
        notes.find(finding, Some(seq), format!("{kind} is refused: {refusal}"));
    }

    /// What the rules refuse.
    fn blame(&self, refusal: &Refusal, checked: &Checked, context: &Context<'_>, seq: u64, notes: &mut Notes) {
        let statement = checked.statement();
        let kind = statement.kind();
        let words = format!("{} is refused: {refusal}", kind.as_str());
        let secret = |state: &Competition| state.rules().ballots == BallotSecrecy::Secret;
        let state = self.competition.as_ref();
        let finding = match (refusal.code, kind) {
            // Nobody can say what a missing file holds: that is no finding.
            (Code::AttachmentMissing, _) => return notes.missing(format!("entry {seq}: {words}")),
            // Something else stands where a ballot of the box should.
            (Code::WrongPhase, kind) if kind != Kind::BallotCast && state.is_some_and(|state| state.to_open() > 0) => {
                Finding::Box
            }
            // A secret ballot outside the run that the close fixed.
            (Code::PollingOver, Kind::BallotCast)
                if state.is_some_and(|state| secret(state) && state.phase(context.now) > Phase::Polling) =>
            {
                Finding::Box
            }
            (Code::UnknownCards, Kind::PollingClosed) => Finding::Reconciliation,
            (Code::SlotResolved, Kind::BallotsSigned) => Finding::BallotSignatures,
            (Code::BadSignature, Kind::ProtocolSigned | Kind::ProtocolDissented) => Finding::Protocol,
            (Code::WrongProtocol, _) => self.blame_protocol(&statement.act, context.head),
            (code, _) => Finding::of_refusal(code),
        };
        notes.find(finding, Some(seq), words);
    }

    /// The members signed other bytes than the record gives: what differs is told by the file, if they are its bytes.
    fn blame_protocol(&self, act: &Act, head: Head) -> Finding {
        let signed = match act {
            Act::ProtocolSigned(act) => Some(act.protocol),
            Act::ProtocolDissented(act) => Some(act.protocol),
            Act::ProtocolRefused(act) => Some(act.protocol),
            _ => None,
        };
        let file = self.bundle.files.whole("protocol.json").unwrap_or_default();
        let wanted = self.competition.as_ref().and_then(|state| state.protocol(head));
        match wanted {
            Some(wanted) if signed == Some(Digest::of(&file)) => derived::difference("protocol.json", &file, &wanted),
            _ => Finding::Protocol,
        }
    }
}
