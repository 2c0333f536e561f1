//! What becomes of a tie at the last seat once a tie rule has spoken.
//!
//! Nothing is settled here by itself: a repeat vote, a lot or a drawing by hand arrives as a value.

use super::lot;
use super::rank::{Outcome, Placed, whole};
use crate::ballot::CandidateId;
use crate::crypto::hash::Digest;

/// The choice does not fit the tie: not `seats_left` different candidates of the tied, or there is no tie.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tie at the last seat is settled by exactly as many of the tied as there are seats left")]
pub struct NotOfTheTied;

/// The outcome after these of the tied were drawn (by hand, in the room).
///
/// The drawn keep the rank that they share by votes; the other tied lead the reserve with that same rank, if
/// `keep_reserve`.
pub fn after_choice(tie: &Outcome, drawn: &[CandidateId], keep_reserve: bool) -> Result<Outcome, NotOfTheTied> {
    let Outcome::TieAtLastSeat {
        elected,
        tied,
        seats_left,
        reserve,
    } = tie
    else {
        return Err(NotOfTheTied);
    };
    let (chosen, others): (Vec<_>, Vec<_>) = tied.iter().partition(|id| drawn.contains(id));
    if drawn.len() != chosen.len() || whole(chosen.len()) != *seats_left {
        return Err(NotOfTheTied);
    }
    let rank = whole(elected.len()) + 1;
    let place = |id: &CandidateId| Placed {
        candidate: id.clone(),
        rank,
    };
    let elected = elected.iter().cloned().chain(chosen.into_iter().map(place)).collect();
    let reserve = others.into_iter().map(place).chain(reserve.iter().cloned());
    let reserve = reserve.filter(|_| keep_reserve).collect();
    Ok(Outcome::Complete {
        elected,
        unfilled: 0,
        reserve,
    })
}

/// The outcome after the lot with that seed.
pub fn after_lot(tie: &Outcome, seed: &Digest, keep_reserve: bool) -> Result<Outcome, NotOfTheTied> {
    let Outcome::TieAtLastSeat { tied, seats_left, .. } = tie else {
        return Err(NotOfTheTied);
    };
    let seats = usize::try_from(*seats_left).expect("a count of seats fits");
    let drawn = lot::order(seed, tied).into_iter().take(seats).collect::<Vec<_>>();
    after_choice(tie, &drawn, keep_reserve)
}

/// The outcome after a repeat vote among the tied for the seats left; the repeat may itself end in a tie.
///
/// Ranks of the repeat continue those above the tie; the first round's reserve follows the repeat's.
pub fn after_repeat(tie: &Outcome, repeat: &Outcome) -> Result<Outcome, NotOfTheTied> {
    let Outcome::TieAtLastSeat {
        elected: above,
        tied,
        reserve: below,
        ..
    } = tie
    else {
        return Err(NotOfTheTied);
    };
    let shift = whole(above.len());
    let join = |first: &[Placed], then: &[Placed]| -> Result<Vec<Placed>, NotOfTheTied> {
        if !then.iter().all(|placed| tied.contains(&placed.candidate)) {
            return Err(NotOfTheTied);
        }
        let moved = then.iter().map(|placed| Placed {
            rank: placed.rank + shift,
            ..placed.clone()
        });
        Ok(first.iter().cloned().chain(moved).collect())
    };
    let behind = |reserve: &[Placed]| join(&[], reserve).map(|moved| [&moved[..], below].concat());
    match repeat {
        Outcome::Complete {
            elected,
            unfilled,
            reserve,
        } => Ok(Outcome::Complete {
            elected: join(above, elected)?,
            unfilled: *unfilled,
            reserve: behind(reserve)?,
        }),
        Outcome::TieAtLastSeat {
            elected,
            tied: again,
            seats_left,
            reserve,
        } => {
            if !again.iter().all(|id| tied.contains(id)) {
                return Err(NotOfTheTied);
            }
            Ok(Outcome::TieAtLastSeat {
                elected: join(above, elected)?,
                tied: again.clone(),
                seats_left: *seats_left,
                reserve: behind(reserve)?,
            })
        }
    }
}

/// Candidates of one list who share a rank: ties wholly above or below the line are reported only.
pub fn shared_ranks(list: &[Placed]) -> Vec<Vec<CandidateId>> {
    let groups = list.chunk_by(|a, b| a.rank == b.rank).filter(|group| group.len() > 1);
    groups
        .map(|group| group.iter().map(|placed| placed.candidate.clone()).collect())
        .collect()
}
