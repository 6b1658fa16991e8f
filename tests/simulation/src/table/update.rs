//! Update expressions of DynamoDB: `SET` with values and `if_not_exists`, and `REMOVE`.

use serde_json::Value;

use super::Row;
use super::tokens::Tokens;

/// The row after `expression`.
pub fn updated(expression: &str, values: &Value, row: &Row) -> Result<Row, String> {
    let mut tokens = Tokens::of(expression);
    let mut changed = row.clone();
    let refuse = |error: String| format!("{expression}: {error}");
    while tokens.peek().is_some() {
        match tokens.word().map_err(refuse)?.as_str() {
            "SET" => set(&mut tokens, values, row, &mut changed).map_err(refuse)?,
            "REMOVE" => remove(&mut tokens, &mut changed).map_err(refuse)?,
            other => return Err(refuse(format!("{other} is not known"))),
        }
    }
    Ok(changed)
}

fn set(tokens: &mut Tokens, values: &Value, before: &Row, row: &mut Row) -> Result<(), String> {
    loop {
        let name = name(tokens)?;
        tokens.expect("=")?;
        let value = if tokens.take("if_not_exists") {
            tokens.expect("(")?;
            let path = tokens.word()?;
            tokens.expect(",")?;
            let otherwise = value(tokens, values)?;
            tokens.expect(")")?;
            before.get(&path).cloned().unwrap_or(otherwise)
        } else {
            value(tokens, values)?
        };
        row.insert(name, value);
        if !tokens.take(",") {
            return Ok(());
        }
    }
}

fn remove(tokens: &mut Tokens, row: &mut Row) -> Result<(), String> {
    loop {
        row.remove(&name(tokens)?);
        if !tokens.take(",") {
            return Ok(());
        }
    }
}

fn name(tokens: &mut Tokens) -> Result<String, String> {
    let name = tokens.word()?;
    if name.contains([':', '#', '.']) { Err(format!("the path {name} is not known")) } else { Ok(name) }
}

fn value(tokens: &mut Tokens, values: &Value) -> Result<Value, String> {
    let name = tokens.word()?;
    match &values[&name] {
        Value::Null => Err(format!("{name} has no value")),
        value => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_sets_and_removes() {
        let row = Row::from([("at".to_owned(), json!({ "S": "then" })), ("sent_at".to_owned(), json!({ "S": "x" }))]);
        let values = json!({ ":now": { "S": "now" } });
        let changed = updated("SET at = if_not_exists(at, :now), seen = :now REMOVE sent_at", &values, &row).unwrap();
        assert_eq!(
            changed,
            Row::from([("at".to_owned(), json!({ "S": "then" })), ("seen".to_owned(), json!({ "S": "now" }))])
        );
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for expression in ["ADD copies :now", "SET copies = copies + :now", "SET a.b = :now", "SET a = :then"] {
            assert!(updated(expression, &json!({ ":now": { "N": "1" } }), &Row::new()).is_err(), "{expression}");
        }
    }
}
