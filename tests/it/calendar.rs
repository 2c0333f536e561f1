//! Every edge date of the domain's sections 1 and 5.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use esep::calendar::{Date, Replacement, Time, age_on, intake_last_day, poll_day_allowed, replacement_status};
use esep::ruleset::{CalendarRules, RuleSet};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn rules() -> CalendarRules {
    RuleSet::commission_2014().calendar
}

#[test]
fn intake_ends_on_the_same_day_of_the_next_month_or_its_last() {
    for (published, last) in [
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2028-01-30", "2028-02-29"),
        ("2027-01-29", "2027-02-28"),
        ("2028-02-29", "2028-03-29"),
        ("2026-03-31", "2026-04-30"),
        ("2026-12-31", "2027-01-31"),
        ("2026-11-23", "2026-12-23"),
    ] {
        assert_eq!(
            intake_last_day(day(published), &rules()),
            day(last),
            "published {published}"
        );
    }
}

#[test]
fn intake_rolls_to_a_working_day_only_if_the_rules_say_so() {
    let mut rules = rules();
    // 23 January 2027 is a Saturday.
    assert_eq!(intake_last_day(day("2026-12-23"), &rules), day("2027-01-23"));
    rules.roll_to_working_day = true;
    assert_eq!(intake_last_day(day("2026-12-23"), &rules), day("2027-01-25"));
    rules.holidays = vec![day("2027-01-25"), day("2027-01-26")];
    assert_eq!(intake_last_day(day("2026-12-23"), &rules), day("2027-01-27"));
    assert_eq!(
        intake_last_day(day("2026-12-28"), &rules),
        day("2027-01-28"),
        "a working day stays"
    );
}

#[test]
fn a_day_lasts_from_midnight_to_midnight_in_bishkek() {
    let last = day("2026-12-23");
    assert_eq!(last.start(), time("2026-12-22T18:00:00Z"));
    assert_eq!(last.end(), time("2026-12-23T18:00:00Z"));
    assert_eq!(last.at(24, 0), last.end());
    assert_eq!(last.at(10, 30), time("2026-12-23T04:30:00Z"));
    // 23:59:59 is inside, 00:00:00 is not.
    let second_before = last.end().plus_seconds(-1);
    assert_eq!(second_before, time("2026-12-23T17:59:59Z"));
    assert_eq!((second_before.date(), last.end().date()), (last, day("2026-12-24")));
    assert!(second_before < last.end());
    assert_eq!(last.start().plus_seconds(-1).date(), day("2026-12-22"));
    assert_eq!(time("2026-11-23T04:00:00Z").bishkek().to_string(), "2026-11-23 10:00");
    assert_eq!(time("2026-11-23T18:30:59Z").bishkek().to_string(), "2026-11-24 00:30");
}

#[test]
fn poll_day_lies_10_to_20_days_after_intake() {
    let last = day("2028-02-20");
    for (days, allowed) in [(-1, false), (0, false), (9, false), (10, true), (20, true), (21, false)] {
        assert_eq!(
            poll_day_allowed(last, last.plus_days(days), &rules()),
            allowed,
            "{days} days"
        );
    }
    assert!(
        poll_day_allowed(last, day("2028-03-01"), &rules()),
        "10 days over 29 February"
    );
    assert!(
        !poll_day_allowed(day("2027-02-20"), day("2027-03-01"), &rules()),
        "9 days in a common year"
    );
}

#[test]
fn age_counts_full_years() {
    let born = day("2001-12-24");
    assert_eq!(
        age_on(born, day("2026-12-23")),
        Some(24),
        "turns 25 the day after intake"
    );
    assert_eq!(age_on(born, day("2026-12-24")), Some(25), "turns 25 on the last day");
    assert_eq!(age_on(born, born), Some(0));
    assert_eq!(age_on(born, day("2001-12-23")), None, "not yet born");
    let leap = day("2000-02-29");
    assert_eq!(
        age_on(leap, day("2025-02-28")),
        Some(24),
        "R10: not before 1 March in a common year"
    );
    assert_eq!(age_on(leap, day("2025-03-01")), Some(25));
    assert_eq!(age_on(leap, day("2028-02-28")), Some(27));
    assert_eq!(age_on(leap, day("2028-02-29")), Some(28));
}

#[test]
fn a_replacement_warns_after_day_10_and_breaches_after_day_14() {
    let vacancy = day("2028-02-20");
    for (days, status) in [
        (0, Replacement::InTime),
        (10, Replacement::InTime),
        (11, Replacement::Warn),
        (14, Replacement::Warn),
        (15, Replacement::Breach),
        (400, Replacement::Breach),
    ] {
        assert_eq!(
            replacement_status(vacancy, vacancy.plus_days(days)),
            status,
            "day {days}"
        );
    }
}

#[test]
fn a_term_of_five_years_from_29_february_ends_on_the_28th() {
    assert_eq!(day("2028-02-29").plus_years(5), day("2033-02-28"));
    assert_eq!(day("2028-02-29").plus_years(4), day("2032-02-29"));
    assert_eq!(day("2026-11-23").plus_years(5), day("2031-11-23"));
}

#[test]
fn text_has_one_form() {
    for bad in [
        "2026-11-23T04:00:00+00:00",
        "2026-11-23T04:00:00.0Z",
        "2026-11-23 04:00:00Z",
        "2026-11-23T04:00:00z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T04:60:00Z",
        "2026-11-23T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "26-11-23T04:00:00Z",
        "+026-11-23T04:00:00Z",
        "",
        "2026-11-23T04:00Z",
        "2026-11-23T04:00:00Z ",
        "２026-11-23T04:00:00Z",
    ] {
        assert!(bad.parse::<Time>().is_err(), "{bad:?}");
        assert!(serde_json::from_value::<Time>(bad.into()).is_err(), "{bad:?}");
    }
    for bad in [
        "2026-2-3",
        "2027-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "0000-01-01",
        " 2026-01-01",
        "20260101",
    ] {
        assert!(bad.parse::<Date>().is_err(), "{bad:?}");
    }
    assert_eq!(
        serde_json::to_string(&Time::from_unix(0)).unwrap(),
        "\"1970-01-01T00:00:00Z\""
    );
    assert_eq!(serde_json::to_string(&day("0001-01-01")).unwrap(), "\"0001-01-01\"");
}

#[test]
fn arithmetic_stops_at_the_edges_that_text_can_write() {
    let last = day("9999-12-31");
    assert_eq!(last.plus_months(1), last);
    assert_eq!(last.plus_years(u32::MAX), last);
    assert_eq!(last.plus_days(i64::MAX), last);
    assert_eq!(last.plus_days(i64::MIN), day("0001-01-01"));
    assert_eq!(Time::from_unix(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
    assert_eq!(
        Time::from_unix(i64::MAX).plus_hours(i64::MAX),
        Time::from_unix(i64::MAX)
    );
    assert_eq!(Time::from_unix(i64::MAX).date(), last);
    let mut rules = rules();
    (rules.roll_to_working_day, rules.holidays) = (true, vec![last]);
    assert_eq!(
        intake_last_day(last, &rules),
        last,
        "ends though no working day is left"
    );
}

proptest! {
    #[test]
    fn times_survive_their_text(seconds in 0i64..253_402_300_800) {
        let time = Time::from_unix(seconds);
        prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        let json = serde_json::to_string(&time).unwrap();
        prop_assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), time);
        // chrono as the second opinion.
        let other = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        prop_assert_eq!(time.to_string(), other.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    }

    #[test]
    fn a_time_lies_within_its_day(seconds in 0i64..253_370_000_000) {
        let time = Time::from_unix(seconds);
        prop_assert!(time.date().start() <= time && time < time.date().end());
    }

    #[test]
    fn days_add_up(start in 0i64..3_000_000, days in -300_000i64..300_000) {
        let start = day("0900-01-01").plus_days(start);
        prop_assert_eq!(start.days_until(start.plus_days(days)), days);
        prop_assert_eq!(start.to_string().parse::<Date>().unwrap(), start);
    }

    #[test]
    fn a_birthday_adds_one_year(start in 0i64..100_000, later in 0i64..40_000) {
        let born = day("1900-01-01").plus_days(start);
        let on = born.plus_days(later);
        let (age, next) = (age_on(born, on).unwrap(), age_on(born, on.plus_days(1)).unwrap());
        prop_assert!(next == age || next == age + 1);
        let is_birthday = on.plus_days(1).month() == born.month() && on.plus_days(1).day() == born.day();
        let is_leap_heir = (born.month(), born.day()) == (2, 29) && on.plus_days(1).to_string().ends_with("-03-01") && on.day() == 28;
        prop_assert_eq!(next == age + 1, is_birthday || is_leap_heir);
    }
}
