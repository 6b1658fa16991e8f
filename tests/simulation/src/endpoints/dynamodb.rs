//! DynamoDB, as far as the ledger asks it.

use serde_json::{Value, json};

use super::connector::{Answer, Call};
use crate::faults::Fault;
use crate::mutants::Mutant;
use crate::table::{Address, Row, condition, update};
use crate::world::World;

const FAILED: &str = "ConditionalCheckFailedException";

/// A write that a condition allows: where, and the row after it; `None` deletes it.
type Write = (Address, Option<Row>);

pub fn answer(world: &mut World, call: &Call, fault: Option<Fault>) -> Answer {
    let carried_out = match call.operation.as_str() {
        "GetItem" => get(world, call),
        "BatchGetItem" => batch_get(world, call),
        "Query" => query(world, call),
        "PutItem" | "UpdateItem" | "DeleteItem" => write_one(world, call),
        "BatchWriteItem" => batch_write(world, call, fault),
        "TransactWriteItems" => transact(world, call),
        // Encrypted with a key of AWS's own, so it says nothing of it.
        "DescribeTable" => Ok(Answer::of(json!({ "Table": { "TableName": call.body["TableName"] } }))),
        other => Err(format!("DynamoDB {other} is not known")),
    };
    carried_out.unwrap_or_else(|error| {
        world.violate("S13 no call but those that are known", &error);
        Answer::error("ValidationException", &error)
    })
}

fn address(key: &Value) -> Result<Address, String> {
    let part = |name: &str| key[name]["S"].as_str().map(str::to_owned).ok_or_else(|| format!("{key} has no {name}"));
    Ok((part("pk")?, part("sk")?))
}

fn row(item: &Value) -> Result<Row, String> {
    let fields = item.as_object().ok_or_else(|| format!("{item} is no row"))?;
    Ok(fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn get(world: &mut World, call: &Call) -> Result<Answer, String> {
    let found = world.table.get(&address(&call.body["Key"])?);
    Ok(Answer::of(found.map_or_else(|| json!({}), |row| json!({ "Item": row }))))
}

/// The one table of a request, and what is asked of it.
fn only_table<'a>(call: &'a Call, field: &str) -> Result<(&'a String, &'a Value), String> {
    let tables = call.body[field].as_object().ok_or_else(|| format!("{field} is missing"))?;
    tables.iter().next().filter(|_| tables.len() == 1).ok_or_else(|| format!("{field} names {} tables", tables.len()))
}

fn batch_get(world: &mut World, call: &Call) -> Result<Answer, String> {
    let (table, asked) = only_table(call, "RequestItems")?;
    let keys = asked["Keys"].as_array().ok_or("Keys are missing")?;
    if keys.is_empty() || keys.len() > 100 {
        return Err(format!("BatchGetItem asks for {} rows", keys.len()));
    }
    let mut rows = Vec::new();
    for key in keys {
        rows.extend(world.table.get(&address(key)?).cloned());
    }
    Ok(Answer::of(json!({ "Responses": { table: rows }, "UnprocessedKeys": {} })))
}

fn query(world: &mut World, call: &Call) -> Result<Answer, String> {
    let condition = call.body["KeyConditionExpression"].as_str().unwrap_or_default();
    if condition != "pk = :pk AND begins_with(sk, :prefix)" {
        return Err(format!("the key condition {condition} is not known"));
    }
    let values = &call.body["ExpressionAttributeValues"];
    let (pk, prefix) = (values[":pk"]["S"].as_str(), values[":prefix"]["S"].as_str());
    let (pk, prefix) = pk.zip(prefix).ok_or("the key condition has no values")?;
    let rows: Vec<&Row> = world.table.query(pk, prefix).collect();
    Ok(Answer::of(json!({ "Items": rows, "Count": rows.len(), "ScannedCount": rows.len() })))
}

/// What one action of a write does, if its condition holds; `None`: it does not hold.
fn judged(world: &World, kind: &str, action: &Value) -> Result<Option<Option<Write>>, String> {
    let key = if kind == "Put" { &action["Item"] } else { &action["Key"] };
    let address = address(key)?;
    let (now, values) = (world.table.get(&address), &action["ExpressionAttributeValues"]);
    if let Some(expression) = action["ConditionExpression"].as_str() {
        let is_ignored = kind == "ConditionCheck" && world.mutant == Some(Mutant::NoNewestRunCheck);
        if !condition::holds(expression, values, now)? && !is_ignored {
            return Ok(None);
        }
    }
    Ok(Some(match kind {
        "ConditionCheck" => None,
        "Put" => Some((address, Some(row(key)?))),
        "Delete" => Some((address, None)),
        "Update" => {
            let expression = action["UpdateExpression"].as_str().ok_or("UpdateExpression is missing")?;
            let before = now.cloned().map_or_else(|| row(key), Ok)?;
            Some((address, Some(update::updated(expression, values, &before)?)))
        }
        other => return Err(format!("the action {other} is not known")),
    }))
}

fn write_one(world: &mut World, call: &Call) -> Result<Answer, String> {
    let kind = call.operation.trim_end_matches("Item");
    match judged(world, kind, &call.body)? {
        Some(write) => {
            write.into_iter().for_each(|write| apply(world, call.by, write));
            Ok(Answer::of(json!({})))
        }
        None => Ok(Answer::error(FAILED, "The conditional request failed")),
    }
}

fn batch_write(world: &mut World, call: &Call, fault: Option<Fault>) -> Result<Answer, String> {
    let (table, asked) = only_table(call, "RequestItems")?;
    let mut asked = asked.as_array().ok_or("RequestItems are no list")?.clone();
    if asked.is_empty() || asked.len() > 25 {
        return Err(format!("BatchWriteItem writes {} rows", asked.len()));
    }
    let kept = if fault == Some(Fault::RowsLeftUndone) { asked.len() / 2 } else { asked.len() };
    let undone = asked.split_off(kept);
    for request in &asked {
        let item = &request["PutRequest"]["Item"];
        let write = (address(item)?, Some(row(item)?));
        apply(world, call.by, write);
    }
    let undone = if undone.is_empty() { json!({}) } else { json!({ table: undone }) };
    Ok(Answer::of(json!({ "UnprocessedItems": undone })))
}

fn transact(world: &mut World, call: &Call) -> Result<Answer, String> {
    let token = call.body["ClientRequestToken"].as_str().unwrap_or_default();
    if world.table.done.contains(token) {
        return Ok(Answer::of(json!({})));
    }
    let actions = call.body["TransactItems"].as_array().ok_or("TransactItems are missing")?;
    if actions.is_empty() || actions.len() > 100 {
        return Err(format!("a transaction of {} actions", actions.len()));
    }
    let mut outcomes = Vec::new();
    for action in actions {
        let (kind, action) = action.as_object().and_then(|action| action.iter().next()).ok_or("an empty action")?;
        outcomes.push(judged(world, kind, action)?);
    }
    if outcomes.iter().any(Option::is_none) {
        let codes = outcomes.iter().map(|outcome| if outcome.is_some() { "None" } else { "ConditionalCheckFailed" });
        let reasons: Vec<Value> = codes.map(|code| json!({ "Code": code })).collect();
        let mut refused = Answer::error("TransactionCanceledException", "Transaction cancelled");
        refused.body["CancellationReasons"] = Value::Array(reasons);
        return Ok(refused);
    }
    let writes: Vec<Write> = outcomes.into_iter().flatten().flatten().collect();
    let addresses: std::collections::BTreeSet<&Address> = writes.iter().map(|(address, _)| address).collect();
    if addresses.len() != writes.len() {
        return Err("a transaction writes a row twice".to_owned());
    }
    world.table.done.insert(token.to_owned());
    let loses_holds = world.mutant == Some(Mutant::HoldsAreLost);
    for write in writes.into_iter().filter(|((pk, _), _)| !(loses_holds && pk.starts_with("HOLD#"))) {
        apply(world, call.by, write);
    }
    Ok(Answer::of(json!({})))
}

/// Writes a row, and lets the oracle see what it was and what it is.
fn apply(world: &mut World, by: u64, (address, row): Write) {
    let before = world.table.set(&address, row.clone());
    world.see_write(by, &address, before.as_ref(), row.as_ref());
}
