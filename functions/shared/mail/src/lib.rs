//! The mails: what happened, to what, when, what to do, what happens next; then the report; then ids.
//!
//! A `Letter` says it in the reader's language; its HTML part and its text part are two looks of the same letter, so
//! that neither knows more than the other. Like the domain, this crate knows no AWS, no clock and no environment.

mod html;
mod letter;
mod letters;
mod names;
mod notice;
mod reasons;
mod refusal;
mod report;
mod story;
mod text;
mod times;

pub use notice::{Sight, render_notice};
pub use refusal::{Undelivered, render_undelivered};
pub use story::{Story, render};

use lockstep_domain::mail::Mail;

use letter::Letter;

/// Rows of a report that a mail lists, over all of its tables; fewer if they are long.
const MOST_ROWS: usize = 100;
/// Gmail cuts a mail after 102 kB.
const LONGEST_PART: usize = 95_000;

/// Both languages side by side: the compiler demands each, and that each names only what there is.
macro_rules! both {
    ($language:expr, $en:literal, $ja:literal $(,)?) => {
        match $language {
            ::lockstep_domain::app::Language::En => format!($en),
            ::lockstep_domain::app::Language::Ja => format!($ja),
        }
    };
}
pub(crate) use both;

/// Writes a letter down; a report that is too long for a mail loses its last rows, and says how many.
fn written(mut letter: Letter) -> Mail {
    let mut rows = MOST_ROWS;
    loop {
        letter.keep_rows(rows);
        let mail = Mail { subject: letter.subject.clone(), text: text::of(&letter), html: html::of(&letter) };
        if rows == 0 || mail.text.len().max(mail.html.len()) <= LONGEST_PART {
            return mail;
        }
        rows /= 2;
    }
}

#[cfg(test)]
mod tests;
