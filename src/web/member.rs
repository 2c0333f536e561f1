//! The counting member's pages: what is to be done and by whom, and the protocol as a document.
//!
//! Templates stand in `web/templates/member`, messages in `web/messages/*/member.ftl`; what is signed is signed by
//! `js/member.mjs`.

use super::public::Head;
use super::{Page, Said, format};
use crate::ballot::CandidateId;
use crate::competition::act::Ending;
use crate::competition::{By, Commission, Competition, Phase, Protocol, Slot, SlotStanding, Task, TieEvent};
use crate::crypto::KeyId;
use crate::ruleset::TieRule;
use askama::Template;
use std::collections::BTreeMap;

/// The signing desk.
#[derive(Debug, Template)]
#[template(path = "member/desk.html")]
pub struct Desk {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// How the four stand.
    pub commission: Commission,
}

impl Desk {
    /// The bodies that still have to do something, in words.
    fn slots(&self, task: &Task) -> String {
        let words = task.by.iter().map(|slot| self.page.say_of("slot", slot).to_string());
        words.collect::<Vec<_>>().join(", ")
    }

    /// What a slot has done of what this phase asks for: name and word.
    fn marks(&self, slot: &SlotStanding) -> Vec<(&'static str, &'static str)> {
        let lot = self.commission.lot;
        match self.commission.phase {
            Phase::Listed if lot => vec![
                ("opening", slot.opening.as_str()),
                ("commitment", slot.commitment.as_str()),
            ],
            Phase::Listed => vec![("opening", slot.opening.as_str())],
            Phase::Polling => vec![("closing", slot.closing.as_str())],
            Phase::Closed if lot => vec![("reveal", slot.reveal.as_str())],
            Phase::Opened => vec![("ballots", slot.ballots.as_str())],
            Phase::Counted | Phase::Certified => vec![("protocol", slot.protocol.map_or("open", ending))],
            _ => Vec::new(),
        }
    }
}

/// The word of an ending.
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Signed => "signed",
        Ending::Dissenting => "dissenting",
        Ending::Refusing => "refusing",
        Ending::Absent => "absent",
    }
}

/// The protocol as a document.
#[derive(Debug, Template)]
#[template(path = "member/protocol.html")]
pub struct Paper {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
    /// The protocol, read from its bytes.
    pub paper: Option<Protocol>,
    /// SHA-256 of its bytes, in groups.
    pub digest: String,
    /// Whether its bytes are fixed.
    pub fixed: bool,
    names: BTreeMap<CandidateId, String>,
    slots: Vec<SlotStanding>,
}

impl Paper {
    /// The document of this protocol, as it stands or is fixed.
    pub fn new(page: Page, head: Head, competition: &Competition, protocol: Option<(Protocol, String)>) -> Self {
        let commission = competition.commission(page.now);
        let (paper, digest) = protocol.map_or((None, String::new()), |(paper, digest)| (Some(paper), digest));
        let listed = competition.list().map(|list| list.candidates.iter());
        let names = listed
            .into_iter()
            .flatten()
            .map(|one| (one.id.clone(), one.name.clone()));
        Self {
            page,
            head,
            paper,
            digest: format::groups(&digest),
            fixed: commission.protocol_fixed,
            names: names.collect(),
            slots: commission.slots,
        }
    }

    fn name(&self, id: &CandidateId) -> String {
        self.names.get(id).map_or_else(|| id.to_string(), Clone::clone)
    }

    fn names(&self, ids: &[CandidateId]) -> String {
        ids.iter().map(|id| self.name(id)).collect::<Vec<_>>().join(", ")
    }

    /// What was done about a tie.
    fn rule(&self, tie: &TieEvent) -> Said {
        let name = match tie.rule {
            Some(TieRule::RepeatVote) => "repeat_vote",
            Some(TieRule::Lot) if tie.seed.is_some() => "lot",
            Some(TieRule::Lot | TieRule::ByHand) => "by_hand",
            None => "none",
        };
        self.page
            .say_of("member-paper-rule", name)
            .with("order", self.names(&tie.order).as_str())
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self,
        reason = "called by the template"
    )]
    fn by(&self, by: &By) -> &'static str {
        match by {
            By::Vote => "vote",
            By::RepeatVote => "repeat_vote",
            By::Lot => "lot",
            By::ByHand => "by_hand",
            By::Succession => "succession",
        }
    }

    #[expect(clippy::unused_self, reason = "called by the template")]
    fn groups(&self, key: &KeyId) -> String {
        format::groups(&key.to_string())
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "called by the template")]
    fn standing(&self, slot: &Slot) -> Option<&SlotStanding> {
        self.slots.iter().find(|one| one.slot == *slot)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "called by the template")]
    fn ending(&self, slot: &Slot) -> Option<&'static str> {
        self.standing(slot)?.protocol.map(ending)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "called by the template")]
    fn dissent(&self, slot: &Slot) -> Option<&str> {
        self.standing(slot)?.dissent.as_deref()
    }
}
