//! Times and periods as people write them: RFC 3339, `+7d`, `36h`. Knows no clock: `now` is the chain's and is given.

use crate::refusals::Refusal;
use jiff::{Span, SpanRelativeTo, Timestamp};

/// `2026-05-01T09:00:00Z`.
pub fn show(time: u64) -> String {
    i64::try_from(time)
        .ok()
        .and_then(|time| Timestamp::from_millisecond(time).ok())
        .map_or_else(|| format!("{time} ms"), |time| time.to_string())
}

/// A time: RFC 3339 with its offset, or `+` and a period after `now`.
/// # Errors
/// Neither of the two, before 1970, or out of range.
pub fn parse(text: &str, now: u64) -> Result<u64, Refusal> {
    if let Some(later) = text.trim().strip_prefix('+') {
        return now.checked_add(period(later)?).ok_or_else(|| bad(text));
    }
    text.trim()
        .parse::<Timestamp>()
        .ok()
        .and_then(|time| u64::try_from(time.as_millisecond()).ok())
        .ok_or_else(|| bad(text))
}

/// A period such as `7d`, `36h` or `1h 30m`, in milliseconds. A day has 24 hours.
/// # Errors
/// Not a period, or negative.
pub fn period(text: &str) -> Result<u64, Refusal> {
    text.parse::<Span>()
        .ok()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .and_then(|period| u64::try_from(period.as_millis()).ok())
        .ok_or_else(|| {
            Refusal::new(format!("`{text}` is not a period"), "write a period such as 30m, 36h or 7d")
        })
}

fn bad(text: &str) -> Refusal {
    Refusal::new(
        format!("`{text}` is not a time"),
        "write a time such as 2026-05-01T09:00:00Z, or +7d for a week from the chain's now",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_from_now() {
        let time = parse("2026-05-01T11:00:00+02:00", 0).unwrap();
        assert_eq!(show(time), "2026-05-01T09:00:00Z");
        assert_eq!(parse("+7d", 1_000), Ok(604_801_000));
        assert_eq!(parse("+1h30m", 0), Ok(5_400_000));
        assert_eq!(period("2d 12h"), Ok(216_000_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["tomorrow", "2026-05-01", "1969-12-31T23:59:59Z", ""] {
            assert_eq!(parse(text, 0).unwrap_err().what, format!("`{text}` is not a time"));
        }
        for text in ["+", "+-1d", "+soon"] {
            assert!(parse(text, 0).unwrap_err().what.ends_with("not a period"));
        }
    }
}
