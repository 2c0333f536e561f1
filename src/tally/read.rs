//! Tallies a file of rating ballots, CSV or JSON lines, in one pass over the bytes.
//!
//! The input is read in blocks that end at the end of a record; a block's pieces are parsed and counted on all cores
//! while the next block is read. An invalid ballot is reported and left out; a broken file ends the reading with the
//! line and the column. Memory does not grow with the file, but for the list of invalid rows.

mod csv;
mod jsonl;

use super::count::{Count, Counter};
use super::rank::{Outcome, rank};
use crate::ballot::{BallotPaper, CandidateId, Invalid};
use crate::ruleset::RuleSet;
use memchr::{memchr, memchr2_iter, memrchr};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};

const BLOCK_BYTES: u64 = 4 << 20;
const PIECE_BYTES: usize = 128 << 10;
/// No record may be longer.
const RECORD_BYTES: usize = 64 << 20;

/// How a file of ballots is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A header of candidates, then a record for each ballot; an empty cell is a blank. Comma, or semicolon or tab if
    /// the header holds no comma. Empty lines are skipped.
    Csv,
    /// A JSON object a line: candidate to rating, or `{"ratings": {candidate: rating}}`; absent or null is a blank.
    JsonLines,
}

/// What a file of ballots comes to.
#[derive(Debug, Clone)]
pub struct FileTally {
    /// Candidates as the file names them: in the order of the columns (CSV), sorted (JSON lines).
    pub names: Vec<String>,
    /// Numbers in place of ids, in the order of `names`.
    pub paper: BallotPaper,
    /// Totals, in the order of `names`.
    pub count: Count,
    /// Who is elected.
    pub outcome: Outcome,
    /// Invalid ballots, in the order of the file.
    pub invalid: Vec<InvalidRow>,
}

impl FileTally {
    /// The name that the file gives to a candidate of [`Self::paper`].
    pub fn name(&self, candidate: &CandidateId) -> Option<&str> {
        self.paper.index_of(candidate).map(|place| self.names[place].as_str())
    }
}

/// A ballot that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRow {
    /// Number of the ballot in the file, from 1; the header and empty lines are none.
    pub row: u64,
    /// Why.
    pub reason: Invalid,
}

/// Why a file cannot be tallied.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// The file is not what its format promises.
    #[error("line {line}{}: {fault}", column.map(|column| format!(", column {column}")).unwrap_or_default())]
    Broken {
        /// From 1.
        line: u64,
        /// From 1: cell of the record (CSV) or character of the line (JSON lines), where one is to blame.
        column: Option<usize>,
        /// What is wrong there.
        fault: Fault,
    },
    /// A column to be ignored does not exist.
    #[error("no column {0:?} to ignore")]
    NoSuchColumn(String),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A rating is no integer.
    #[error("{name:?}: {found:?} is no whole number")]
    NotInteger {
        /// The candidate.
        name: String,
        /// The cell, cut to 40 characters.
        found: String,
    },
    /// Not as many cells as the header has.
    #[error("{found} cells, the header has {expected}")]
    Ragged {
        /// Cells here.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// A column or candidate has an empty name.
    #[error("a candidate without a name")]
    NoName,
    /// Two columns, or two keys of one ballot, have the same name.
    #[error("{name:?} stands there twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Bytes that are no UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A quotation mark inside a cell that does not start with one, or text after the closing one.
    #[error("a quotation mark out of place")]
    StrayQuote,
    /// A quoted cell that never ends.
    #[error("a quotation mark that is never closed")]
    OpenQuote,
    /// The line is no JSON object of ratings.
    #[error("not a JSON object of ratings: {0}")]
    NotJson(String),
    /// A record of more than 64 MiB.
    #[error("a record longer than 64 MiB")]
    TooLong,
    /// Nothing to tally.
    #[error("the file names no candidates")]
    Empty,
}

/// A fault with its place: lines before it in the piece, and the column.
type Located = (u64, Option<usize>, Fault);

/// Ratings of one ballot that are too great for a row, by the candidate's place.
type Wide = Vec<(usize, i64)>;

/// The reason, with the rating as it was written.
fn in_full(reason: Invalid, wide: &Wide) -> Invalid {
    let Invalid::OutOfRange { candidate, rating } = reason else {
        return reason;
    };
    let written = wide.iter().find(|(place, _)| u32::try_from(*place) == Ok(candidate));
    Invalid::OutOfRange {
        candidate,
        rating: written.map_or(rating, |(_, rating)| *rating),
    }
}

/// What a piece of the file adds.
struct Part {
    counter: Counter,
    /// Candidates in the order of the counter, where lines name them; empty where a header does.
    names: Vec<String>,
    invalid: Vec<InvalidRow>,
    rows: u64,
    lines: u64,
}

/// One format's parser of pieces that start and end with whole records.
trait Pieces: Sync {
    /// Whether a line break inside quotation marks does not end a record.
    const QUOTES: bool;
    fn piece(&self, bytes: &[u8]) -> Result<Part, Located>;
}

/// Counts the ballots of a file and fills `rules.seats`. `ignore`: columns that hold no ratings.
pub fn tally_file(
    input: impl Read + Send,
    format: Format,
    rules: &RuleSet,
    ignore: &[String],
) -> Result<FileTally, ReadError> {
    let mut blocks = Blocks {
        input,
        rest: Vec::new(),
    };
    let sum = match format {
        Format::Csv => {
            let mut first = blocks.next::<csv::Csv<'_>>()?.map_err(|fault| broken(0, None, fault))?;
            let header = csv::Header::read(&first, ignore)?;
            first.drain(..header.bytes);
            let parser = csv::Csv {
                rules: &rules.vote,
                header: &header,
            };
            add_blocks(
                blocks,
                first,
                &parser,
                Sum::new(rules, header.candidates.clone(), header.lines),
            )?
        }
        Format::JsonLines => {
            let parser = jsonl::JsonLines {
                rules: &rules.vote,
                ignore,
            };
            add_blocks(blocks, Vec::new(), &parser, Sum::new(rules, Vec::new(), 0))?.sorted(rules)
        }
    };
    if sum.names.is_empty() {
        return Err(ReadError::Broken {
            line: 1,
            column: None,
            fault: Fault::Empty,
        });
    }
    let (paper, count) = (BallotPaper::numbered(sum.names.len()), sum.counter.finish());
    let outcome = rank(rules, &paper, &count, rules.seats, &BTreeSet::new());
    Ok(FileTally {
        names: sum.names,
        paper,
        count,
        outcome,
        invalid: sum.invalid,
    })
}

/// What the pieces so far add up to.
struct Sum {
    counter: Counter,
    names: Vec<String>,
    invalid: Vec<InvalidRow>,
    rows: u64,
    lines: u64,
    /// Place of each name, where lines name candidates.
    places: HashMap<String, usize>,
}

impl Sum {
    fn new(rules: &RuleSet, names: Vec<String>, lines: u64) -> Self {
        let counter = Counter::new(&rules.vote, &BallotPaper::numbered(names.len()));
        Self {
            counter,
            names,
            invalid: Vec::new(),
            rows: 0,
            lines,
            places: HashMap::new(),
        }
    }

    fn add(&mut self, part: Part) {
        let places: Vec<_> = match part.names.len() {
            0 => (0..self.names.len()).collect(),
            _ => part.names.into_iter().map(|name| self.place(name)).collect(),
        };
        self.counter.widen(self.names.len());
        self.counter.merge_at(&part.counter, &places);
        let rows = self.rows;
        let moved = |invalid: InvalidRow| InvalidRow {
            row: invalid.row + rows,
            reason: at(invalid.reason, &places),
        };
        self.invalid.extend(part.invalid.into_iter().map(moved));
        self.rows += part.rows;
        self.lines += part.lines;
    }

    fn place(&mut self, name: String) -> usize {
        let names = &mut self.names;
        *self.places.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() - 1
        })
    }

    /// Candidates in the order of their names, whatever the order of the ballots was.
    fn sorted(mut self, rules: &RuleSet) -> Self {
        let mut names = std::mem::take(&mut self.names);
        let found = names.clone();
        names.sort();
        let places: Vec<_> = found
            .iter()
            .map(|name| names.binary_search(name).expect("the same names"))
            .collect();
        let mut sorted = Self::new(rules, names, self.lines);
        sorted.counter.merge_at(&self.counter, &places);
        sorted.invalid = self.invalid;
        sorted
            .invalid
            .iter_mut()
            .for_each(|invalid| invalid.reason = at(invalid.reason.clone(), &places));
        sorted
    }
}

/// The same reason on a paper where the candidates stand at these places.
fn at(reason: Invalid, places: &[usize]) -> Invalid {
    match reason {
        Invalid::OutOfRange { candidate, rating } => {
            let place = usize::try_from(candidate)
                .ok()
                .and_then(|candidate| places.get(candidate));
            let candidate = place.and_then(|place| u32::try_from(*place).ok()).unwrap_or(candidate);
            Invalid::OutOfRange { candidate, rating }
        }
        other => other,
    }
}

/// Parses block after block, reading the next one meanwhile.
fn add_blocks<R: Read + Send, P: Pieces>(
    mut blocks: Blocks<R>,
    first: Vec<u8>,
    parser: &P,
    mut sum: Sum,
) -> Result<Sum, ReadError> {
    let mut block = first;
    loop {
        let parse = || {
            pieces::<P>(&block)
                .into_par_iter()
                .map(|piece| parser.piece(piece))
                .collect::<Vec<_>>()
        };
        let (parts, next) = rayon::join(parse, || blocks.next::<P>());
        for part in parts {
            sum.add(part.map_err(|(before, column, fault)| broken(sum.lines + before, column, fault))?);
        }
        let next = next?.map_err(|fault| broken(sum.lines, None, fault))?;
        if next.is_empty() {
            return Ok(sum);
        }
        block = next;
    }
}

fn broken(lines_before: u64, column: Option<usize>, fault: Fault) -> ReadError {
    ReadError::Broken {
        line: lines_before + 1,
        column,
        fault,
    }
}

/// The input, cut at ends of records.
struct Blocks<R> {
    input: R,
    rest: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    /// The next whole records; empty at the end.
    fn next<P: Pieces>(&mut self) -> io::Result<Result<Vec<u8>, Fault>> {
        let mut block = std::mem::take(&mut self.rest);
        loop {
            block.reserve_exact(usize::try_from(BLOCK_BYTES).unwrap_or(0));
            let read = self.input.by_ref().take(BLOCK_BYTES).read_to_end(&mut block)?;
            if read == 0 {
                return Ok(Ok(block));
            }
            if let Some(end) = last_end::<P>(&block) {
                self.rest = block.split_off(end);
                return Ok(Ok(block));
            }
            if block.len() > RECORD_BYTES {
                return Ok(Err(Fault::TooLong));
            }
        }
    }
}

/// The end of the last whole record.
fn last_end<P: Pieces>(block: &[u8]) -> Option<usize> {
    if P::QUOTES && memchr(b'"', block).is_some() {
        ends_outside_quotes(block).last()
    } else {
        memrchr(b'\n', block).map(|at| at + 1)
    }
}

/// Ends of records: a line break after an even number of quotation marks.
fn ends_outside_quotes(block: &[u8]) -> impl Iterator<Item = usize> {
    let mut inside = false;
    memchr2_iter(b'"', b'\n', block).filter_map(move |at| {
        inside ^= block[at] == b'"';
        (block[at] == b'\n' && !inside).then_some(at + 1)
    })
}

/// Whole records each, in order, of about [`PIECE_BYTES`].
fn pieces<P: Pieces>(block: &[u8]) -> Vec<&[u8]> {
    let mut cuts = vec![0];
    if P::QUOTES && memchr(b'"', block).is_some() {
        for end in ends_outside_quotes(block) {
            if end >= cuts[cuts.len() - 1] + PIECE_BYTES {
                cuts.push(end);
            }
        }
    } else {
        while let Some(rest) = block.get(cuts[cuts.len() - 1] + PIECE_BYTES..) {
            let Some(line) = memchr(b'\n', rest) else { break };
            cuts.push(block.len() - rest.len() + line + 1);
        }
    }
    cuts.push(block.len());
    cuts.windows(2)
        .map(|cut| &block[cut[0]..cut[1]])
        .filter(|piece| !piece.is_empty())
        .collect()
}
