//! Placeholder of the calendar room: only what the ledger needs of it.
//!
//! Replaced by the real room at merge.

use std::{fmt, str::FromStr};

/// An instant in whole seconds since 1970, written as RFC 3339 UTC: `2026-11-23T04:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// The text is not RFC 3339 UTC in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time like 2026-11-23T04:00:00Z")]
pub struct BadTime;

impl Time {
    /// Seconds since 1970.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }
    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = chrono::DateTime::from_timestamp(self.0, 0).ok_or(fmt::Error)?;
        write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl FromStr for Time {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").map_err(|_| BadTime)?;
        let time = Self(time.and_utc().timestamp());
        if time.to_string() == text {
            Ok(time)
        } else {
            Err(BadTime)
        }
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A calendar day.
pub type Date = String;
