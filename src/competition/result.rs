//! Who is elected: the rounds' outcomes joined, ties settled as the rule set says, later withdrawals followed.

use super::{Competition, Round};
use crate::ballot::CandidateId;
use crate::crypto::hash::Digest;
use crate::ruleset::TieRule;
use crate::tally::{self, LastSeat, LotInput, Outcome, Placed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The result of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinalResult {
    /// Elected, by rank.
    pub elected: Vec<Elected>,
    /// Seats that stay unfilled.
    pub unfilled: u32,
    /// Those not elected, by rank; tied ones share a rank.
    pub reserve: Vec<Placed>,
    /// What was done about each tie at the last seat.
    pub ties: Vec<TieEvent>,
    /// What decided the last seat, by the first round's ballots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_seat: Option<LastSeat>,
}

/// An elected candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Elected {
    /// Who.
    pub candidate: CandidateId,
    /// Rank; tied ones share it.
    pub rank: u32,
    /// By what.
    pub by: By,
}

/// By what a candidate is elected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The rating vote.
    Vote,
    /// A repeat vote.
    RepeatVote,
    /// The lot.
    Lot,
    /// A drawing by hand.
    ByHand,
    /// In the place of one who withdrew.
    Succession,
}

/// What was done about a tie at the last seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TieEvent {
    /// The round that tied.
    pub round: u32,
    /// The tied, by id.
    pub tied: Vec<CandidateId>,
    /// Seats left for them.
    pub seats_left: u32,
    /// The rule applied; absent: the list of rules is at its end and the seats stay unfilled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<TieRule>,
    /// The lot's seed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<Digest>,
    /// The order drawn.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub order: Vec<CandidateId>,
}

/// What comes after the present round.
pub(super) enum Next {
    /// The result stands.
    Done(Box<FinalResult>),
    /// A repeat vote among these for these seats.
    Repeat(Vec<CandidateId>, u32),
    /// A drawing by hand is awaited.
    ByHand,
}

impl Competition {
    /// Joins the outcomes of all counted rounds and applies the tie rules in their order.
    pub(super) fn settle(&self) -> Option<Next> {
        let rules = self.rules();
        let mut ties = Vec::new();
        let mut steps = rules.ties.iter();
        let mut rounds = self.rounds.iter();
        let first = rounds.next()?;
        let mut outcome = first.outcome(rules)?;
        let mut round = first;
        let mut by = Vec::new();
        while let Outcome::TieAtLastSeat { tied, seats_left, .. } = &outcome {
            let (tied, seats_left) = (tied.clone(), *seats_left);
            let rule = steps.next().copied();
            let mut event = TieEvent {
                round: round.number,
                tied,
                seats_left,
                rule,
                seed: None,
                order: Vec::new(),
            };
            let settled = match rule {
                None => Some(unsettled(&outcome)),
                Some(TieRule::RepeatVote) => match rounds.next() {
                    None => return Some(Next::Repeat(event.tied, seats_left)),
                    Some(repeat) => {
                        round = repeat;
                        let repeated = repeat.outcome(rules)?;
                        by.extend(elected_ids(&repeated).into_iter().map(|id| (id, By::RepeatVote)));
                        tally::after_repeat(&outcome, &repeated).ok()
                    }
                },
                Some(TieRule::Lot) => match self.lot_seed(round) {
                    // No reveal at all: by hand.
                    None => None,
                    Some(seed) => {
                        event.seed = Some(seed);
                        event.order = tally::order(&seed, &event.tied);
                        let drawn = event.order.iter().take(seats_left as usize);
                        by.extend(drawn.map(|id| (id.clone(), By::Lot)));
                        tally::after_lot(&outcome, &seed, true).ok()
                    }
                },
                Some(TieRule::ByHand) => None,
            };
            let Some(settled) = settled.or_else(|| Self::by_hand(round, &outcome, &mut event, &mut by)) else {
                return Some(Next::ByHand);
            };
            outcome = settled;
            ties.push(event);
        }
        let last_seat = first.count.as_ref().and_then(|counted| {
            let rules = first.rules(rules);
            tally::last_seat(&rules, &first.paper, &counted.count, first.seats, &first.barred)
        });
        Some(Next::Done(Box::new(self.finish(outcome, ties, &by, last_seat))))
    }

    fn by_hand(round: &Round, tie: &Outcome, event: &mut TieEvent, by: &mut Vec<(CandidateId, By)>) -> Option<Outcome> {
        let drawn = round.drawn.as_ref()?;
        let order: Vec<_> = drawn.iter().filter(|id| event.tied.contains(id)).cloned().collect();
        let chosen: Vec<_> = order.iter().take(event.seats_left as usize).cloned().collect();
        let settled = tally::after_choice(tie, &chosen, true).ok()?;
        by.extend(chosen.into_iter().map(|id| (id, By::ByHand)));
        event.rule = Some(TieRule::ByHand);
        event.order = order;
        Some(settled)
    }

    /// `esep-lot-v1` over what the members revealed in this round; `None`: nobody revealed.
    fn lot_seed(&self, round: &Round) -> Option<Digest> {
        if round.reveals.is_empty() {
            return None;
        }
        let reveals = round
            .reveals
            .iter()
            .map(|(slot, nonce)| (slot.to_string(), nonce.to_string()))
            .collect();
        Some(tally::seed(&LotInput {
            box_root: round.closing.as_ref()?.box_root,
            competition: self.origin().to_owned(),
            reveals,
            round: round.number,
            rule: tally::LOT_RULE.to_owned(),
        }))
    }

    /// After opening: ratings stand, one who withdrew cannot be elected, the next in order is.
    fn finish(
        &self,
        outcome: Outcome,
        ties: Vec<TieEvent>,
        by: &[(CandidateId, By)],
        last_seat: Option<LastSeat>,
    ) -> FinalResult {
        let (Outcome::Complete {
            elected,
            mut unfilled,
            mut reserve,
        }
        | Outcome::TieAtLastSeat {
            elected,
            seats_left: mut unfilled,
            mut reserve,
            ..
        }) = outcome;
        let how = |id: &CandidateId| {
            by.iter()
                .rev()
                .find(|(other, _)| other == id)
                .map_or(By::Vote, |(_, how)| *how)
        };
        let mut kept = Vec::with_capacity(elected.len());
        // Seats of a repeat vote for which too few of the tied were left are vacant like those of the elected.
        let mut vacant = self.deserted_seats().min(unfilled);
        unfilled -= vacant;
        for placed in elected {
            if self.barred.contains(&placed.candidate) {
                vacant += 1;
            } else {
                let by = how(&placed.candidate);
                kept.push(Elected {
                    candidate: placed.candidate,
                    rank: placed.rank,
                    by,
                });
            }
        }
        reserve.retain(|placed| !self.barred.contains(&placed.candidate));
        for _ in 0..vacant {
            // Tied ones share a rank, settled only when one is called: a shared rank fills no seat by itself.
            let single = reserve
                .first()
                .is_some_and(|next| reserve.get(1).is_none_or(|second| second.rank != next.rank));
            if single {
                let next = reserve.remove(0);
                kept.push(Elected {
                    candidate: next.candidate,
                    rank: next.rank,
                    by: By::Succession,
                });
            } else {
                unfilled += 1;
            }
        }
        if !self.rules().reserve {
            reserve.clear();
        }
        FinalResult {
            elected: kept,
            unfilled,
            reserve,
            ties,
            last_seat,
        }
    }

    /// Seats of the last repeat vote beyond the number of its candidates who had not withdrawn.
    fn deserted_seats(&self) -> u32 {
        let repeat = self.last().filter(|round| round.number > 1);
        repeat.map_or(0, |round| {
            let gone = |id: &&CandidateId| round.barred.contains(*id);
            let left = round.paper.len() - round.paper.candidates.iter().filter(gone).count();
            round.seats.saturating_sub(u32::try_from(left).unwrap_or(u32::MAX))
        })
    }

    /// The candidates for whom a drawing by hand is awaited, by id.
    pub fn tied(&self) -> Option<Vec<CandidateId>> {
        let round = self.last()?;
        match round.outcome(self.rules())? {
            Outcome::TieAtLastSeat { tied, .. } => {
                let tied: BTreeSet<_> = tied.into_iter().collect();
                Some(tied.into_iter().collect())
            }
            Outcome::Complete { .. } => None,
        }
    }
}

fn elected_ids(outcome: &Outcome) -> Vec<CandidateId> {
    let (Outcome::Complete { elected, .. } | Outcome::TieAtLastSeat { elected, .. }) = outcome;
    elected.iter().map(|placed| placed.candidate.clone()).collect()
}

/// The list of tie rules is at its end: the tied lead the reserve with a shared rank, the seats stay unfilled.
fn unsettled(tie: &Outcome) -> Outcome {
    let (Outcome::TieAtLastSeat {
        elected,
        seats_left: unfilled,
        reserve,
        ..
    }
    | Outcome::Complete {
        elected,
        unfilled,
        reserve,
    }) = tie;
    let tied = match tie {
        Outcome::TieAtLastSeat { tied, .. } => tied.clone(),
        Outcome::Complete { .. } => Vec::new(),
    };
    let rank = u32::try_from(elected.len()).unwrap_or(u32::MAX).saturating_add(1);
    let leading = tied.into_iter().map(|candidate| Placed { candidate, rank });
    Outcome::Complete {
        elected: elected.clone(),
        unfilled: *unfilled,
        reserve: leading.chain(reserve.iter().cloned()).collect(),
    }
}
