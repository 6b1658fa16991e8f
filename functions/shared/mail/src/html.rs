//! The HTML part: one column, readable on a phone, in light and in dark, without pictures and without links.

use askama::Template;

use crate::letter::{Block, Letter};

/// `templates/mail.html` is made of `tests/frame/mail.mjml`, which knows how mail programs differ, so that this function
/// carries neither that knowledge nor its library.
#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    letter: &'a Letter,
}

/// Empty only if writing to memory failed; the text part is there then.
pub(crate) fn of(letter: &Letter) -> String {
    Page { letter }.render().unwrap_or_default()
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
    use super::pieces;

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
