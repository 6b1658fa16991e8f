//! Text of others: tags, names, and what AWS or a server said. It is hostile until it has passed through here.

use lockstep_domain::text::shortened;

/// Longest name of a resource that a mail shows, in characters.
pub(crate) const NAME: usize = 100;
/// Longest alias of a key; with it, an app of any length and what happened fit in a subject.
pub(crate) const ALIAS: usize = 60;
/// Longest list of units, and longest reason.
pub(crate) const DETAIL: usize = 400;
/// Marks that stand on one letter; more of them climb over the lines above.
const MOST_MARKS: usize = 2;

/// So many times what is shown is looked at, for some of it is dropped.
const LONGEST_LOOK: usize = 8;

/// One line of at most `limit` characters, without control characters, bidirectional overrides, towers of marks, and
/// addresses that a mail program would make a link of.
pub(crate) fn safe(text: &str, limit: usize) -> String {
    let mut marks = 0;
    let is_kept = |c: &char| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MOST_MARKS
    };
    let plain = text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c });
    // A name of megabytes costs no more than a long one.
    let kept: String = plain.filter(is_kept).take(LONGEST_LOOK * limit).collect();
    shortened(&kept.replace("://", "[:]//"), limit)
}

/// Unicode's blocks of combining diacritical marks.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_name_is_one_line_without_towers_and_without_links() {
        let tower = format!("z{}a", "\u{0336}".repeat(500));
        assert_eq!(safe(&tower, 10), "z\u{0336}\u{0336}a");
        assert_eq!(safe("see https://example.com\r\nnow", 50), "see https[:]//example.com now");
        assert_eq!(safe(&"x".repeat(10_000), 3), "xxx…");
        assert_eq!(safe("é が ü", 10), "é が ü");
    }
}
