//! CSV as people and spreadsheets write it: RFC 4180, LF or CRLF, with or without byte order mark.

use super::{Fault, InvalidRow, Located, Part, Pieces, ReadError, Wide, broken, in_full};
use crate::ballot::{BLANK, BallotPaper, narrow};
use crate::ruleset::VoteRules;
use crate::tally::Counter;
use memchr::{memchr, memchr3};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// The first record.
pub(super) struct Header {
    /// All columns, trimmed.
    names: Vec<String>,
    /// For each column the candidate's place, unless it is ignored.
    places: Vec<Option<usize>>,
    /// Names of the columns that are not ignored.
    pub candidates: Vec<String>,
    delimiter: u8,
    /// Length of the header, mark and line break included.
    pub bytes: usize,
    /// Lines of the header.
    pub lines: u64,
}

impl Header {
    /// Reads the header off the first block.
    pub fn read(block: &[u8], ignore: &[String]) -> Result<Self, ReadError> {
        let mark = if block.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let delimiter = delimiter(&block[mark..]);
        let mut cursor = Cursor {
            bytes: block,
            at: mark,
            delimiter,
            lines: 0,
        };
        let (mut names, mut known) = (Vec::new(), Vec::new());
        loop {
            let column = Some(names.len() + 1);
            let fault = |fault| broken(0, column, fault);
            let (cell, end) = cursor.cell().map_err(fault)?;
            let name = std::str::from_utf8(&cell).map_err(|_| fault(Fault::NotUtf8))?.trim();
            if name.is_empty() {
                let fault = if names.is_empty() && end == End::Record {
                    Fault::Empty
                } else {
                    Fault::NoName
                };
                return Err(broken(0, column, fault));
            }
            // Two spellings of one name that look alike are one name.
            let folded: String = name.nfc().collect();
            if known.contains(&folded) {
                return Err(fault(Fault::Duplicate { name: name.into() }));
            }
            known.push(folded);
            names.push(name.to_owned());
            if end == End::Record {
                break;
            }
        }
        if let Some(missing) = ignore.iter().find(|name| !names.contains(name)) {
            return Err(ReadError::NoSuchColumn(missing.clone()));
        }
        let mut candidates = Vec::new();
        let mut place = |name: &String| {
            (!ignore.contains(name)).then(|| {
                candidates.push(name.clone());
                candidates.len() - 1
            })
        };
        let places = names.iter().map(&mut place).collect();
        Ok(Self {
            places,
            names,
            candidates,
            delimiter,
            bytes: cursor.at,
            lines: cursor.lines,
        })
    }
}

/// Comma; but semicolon or tab where the first line has no comma (spreadsheets of our region write semicolons).
fn delimiter(block: &[u8]) -> u8 {
    let line = &block[..memchr(b'\n', block).unwrap_or(block.len())];
    [b',', b';', b'\t']
        .into_iter()
        .find(|byte| memchr(*byte, line).is_some())
        .unwrap_or(b',')
}

/// The records after the header.
pub(super) struct Csv<'a> {
    pub rules: &'a VoteRules,
    pub header: &'a Header,
}

impl Pieces for Csv<'_> {
    const QUOTES: bool = true;

    fn piece(&self, bytes: &[u8]) -> Result<Part, Located> {
        let paper = BallotPaper::numbered(self.header.candidates.len());
        let mut counter = Counter::new(self.rules, &paper);
        let mut cursor = Cursor {
            bytes,
            at: 0,
            delimiter: self.header.delimiter,
            lines: 0,
        };
        let (mut row, mut wide, mut invalid) = (vec![BLANK; paper.len()], Vec::new(), Vec::new());
        loop {
            if cursor.skip_empty_line() {
                continue;
            }
            if cursor.at == bytes.len() {
                break;
            }
            let started = cursor.lines;
            self.record(&mut cursor, &mut row, &mut wide)
                .map_err(|(column, fault)| (started, column, fault))?;
            if let Err(reason) = counter.add(&row, None) {
                invalid.push(InvalidRow {
                    row: counter.ballots(),
                    reason: in_full(reason, &wide),
                });
            }
        }
        Ok(Part {
            rows: counter.ballots(),
            counter,
            names: Vec::new(),
            invalid,
            lines: cursor.lines,
        })
    }
}

impl Csv<'_> {
    /// Reads one record into `row`.
    #[inline]
    fn record(&self, cursor: &mut Cursor<'_>, row: &mut [i16], wide: &mut Wide) -> Result<(), (Option<usize>, Fault)> {
        wide.clear();
        let columns = self.header.places.len();
        for (column, place) in self.header.places.iter().enumerate() {
            let end = match (place, place.and_then(|_| cursor.small_integer())) {
                (Some(place), Some((mark, end))) => {
                    row[*place] = mark;
                    end
                }
                (Some(place), None) => {
                    let (rating, end) = self.rating(cursor, column)?;
                    row[*place] = rating.map_or(BLANK, narrow);
                    wide.extend(
                        rating
                            .filter(|rating| i64::from(row[*place]) != *rating)
                            .map(|rating| (*place, rating)),
                    );
                    end
                }
                (None, _) => {
                    let (cell, end) = cursor.cell().map_err(|fault| (Some(column + 1), fault))?;
                    std::str::from_utf8(&cell).map_err(|_| (Some(column + 1), Fault::NotUtf8))?;
                    end
                }
            };
            if (end == End::Record) != (column + 1 == columns) {
                return Err(cursor.ragged(column + 1, end, columns));
            }
        }
        Ok(())
    }

    /// A rating that is not just a few digits: quoted, padded, very long, or none at all.
    #[cold]
    fn rating(&self, cursor: &mut Cursor<'_>, column: usize) -> Result<(Option<i64>, End), (Option<usize>, Fault)> {
        let at = |fault| (Some(column + 1), fault);
        let (cell, end) = cursor.cell().map_err(at)?;
        let text = std::str::from_utf8(&cell).map_err(|_| at(Fault::NotUtf8))?.trim();
        if text.is_empty() {
            return Ok((None, end));
        }
        let not_integer = || {
            let found = text.chars().take(40).collect();
            at(Fault::NotInteger {
                name: self.header.names[column].clone(),
                found,
            })
        };
        integer(text).map(|rating| (Some(rating), end)).ok_or_else(not_integer)
    }
}

/// An integer of any length; beyond 64 bits the nearest one.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(beyond))
}

/// What ends a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cell,
    Record,
}

/// A place in whole records.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
    /// Line breaks passed.
    lines: u64,
}

impl<'a> Cursor<'a> {
    /// A cell of at most four digits, perhaps with a minus, or an empty one: nearly all cells. Else nothing moves.
    #[inline]
    fn small_integer(&mut self) -> Option<(i16, End)> {
        let rest = &self.bytes[self.at..];
        let minus = usize::from(rest.first() == Some(&b'-'));
        let (mut length, mut value) = (minus, 0i16);
        while let Some(digit) = rest
            .get(length)
            .map(|byte| byte.wrapping_sub(b'0'))
            .filter(|digit| *digit < 10)
        {
            if length - minus == 4 {
                return None;
            }
            value = value * 10 + i16::from(digit);
            length += 1;
        }
        let mark = match (length, minus) {
            (0, _) => BLANK,
            (1, 1) => return None,
            (_, 1) => -value,
            _ => value,
        };
        let end = match rest.get(length) {
            Some(byte) if *byte == self.delimiter => End::Cell,
            Some(b'\n') | None => End::Record,
            Some(b'\r') if rest.get(length + 1) == Some(&b'\n') => {
                length += 1;
                End::Record
            }
            Some(_) => return None,
        };
        self.lines += u64::from(end == End::Record);
        self.at = self.bytes.len().min(self.at + length + 1);
        Some((mark, end))
    }

    /// Any cell, without its quotation marks.
    fn cell(&mut self) -> Result<(Cow<'a, [u8]>, End), Fault> {
        let rest = &self.bytes[self.at..];
        if rest.first() == Some(&b'"') {
            return self.quoted();
        }
        let length = memchr3(self.delimiter, b'\n', b'"', rest).unwrap_or(rest.len());
        if rest.get(length) == Some(&b'"') {
            return Err(Fault::StrayQuote);
        }
        let end = self.pass(length);
        let cell = &rest[..length];
        let cell = if end == End::Record {
            cell.strip_suffix(b"\r").unwrap_or(cell)
        } else {
            cell
        };
        Ok((cell.into(), end))
    }

    fn quoted(&mut self) -> Result<(Cow<'a, [u8]>, End), Fault> {
        let rest = &self.bytes[self.at..];
        let (mut at, mut doubled) = (1, false);
        loop {
            at += memchr(b'"', &rest[at..]).ok_or(Fault::OpenQuote)?;
            if rest.get(at + 1) != Some(&b'"') {
                break;
            }
            (at, doubled) = (at + 2, true);
        }
        let inside = &rest[1..at];
        self.lines += u64::try_from(memchr::memchr_iter(b'\n', inside).count()).unwrap_or(0);
        let length = match &rest[at + 1..] {
            [b'\r', b'\n', ..] => at + 2,
            [] | [b'\n', ..] => at + 1,
            [byte, ..] if *byte == self.delimiter => at + 1,
            _ => return Err(Fault::StrayQuote),
        };
        let end = self.pass(length);
        let cell = if doubled {
            Cow::Owned(undouble(inside))
        } else {
            Cow::Borrowed(inside)
        };
        Ok((cell, end))
    }

    /// Goes on behind the delimiter or line break that stands after so many bytes.
    fn pass(&mut self, length: usize) -> End {
        let end = match self.bytes.get(self.at + length) {
            Some(byte) if *byte == self.delimiter => End::Cell,
            _ => End::Record,
        };
        self.lines += u64::from(end == End::Record);
        self.at = self.bytes.len().min(self.at + length + 1);
        end
    }

    fn skip_empty_line(&mut self) -> bool {
        let length = match &self.bytes[self.at..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        self.at += length;
        self.lines += 1;
        true
    }

    /// The record has other than `columns` cells: this was the `found`th.
    #[cold]
    fn ragged(&mut self, mut found: usize, mut end: End, columns: usize) -> (Option<usize>, Fault) {
        while end == End::Cell {
            let Ok((_, next)) = self.cell() else { break };
            (found, end) = (found + 1, next);
        }
        (
            Some(found.min(columns + 1)),
            Fault::Ragged {
                found,
                expected: columns,
            },
        )
    }
}

fn undouble(inside: &[u8]) -> Vec<u8> {
    let mut cell = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = memchr(b'"', rest) {
        cell.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    cell.extend_from_slice(rest);
    cell
}
