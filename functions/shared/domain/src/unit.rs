//! systemd units: their names, their states, and what our command document says about them.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// At most this many units on one server; more do not fit one answer of Run Command (2,500 characters).
pub const MAX_UNITS: usize = 20;

/// A systemd unit name, safe to hand to a command: `[A-Za-z0-9:_.@-]`, with a unit type, at most 100 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName(String);

impl UnitName {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = text.len() <= 100
            && !text.starts_with('-')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":_.@-".contains(&b));
        let typed = [".service", ".target", ".socket", ".timer"]
            .iter()
            .any(|kind| text.strip_suffix(kind).is_some_and(|name| !name.is_empty()));
        if plain && typed {
            return Ok(Self(text.to_owned()));
        }
        let remedy = "list unit names such as postgresql.service, separated by spaces";
        Err(Refusal::new("bad_unit_name", "lockstep:services", text, remedy))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UnitName {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.0
    }
}

/// Reads the value of a `lockstep:services` tag: units in start order.
pub fn parse_units(tag: &str) -> Result<Vec<UnitName>, Refusal> {
    let units: Vec<UnitName> = tag.split_whitespace().map(UnitName::parse).collect::<Result<_, _>>()?;
    if units.len() > MAX_UNITS {
        let remedy = format!("name at most {MAX_UNITS} units on one server");
        return Err(Refusal::new("too_many_units", "lockstep:services", tag, remedy));
    }
    Ok(units)
}

/// `systemctl is-active` reduced to what we decide on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    Active,
    Inactive,
    Failed,
    /// On its way up or down.
    Changing,
    /// The unit is not known to systemd, or its line was not readable.
    Unknown,
}

impl UnitState {
    fn parse(word: &str) -> Self {
        match word {
            "active" | "reloading" => Self::Active,
            "inactive" => Self::Inactive,
            "activating" | "deactivating" => Self::Changing,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }

    /// Not running: stopped cleanly, or failed.
    pub fn is_down(self) -> bool {
        matches!(self, Self::Inactive | Self::Failed)
    }
}

/// One line of the command document's output: `<unit> <state before> <state after>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitLine {
    pub unit: UnitName,
    pub before: UnitState,
    pub after: UnitState,
}

/// Reads the output of our command document; lines that are not ours are passed over.
pub fn parse_output(output: &str) -> Vec<UnitLine> {
    output.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<UnitLine> {
    let mut words = line.split_whitespace();
    let unit = UnitName::parse(words.next()?).ok()?;
    let (before, after) = (words.next()?, words.next()?);
    words.next().is_none().then(|| UnitLine { unit, before: UnitState::parse(before), after: UnitState::parse(after) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_cannot_carry_a_shell_command() {
        for tag in [
            "a.service;reboot",
            "$(reboot).service",
            "-H.service",
            "a.service\u{a0}&",
            "`id`.service",
            ".service",
            "postgresql",
        ] {
            assert_eq!(parse_units(tag).unwrap_err().rule, "bad_unit_name", "{tag}");
        }
    }

    #[test]
    fn ten_kilobytes_of_tag_are_refused_in_one_short_line() {
        let refusal = parse_units(&"x".repeat(10_000)).unwrap_err();
        assert!(refusal.to_string().len() < 400);
        assert_eq!(parse_units(&"a.service ".repeat(21)).unwrap_err().rule, "too_many_units");
    }

    #[test]
    fn output_is_read_line_by_line_and_noise_is_passed_over() {
        let lines = parse_output("warning: x\na.service active inactive\nb.service unknown unknown\n");
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].before, lines[0].after), (UnitState::Active, UnitState::Inactive));
        assert_eq!(lines[1].after, UnitState::Unknown);
    }
}
