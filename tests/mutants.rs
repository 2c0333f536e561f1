//! What mutation testing runs for one mutant of `src/tally*` and `src/verify*`: the tests of counting, and every vector
//! (see `docs/MUTANTS.md`).
//!
//! Not part of the suite, whose one binary holds the same files: a mutant is built and tried in seconds here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::too_many_lines, reason = "a story is told in one piece")]

#[path = "it/kit/disk.rs"]
mod disk;
#[path = "it/given.rs"]
mod given;
#[path = "it/naive.rs"]
mod naive;
#[path = "it/tally.rs"]
mod tally;
#[path = "it/tally_cli.rs"]
mod tally_cli;

/// Elections that a property of counting is tried with.
pub const CASES: u32 = 300;

/// One vector that is judged otherwise says that the mutant is noticed.
pub const FIRST_IS_ENOUGH: bool = true;
