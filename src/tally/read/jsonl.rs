//! JSON lines: every line names its candidates.

use super::{Fault, InvalidRow, Located, Part, Pieces, Wide, in_full};
use crate::ballot::{BLANK, BallotPaper, narrow};
use crate::ruleset::VoteRules;
use crate::tally::Counter;
use memchr::memchr;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, collections::HashMap, fmt};

/// A ballot a line.
pub(super) struct JsonLines<'a> {
    pub rules: &'a VoteRules,
    pub ignore: &'a [String],
}

impl Pieces for JsonLines<'_> {
    const QUOTES: bool = false;

    fn piece(&self, bytes: &[u8]) -> Result<Part, Located> {
        let mut piece = Piece {
            counter: Counter::new(self.rules, &BallotPaper::numbered(0)),
            names: Vec::new(),
            places: HashMap::new(),
            row: Vec::new(),
            wide: Vec::new(),
        };
        let (mut lines, mut rest, mut invalid) = (0, bytes, Vec::new());
        while !rest.is_empty() {
            let length = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, next) = rest.split_at(length);
            if !line.trim_ascii().is_empty() {
                let fault = |(column, fault)| (lines, column, fault);
                let line = if lines == 0 {
                    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
                } else {
                    line
                };
                piece.line(line, self.ignore).map_err(fault)?;
                if let Err(reason) = piece.counter.add(&piece.row, None) {
                    invalid.push(InvalidRow {
                        row: piece.counter.ballots(),
                        reason: in_full(reason, &piece.wide),
                    });
                }
            }
            lines += 1;
            rest = next;
        }
        Ok(Part {
            rows: piece.counter.ballots(),
            counter: piece.counter,
            names: piece.names,
            invalid,
            lines,
        })
    }
}

struct Piece {
    counter: Counter,
    /// In the order of their first mention.
    names: Vec<String>,
    places: HashMap<String, usize>,
    row: Vec<i16>,
    wide: Wide,
}

impl Piece {
    /// Reads one line into `row`.
    fn line(&mut self, line: &[u8], ignore: &[String]) -> Result<(), (Option<usize>, Fault)> {
        let text = std::str::from_utf8(line).map_err(|error| (Some(error.valid_up_to() + 1), Fault::NotUtf8))?;
        let not_json = |error: serde_json::Error| (Some(error.column()), Fault::NotJson(words(&error)));
        let Cell::Object(mut cells) = serde_json::from_str(text).map_err(not_json)? else {
            return Err((Some(1), Fault::NotJson("no object".into())));
        };
        let inner = cells
            .iter_mut()
            .find(|(key, cell)| key == "ratings" && matches!(cell, Cell::Object(_)));
        if let Some((_, Cell::Object(ratings))) = inner {
            cells = std::mem::take(ratings);
        }
        self.row.fill(BLANK);
        self.wide.clear();
        let mut seen = vec![false; self.names.len()];
        for (nth, (name, cell)) in cells.iter().enumerate() {
            if !ignore.iter().any(|ignored| ignored == name) {
                self.mark(nth, name, cell, &mut seen).map_err(|fault| (None, fault))?;
            }
        }
        Ok(())
    }

    fn mark(&mut self, nth: usize, name: &str, cell: &Cell<'_>, seen: &mut Vec<bool>) -> Result<(), Fault> {
        let found = match cell {
            Cell::Integer(_) | Cell::Null => None,
            Cell::Other(found) => Some(found.chars().take(40).collect()),
            Cell::Object(_) => Some("{..}".into()),
        };
        if let Some(found) = found {
            return Err(Fault::NotInteger {
                name: name.into(),
                found,
            });
        }
        let place = self.place(name, nth)?;
        seen.resize(self.names.len(), false);
        if std::mem::replace(&mut seen[place], true) {
            return Err(Fault::Duplicate { name: name.into() });
        }
        if let Cell::Integer(rating) = *cell {
            self.row[place] = narrow(rating);
            if i64::from(self.row[place]) != rating {
                self.wide.push((place, rating));
            }
        }
        Ok(())
    }

    /// The candidate's place; lines usually name them in one order, so the `nth` is tried first.
    fn place(&mut self, name: &str, nth: usize) -> Result<usize, Fault> {
        if self.names.get(nth).is_some_and(|expected| expected == name) {
            return Ok(nth);
        }
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        if name.trim().is_empty() {
            return Err(Fault::NoName);
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        self.row.push(BLANK);
        self.counter.widen(self.names.len());
        Ok(place)
    }
}

/// The message without its place, which is told apart.
fn words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A JSON value, as far as a ballot needs it; keys keep their order, and doubled ones stay visible.
enum Cell<'a> {
    Integer(i64),
    Null,
    Object(Vec<(Cow<'a, str>, Cell<'a>)>),
    /// Anything else, in words.
    Other(String),
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cell::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Cell::Null)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cell::Other(number.to_string()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Cell::Other(truth.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cell::Other(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Other("[..]".into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::new();
        while let Some((Key(key), cell)) = map.next_entry::<Key<'de>, Cell<'de>>()? {
            cells.push((key, cell));
        }
        Ok(Cell::Object(cells))
    }
}

/// Borrowed where the key holds no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Text<'b>(#[serde(borrow)] Cow<'b, str>);
        Text::deserialize(from).map(|Text(text)| Self(text))
    }
}
