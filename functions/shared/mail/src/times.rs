//! Times as people read them: to the minute, with the zone said; for readers of Japanese in Japan's time, too.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use lockstep_domain::app::Language;

use crate::both;

/// Japan has one zone and no summer time.
const JAPAN: Offset = Offset::constant(9);

/// `2026-11-25 22:10 UTC`, or `2026-11-25 22:10 UTC (26日 07:10 JST)`.
pub(crate) fn full(at: Timestamp, language: Language) -> String {
    let utc = at.strftime("%Y-%m-%d %H:%M UTC");
    match language {
        Language::En => utc.to_string(),
        Language::Ja => {
            let (here, there) = (Offset::UTC.to_datetime(at), JAPAN.to_datetime(at));
            let date = match (here.date() == there.date(), here.month() == there.month()) {
                (true, _) => String::new(),
                (false, true) => format!("{}日 ", there.day()),
                (false, false) => format!("{}月{}日 ", there.month(), there.day()),
            };
            format!("{utc} ({date}{} JST)", there.strftime("%H:%M"))
        }
    }
}

/// Only the time of day if it is near enough to `now` that the day is plain.
pub(crate) fn short(at: Timestamp, now: Timestamp, language: Language) -> String {
    if at.duration_since(now).abs() >= SignedDuration::from_hours(12) {
        return full(at, language);
    }
    let utc = at.strftime("%H:%M UTC");
    match language {
        Language::En => utc.to_string(),
        Language::Ja => format!("{utc} ({} JST)", JAPAN.to_datetime(at).strftime("%H:%M")),
    }
}

/// `9 minutes`, `1 hour 30 minutes`, `3 days`: to the minute below a day, then whole days.
pub(crate) fn span(time: SignedDuration, language: Language) -> String {
    let minutes = time.as_mins().max(0);
    match (minutes / 1440, minutes / 60, minutes % 60) {
        (days @ 1.., ..) => counted(days, "day", "日", language),
        (_, 0, minutes) => counted(minutes, "minute", "分", language),
        (_, hours, 0) => counted(hours, "hour", "時間", language),
        (_, hours, minutes) => {
            format!("{} {}", counted(hours, "hour", "時間", language), counted(minutes, "minute", "分", language))
        }
    }
}

fn counted(count: i64, en: &str, ja: &str, language: Language) -> String {
    let s = if count == 1 { "" } else { "s" };
    both!(language, "{count} {en}{s}", "{count} {ja}")
}

/// A text in pieces; one that is whole, a time, is not broken over lines.
pub(crate) fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while at < text.len() {
        match text.get(at..).and_then(time_at) {
            Some(length) => {
                pieces.extend([(&text[begin..at], false), (&text[at..at + length], true)]);
                at += length;
                begin = at;
            }
            None => at += 1,
        }
    }
    pieces.push((&text[begin..], false));
    pieces
}

/// How many bytes of a time a text begins with: `2026-11-25 22:10 UTC` or `(26日 07:10 JST)`.
fn time_at(text: &str) -> Option<usize> {
    const UTC: &[u8] = b"0000-00-00 00:00 UTC";
    let is_like = |(found, like): (u8, u8)| if like == b'0' { found.is_ascii_digit() } else { found == like };
    if text.len() >= UTC.len() && text.bytes().zip(UTC.iter().copied()).all(is_like) {
        return Some(UTC.len());
    }
    let inner = text.strip_prefix('(')?.split_once(" JST)")?.0;
    let is_of_time = |c: char| c.is_ascii_digit() || matches!(c, '月' | '日' | ' ' | ':');
    inner.chars().all(is_of_time).then_some(inner.len() + "( JST)".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone_and_for_japan_its_day_if_it_is_another() {
        let told = |at: &str| full(at.parse().unwrap(), Language::Ja);
        assert_eq!(told("2026-11-25T22:10:59Z"), "2026-11-25 22:10 UTC (26日 07:10 JST)");
        assert_eq!(told("2026-11-25T03:10:00Z"), "2026-11-25 03:10 UTC (12:10 JST)");
        assert_eq!(told("2026-12-31T15:00:00Z"), "2026-12-31 15:00 UTC (1月1日 00:00 JST)");
        assert_eq!(full("2026-11-25T22:10:59Z".parse().unwrap(), Language::En), "2026-11-25 22:10 UTC");
    }

    #[test]
    fn a_time_on_another_day_is_never_told_without_its_day() {
        let now: Timestamp = "2026-11-25T22:00:00Z".parse().unwrap();
        assert_eq!(short(now + SignedDuration::from_mins(10), now, Language::Ja), "22:10 UTC (07:10 JST)");
        assert_eq!(short(now + SignedDuration::from_hours(24), now, Language::En), "2026-11-26 22:00 UTC");
    }

    #[test]
    fn a_span_is_told_in_the_words_of_people() {
        let told = |minutes| span(SignedDuration::from_mins(minutes), Language::En);
        assert_eq!([told(1), told(10), told(60), told(90)], ["1 minute", "10 minutes", "1 hour", "1 hour 30 minutes"]);
        assert_eq!(told(3 * 1440 + 5), "3 days");
        assert_eq!(span(SignedDuration::from_mins(90), Language::Ja), "1 時間 30 分");
    }

    #[test]
    fn a_time_is_one_piece() {
        let told = "停止: 2026-11-25 22:10 UTC (26日 07:10 JST) に";
        let whole: Vec<&str> =
            pieces(told).into_iter().filter(|(_, is_whole)| *is_whole).map(|(text, _)| text).collect();
        assert_eq!(whole, ["2026-11-25 22:10 UTC", "(26日 07:10 JST)"]);
        assert_eq!(pieces(told).into_iter().map(|(text, _)| text).collect::<String>(), told);
        for other in ["", "日", "2026-11-25", "(日"] {
            assert_eq!(pieces(other), [(other, false)]);
        }
    }
}
