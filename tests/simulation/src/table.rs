//! The ledger's table: rows by partition and sort key, each a map of attributes as DynamoDB writes them.

pub mod condition;
pub mod tokens;
pub mod update;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Attributes by name, such as `{"pk": {"S": "KEY#arn"}}`.
pub type Row = BTreeMap<String, Value>;
/// `pk` and `sk`.
pub type Address = (String, String);

#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: BTreeMap<Address, Row>,
    /// Client request tokens of transactions that were carried out.
    pub done: BTreeSet<String>,
}

impl Table {
    pub fn get(&self, address: &Address) -> Option<&Row> {
        self.rows.get(address)
    }

    /// Writes or deletes a row; returns what was there.
    pub fn set(&mut self, address: &Address, row: Option<Row>) -> Option<Row> {
        match row {
            Some(row) => self.rows.insert(address.clone(), row),
            None => self.rows.remove(address),
        }
    }

    /// The rows of a partition whose sort key begins with `prefix`.
    pub fn query<'a>(&'a self, pk: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a Row> {
        let from = (pk.to_owned(), prefix.to_owned());
        let is_in = move |(row_pk, sk): &Address| row_pk == pk && sk.starts_with(prefix);
        self.rows.range(from..).take_while(move |(address, _)| is_in(address)).map(|(_, row)| row)
    }

    /// Every row of this sort key, in the order of partitions.
    pub fn with_sort_key<'a>(&'a self, sk: &'a str) -> impl Iterator<Item = (&'a str, &'a Row)> {
        self.rows.iter().filter(move |(address, _)| address.1 == sk).map(|(address, row)| (address.0.as_str(), row))
    }

    /// How many rows have this `pk`.
    pub fn count(&self, pk: &str) -> usize {
        self.rows.keys().filter(|address| address.0 == pk).count()
    }

    /// A row as plain JSON.
    pub fn plain(&self, pk: &str, sk: &str) -> Option<Value> {
        self.rows.get(&(pk.to_owned(), sk.to_owned())).map(plain_row)
    }
}

pub fn plain_row(row: &Row) -> Value {
    Value::Object(row.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
}

/// An attribute value without its type.
pub fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|typed| typed.iter().next()) else { return Value::Null };
    match (kind.as_str(), inner) {
        ("N", Value::String(number)) => number.parse::<i64>().map_or(Value::Null, Value::from),
        ("L", Value::Array(items)) => Value::Array(items.iter().map(plain).collect()),
        ("M", Value::Object(fields)) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), plain(field))).collect::<Map<_, _>>())
        }
        ("NULL", _) => Value::Null,
        _ => inner.clone(),
    }
}
