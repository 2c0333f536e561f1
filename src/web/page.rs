//! What every page knows: its language, its own address in the others, whether the office is a rehearsal.

use super::{Lang, Said, assets, format, words};
use crate::calendar::{Date, Time};
use std::fmt::Write as _;

/// The frame of a page; templates call it `page`.
#[derive(Debug, Clone)]
pub struct Page {
    /// The reader's language.
    pub lang: Lang,
    /// Path and query after the language: `/competitions/x`.
    pub path: String,
    /// Marked on every page.
    pub rehearsal: bool,
    /// Host part of the office's origins.
    pub host: String,
    /// The office's time.
    pub now: Time,
}

impl Page {
    /// A message in the reader's language.
    pub fn say(&self, key: impl Into<String>) -> Said {
        words::say(self.lang, key)
    }

    /// The attribute of the message `<prefix>-<name>`.
    pub fn say_part(&self, prefix: &str, name: impl std::fmt::Display, attribute: &str) -> Said {
        words::say(self.lang, format!("{prefix}-{name}.{attribute}"))
    }

    /// The message `<prefix>-<name>`.
    pub fn say_of(&self, prefix: &str, name: impl std::fmt::Display) -> Said {
        words::say(self.lang, format!("{prefix}-{name}"))
    }

    /// The address of a page in this language; `to` begins with `/`.
    pub fn link(&self, to: impl std::fmt::Display) -> String {
        let to = to.to_string();
        format!("/{}{}", self.lang, to.trim_end_matches('/'))
    }

    /// The address of a page of a competition; `to` is empty or begins with `/`.
    pub fn of(&self, id: &str, to: &str) -> String {
        format!("/{}/competitions/{id}{to}", self.lang)
    }

    /// The address of this page in another language.
    pub fn in_language(&self, lang: &Lang) -> String {
        format!("/{lang}{}", self.path.trim_end_matches('/'))
    }

    /// The address that remembers another language and goes on to this page.
    pub fn remember(&self, lang: &Lang) -> String {
        let mut to = String::new();
        for byte in self.in_language(lang).bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
                to.push(byte.into());
            } else {
                write!(to, "%{byte:02X}").expect("text grows");
            }
        }
        format!("/language/{lang}?to={to}")
    }

    /// The languages, this one among them.
    pub fn languages(&self) -> [Lang; 3] {
        Lang::ALL
    }

    /// What a language calls itself.
    pub fn name_of(&self, lang: &Lang) -> Said {
        words::say(*lang, "language-name")
    }

    /// The address of an asset: `css/base.css`.
    pub fn asset(&self, path: &str) -> String {
        assets::address(path)
    }

    /// Where scripts find messages: `<this>member.json`.
    pub fn words(&self) -> String {
        assets::address(&format!("words/{}/", self.lang))
    }

    /// A day in words.
    pub fn date(&self, date: &Date) -> String {
        format::date(self.lang, *date)
    }

    /// A day in words with the day of the week.
    pub fn weekday(&self, date: &Date) -> &'static str {
        format::weekday(self.lang, date.weekday())
    }

    /// Day, hour and minute in Bishkek.
    pub fn time(&self, time: &Time) -> String {
        format::time(self.lang, *time)
    }

    /// Hour and minute in Bishkek.
    pub fn hour(&self, time: &Time) -> String {
        format::hour(*time)
    }

    /// A whole number.
    pub fn number(&self, number: impl Into<super::Arg>) -> String {
        match number.into() {
            super::Arg::Number(number) => format::number(self.lang, number),
            super::Arg::Text(text) => text,
        }
    }
}
