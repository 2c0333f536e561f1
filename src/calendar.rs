//! Days, deadlines and ages.
//!
//! A day is a calendar day of Asia/Bishkek, which is UTC+6 without daylight saving; a deadline lies at the end of its
//! day (24:00). This room never asks a clock: every date and instant comes in as a value. It carries out the dates of
//! R3/R6, R5, R10, R17 and R21. Arithmetic that would leave the years that the formats can write stops at their edge.

use crate::ruleset::CalendarRules;
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, str::FromStr};

/// Seconds by which Asia/Bishkek is ahead of UTC.
const BISHKEK_AHEAD_SECONDS: i64 = 6 * 3600;
const DAY_SECONDS: i64 = 86_400;
/// 9999-12-31T23:59:59Z, the last instant that RFC 3339 can write.
const LAST_UNIX_SECOND: i64 = 253_402_300_799;
const TIME_PATTERN: &str = "^(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
const DATE_PATTERN: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// Why a text is no date or time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not exactly `2026-11-23T04:00:00Z`, or no such instant in the years 1970 to 9999.
    #[error("not a UTC time of the form 2026-11-23T04:00:00Z: {0:?}")]
    Time(String),
    /// Not exactly `2026-11-23`, or no such day.
    #[error("not a day of the form 2026-11-23: {0:?}")]
    Date(String),
}

/// An instant in whole seconds; as text RFC 3339 in UTC, `2026-11-23T04:00:00Z`, years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(i64);

impl Time {
    /// The instant that many seconds after 1970-01-01T00:00:00Z, or the nearest one in the years 1970 to 9999.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LAST_UNIX_SECOND))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// This many seconds later (earlier, when negative).
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// This many minutes later (earlier, when negative).
    pub fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    /// This many hours later (earlier, when negative).
    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_seconds(hours.saturating_mul(3600))
    }

    /// The calendar day in Asia/Bishkek.
    pub fn date(self) -> Date {
        Date::from_epoch_day((self.0 + BISHKEK_AHEAD_SECONDS).div_euclid(DAY_SECONDS))
    }

    /// For people: day, hour and minute in Asia/Bishkek, `2026-11-23 10:00`.
    pub fn bishkek(self) -> BishkekTime {
        BishkekTime(self)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Date::from_epoch_day(self.0.div_euclid(DAY_SECONDS));
        let second = self.0.rem_euclid(DAY_SECONDS);
        write!(
            f,
            "{day}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

impl FromStr for Time {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        parse_time(text.as_bytes()).ok_or_else(|| CalendarError::Time(text.into()))
    }
}

fn parse_time(text: &[u8]) -> Option<Time> {
    let [date @ .., b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = text else {
        return None;
    };
    let date = parse_date(date)?;
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
    if date.year() < 1970 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some(Time(date.epoch_day() * DAY_SECONDS + seconds))
}

/// See [`Time::bishkek`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BishkekTime(Time);

impl fmt::Display for BishkekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = (self.0.0 + BISHKEK_AHEAD_SECONDS).rem_euclid(DAY_SECONDS);
        write!(f, "{} {:02}:{:02}", self.0.date(), second / 3600, second / 60 % 60)
    }
}

/// A calendar day of Asia/Bishkek; as text `2026-11-23`, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(NaiveDate);

impl Date {
    /// That day, if it exists and its year lies in 1 to 9999.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u32 {
        self.0.day()
    }

    /// The first instant of the day: 00:00 in Bishkek.
    pub fn start(self) -> Time {
        Time::from_unix(self.epoch_day() * DAY_SECONDS - BISHKEK_AHEAD_SECONDS)
    }

    /// 24:00 in Bishkek: the first instant that no longer belongs to the day.
    pub fn end(self) -> Time {
        self.start().plus_seconds(DAY_SECONDS)
    }

    /// That hour and minute of the day in Bishkek; `at(24, 0)` is [`Self::end`].
    pub fn at(self, hour: u32, minute: u32) -> Time {
        self.start()
            .plus_seconds(i64::from(hour) * 3600 + i64::from(minute) * 60)
    }

    /// This many days later (earlier, when negative).
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_epoch_day(self.epoch_day().saturating_add(days))
    }

    /// Days from this day to the other; negative when the other is earlier.
    pub fn days_until(self, other: Self) -> i64 {
        other.0.signed_duration_since(self.0).num_days()
    }

    // R21: the same day of the month, or that month's last day (31 January -> 28 or 29 February).
    /// This many months later: same day of the month, or that month's last day.
    pub fn plus_months(self, months: u32) -> Self {
        self.0
            .checked_add_months(Months::new(months))
            .map_or(Self::last(), Self::within)
    }

    // R5: a term that starts on 29 February ends on 28 February of a common year.
    /// This many years later; 29 February becomes 28 February in common years.
    pub fn plus_years(self, years: u32) -> Self {
        self.plus_months(years.saturating_mul(12))
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// Whether the day is neither Saturday, nor Sunday, nor a holiday of the rule set.
    pub fn is_working_day(self, rules: &CalendarRules) -> bool {
        !matches!(self.weekday(), Weekday::Sat | Weekday::Sun) && !rules.holidays.contains(&self)
    }

    fn last() -> Self {
        Self(NaiveDate::from_ymd_opt(9999, 12, 31).expect("31 December 9999 is a day"))
    }

    fn first() -> Self {
        Self(NaiveDate::from_ymd_opt(1, 1, 1).expect("1 January of year 1 is a day"))
    }

    fn within(day: NaiveDate) -> Self {
        Self(day).clamp(Self::first(), Self::last())
    }

    /// Days since 1970-01-01.
    fn epoch_day(self) -> i64 {
        self.0.signed_duration_since(NaiveDate::default()).num_days()
    }

    fn from_epoch_day(days: i64) -> Self {
        let epoch = NaiveDate::default();
        let size = Days::new(days.unsigned_abs());
        let (day, edge) = match days {
            0.. => (epoch.checked_add_days(size), Self::last()),
            _ => (epoch.checked_sub_days(size), Self::first()),
        };
        day.map_or(edge, Self::within)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl FromStr for Date {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        parse_date(text.as_bytes()).ok_or_else(|| CalendarError::Date(text.into()))
    }
}

fn parse_date(text: &[u8]) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let year = digits(&[*y1, *y2, *y3, *y4])?;
    Date::new(i32::try_from(year).ok()?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
    })
}

impl TryFrom<String> for Time {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl TryFrom<String> for Date {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "pattern": TIME_PATTERN })
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": DATE_PATTERN })
    }
}

/// The last day on which documents are accepted, until 24:00; extensions are not known here.
pub fn intake_last_day(published: Date, rules: &CalendarRules) -> Date {
    // R21: one month from publication.
    let mut last_day = published.plus_months(rules.intake_months);
    // R21: rolls to a working day only if the rule set says so.
    while rules.roll_to_working_day && !last_day.is_working_day(rules) && last_day < Date::last() {
        last_day = last_day.plus_days(1);
    }
    last_day
}

/// Whether poll day lies in its window after the last day of intake.
pub fn poll_day_allowed(last_day: Date, poll_day: Date, rules: &CalendarRules) -> bool {
    // R17: 10 to 20 calendar days, both included.
    let days = last_day.days_until(poll_day);
    (i64::from(rules.poll_min_days)..=i64::from(rules.poll_max_days)).contains(&days)
}

/// Full years of age on that day; `None` if not yet born.
pub fn age_on(birth: Date, day: Date) -> Option<u32> {
    if day < birth {
        return None;
    }
    // R10: who was born on 29 February is a year older on 1 March in common years. Comparing (month, day) does that.
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    u32::try_from(day.year() - birth.year() - i32::from(!had_birthday)).ok()
}

/// How late the replacement of a civil-society member of the Commission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// Up to day 10.
    InTime,
    /// Days 11 to 14: past the shorter of the two periods that the source gives.
    Warn,
    /// From day 15 on: past both.
    Breach,
}

/// Where a vacancy stands on that day; the day of vacancy is day 0.
pub fn replacement_status(vacancy: Date, day: Date) -> Replacement {
    // R3/R6: the source gives both 10 and 14 calendar days.
    match vacancy.days_until(day) {
        ..=10 => Replacement::InTime,
        11..=14 => Replacement::Warn,
        15.. => Replacement::Breach,
    }
}
