//! `esep tally FILE`: the same engine on any file of rating ballots, without a service.

use crate::ballot::{CandidateId, Invalid};
use crate::ruleset::{Aggregate, Blank, Problem, RuleSet, Scale};
use crate::tally::{FileTally, Format, Outcome, Placed, ReadError, Value, tally_file, value};
use clap::ValueEnum;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tally a file of rating ballots with exact arithmetic; a tie at the last seat is reported, never broken.
///
/// CSV: the header names the candidates (comma, semicolon or tab), then a row for each ballot; an empty cell is a
/// candidate not rated. JSON lines: {"candidate": rating, ...} or {"ratings": {...}} on each line. Invalid rows are
/// reported and left out. Exit code: 0 tallied, 2 wrong usage, 3 the file cannot be read or is broken.
#[derive(Debug, clap::Args)]
pub struct Tally {
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// How the file is written [default: jsonl for names ending in .jsonl or .ndjson, else csv].
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// Least and greatest rating.
    #[arg(long, default_value = "0..10", value_parser = scale, allow_hyphen_values = true, value_name = "MIN..MAX")]
    scale: Scale,
    /// Seats to fill.
    #[arg(long, default_value_t = 10)]
    seats: u32,
    /// What candidates are ranked by.
    #[arg(long, value_enum, default_value = "sum")]
    aggregate: By,
    /// With the mean: least number of ratings with which a candidate can be elected [default: 1].
    #[arg(long)]
    quorum: Option<u32>,
    /// Least number of candidates that a valid ballot rates.
    #[arg(long, default_value_t = 1)]
    min_rated: u32,
    /// Greatest number of candidates that a valid ballot rates [default: all].
    #[arg(long)]
    max_rated: Option<u32>,
    /// What a candidate not rated gets [default: zero, or skip where 0 is not on the scale].
    #[arg(long, value_enum)]
    blank: Option<Unrated>,
    /// Columns that hold no ratings.
    #[arg(long, value_delimiter = ',', value_name = "COL,...")]
    ignore: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FileFormat {
    Csv,
    Jsonl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// The sum of ratings.
    Sum,
    /// The exact mean of ratings.
    Mean,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unrated {
    /// Counts 0.
    Zero,
    /// Is left out of the mean.
    Skip,
}

fn scale(text: &str) -> Result<Scale, String> {
    let ends = text
        .split_once("..")
        .and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    let (min, max) = ends.ok_or("write it like 0..10")?;
    Ok(Scale { min, max })
}

const USAGE: u8 = 2;
const CANNOT_TELL: u8 = 3;

impl Tally {
    /// Reads, counts, prints.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let rules = match self.rules() {
            Ok(rules) => rules,
            Err(problems) => return Ok(refuse(USAGE, &problems.join("; "))),
        };
        let tally = match self.read(&rules) {
            Ok(tally) => tally,
            Err(error @ ReadError::NoSuchColumn(_)) => return Ok(refuse(USAGE, &error.to_string())),
            Err(error) => return Ok(refuse(CANNOT_TELL, &format!("{}: {error}", self.file.display()))),
        };
        let mut out = io::BufWriter::new(io::stdout().lock());
        let printed = if self.json {
            json(&mut out, &rules, &tally)
        } else {
            table(&mut out, &rules, &tally)
        };
        match printed.and_then(|()| out.flush()) {
            // Whoever reads us has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            other => Ok(other.map(|()| ExitCode::SUCCESS)?),
        }
    }

    fn rules(&self) -> Result<RuleSet, Vec<&'static str>> {
        let mut rules = RuleSet::commission_2014();
        rules.seats = self.seats;
        let vote = &mut rules.vote;
        (vote.scale, vote.min_rated, vote.max_rated) = (self.scale, self.min_rated, self.max_rated);
        vote.aggregate = match (self.aggregate, self.quorum) {
            (By::Mean, quorum) => Aggregate::Mean {
                quorum: quorum.unwrap_or(1),
            },
            (By::Sum, None) => Aggregate::Sum {},
            (By::Sum, Some(_)) => return Err(vec!["--quorum goes with --aggregate mean"]),
        };
        vote.blank = match self.blank {
            Some(Unrated::Skip) => Blank::Skip,
            None if self.scale.min > 0 || self.scale.max < 0 => Blank::Skip,
            Some(Unrated::Zero) | None => Blank::Zero,
        };
        let problems: Vec<_> = rules.problems().into_iter().map(Problem::words).collect();
        if problems.is_empty() { Ok(rules) } else { Err(problems) }
    }

    fn read(&self, rules: &RuleSet) -> Result<FileTally, ReadError> {
        let format = match self.format {
            Some(FileFormat::Csv) => Format::Csv,
            Some(FileFormat::Jsonl) => Format::JsonLines,
            None => guessed(&self.file),
        };
        if self.file == Path::new("-") {
            return tally_file(io::stdin(), format, rules, &self.ignore);
        }
        tally_file(std::fs::File::open(&self.file)?, format, rules, &self.ignore)
    }
}

fn guessed(file: &Path) -> Format {
    let extension = file.extension().unwrap_or_default();
    let json = ["jsonl", "ndjson"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known));
    if json { Format::JsonLines } else { Format::Csv }
}

fn refuse(code: u8, words: &str) -> ExitCode {
    // Nobody may be listening on standard error; the exit code says the same.
    let _ = writeln!(io::stderr(), "esep tally: {words}");
    ExitCode::from(code)
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Elected,
    Tied,
    Reserve,
}

/// Each ranked candidate's rank and fate, and the lists that they come from.
struct Reading<'a> {
    elected: Vec<&'a str>,
    tied: Vec<&'a str>,
    reserve: Vec<&'a str>,
    seats_left: u32,
    unfilled: u32,
    fates: BTreeMap<&'a CandidateId, (u32, Fate)>,
}

impl<'a> Reading<'a> {
    fn of(tally: &'a FileTally) -> Self {
        let (elected, tied, seats_left, unfilled, reserve): (&[Placed], &[CandidateId], _, _, &[Placed]) =
            match &tally.outcome {
                Outcome::Complete {
                    elected,
                    unfilled,
                    reserve,
                } => (elected, &[], 0, *unfilled, reserve),
                Outcome::TieAtLastSeat {
                    elected,
                    tied,
                    seats_left,
                    reserve,
                } => (elected, tied, *seats_left, 0, reserve),
            };
        let name = |id: &CandidateId| tally.name(id).unwrap_or_default();
        let names = |list: &'a [Placed]| list.iter().map(|placed| name(&placed.candidate)).collect();
        let fate = |fate| move |placed: &'a Placed| (&placed.candidate, (placed.rank, fate));
        let tie_rank = u32::try_from(elected.len() + 1).unwrap_or(u32::MAX);
        let fates = elected.iter().map(fate(Fate::Elected));
        let fates = fates.chain(tied.iter().map(|id| (id, (tie_rank, Fate::Tied))));
        let fates = fates.chain(reserve.iter().map(fate(Fate::Reserve))).collect();
        let tied = tied.iter().map(name).collect();
        Self {
            elected: names(elected),
            tied,
            reserve: names(reserve),
            seats_left,
            unfilled,
            fates,
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    result: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    totals: Vec<Line<'a>>,
    elected: Vec<&'a str>,
    tied: Vec<&'a str>,
    seats_left: u32,
    unfilled: u32,
    reserve: Vec<&'a str>,
    valid: u64,
    invalid: Vec<Left>,
}

#[derive(Serialize)]
struct Line<'a> {
    candidate: &'a str,
    total: i64,
    rated: u64,
    /// With the mean: what `total` is divided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    divisor: Option<u64>,
    /// Absent for one who cannot be elected.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
}

#[derive(Serialize)]
struct Left {
    row: u64,
    reason: String,
}

fn json(out: &mut impl Write, rules: &RuleSet, tally: &FileTally) -> io::Result<()> {
    let reading = Reading::of(tally);
    let is_mean = matches!(rules.vote.aggregate, Aggregate::Mean { .. });
    let line = |(total, name)| {
        let total: &crate::tally::CandidateTotal = total;
        let divisor = value(&rules.vote, tally.count.valid, total).divisor;
        Line {
            candidate: name,
            total: total.total,
            rated: total.rated,
            divisor: is_mean.then_some(divisor),
            rank: reading.fates.get(&total.candidate).map(|(rank, _)| *rank),
        }
    };
    let totals = tally
        .count
        .totals
        .iter()
        .zip(tally.names.iter().map(String::as_str))
        .map(line)
        .collect();
    let invalid = tally
        .invalid
        .iter()
        .map(|left| Left {
            row: left.row,
            reason: reason(tally, &left.reason),
        })
        .collect();
    let Reading {
        elected,
        tied,
        reserve,
        seats_left,
        unfilled,
        ..
    } = reading;
    let body = Body {
        totals,
        elected,
        tied,
        seats_left,
        unfilled,
        reserve,
        valid: tally.count.valid,
        invalid,
    };
    serde_json::to_writer_pretty(
        &mut *out,
        &Report {
            schema: "esep.tally.v1",
            result: body,
        },
    )?;
    writeln!(out)
}

/// The reason, with the file's name for the candidate.
fn reason(tally: &FileTally, reason: &Invalid) -> String {
    let name = |place: u32| usize::try_from(place).ok().and_then(|place| tally.names.get(place));
    match reason {
        Invalid::OutOfRange { candidate, rating } => match name(*candidate) {
            Some(name) => format!("R15: rating {rating} of {name} is outside the scale"),
            None => reason.to_string(),
        },
        other => other.to_string(),
    }
}

const SHOWN_INVALID: usize = 20;

fn table(out: &mut impl Write, rules: &RuleSet, tally: &FileTally) -> io::Result<()> {
    let reading = Reading::of(tally);
    let is_mean = matches!(rules.vote.aggregate, Aggregate::Mean { .. });
    let mut lines: Vec<_> = tally.count.totals.iter().zip(&tally.names).collect();
    lines.sort_by_key(|(total, _)| reading.fates.get(&total.candidate).map_or(u32::MAX, |(rank, _)| *rank));
    let width = tally
        .names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(9, 60);
    let mean = if is_mean { "      mean" } else { "" };
    writeln!(
        out,
        "rank  {:width$}  {:>10}{mean}  {:>10}  result",
        "candidate", "total", "rated"
    )?;
    for (total, name) in lines {
        let fate = reading.fates.get(&total.candidate);
        let rank = fate.map_or("-".into(), |(rank, _)| rank.to_string());
        let words = match fate.map(|(_, fate)| fate) {
            Some(Fate::Elected) => "elected",
            Some(Fate::Tied) => "tied at the last seat",
            Some(Fate::Reserve) => "reserve",
            None => "cannot be elected",
        };
        let mean = if is_mean {
            decimal(value(&rules.vote, tally.count.valid, total))
        } else {
            String::new()
        };
        let (name, points, rated) = (printable(name), total.total, total.rated);
        writeln!(
            out,
            "{rank:>4}  {name:width$}  {points:>10}{mean}  {rated:>10}  {words}"
        )?;
    }
    notes(out, tally, &reading)
}

fn notes(out: &mut impl Write, tally: &FileTally, reading: &Reading<'_>) -> io::Result<()> {
    writeln!(
        out,
        "\n{} valid, {} invalid ballots",
        tally.count.valid, tally.count.invalid
    )?;
    if reading.seats_left > 0 {
        writeln!(
            out,
            "a tie at the last seat: {} for {} seats",
            reading.tied.len(),
            reading.seats_left
        )?;
    }
    if reading.unfilled > 0 {
        writeln!(out, "{} seats stay unfilled", reading.unfilled)?;
    }
    for left in tally.invalid.iter().take(SHOWN_INVALID) {
        writeln!(
            out,
            "invalid: row {}: {}",
            left.row,
            printable(&reason(tally, &left.reason))
        )?;
    }
    match tally.invalid.len().saturating_sub(SHOWN_INVALID) {
        0 => Ok(()),
        more => writeln!(out, "invalid: {more} more (--json lists all)"),
    }
}

/// For people, cut to three decimals; ranks come from the exact fraction.
fn decimal(value: Value) -> String {
    let thousandths = i128::from(value.total) * 1000 / i128::from(value.divisor);
    let sign = if thousandths < 0 { "-" } else { "" };
    let size = thousandths.unsigned_abs();
    format!("{:>10}", format!("{sign}{}.{:03}", size / 1000, size % 1000))
}

/// Control characters in a file must not command a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}
