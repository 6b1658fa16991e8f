//! The one shape of a refusal: which field, which value, which rule, and what to do about it.

use crate::text::shortened;

/// Input that Lockstep does not accept. Repeating it changes nothing, so it is never retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {field} is {value}; {remedy}")]
pub struct Refusal {
    /// Short name of the broken rule, in snake case; tests and scripts match on it.
    pub rule: &'static str,
    /// Path of the field in the input, as the sender wrote it.
    pub field: String,
    /// The value as received, cut to 200 characters and cleaned of control characters.
    pub value: String,
    /// What the sender can do, as the end of a sentence.
    pub remedy: String,
}

impl Refusal {
    pub fn new(
        rule: &'static str,
        field: impl Into<String>,
        value: impl AsRef<str>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            field: field.into(),
            value: format!("{:?}", shortened(value.as_ref(), 200)),
            remedy: remedy.into(),
        }
    }

    /// A field that is absent, or not of the type it must have.
    pub fn missing(field: &'static str, remedy: &'static str) -> Self {
        Self {
            rule: "missing_field",
            field: field.to_owned(),
            value: "missing or of another type".to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
