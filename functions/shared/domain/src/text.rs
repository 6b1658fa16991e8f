//! Text from tags, names and events is hostile until it has passed through here.

/// `text` without control characters and bidirectional overrides, cut to `limit` characters.
///
/// CR, LF and NUL would break a mail header; bidi overrides make a name read as another one.
pub fn shortened(text: &str, limit: usize) -> String {
    let mut clean: String = text.chars().filter(|c| !is_hostile(*c)).take(limit + 1).collect();
    if clean.chars().count() > limit {
        clean.pop();
        clean.push('…');
    }
    clean
}

/// Besides controls: what is invisible, and what turns the direction of what follows.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{061C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// `text` without mail addresses: a log has none.
pub fn without_addresses(text: &str) -> String {
    let is_around = |c: char| c.is_whitespace() || "<>()[]{}\"',;:".contains(c);
    let mut clean = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_around) {
        let word = piece.trim_end_matches(is_around);
        match word.contains('@') {
            true => clean.extend(["(address)", &piece[word.len()..]]),
            false => clean.push_str(piece),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{shortened, without_addresses};

    #[test]
    fn control_characters_and_bidi_overrides_are_dropped() {
        assert_eq!(shortened("a\r\nBcc: x\u{202E}y\0\u{2028}\u{061C}\u{E0041}z", 50), "aBcc: xyz");
    }

    #[test]
    fn an_address_is_left_out_wherever_it_stands() {
        let said = "not verified: a.b+c@example.com, <d@example.com>; \"e@example.com\".";
        assert_eq!(without_addresses(said), "not verified: (address), <(address)>; \"(address)\".");
        assert_eq!(without_addresses("nothing here"), "nothing here");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(shortened(&"x".repeat(10_000), 3), "xxx…");
    }
}
