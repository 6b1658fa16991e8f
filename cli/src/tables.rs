//! Text for people: tables, colours, short lists. Colours go away on a pipe and with NO_COLOR (anstream).

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use lockstep_domain::text::shortened;

/// As many of a list are shown before the rest is counted.
const SHOWN: usize = 5;
/// The longest name of a resource in a table.
const LONGEST_CELL: usize = 80;

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

pub fn bad(text: &str) -> String {
    styled(AnsiColor::Red.on_default().bold(), text)
}

pub fn odd(text: &str) -> String {
    styled(AnsiColor::Yellow.on_default(), text)
}

pub fn good(text: &str) -> String {
    styled(AnsiColor::Green.on_default(), text)
}

pub fn bold(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// A table without lines; every cell is cleaned.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| shortened(cell, LONGEST_CELL)));
    }
    let lines = table.to_string();
    let mut lines = lines.lines().map(|line| line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()).to_owned());
    let head = lines.next().map(|head| bold(&head));
    head.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// The first few and how many more there are; all of them if asked.
pub fn list(names: &[String], all: bool) -> String {
    let shown = if all || names.len() <= SHOWN + 1 { names.len() } else { SHOWN };
    let mut text = names[..shown].iter().map(|name| shortened(name, LONGEST_CELL)).collect::<Vec<_>>().join(", ");
    if shown < names.len() {
        text.push_str(&format!(" … and {} more", names.len() - shown));
    }
    text
}

/// `1 server`, `2 servers`, `3 batches`.
pub fn count(number: usize, one: &str) -> String {
    let more = if one.ends_with("ch") { "es" } else { "s" };
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}{more}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let names: Vec<String> = (1..=42).map(|n| format!("i-{n}")).collect();
        assert_eq!(list(&names, false), "i-1, i-2, i-3, i-4, i-5 … and 37 more");
        assert_eq!(list(&names[..6], false), "i-1, i-2, i-3, i-4, i-5, i-6", "a count of one is no shorter");
        assert!(list(&names, true).ends_with("i-42"));
    }

    #[test]
    fn a_cell_cannot_paint_the_terminal() {
        let shown = table(&["app"], [vec!["\u{1b}]0;owned\u{7}orders".to_owned()]]);
        let (head, row) = shown.split_once('\n').unwrap();
        assert!(head.contains("app") && row == "]0;ownedorders");
    }
}
