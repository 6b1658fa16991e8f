//! The text part: the same letter in lines of at most 78 columns, in which a character of Japanese takes two.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use crate::letter::{Block, Fact, Letter};
use crate::times::pieces;

/// RFC 5322, 2.1.1: lines should be no longer.
const COLUMNS: usize = 78;
/// Never at the beginning of a line, and never at its end (JIS X 4051).
const CLOSING: &str = "、。，．）」』】！？：；・ー)]:,.…";
const OPENING: &str = "（「『【([";

pub(crate) fn of(letter: &Letter) -> String {
    let mut parts = vec![wrapped(&format!("{}: {}", letter.badge, letter.headline), "", "")];
    parts.extend(letter.happened.iter().map(set));
    parts.push(listed(&letter.facts));
    for answer in &letter.answers {
        parts.push(title(&answer.title));
        parts.extend(answer.blocks.iter().map(set));
    }
    for table in &letter.tables {
        parts.push(title(&table.title));
        parts.extend(table.intro.iter().map(|intro| wrapped(intro, "", "")));
        let rows: Vec<String> = table.rows.iter().map(|row| wrapped(&row.line(), "  ", "    ")).collect();
        if !rows.is_empty() {
            parts.push(rows.join("\n"));
        }
        parts.extend(table.more.iter().map(|more| wrapped(more, "", "")));
    }
    parts.extend([title(&letter.ids_title), listed(&letter.ids), wrapped(&letter.why, "", "")]);
    parts.join("\n\n") + "\n"
}

fn title(words: &str) -> String {
    format!("== {words} ==")
}

fn set(block: &Block) -> String {
    match block {
        Block::Text(text) => wrapped(text, "", ""),
        Block::Note(text) => wrapped(text, "! ", "! "),
        // A command is copied as one line.
        Block::Command(line) => format!("    {line}"),
    }
}

fn listed(facts: &[Fact]) -> String {
    let lines: Vec<String> =
        facts.iter().map(|fact| wrapped(&format!("{}: {}", fact.label, fact.value), "  ", "    ")).collect();
    lines.join("\n")
}

fn wrapped(text: &str, first: &str, others: &str) -> String {
    let options = Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(others)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        // What is longer than a line is an id.
        .break_words(false);
    textwrap::fill(text, options)
}

/// Ids and times are never broken; Japanese is, between any two characters that allow it.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut whole = Vec::new();
    let mut end = 0;
    for (piece, is_whole) in pieces(line) {
        whole.extend(is_whole.then_some(end + 1..end + piece.len()));
        end += piece.len();
    }
    let mut found = Vec::new();
    let mut begin = 0;
    for ((at, here), (_, next)) in line.char_indices().zip(line.char_indices().skip(1)) {
        let end = at + here.len_utf8();
        let is_gap = here == ' ' && next != ' ';
        let is_between = (is_wide(here) || is_wide(next)) && here != ' ' && next != ' ';
        let is_allowed = is_gap || (is_between && !CLOSING.contains(next) && !OPENING.contains(here));
        if is_allowed && !whole.iter().any(|whole| whole.contains(&end)) {
            found.push(Word::from(&line[begin..end]));
            begin = end;
        }
    }
    found.push(Word::from(&line[begin..]));
    Box::new(found.into_iter())
}

/// Kana, ideographs and their punctuation.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFE6}' | '\u{20000}'..='\u{3FFFD}')
}
