//! The members' signatures over the ballots of a round.
//!
//! Ballots of a box are read in its order, and what the members will say of them is known by then: their signatures are
//! checked together with the ballots' own ([`OpenBox`]). Of other ballots (named ones, or where a key is newer than
//! the opening) the state does not keep the signed bytes: these are read again from the ledger, a window at a time.

use super::ahead::each_ahead;
use super::shelf::{Attachments, Shelf};
use crate::competition::act::Act;
use crate::competition::{
    BoxKeys, Checked, Code, Competition, Keys, Prepared, Refusal, Round, Seated, Statement, windows_of,
};
use crate::crypto::batch::{Signed as Item, verify_many};
use crate::crypto::hash::Digest;
use crate::crypto::key::{KeyId, PublicKey};
use crate::crypto::signature::Signature;
use crate::ledger::again::Picked;
use crate::ledger::entry::Entry;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The round, the key, and the attachment of a member's signatures.
type Claim = (u32, KeyId, Digest);

/// Members' signatures over ballots: checked with these, or all that are known together as soon as one is asked about.
#[derive(Default)]
pub(super) struct Signed {
    judged: Mutex<BTreeMap<Claim, Judged>>,
}

/// What is known of a claim.
#[derive(Clone, Copy, Default)]
struct Judged {
    /// It was checked on so many ballots, from the first of the box on.
    ballots: usize,
    /// The first over which the signature does not hold.
    bad: Option<usize>,
}

/// A box that is being opened. No key changes meanwhile, so what stands in it can be checked before the ballots in front
/// of it are decided.
pub(super) struct OpenBox {
    keys: BoxKeys,
    claims: BTreeMap<Claim, PublicKey>,
    /// Ballots that are not prepared yet.
    left: Range<usize>,
}

impl OpenBox {
    /// The box that is being opened, if one is; `seq` is the place of the ballot that is decided next.
    pub(super) fn of(shelf: &Shelf<'_>, state: &Competition, seq: u64) -> Option<Self> {
        let (keys, round) = (state.box_keys()?, state.rounds().last()?);
        let (first, left) = (round.ballots().len(), state.to_open() as usize);
        let claims = claims(shelf, &keys, round, first + left, seq + left as u64);
        let left = first..first + left;
        Some(Self { keys, claims, left })
    }

    /// How many ballots are not prepared yet.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    /// Prepares the next ballots, and the members' signatures over them, to be judged.
    pub(super) fn prepare(
        &mut self,
        attachments: &Attachments<'_>,
        statements: Vec<Result<Statement, Refusal>>,
    ) -> Part {
        let (start, count) = (self.left.start, statements.len());
        self.left.start += count;
        let set = |sha256: &Digest| attachments.part(sha256, 64 * start as u64, 64 * count as u64);
        // What cannot be read now is asked for again when its member's statement is decided.
        let sets: Vec<_> = self.claims.keys().map(|claim| set(&claim.2)).collect();
        let mut read = sets.iter();
        self.claims.retain(|_, _| read.next().is_some_and(Option::is_some));
        let sets = sets.iter().flatten().map(|bytes| bytes.as_chunks::<64>().0);
        let beside: Vec<_> = self.claims.values().zip(sets).collect();
        let prepared = Prepared::of(statements, &self.keys, &beside);
        Part {
            start,
            count,
            claims: self.claims.keys().copied().collect(),
            prepared,
        }
    }
}

/// Neighbours in a box that is being opened.
pub(super) struct Part {
    start: usize,
    count: usize,
    claims: Vec<Claim>,
    prepared: Prepared,
}

impl Part {
    /// The ballots as they are checked; of the members' signatures notes what is known now.
    pub(super) fn judge(self, signed: &Signed) -> Vec<Result<Checked, Refusal>> {
        let (checked, first_bad) = self.prepared.judge();
        let first_bad = first_bad.into_iter().map(|bad| bad.map(|place| self.start + place));
        signed.note(self.claims.iter().zip(first_bad), self.count);
        checked
    }
}

impl Signed {
    /// See [`Stored::first_unsigned`](crate::competition::Stored::first_unsigned).
    pub(super) fn first_unsigned(
        &self,
        shelf: &Shelf<'_>,
        state: &Competition,
        round: &Round,
        member: &Seated,
        signatures: &Digest,
    ) -> Result<Option<usize>, Refusal> {
        let asked = (round.number(), member.key.id(), *signatures);
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let ballots = round.ballots().len();
        let of_all = |judged: &BTreeMap<Claim, Judged>| {
            let found = judged.get(&asked).filter(|judged| judged.ballots == ballots);
            found.map(|judged| judged.bad)
        };
        if let Some(bad) = of_all(&judged) {
            return Ok(bad);
        }
        let seqs = round.ballots().seqs();
        let end = seqs.last().map_or(0, |last| last + 1);
        let mut claims = claims(shelf, state, round, ballots, end);
        claims.insert(asked, member.key.clone());
        let found = judge(shelf, round, &claims);
        let found = found.map_err(|words| Code::AttachmentMissing.because(words))?;
        judged.extend(found.into_iter().map(|(claim, bad)| (claim, Judged { ballots, bad })));
        Ok(of_all(&judged).flatten())
    }

    /// So many more ballots were checked; of each claim the first whose signature does not hold.
    fn note<'b>(&self, claims: impl Iterator<Item = (&'b Claim, Option<usize>)>, ballots: usize) {
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        for (claim, bad) in claims {
            let judged = judged.entry(*claim).or_default();
            judged.ballots += ballots;
            judged.bad = judged.bad.or(bad);
        }
    }
}

/// What the record says of so many ballots of this round, which end before `end`, by keys that are known by now.
fn claims(shelf: &Shelf<'_>, keys: &dyn Keys, round: &Round, ballots: usize, end: u64) -> BTreeMap<Claim, PublicKey> {
    let claim = |statement: &Statement| {
        let Act::BallotsSigned(act) = &statement.act else {
            return None;
        };
        let [signature] = &statement.envelope.signatures[..] else {
            return None;
        };
        let whole = shelf.attachments.length(&act.signatures.sha256)? == 64 * ballots as u64;
        let of_round = statement.header.round == Some(round.number());
        let key = keys.key(&signature.keyid).filter(|_| whole && of_round)?;
        Some(((round.number(), key.id(), act.signatures.sha256), key))
    };
    // What is only hinted at is asked about when it is decided, whatever was found by then.
    let hinted = shelf.record.hint(end.max(shelf.record.tree.size()));
    shelf.signings.iter().chain(&hinted).filter_map(claim).collect()
}

fn judge(
    shelf: &Shelf<'_>,
    round: &Round,
    claims: &BTreeMap<Claim, PublicKey>,
) -> Result<BTreeMap<Claim, Option<usize>>, String> {
    let mut judged: BTreeMap<_, _> = claims.keys().map(|claim| (*claim, None)).collect();
    let read = |(places, cast): (Range<usize>, Result<Picked<'_>, String>)| {
        let paes = signed_bytes(&cast?.entries())?;
        let (start, length) = (64 * places.start as u64, 64 * paes.len() as u64);
        let set = |(_, _, sha256): &Claim| {
            let bytes = shelf.attachments.part(sha256, start, length);
            bytes.ok_or_else(|| format!("the signatures {sha256} cannot be read"))
        };
        let sets = claims.keys().map(set).collect::<Result<Vec<_>, String>>()?;
        Ok::<_, String>((places.start, paes, sets))
    };
    each_ahead(windows_of(round, shelf.record.again()), read, |(start, paes, sets)| {
        let mut items: Vec<Item<'_>> = Vec::with_capacity(paes.len() * claims.len());
        for (key, set) in claims.values().zip(&sets) {
            let signatures = set.as_chunks::<64>().0.iter();
            let signed = paes.iter().zip(signatures);
            items.extend(signed.map(|(pae, bytes)| (key, &pae[..], Signature::from_bytes(*bytes))));
        }
        let good = verify_many(&items);
        for (first_bad, good) in judged.values_mut().zip(good.chunks(paes.len().max(1))) {
            let bad = good.iter().position(|good| !good).map(|index| start + index);
            *first_bad = first_bad.or(bad);
        }
        Ok(())
    })?;
    Ok(judged)
}

/// What the members sign: of each entry the bytes that its own signature is over.
fn signed_bytes(entries: &[&[u8]]) -> Result<Vec<Vec<u8>>, String> {
    // They were read as entries before, and are still the same.
    let paes = entries.par_iter().map(|bytes| Entry::pae_of(bytes));
    paes.collect::<Option<_>>()
        .ok_or_else(|| "a ballot's entry cannot be read again".to_owned())
}
