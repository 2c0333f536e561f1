//! Replaying the record: every statement through the same `decide` that the office ran.
//!
//! A refusal stops the replay, since what follows was said to another state; it is the root cause and stands alone.

use super::ahead::each_ahead;
use super::ballots::{OpenBox, Part, Signed};
use super::finding::Finding;
use super::places::{Neighbours, Place};
use super::shelf::Shelf;
use super::{Bundle, Notes, derived, eligible, keys};
use crate::calendar::Time;
use crate::competition::act::{Act, Kind};
use crate::competition::{Checked, Code, Competition, Context, Head, Keys, Phase, Pinned, Placed, Refusal, Step};
use crate::crypto::hash::Digest;
use crate::ledger::tile::{TileError, TilePath, windows};
use crate::ruleset::BallotSecrecy;
use std::{mem, vec};

/// What was read, and where the replay ended.
pub(super) struct Replayed<'a> {
    /// All of the record.
    pub shelf: Shelf<'a>,
    /// The state after the last good entry.
    pub competition: Option<Competition>,
    /// Whether every entry was accepted.
    pub complete: bool,
    /// What the replay found; the record tells what is odd about entries.
    pub notes: Notes,
}

/// The replay as far as it came, and what it reads.
struct Replay<'a, 'b> {
    pinned: Pinned,
    shelf: Shelf<'a>,
    bundle: &'b Bundle<'b>,
    competition: Option<Competition>,
    /// How many entries were accepted.
    decided: u64,
}

/// Reads the whole record once, and replays it as far as it is accepted; an error if its tiles cannot be read.
pub(super) fn replay<'a>(shelf: Shelf<'a>, bundle: &Bundle<'_>) -> Result<Replayed<'a>, TileError> {
    let mut replay = Replay {
        pinned: pinned(bundle),
        shelf,
        bundle,
        competition: None,
        decided: 0,
    };
    let mut notes = Notes::default();
    let complete = replay.run(&mut notes)?;
    if let Some(state) = replay.competition.as_ref().filter(|_| complete) {
        notes.signatures += signatures_over_ballots(state);
    }
    Ok(Replayed {
        shelf: replay.shelf,
        competition: replay.competition,
        complete,
        notes,
    })
}

fn pinned(bundle: &Bundle<'_>) -> Pinned {
    Pinned {
        origin: bundle.log.name().to_owned(),
        organisers: keys::organisers(bundle.keys),
        log_key: bundle.log.key().id(),
        rehearsal: false,
    }
}

/// Members' signatures over the ballots were verified by `decide`; they count as checked.
fn signatures_over_ballots(state: &Competition) -> u64 {
    let rounds = state.rounds().iter();
    rounds
        .map(|round| (round.ballots().len() * round.signed().len()) as u64)
        .sum()
}

/// Neighbours in the record whose signatures are checked.
#[derive(Default)]
struct Run {
    places: Vec<Option<Place>>,
    checked: Vec<Result<Checked, Refusal>>,
}

/// What was read ahead of what is decided: neighbours that are checked, and those behind them, prepared to be.
#[derive(Default)]
struct Ahead {
    checked: Run,
    prepared: Option<(Vec<Option<Place>>, Part)>,
}

fn judged(prepared: Option<(Vec<Option<Place>>, Part)>, signed: &Signed) -> Run {
    let Some((places, part)) = prepared else {
        return Run::default();
    };
    let checked = part.judge(signed);
    Run { places, checked }
}

/// So many of what is left, or all of it, which then stays where it lies.
fn first<T>(left: &mut vec::IntoIter<T>, count: usize) -> Vec<T> {
    if count < left.len() {
        left.take(count).collect()
    } else {
        mem::take(left).collect()
    }
}

/// The windows of the record, of which one may be read ahead.
struct Reading<W, R> {
    windows: W,
    read: R,
    ahead: Option<Result<Neighbours, TileError>>,
}

impl<W, R> Iterator for Reading<W, R>
where
    W: Iterator<Item = Vec<TilePath>>,
    R: Fn(Vec<TilePath>) -> Result<Neighbours, TileError>,
{
    type Item = Result<Neighbours, TileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let ahead = self.ahead.take();
        ahead.or_else(|| self.windows.next().map(&self.read))
    }
}

impl Replay<'_, '_> {
    /// Whether every entry was accepted.
    fn run(&mut self, notes: &mut Notes) -> Result<bool, TileError> {
        let size = self.shelf.record.size;
        let mut reading = Reading {
            windows: windows(size),
            read: self.shelf.record.reader(),
            ahead: None,
        };
        let accepted = !self.pinned.organisers.is_empty() && self.take_all(&mut reading, notes)?;
        // What comes after a refusal is placed like the rest.
        let read = |window| window;
        each_ahead(reading, read, |Neighbours { seen, sums, .. }| {
            self.shelf.record.sums.extend(sums);
            self.shelf.take(seen);
            Ok(())
        })?;
        if !accepted {
            return Ok(false);
        }
        if size == 0 {
            notes.missing("the record is empty: nothing is announced");
            return Ok(false);
        }
        if self.competition.as_ref().is_some_and(|state| state.to_open() > 0) {
            let words = "ballots of the box are missing at the end";
            notes.find(Finding::Unfinished, None, words);
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether every entry was accepted: read a window at a time, the signatures checked, then decided one after the other.
    fn take_all<W, R>(&mut self, reading: &mut Reading<W, R>, notes: &mut Notes) -> Result<bool, TileError>
    where
        Reading<W, R>: Iterator<Item = Result<Neighbours, TileError>> + Send,
    {
        let (attachments, signed) = (self.shelf.attachments, self.shelf.signed);
        let (mut ahead, mut open_box) = (Ahead::default(), None::<OpenBox>);
        while let Some(window) = reading.next() {
            let window = window?;
            self.shelf.record.sums.extend(window.sums);
            let mut seen = window.seen;
            let (mut places_left, mut left) = (window.places.into_iter(), window.statements.into_iter());
            while left.len() > 0 {
                if open_box.as_ref().is_none_or(|open_box| open_box.left() == 0) {
                    self.shelf.take(mem::take(&mut seen));
                    if !self.settle(mem::take(&mut ahead), notes) {
                        return Ok(false);
                    }
                    let state = self.competition.as_ref();
                    open_box = state.and_then(|state| OpenBox::of(&self.shelf, state, self.decided));
                }
                let count = open_box.as_ref().map_or(1, OpenBox::left);
                let (places, statements) = (first(&mut places_left, count), first(&mut left, count));
                let mut read_ahead = || {
                    if left.len() == 0 {
                        reading.ahead = reading.next();
                    }
                };
                if let Some(open_box) = &mut open_box {
                    // What is for one core, or in large pieces, goes along with what is in small ones.
                    let (seen, Ahead { checked, prepared }) = (mem::take(&mut seen), mem::take(&mut ahead));
                    let decide = || {
                        self.shelf.take(seen);
                        self.take_run(checked, notes)
                    };
                    let judge = || judged(prepared, signed);
                    let prepare = || open_box.prepare(attachments, statements);
                    let ((accepted, checked), (part, ())) =
                        rayon::join(|| rayon::join(decide, judge), || rayon::join(prepare, read_ahead));
                    // Why an entry was not accepted is noted.
                    if !accepted {
                        return Ok(false);
                    }
                    let prepared = Some((places, part));
                    ahead = Ahead { checked, prepared };
                } else {
                    let keys: &(dyn Keys + Sync) = match &self.competition {
                        Some(state) => state,
                        None => &self.pinned,
                    };
                    let checked = Checked::check_many(statements, keys);
                    read_ahead();
                    ahead.checked = Run { places, checked };
                }
            }
        }
        Ok(self.settle(ahead, notes))
    }

    /// Whether what was read ahead is accepted.
    fn settle(&mut self, ahead: Ahead, notes: &mut Notes) -> bool {
        let Ahead { checked, prepared } = ahead;
        self.take_run(checked, notes) && self.take_run(judged(prepared, self.shelf.signed), notes)
    }

    /// Whether these neighbours are accepted.
    fn take_run(&mut self, run: Run, notes: &mut Notes) -> bool {
        for (place, checked) in run.places.into_iter().zip(run.checked) {
            let Some(place) = place else { return false };
            if !self.take(&place, checked, self.decided, notes) {
                return false;
            }
            self.decided += 1;
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
        let context = context(&self.shelf, &checked, place.time, seq);
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

    fn decide(&self, checked: &Checked, context: &Context<'_>) -> Result<Step, Refusal> {
        match &self.competition {
            None => Competition::announce(checked, &self.pinned_by(checked), context),
            // A secret ballot has no place in the ledger before the box is opened.
            Some(state) if state.seals(checked.statement().kind()) => {
                Err(Code::BallotOrder.because("a secret ballot stands in the record before the box was opened"))
            }
            Some(state) => state.decide(checked, context),
        }
    }

    /// A record says itself whether it is a rehearsal.
    fn pinned_by(&self, checked: &Checked) -> Pinned {
        let rehearsal = matches!(&checked.statement().act, Act::Announcement(act) if act.rehearsal);
        let pinned = self.pinned.clone();
        Pinned { rehearsal, ..pinned }
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

fn context<'a>(shelf: &'a Shelf<'_>, checked: &Checked, now: Time, seq: u64) -> Context<'a> {
    // No rule asks a ballot without a draft's head what the record was before it, and there are many of them.
    let statement = checked.statement();
    let asked = statement.kind() != Kind::BallotCast || statement.header.head.is_some();
    let root = if asked {
        shelf.record.tree.root_at(seq)
    } else {
        Digest::ZERO
    };
    let head = Head { size: seq, root };
    Context {
        now,
        head,
        stored: shelf,
    }
}
