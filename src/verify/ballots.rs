//! The members' signatures over the ballots of a round.
//!
//! The state keeps of a ballot what the count needs, and not its signed bytes: these are read again from the ledger, a
//! window at a time, and all members' signatures over them are checked together.

use super::ahead::each_ahead;
use super::places::Record;
use super::shelf::Shelf;
use crate::competition::act::Act;
use crate::competition::{Code, Competition, Keys, Refusal, Round, Seated, Statement, Stored, windows_of};
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

/// Members' signatures over ballots, all members' together as soon as the first is asked about.
pub(super) struct Signed<'a> {
    record: &'a Record<'a>,
    /// The first ballot over which a signature does not hold.
    judged: Mutex<BTreeMap<Claim, Option<usize>>>,
}

impl<'a> Signed<'a> {
    pub(super) fn new(record: &'a Record<'a>) -> Self {
        let judged = Mutex::default();
        Self { record, judged }
    }

    /// See [`Stored::first_unsigned`].
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
        if !judged.contains_key(&asked) {
            let mut claims: BTreeMap<Claim, PublicKey> = self.claims(shelf, state, round);
            claims.insert(asked, member.key.clone());
            let found = self.judge(shelf, round, &claims);
            judged.extend(found.map_err(|words| Code::AttachmentMissing.because(words))?);
        }
        Ok(judged.get(&asked).copied().flatten())
    }

    /// What the record will say of this round by keys that are known by now.
    fn claims(&self, shelf: &Shelf<'_>, state: &Competition, round: &Round) -> BTreeMap<Claim, PublicKey> {
        let claim = |statement: &Statement| {
            let Act::BallotsSigned(act) = &statement.act else {
                return None;
            };
            let [signature] = &statement.envelope.signatures[..] else {
                return None;
            };
            let whole = shelf.attachment_bytes(&act.signatures.sha256)? == 64 * round.ballots().len() as u64;
            let of_round = statement.header.round == Some(round.number());
            let key = state.key(&signature.keyid).filter(|_| whole && of_round)?;
            Some(((round.number(), key.id(), act.signatures.sha256), key))
        };
        self.record.acts.iter().filter_map(claim).collect()
    }

    fn judge(
        &self,
        shelf: &Shelf<'_>,
        round: &Round,
        claims: &BTreeMap<Claim, PublicKey>,
    ) -> Result<BTreeMap<Claim, Option<usize>>, String> {
        let mut judged: BTreeMap<_, _> = claims.keys().map(|claim| (*claim, None)).collect();
        let read = |(places, cast): (Range<usize>, Result<Picked<'_>, String>)| {
            let paes = signed_bytes(&cast?.entries())?;
            let (start, length) = (64 * places.start as u64, 64 * paes.len() as u64);
            let set = |(_, _, sha256): &Claim| {
                let bytes = shelf.part(sha256, start, length);
                bytes.ok_or_else(|| format!("the signatures {sha256} cannot be read"))
            };
            let sets = claims.keys().map(set).collect::<Result<Vec<_>, String>>()?;
            Ok::<_, String>((places.start, paes, sets))
        };
        each_ahead(windows_of(round, self.record.again()), read, |(start, paes, sets)| {
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
}

/// What the members sign: of each entry the bytes that its own signature is over.
fn signed_bytes(entries: &[&[u8]]) -> Result<Vec<Vec<u8>>, String> {
    // They were read as entries before, and are still the same.
    let paes = entries.par_iter().map(|bytes| Entry::pae_of(bytes));
    paes.collect::<Option<_>>()
        .ok_or_else(|| "a ballot's entry cannot be read again".to_owned())
}
