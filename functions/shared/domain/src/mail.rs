//! The mails: what happened, to what, when, what to do, what happens next; then the report; then ids.

mod databases;
mod deletion;
mod kinds;
mod notices;
mod words;

pub use notices::{Sight, render_notice};

use jiff::{SignedDuration, Timestamp};

use crate::app::Language;
use crate::key::KeyArn;
use crate::plan::PlannedResource;
use crate::report::{Line, Said, has_left_untold};
use crate::run::{Ending, RunName};
use crate::text::shortened;
use words::Words;

/// How long RDS keeps a database whose key is off.
const DATABASES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    GraceStarted,
    /// The key is switched on and off again and again.
    Flapping,
    Ended(Ending),
}

impl Occasion {
    /// Part of the id of a mail in the ledger, so that each is sent once.
    pub fn name(self) -> &'static str {
        match self {
            Self::GraceStarted => "grace_started",
            Self::Flapping => "flapping",
            Self::Ended(Ending::ShutdownComplete) => "shutdown_complete",
            Self::Ended(Ending::ShutdownCancelled) => "shutdown_cancelled",
            Self::Ended(Ending::ShutdownSuperseded) => "shutdown_superseded",
            Self::Ended(Ending::ShutdownIncomplete) => "shutdown_incomplete",
            Self::Ended(Ending::StartupComplete) => "startup_complete",
            Self::Ended(Ending::StartupIncomplete) => "startup_incomplete",
            Self::Ended(Ending::StartupSuperseded) => "startup_superseded",
            Self::Ended(Ending::NothingToDo) => "nothing_to_do",
        }
    }

    /// What admins are told of a run, if anything: one that found nothing is not news, and one that the next
    /// change of the key has overtaken leaves the telling to its successor, but for what only it can tell.
    pub fn of_ending(ending: Ending, flapping: bool, resources: &[PlannedResource]) -> Option<Self> {
        match ending {
            Ending::StartupSuperseded if has_left_untold(resources) => Some(Self::Ended(ending)),
            Ending::NothingToDo | Ending::ShutdownSuperseded | Ending::StartupSuperseded => None,
            Ending::ShutdownCancelled if flapping => None,
            ending => Some(Self::Ended(ending)),
        }
    }

    /// The key is off, so that it may be waiting for its deletion.
    pub fn is_of_a_key_that_is_off(self) -> bool {
        matches!(
            self,
            Self::GraceStarted | Self::Flapping | Self::Ended(Ending::ShutdownComplete | Ending::ShutdownIncomplete)
        )
    }
}

/// Everything that a mail says.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    pub occasion: Occasion,
    pub app: &'a str,
    pub key: &'a KeyArn,
    pub run: &'a RunName,
    pub noticed_at: Timestamp,
    pub grace_ends_at: Timestamp,
    /// `DeletionDate` of the key, if KMS gave one.
    pub deleted_at: Option<Timestamp>,
    pub now: Timestamp,
    /// What is of this app.
    pub lines: &'a [Line],
    /// What is nobody's and uses the key.
    pub unmanaged: &'a [Line],
}

impl Story<'_> {
    /// When the key is deleted, if this mail is to say so.
    fn deletion(&self) -> Option<Timestamp> {
        self.deleted_at.filter(|_| self.occasion.is_of_a_key_that_is_off())
    }

    /// Until when databases are sure to be kept, if this mail is to say so.
    fn databases_until(&self) -> Option<Timestamp> {
        let is_database = |line: &Line| line.kind.is_database();
        let concerns = self.occasion.is_of_a_key_that_is_off() && self.lines.iter().any(is_database);
        concerns.then(|| self.noticed_at + DATABASES_KEPT)
    }
}

/// A mail, ready to be sent as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line, at most 200 characters, free of control characters.
    pub subject: String,
    pub text: String,
}

pub fn render(story: &Story<'_>, language: Language) -> Mail {
    let words = words::of(language);
    let happened = (words.happened)(story.occasion);
    let short_key: String = story.key.id().chars().take(8).collect();
    let mut text = format!("{}\n\n", (words.opening)(story));
    if let Some(at) = story.deletion() {
        text.push_str(&format!("{}\n\n", (words.deletion)(story.key, at)));
    }
    if let Some(at) = story.databases_until() {
        text.push_str(&format!("{}\n\n", (words.databases)(at)));
    }
    text.push_str(&format!("{}\n\n", (words.to_do)(story)));
    push_lines(&mut text, &words, words.yours, story.lines, true);
    push_lines(&mut text, &words, words.unmanaged, story.unmanaged, false);
    text.push_str(&format!(
        "{}\n  {}: {}\n  {}: {}\n  {}: {}\n",
        words.ids,
        words.key,
        story.key,
        words.run,
        story.run,
        words.written,
        time(story.now)
    ));
    Mail { subject: shortened(&format!("[Lockstep] {}: {happened} ({} {short_key})", story.app, words.key), 200), text }
}

fn push_lines(text: &mut String, words: &Words, title: &str, lines: &[Line], with_units: bool) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("{title}\n"));
    for line in lines {
        let name = if line.name.is_empty() { String::new() } else { format!(" ({})", line.name) };
        let units =
            if with_units && !line.units.is_empty() { format!(" [{}]", line.units.join(", ")) } else { String::new() };
        let said = match &line.said {
            Said::Problem(reason) => format!("{}: {reason}", words.problem),
            Said::LeftDown(reason) => format!("{}: {reason}", words.left_down),
            said => (words.said)(said),
        };
        text.push_str(&format!("  {}{}{name}{units}: {said}\n", (words.kind)(line.kind), line.id));
    }
    text.push('\n');
}

/// Minutes are enough for people; UTC is said, for readers are everywhere.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
