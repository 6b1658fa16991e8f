//! JSONata expressions of the workflows: plain paths are read directly, all others go to `jsonata-rs`.

use std::collections::{BTreeMap, HashMap};

use bumpalo::Bump;
use jsonata_rs::JsonAta;
use serde_json::Value;

/// Variables by name, `states` among them.
pub type Variables = BTreeMap<String, Value>;

/// One expression, without its `{% %}`.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    /// Variables that occur in it.
    names: Vec<String>,
    plain: Option<Plain>,
}

/// `$variable.field.field`, or such a path compared with a text.
#[derive(Debug, Clone)]
struct Plain {
    path: Vec<String>,
    equals: Option<String>,
}

impl Expression {
    /// Reads an expression once; one that does not parse is refused.
    pub fn compile(text: &str) -> Result<Self, String> {
        let text = text.trim().to_owned();
        let arena = Bump::new();
        JsonAta::new(&text, &arena).map_err(|error| format!("{text}: {error}"))?;
        Ok(Self { names: variables(&text), plain: Plain::read(&text), text })
    }

    /// `None` is JSONata's *undefined*.
    pub fn evaluate(&self, variables: &Variables) -> Result<Option<Value>, String> {
        if let Some(Some(value)) = self.plain.as_ref().map(|plain| plain.evaluate(variables)) {
            return Ok(value);
        }
        let bound: HashMap<&str, &Value> =
            self.names.iter().filter_map(|name| Some((name.as_str(), variables.get(name)?))).collect();
        let arena = Bump::new();
        let failed = |error| format!("{}: {error}", self.text);
        let value = JsonAta::new(&self.text, &arena).map_err(failed)?.evaluate(None, Some(&bound)).map_err(failed)?;
        if value.is_undefined() {
            return Ok(None);
        }
        let text = value.serialize(false);
        serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error} in {text}", self.text))
    }
}

/// Names after a `$` that is not a call of a function.
fn variables(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split('$').skip(1) {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        if !rest.starts_with('(') && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Plain {
    fn read(text: &str) -> Option<Self> {
        let (path, equals) = match text.split_once(" = ") {
            None => (text, None),
            Some((path, literal)) => (path, Some(literal.strip_prefix('\'')?.strip_suffix('\'')?)),
        };
        let steps: Vec<&str> = path.strip_prefix('$')?.split('.').collect();
        let is_name = |step: &&str| !step.is_empty() && step.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_plain = steps.iter().all(is_name) && equals.is_none_or(|literal| !literal.contains(['\'', '\\']));
        is_plain
            .then(|| Self { path: steps.into_iter().map(str::to_owned).collect(), equals: equals.map(str::to_owned) })
    }

    /// The outer `None`: the path leads through an array, or an array of one may collapse; ask `jsonata-rs`.
    fn evaluate(&self, variables: &Variables) -> Option<Option<Value>> {
        let mut found = variables.get(self.path.first()?);
        for step in &self.path[1..] {
            found = match found? {
                Value::Object(fields) => fields.get(step),
                Value::Array(_) => return None,
                _ => None,
            };
            if found.is_none() {
                break;
            }
        }
        match &self.equals {
            Some(literal) => Some(Some(Value::Bool(found.is_some_and(|value| value.as_str() == Some(literal))))),
            None => Some(found.cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(text: &str, variables: &Value) -> Option<Value> {
        let variables = variables.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone()));
        Expression::compile(text).unwrap().evaluate(&variables.collect()).unwrap()
    }

    #[test]
    fn a_path_is_read_and_one_that_leads_nowhere_is_undefined() {
        let variables = json!({ "states": { "input": { "run": "r", "list": [{ "a": 1 }, { "a": 2 }] } } });
        assert_eq!(evaluate("$states.input.run", &variables), Some(json!("r")));
        assert_eq!(evaluate("$states.input.list", &variables), Some(json!([{ "a": 1 }, { "a": 2 }])));
        assert_eq!(evaluate("$states.input.list.a", &variables), Some(json!([1, 2])));
        assert_eq!(evaluate("$states.result.Payload", &variables), None);
        assert_eq!(evaluate("$round = 'warning'", &variables), Some(json!(false)));
        assert_eq!(evaluate("$states.input.run = 'r'", &variables), Some(json!(true)));
    }

    #[test]
    fn rows_are_chosen_and_shaped() {
        let variables = json!({
            "run": { "key": "k" },
            "found": [],
            "states": { "result": {
                "Volumes": [{ "KmsKeyId": "k", "Attachments": [{ "InstanceId": "i-1" }] }, { "KmsKeyId": "x" }],
                "Rows": [{ "Id": "i-1", "State": { "Name": "on" } }, { "Id": "i-2" }],
                "verdict": null,
            } },
        });
        let ids = "[$distinct($states.result.Volumes[KmsKeyId = $run.key].Attachments.InstanceId)]";
        assert_eq!(evaluate(ids, &variables), Some(json!(["i-1"])));
        let rows = "[$states.result.Rows.{'server': Id, 'state': State.Name}]";
        assert_eq!(evaluate(rows, &variables), Some(json!([{ "server": "i-1", "state": "on" }, { "server": "i-2" }])));
        assert_eq!(evaluate("$count($found) > 0", &variables), Some(json!(false)));
        assert_eq!(evaluate("'superseded' in $states.result.verdict", &variables), Some(json!(false)));
    }
}
