//! Days, weeks and calendar months (UTC) between two times in milliseconds. Pure.
#![allow(clippy::integer_division, reason = "whole units are what is asked for")]
#![allow(
    clippy::arithmetic_side_effects,
    reason = "no operand can reach the end of its range: a u64 of milliseconds is under 2^38 days"
)]

use crate::Timestamp;

/// A day in milliseconds.
pub const DAY: u64 = 24 * 60 * 60 * 1_000;
/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: u64 = 719_468;
const DAYS_IN_400_YEARS: u64 = 146_097;

/// Whole days in `span`.
pub fn whole_days(span: u64) -> u64 {
    span / DAY
}

/// Whole weeks in `span`.
pub fn whole_weeks(span: u64) -> u64 {
    span / (7 * DAY)
}

/// Calendar months that have passed between `start` and `now`: one more as soon as the day of the month and the time of day are `start`'s, or
/// the month is over.
pub fn whole_months(start: Timestamp, now: Timestamp) -> u64 {
    let (from_month, from_rest) = month_and_rest(start);
    let (to_month, to_rest) = month_and_rest(now);
    let months = to_month.saturating_sub(from_month);
    months.saturating_sub(u64::from(to_rest < from_rest))
}

/// The month, counted from March of the year 0, and the milliseconds into it. After Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>), where a year starts in March so that the leap day is its last.
fn month_and_rest(at: Timestamp) -> (u64, u64) {
    let days = at / DAY + DAYS_TO_EPOCH;
    let era = days / DAYS_IN_400_YEARS;
    let day_of_era = days % DAYS_IN_400_YEARS;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5;
    (12 * (400 * era + year_of_era) + month, day * DAY + at % DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{civil::DateTime, tz::Offset, Timestamp as Instant, ToSpan};
    use proptest::prelude::*;

    /// 2100-01-01T00:00:00Z.
    const CENTURY: u64 = 4_102_444_800_000;

    fn civil(at: Timestamp) -> DateTime {
        Offset::UTC.to_datetime(Instant::from_millisecond(at.try_into().unwrap()).unwrap())
    }

    /// When the month after `months` others starts, by another calendar.
    fn month_starts(start: Timestamp, months: u64) -> Timestamp {
        let start = civil(start);
        let months = i32::try_from(months).unwrap();
        let month = start.date().first_of_month().checked_add(months.months()).unwrap();
        let begin = if start.day() <= month.days_in_month() {
            month.with().day(start.day()).build().unwrap().to_datetime(start.time())
        } else {
            month.checked_add(1.month()).unwrap().at(0, 0, 0, 0)
        };
        Offset::UTC.to_timestamp(begin).unwrap().as_millisecond().try_into().unwrap()
    }

    fn ensure_between_starts(start: Timestamp, now: Timestamp) {
        let months = whole_months(start, now);
        assert!(month_starts(start, months) <= now, "{} to {} is less", civil(start), civil(now));
        assert!(now < month_starts(start, months + 1), "{} to {} is more", civil(start), civil(now));
    }

    proptest! {
        #[test]
        fn months_agree_with_another_calendar(start in 0..CENTURY, span in 0..CENTURY) {
            ensure_between_starts(start, start + span);
        }

        #[test]
        fn months_change_just_as_another_calendar_says(start in 0..CENTURY, months in 1..2_000u64) {
            let begin = month_starts(start, months);
            prop_assert_eq!(whole_months(start, begin), months);
            prop_assert_eq!(whole_months(start, begin - 1), months - 1);
        }
    }

    #[test]
    fn months_agree_from_every_day_to_every_other_of_eight_years_around_a_century() {
        let from = JANUARY_31 + 72 * 365 * DAY;
        for start in (0..8 * 366).step_by(3).map(|day| from + day * DAY) {
            for now in (0..8 * 366).step_by(13).map(|day| from + day * DAY).filter(|now| *now >= start) {
                ensure_between_starts(start, now);
            }
        }
    }

    #[test]
    fn no_month_passes_backwards() {
        assert_eq!(whole_months(JANUARY_31, JANUARY_31 - 1), 0);
        assert_eq!(whole_months(Timestamp::MAX, 0), 0);
    }

    /// 2026-01-31T12:00:00Z.
    const JANUARY_31: u64 = 1_769_860_800_000;

    #[test]
    fn months_pass_on_the_day_and_hour_they_started() {
        let noon_15_jan = JANUARY_31 - 16 * DAY;
        assert_eq!(whole_months(noon_15_jan, noon_15_jan + 31 * DAY - 1), 0);
        assert_eq!(whole_months(noon_15_jan, noon_15_jan + 31 * DAY), 1);
        assert_eq!(whole_months(noon_15_jan, noon_15_jan + 365 * DAY), 12);
    }

    #[test]
    fn a_month_without_the_day_gives_way_to_the_next() {
        let first_of_march = JANUARY_31 + 28 * DAY + DAY / 2;
        assert_eq!(whole_months(JANUARY_31, first_of_march - 1), 0);
        assert_eq!(whole_months(JANUARY_31, first_of_march), 1);
        assert_eq!(whole_months(JANUARY_31, JANUARY_31 + 59 * DAY), 2);
    }

    #[test]
    fn leap_years_count() {
        let feb_29_2028 = 1_835_395_200_000;
        assert_eq!(month_and_rest(feb_29_2028).1, 28 * DAY);
        assert_eq!(month_and_rest(feb_29_2028 + DAY).1, 0);
    }

    #[test]
    fn days_and_weeks_are_whole() {
        assert_eq!(
            (whole_days(DAY - 1), whole_days(DAY), whole_weeks(7 * DAY - 1), whole_weeks(7 * DAY)),
            (0, 1, 0, 1)
        );
    }
}
