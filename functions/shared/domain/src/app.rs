//! An app: who is mailed about it, and in which language.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::text::shortened;

/// Languages in which mails are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Ja,
}

impl Language {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "en" => Ok(Self::En),
            "ja" => Ok(Self::Ja),
            other => Err(Refusal::new("unknown_language", "language", other, "choose en or ja")),
        }
    }
}

/// The ledger's record of an app (`APP#<name>` / `APP`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRecord {
    pub app: AppName,
    pub admins: Vec<Address>,
    pub language: Language,
}

/// The value of a `lockstep:app` tag: 1 to 64 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppName(String);

impl AppName {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 64 || shortened(text, 64) != text {
            let remedy = "name the app with 1 to 64 printable characters";
            return Err(Refusal::new("bad_app_name", "lockstep:app", text, remedy));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A mail address of the form that SES takes: ASCII, one `@`, a dotted domain, no white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = |part: &str, extra: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !part.contains("..")
                && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        let valid = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                plain(local, ".!#$%&'*+/=?^_`{|}~-") && plain(domain, ".-") && domain.contains('.')
            });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::new("bad_address", "admins", text, "give a mail address such as dba@example.com"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_at_the_edge {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text_at_the_edge!(AppName);
text_at_the_edge!(Address);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused() {
        for text in
            ["", "dba", "dba@", "@example.com", "a b@example.com", "a@example", "a@x.com\r\nBcc: b@x.com", "a@b@c.com"]
        {
            assert_eq!(Address::parse(text).unwrap_err().rule, "bad_address", "{text}");
        }
        assert!(Address::parse("dba+night@db.example.com").is_ok());
    }

    #[test]
    fn an_app_name_has_bounds() {
        assert!(AppName::parse("orders (受注)").is_ok());
        for text in ["", "   ", "a\nb", &"x".repeat(10_000)] {
            assert_eq!(AppName::parse(text).unwrap_err().rule, "bad_app_name");
        }
    }
}
