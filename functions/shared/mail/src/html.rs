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
