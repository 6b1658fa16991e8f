//! Condition expressions of DynamoDB; what is not known is an error, never simply true.

use serde_json::Value;

use super::Row;
use super::tokens::Tokens;

/// Whether `expression` holds for `row`; `values` are the expression's attribute values by name.
pub fn holds(expression: &str, values: &Value, row: Option<&Row>) -> Result<bool, String> {
    let mut condition = Condition { tokens: Tokens::of(expression), values, row };
    let result = condition.any().map_err(|error| format!("{expression}: {error}"))?;
    match condition.tokens.peek() {
        None => Ok(result),
        Some(rest) => Err(format!("{expression}: {rest} is not understood")),
    }
}

struct Condition<'a> {
    tokens: Tokens,
    values: &'a Value,
    row: Option<&'a Row>,
}

impl Condition<'_> {
    fn any(&mut self) -> Result<bool, String> {
        let mut result = self.all()?;
        while self.tokens.take("OR") {
            result |= self.all()?;
        }
        Ok(result)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut result = self.one()?;
        while self.tokens.take("AND") {
            result &= self.one()?;
        }
        Ok(result)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.tokens.take("NOT") {
            return Ok(!self.one()?);
        }
        if self.tokens.take("(") {
            let result = self.any()?;
            self.tokens.expect(")")?;
            return Ok(result);
        }
        let word = self.tokens.word()?;
        if self.tokens.take("(") {
            let result = self.function(&word)?;
            self.tokens.expect(")")?;
            return Ok(result);
        }
        let left = self.operand(&word)?;
        let sign = self.tokens.word()?;
        let right = self.tokens.word()?;
        let right = self.operand(&right)?;
        compare(left.as_ref(), &sign, right.as_ref())
    }

    fn function(&mut self, name: &str) -> Result<bool, String> {
        let path = self.tokens.word()?;
        let found = self.row.and_then(|row| row.get(&path));
        match name {
            "attribute_exists" => Ok(found.is_some()),
            "attribute_not_exists" => Ok(found.is_none()),
            "begins_with" => {
                self.tokens.expect(",")?;
                let prefix = self.tokens.word()?;
                let prefix = self.operand(&prefix)?;
                let text = |value: Option<&Value>| value.and_then(|value| value["S"].as_str().map(str::to_owned));
                let (found, prefix) = (text(found), text(prefix.as_ref()));
                Ok(found.zip(prefix).is_some_and(|(found, prefix)| found.starts_with(&prefix)))
            }
            other => Err(format!("the function {other} is not known")),
        }
    }

    fn operand(&self, word: &str) -> Result<Option<Value>, String> {
        if word.starts_with(':') {
            return match &self.values[word] {
                Value::Null => Err(format!("{word} has no value")),
                value => Ok(Some(value.clone())),
            };
        }
        if word.contains(['#', '.']) || word.chars().next().is_none_or(|c| !c.is_ascii_alphabetic()) {
            return Err(format!("the path {word} is not known"));
        }
        Ok(self.row.and_then(|row| row.get(word)).cloned())
    }
}

fn compare(left: Option<&Value>, sign: &str, right: Option<&Value>) -> Result<bool, String> {
    let (Some(left), Some(right)) = (left, right) else {
        // An attribute that is not there equals nothing, and is no less or more than anything.
        return if sign == "<>" { Ok(true) } else { Ok(false) };
    };
    let number = |value: &Value| value["N"].as_str().and_then(|number| number.parse::<i64>().ok());
    let text = |value: &Value| value["S"].as_str().map(str::to_owned);
    let order = match (number(left).zip(number(right)), text(left).zip(text(right))) {
        (Some((left, right)), _) => Some(left.cmp(&right)),
        (_, Some((left, right))) => Some(left.cmp(&right)),
        _ => None,
    };
    Ok(match sign {
        "=" => left == right,
        "<>" => left != right,
        "<" => order.is_some_and(|order| order.is_lt()),
        "<=" => order.is_some_and(|order| order.is_le()),
        ">" => order.is_some_and(|order| order.is_gt()),
        ">=" => order.is_some_and(|order| order.is_ge()),
        other => return Err(format!("the sign {other} is not known")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Row {
        Row::from([("epoch".to_owned(), json!({ "N": "7" })), ("paused".to_owned(), json!({ "BOOL": false }))])
    }

    #[test]
    fn a_condition_is_judged_by_the_row() {
        let values = json!({ ":seven": { "N": "7" }, ":off": { "BOOL": false } });
        let holds = |expression| holds(expression, &values, Some(&row())).unwrap();
        assert!(holds("epoch = :seven AND paused = :off"));
        assert!(!holds("attribute_not_exists(epoch)"));
        assert!(holds("attribute_not_exists(ending) AND (epoch < :seven OR NOT epoch <> :seven)"));
        assert!(!super::holds("epoch = :seven", &values, None).unwrap());
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for expression in ["size(epoch) = :seven", "epoch = :eight", "epoch BETWEEN :seven", "#e = :seven", "epoch"] {
            assert!(holds(expression, &json!({ ":seven": { "N": "7" } }), Some(&row())).is_err(), "{expression}");
        }
    }
}
