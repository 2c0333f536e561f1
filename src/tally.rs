//! Totals, ranks, ties, lots and margins, in exact integers.
//!
//! `count` -> `rank` -> (a tie at the last seat: a repeat vote, a lot, or by hand) -> elected and reserve. Means are
//! fractions compared by cross-multiplication; nothing here rounds, and nothing here breaks a tie that a tie rule of
//! the rule set has not settled: not by list order, not by name, not by id. Rules: domain R5, R15.

mod count;
mod lot;
mod margin;
mod rank;
mod read;
mod tie;

pub use count::{CandidateTotal, Count, Counter, count};
pub use lot::{LOT_RULE, LotInput, commitment, order, seed};
pub use margin::{LastSeat, last_seat};
pub use rank::{Outcome, Placed, Value, rank, value};
pub use read::{Fault, FileTally, Format, InvalidRow, ReadError, tally_file};
pub use tie::{NotOfTheTied, after_choice, after_lot, after_repeat, shared_ranks};
