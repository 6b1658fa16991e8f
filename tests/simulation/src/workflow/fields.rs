//! The fields of one JSON object, each read once; what is left over is refused by its name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::template::Template;
use crate::executor::{Millis, SECOND};

#[derive(Debug)]
pub struct Fields<'a> {
    of: String,
    json: &'a Map<String, Value>,
    left: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    pub fn of(name: &str, json: &'a Value) -> Result<Self, String> {
        let json = json.as_object().ok_or_else(|| format!("{name} is no object"))?;
        let left = json.keys().map(String::as_str).filter(|field| *field != "Comment").collect();
        Ok(Self { of: name.to_owned(), json, left })
    }

    pub fn optional(&mut self, field: &str) -> Option<&'a Value> {
        self.left.remove(field);
        self.json.get(field)
    }

    pub fn value(&mut self, field: &str) -> Result<&'a Value, String> {
        self.optional(field).ok_or_else(|| format!("{}: {field} is missing", self.of))
    }

    pub fn skip(&mut self, field: &str) {
        self.left.remove(field);
    }

    pub fn end(self) -> Result<(), String> {
        if self.left.is_empty() { Ok(()) } else { Err(format!("{}: {:?} is not read", self.of, self.left)) }
    }

    pub fn optional_text(&mut self, field: &str) -> Result<Option<&'a str>, String> {
        let of = &self.of.clone();
        self.optional(field).map(|text| text.as_str().ok_or_else(|| format!("{of}: {field} is no text"))).transpose()
    }

    pub fn text(&mut self, field: &str) -> Result<&'a str, String> {
        self.optional_text(field)?.ok_or_else(|| format!("{}: {field} is missing", self.of))
    }

    pub fn texts(&mut self, field: &str) -> Result<Vec<String>, String> {
        let texts = self.list(field)?.iter().map(|text| text.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| format!("{}: {field} holds more than texts", self.of))
    }

    pub fn number(&mut self, field: &str) -> Result<Option<f64>, String> {
        let of = &self.of.clone();
        self.optional(field)
            .map(|number| number.as_f64().ok_or_else(|| format!("{of}: {field} is no number")))
            .transpose()
    }

    pub fn seconds(&mut self, field: &str) -> Result<Option<Millis>, String> {
        Ok(self.number(field)?.map(|seconds| (seconds * SECOND as f64) as Millis))
    }

    pub fn list(&mut self, field: &str) -> Result<&'a Vec<Value>, String> {
        let of = self.of.clone();
        self.value(field)?.as_array().ok_or_else(|| format!("{of}: {field} is no list"))
    }

    pub fn optional_list(&mut self, field: &str) -> Result<&'a [Value], String> {
        if self.json.contains_key(field) { self.list(field).map(Vec::as_slice) } else { Ok(&[]) }
    }

    pub fn object(&mut self, field: &str) -> Result<&'a Map<String, Value>, String> {
        let of = self.of.clone();
        self.value(field)?.as_object().ok_or_else(|| format!("{of}: {field} is no object"))
    }

    pub fn template(&mut self, field: &str) -> Result<Template, String> {
        Template::compile(self.value(field)?).map_err(|error| format!("{}: {error}", self.of))
    }

    pub fn optional_template(&mut self, field: &str) -> Result<Option<Template>, String> {
        if self.json.contains_key(field) { self.template(field).map(Some) } else { Ok(None) }
    }

    pub fn assign(&mut self) -> Result<Vec<(String, Template)>, String> {
        let Some(assigned) = self.optional("Assign") else { return Ok(Vec::new()) };
        let assigned = assigned.as_object().ok_or_else(|| format!("{}: Assign is no object", self.of))?;
        assigned.iter().map(|(name, value)| Ok((name.clone(), Template::compile(value)?))).collect()
    }
}
