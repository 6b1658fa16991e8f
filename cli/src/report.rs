//! What a command has to tell, as JSON and as text.

use lockstep_domain::text::shortened;
use serde::Serialize;
use serde_json::Value;

use crate::trouble::Trouble;

/// Longer than any text of AWS or of a tag.
const LONGEST_TEXT: usize = 10_000;

#[derive(Debug, Default)]
pub struct Report {
    pub json: Value,
    pub text: String,
    /// Something was found that would make the real day fail.
    pub found: bool,
}

impl Report {
    pub fn new<T: Serialize>(json: &T, text: String) -> Result<Self, Trouble> {
        let json = serde_json::to_value(json).map_err(|error| Trouble::Failed(format!("writing JSON: {error}")))?;
        Ok(Self { json, text, found: false })
    }

    pub fn finding(self, found: bool) -> Self {
        Self { found, ..self }
    }

    /// Writes it to standard output; returns the exit code.
    pub fn print(self, json: bool) -> u8 {
        use std::io::Write;
        let mut out = anstream::stdout().lock();
        // A reader that has seen enough closes the pipe; nothing is wrong then.
        let _ = match json {
            true => writeln!(out, "{:#}", clean(self.json)),
            false => writeln!(out, "{}", self.text.trim_end()),
        };
        if self.found { 4 } else { 0 }
    }
}

/// Tags and names are hostile in JSON, too: a terminal that shows it obeys the same characters.
fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(shortened(&text, LONGEST_TEXT)),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_escape_sequence_and_no_bidi_override_gets_through() {
        let hostile = json!({ "a": ["\u{1b}[31mred\u{202e}", { "b": "x\u{7}" }], "n": 1 });
        assert_eq!(clean(hostile), json!({ "a": ["[31mred", { "b": "x" }], "n": 1 }));
    }
}
