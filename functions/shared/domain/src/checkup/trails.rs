//! Whether any trail of CloudTrail puts the changes of keys on the bus.
//!
//! EventBridge gets calls of KMS only while a trail logs management events, is not read-only, and does not leave KMS
//! out (Amazon EventBridge User Guide, "AWS service events delivered via CloudTrail").

use serde::Deserialize;

use super::{Finding, Seen};

const KMS: &str = "kms.amazonaws.com";

/// A trail that applies to this Region.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Trail {
    pub name: String,
    /// Of `GetTrailStatus`.
    pub logging: Option<bool>,
    /// Of `GetEventSelectors`: the one or the other.
    pub selectors: Vec<Selector>,
    pub advanced: Vec<AdvancedSelector>,
    /// Why it could not be looked at.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Selector {
    /// `ReadOnly`, `WriteOnly` or `All`.
    #[serde(default)]
    pub read_write_type: Option<String>,
    #[serde(default)]
    pub include_management_events: Option<bool>,
    #[serde(default)]
    pub exclude_management_event_sources: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedSelector {
    #[serde(default)]
    pub field_selectors: Vec<Field>,
}

/// The Java SDK, whose names Step Functions takes, calls `Equals` otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Field {
    pub field: String,
    #[serde(default, alias = "EqualsValue")]
    pub equals: Vec<String>,
    #[serde(default)]
    pub not_equals: Vec<String>,
}

impl Trail {
    /// Why changes of keys are not on the bus because of it; empty if they are.
    fn misses(&self) -> Option<&'static str> {
        match self.logging {
            _ if self.error.is_some() => return Some("could not be looked at"),
            Some(true) => {}
            _ => return Some("is not logging"),
        }
        let logs = self.selectors.iter().any(Selector::has_changes_of_keys)
            || self.advanced.iter().any(AdvancedSelector::has_changes_of_keys);
        (!logs).then_some("does not log write events of KMS")
    }
}

impl Selector {
    fn has_changes_of_keys(&self) -> bool {
        self.include_management_events.unwrap_or(true)
            && self.read_write_type.as_deref() != Some("ReadOnly")
            && !self.exclude_management_event_sources.iter().any(|source| source == KMS)
    }
}

impl AdvancedSelector {
    fn has_changes_of_keys(&self) -> bool {
        let allows = |name: &str, value: &str| {
            self.field_selectors.iter().filter(|it| it.field == name).all(|it| {
                (it.equals.is_empty() || it.equals.iter().any(|equal| equal == value))
                    && !it.not_equals.iter().any(|other| other == value)
            })
        };
        let is_of_management = self.field_selectors.iter().any(|it| it.field == "eventCategory");
        is_of_management
            && allows("eventCategory", "Management")
            && allows("eventSource", KMS)
            && allows("readOnly", "false")
    }
}

pub(super) fn findings(seen: &Seen) -> Option<Finding> {
    let misses: Vec<Option<&str>> = seen.trails.iter().map(Trail::misses).collect();
    if misses.contains(&None) || seen.errors.contains_key("trails") {
        return None;
    }
    let why = seen.trails.iter().zip(misses).filter_map(|(trail, why)| Some(format!("{} {}", trail.name, why?)));
    let why: Vec<String> = why.take(5).collect();
    let value = if why.is_empty() { "there is no trail".to_owned() } else { why.join("; ") };
    let remedy = "have a trail log management events, write events among them, without leaving KMS out; until then only \
                  the sweep sees what becomes of keys";
    Some(Finding::fails("no_trail", value, remedy))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(trails: Value) -> Option<String> {
        let seen = Seen { trails: serde_json::from_value(trails).unwrap(), ..Seen::default() };
        findings(&seen).map(|finding| finding.value)
    }

    fn trail(selectors: Value) -> Value {
        json!([{ "name": "main", "logging": true, "selectors": selectors }])
    }

    fn advanced(fields: Value) -> Value {
        json!([{ "name": "main", "logging": true, "advanced": [{ "Name": "x", "FieldSelectors": fields }] }])
    }

    #[test]
    fn a_trail_that_logs_every_management_event_is_enough() {
        assert_eq!(found(trail(json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true }]))), None);
        assert_eq!(found(trail(json!([{ "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true }]))), None);
        let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
        assert_eq!(found(advanced(json!([management]))), None);
        assert_eq!(found(advanced(json!([{ "Field": "eventCategory", "EqualsValue": ["Management"] }]))), None);
    }

    #[test]
    fn a_trail_that_leaves_kms_or_writes_out_is_none() {
        for selector in [
            json!({ "ReadWriteType": "ReadOnly", "IncludeManagementEvents": true }),
            json!({ "ReadWriteType": "All", "IncludeManagementEvents": false }),
            json!({ "ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"] }),
        ] {
            assert_eq!(found(trail(json!([selector]))).as_deref(), Some("main does not log write events of KMS"));
        }
        let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
        for field in [
            json!({ "Field": "eventSource", "NotEquals": ["kms.amazonaws.com"] }),
            json!({ "Field": "readOnly", "Equals": ["true"] }),
            json!({ "Field": "eventSource", "Equals": ["ec2.amazonaws.com"] }),
        ] {
            assert!(found(advanced(json!([management, field]))).is_some());
        }
        assert!(found(advanced(json!([{ "Field": "eventCategory", "Equals": ["Data"] }]))).is_some());
    }

    #[test]
    fn a_trail_that_is_stopped_is_named_and_none_at_all_is_said() {
        assert_eq!(found(json!([{ "name": "old", "logging": false }])).as_deref(), Some("old is not logging"));
        assert_eq!(found(json!([])).as_deref(), Some("there is no trail"));
    }
}
