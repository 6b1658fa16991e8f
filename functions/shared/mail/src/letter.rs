//! What a mail says, in the order in which it is read.

use lockstep_domain::app::Language;

use crate::both;
use crate::report::Row;

/// What kind of news it is; each has its colour, and its word on the badge, for a colour alone tells nobody enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something will stop, or waits.
    Ahead,
    Nothing,
    Stopped,
    Problem,
    Running,
}

impl Tone {
    /// On white, and under white letters, at least 4.5:1 (WCAG 2.1, 1.4.3); a test counts it.
    pub fn color(self) -> &'static str {
        match self {
            Self::Ahead => "#92400e",
            Self::Nothing => "#4b5563",
            Self::Stopped => "#1e40af",
            Self::Problem => "#b91c1c",
            Self::Running => "#166534",
        }
    }

    /// The class that has its colour on a dark page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Nothing => "nothing",
            Self::Stopped => "stopped",
            Self::Problem => "problem",
            Self::Running => "running",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Text(String),
    /// What must not be read over.
    Note(String),
    /// One line for a shell.
    Command(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub label: String,
    pub value: String,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub title: String,
    pub intro: Option<String>,
    pub head: [String; 2],
    pub rows: Vec<Row>,
    /// What is said in place of rows that are left out.
    pub more: Option<String>,
    /// Rows that are left out, and how many of them have a problem.
    left_out: (usize, usize),
}

impl Table {
    pub fn new(title: String, intro: Option<String>, head: [String; 2], mut rows: Vec<Row>) -> Self {
        rows.sort_by(|one, other| (one.rank, one.title()).cmp(&(other.rank, other.title())));
        Self { title, intro, head, rows, more: None, left_out: (0, 0) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub language: Language,
    /// One line, at most 200 characters, free of control characters.
    pub subject: String,
    pub tone: Tone,
    pub badge: String,
    pub headline: String,
    /// What a list of mails shows after the subject; it is in the letter, too.
    pub preheader: String,
    pub happened: Vec<Block>,
    /// To what, and when.
    pub facts: Vec<Fact>,
    /// What to do, and what happens next.
    pub answers: Vec<Answer>,
    pub tables: Vec<Table>,
    pub ids_title: String,
    pub ids: Vec<Fact>,
    /// Why the reader gets this mail.
    pub why: String,
}

impl Letter {
    /// As the `lang` attribute has it.
    pub fn lang(&self) -> &'static str {
        match self.language {
            Language::En => "en",
            Language::Ja => "ja",
        }
    }

    /// Keeps so many rows over all tables.
    pub fn keep_rows(&mut self, most: usize) {
        let mut left = most;
        // No table takes the room of all that come after it.
        let mut reserved: usize = self.tables.iter().map(|table| table.rows.len().min(most / 5)).sum();
        for table in &mut self.tables {
            reserved -= table.rows.len().min(most / 5);
            let kept = table.rows.len().min(left - reserved);
            left -= kept;
            let dropped = table.rows.split_off(kept);
            table.left_out.0 += dropped.len();
            table.left_out.1 += dropped.iter().filter(|row| row.tone == Tone::Problem).count();
            table.more = match table.left_out {
                (0, _) => None,
                (rows, 0) => Some(both!(
                    self.language,
                    "… and {rows} more, none of them with a problem. Whoever operates Lockstep can look them up with lockstep status and lockstep history.",
                    "… ほか {rows} 件 (問題なし)。Lockstep の運用担当者は lockstep status と lockstep history で確認できます。"
                )),
                (rows, problems) => Some(both!(
                    self.language,
                    "… and {rows} more, {problems} of them with a problem. Whoever operates Lockstep can look them up with lockstep status and lockstep history.",
                    "… ほか {rows} 件 (うち問題あり {problems} 件)。Lockstep の運用担当者は lockstep status と lockstep history で確認できます。"
                )),
            };
        }
    }
}
