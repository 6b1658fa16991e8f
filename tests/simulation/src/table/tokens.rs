//! The words of DynamoDB's expressions.

use std::collections::VecDeque;

/// Words, names, values (`:name`) and signs, one after another.
#[derive(Debug)]
pub struct Tokens(VecDeque<String>);

impl Tokens {
    pub fn of(text: &str) -> Self {
        let mut tokens = VecDeque::new();
        let mut word = String::new();
        for c in text.chars() {
            let is_part = c.is_ascii_alphanumeric() || "_:#.".contains(c);
            let is_sign = "<>=".contains(c);
            let extends_sign = is_sign && word.chars().all(|last| "<>=".contains(last));
            let extends_word = is_part && word.chars().all(|last| !"<>=".contains(last));
            if !(extends_sign || extends_word || word.is_empty()) {
                tokens.push_back(std::mem::take(&mut word));
            }
            if is_part || is_sign {
                word.push(c);
            } else if !c.is_whitespace() {
                tokens.push_back(c.to_string());
            }
        }
        tokens.extend((!word.is_empty()).then_some(word));
        Self(tokens)
    }

    pub fn peek(&self) -> Option<&str> {
        self.0.front().map(String::as_str)
    }

    pub fn word(&mut self) -> Result<String, String> {
        self.0.pop_front().ok_or_else(|| "the expression ends too early".to_owned())
    }

    /// Takes the next word if it is this one.
    pub fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    pub fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("{word} is missing before {:?}", self.peek())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_falls_into_words_and_signs() {
        let words = ["attribute_not_exists", "(", "pk", ")", "AND", "epoch", "<>", ":epoch"];
        assert_eq!(Tokens::of("attribute_not_exists(pk) AND epoch<>:epoch").0, words);
    }
}
