//! Dates, times and numbers in words: own tables, held by tests against CLDR fixtures.
//!
//! Kyrgyz dates are written as in official papers, `2026-жылдын 23-ноябры`, which CLDR does not know; Kyrgyz and
//! Russian numbers are grouped with U+00A0. All times are those of Bishkek.

use super::Lang;
use crate::calendar::{Date, Time};
use chrono::Weekday;

/// Space that does not break.
pub const NBSP: char = '\u{a0}';

/// Months as they stand in a date: Kyrgyz with the possessive, Russian in the genitive.
const MONTHS: [[&str; 12]; 3] = [
    [
        "январы",
        "февралы",
        "марты",
        "апрели",
        "майы",
        "июну",
        "июлу",
        "августу",
        "сентябры",
        "октябры",
        "ноябры",
        "декабры",
    ],
    [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
];

/// Days of the week from Monday, as they stand in a sentence.
const WEEKDAYS: [[&str; 7]; 3] = [
    [
        "дүйшөмбү",
        "шейшемби",
        "шаршемби",
        "бейшемби",
        "жума",
        "ишемби",
        "жекшемби",
    ],
    [
        "понедельник",
        "вторник",
        "среда",
        "четверг",
        "пятница",
        "суббота",
        "воскресенье",
    ],
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
];

/// The month of a date, in the form that the date needs.
pub fn month(lang: Lang, month: u32) -> &'static str {
    MONTHS[lang as usize][(month as usize + 11) % 12]
}

/// The day of the week.
pub fn weekday(lang: Lang, day: Weekday) -> &'static str {
    WEEKDAYS[lang as usize][day.num_days_from_monday() as usize]
}

/// A day in words: `2026-жылдын 23-ноябры`, `23 ноября 2026 года`, `23 November 2026`.
pub fn date(lang: Lang, date: Date) -> String {
    let (year, name, day) = (date.year(), month(lang, date.month()), date.day());
    match lang {
        Lang::Ky => format!("{year}-жылдын {day}-{name}"),
        Lang::Ru => format!("{day}{NBSP}{name} {year}{NBSP}года"),
        Lang::En => format!("{day}{NBSP}{name} {year}"),
    }
}

/// Hour and minute in Bishkek: `09:00`.
pub fn hour(time: Time) -> String {
    let text = time.bishkek().to_string();
    text.split_once(' ')
        .map(|(_, hour)| hour.to_owned())
        .unwrap_or_default()
}

/// Day and time in Bishkek: `2026-жылдын 23-ноябры, 09:00`.
pub fn time(lang: Lang, time: Time) -> String {
    format!("{}, {}", date(lang, time.date()), hour(time))
}

/// A whole number, grouped by three: `1 234 567` with U+00A0, in English `1,234,567`.
pub fn number(lang: Lang, number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    if number < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(if lang == Lang::En { ',' } else { NBSP });
        }
        text.push(digit);
    }
    text
}

/// A fraction rounded to two places, half away from zero: `7,25`, in English `7.25`. Shown beside the exact fraction.
pub fn fraction(lang: Lang, numerator: i64, denominator: i64) -> String {
    if denominator == 0 {
        return number(lang, numerator);
    }
    let (n, d) = (i128::from(numerator) * 100, i128::from(denominator).abs());
    let n = if denominator < 0 { -n } else { n };
    let rounded = (n.abs() * 2 + d) / (d * 2);
    let whole = i64::try_from(rounded / 100).unwrap_or(i64::MAX);
    let point = if lang == Lang::En { '.' } else { ',' };
    let sign = if n < 0 && rounded > 0 { "-" } else { "" };
    format!("{sign}{}{point}{:02}", number(lang, whole), rounded % 100)
}

/// A key id or digest in groups of four, so that people can compare it.
pub fn groups(hex: &str) -> String {
    let mut text = String::with_capacity(hex.len() * 5 / 4);
    for (place, letter) in hex.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(letter);
    }
    text
}
