//! Edits of a real event, chosen by bytes: the same bytes always choose the same ones.

use serde_json::{Value, json};

use super::Scene;
use crate::functions::Function;

/// Bytes of an event that is edited further.
const LARGEST: usize = 20_000;

/// Takes one byte after the other; after the last come zeros.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, limit: usize) -> usize {
        (usize::from(self.next()) << 8 | usize::from(self.next())) % limit.max(1)
    }

    /// Up to 15 bytes as text.
    fn text(&mut self) -> String {
        let (text, rest) = self.0.split_at(usize::from(self.next() % 16).min(self.0.len()));
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}

pub fn edited(scene: &Scene, function: Function, bytes: &[u8]) -> Value {
    let mut bytes = Bytes(bytes);
    let events = scene.events_of(function);
    let Some(event) = events.get(bytes.below(events.len())) else { return Value::Null };
    let mut event = event.clone();
    for _ in 0..=bytes.next() % 5 {
        // What is repeated again and again takes all memory, and is more than Lambda takes.
        if event.to_string().len() < LARGEST {
            edit(&mut event, scene, &mut bytes);
        }
    }
    event
}

fn edit(event: &mut Value, scene: &Scene, bytes: &mut Bytes<'_>) {
    let mut paths = Vec::new();
    collect(event, String::new(), &mut paths);
    let path = &paths[bytes.below(paths.len())];
    let Some(node) = event.pointer_mut(path) else { return };
    match bytes.next() % 8 {
        0 => remove(event, path),
        1 => *node = odd(bytes),
        2 => *node = donated(scene, bytes),
        3 => *node = Value::Array(vec![node.clone()]),
        4 => repeat(node, bytes),
        5 => *node = json!(bytes.text()),
        6 => insert(node, bytes),
        _ => rename(node, bytes),
    }
}

/// A pointer to every part of a value, the whole first.
fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            collect(field, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), paths);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, format!("{path}/{index}"), paths));
        }
        _ => {}
    }
    paths.push(path);
}

fn remove(event: &mut Value, path: &str) {
    let Some((parent, name)) = path.rsplit_once('/') else { return };
    match event.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(name.parse::<usize>().map(|index| items.remove(index))),
        _ => {}
    }
}

/// What programs stumble over.
fn odd(bytes: &mut Bytes<'_>) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(1e308),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(u32::MAX),
        json!(1_u64 << 53),
        json!(""),
        json!(" "),
        json!([]),
        json!({}),
        json!("\u{202e}x\r\nBcc: a@b.cd\0"),
        json!("é\u{301}\u{1f600}\u{fffd}"),
        json!("9999-12-30T22:00:00.999999999Z"),
        json!("-009999-01-02T01:59:59Z"),
        json!("1970-01-01T00:00:00Z"),
        json!("i-"),
        json!("i-ffffffffffffffff"),
        json!("db:"),
        json!("ecs:a/b"),
        json!("group:\u{e9}"),
        json!("scaling:service/a/b"),
        json!("arn:aws:kms:::key/"),
        json!("<script>&\"'"),
        json!("lockstep:app"),
        json!("18446744073709551616"),
        json!({ "N": "-1" }),
        json!({ "S": "x" }),
    ];
    values[bytes.below(values.len())].clone()
}

/// A part of another event.
fn donated(scene: &Scene, bytes: &mut Bytes<'_>) -> Value {
    let events = scene.events();
    let events: Vec<&Value> = events.collect();
    let donor = events[bytes.below(events.len())];
    let mut paths = Vec::new();
    collect(donor, String::new(), &mut paths);
    donor.pointer(&paths[bytes.below(paths.len())]).cloned().unwrap_or_default()
}

/// Much of the same.
fn repeat(node: &mut Value, bytes: &mut Bytes<'_>) {
    let times = [2, 21, 51, 101, 300][usize::from(bytes.next() % 5)];
    match node {
        Value::Array(items) => *items = items.iter().cycle().take(items.len() * times).cloned().collect(),
        Value::String(text) => *text = text.repeat(times),
        other => *other = Value::Array(vec![other.clone(); times]),
    }
}

/// Text in the middle of text, a field among fields, digits behind digits.
fn insert(node: &mut Value, bytes: &mut Bytes<'_>) {
    let text = bytes.text();
    match node {
        Value::String(known) => {
            let at = bytes.below(known.chars().count() + 1);
            *known = known.chars().take(at).chain(text.chars()).chain(known.chars().skip(at)).collect();
        }
        Value::Object(fields) => drop(fields.insert(text, odd(bytes))),
        Value::Array(items) => items.push(odd(bytes)),
        Value::Number(number) => {
            *node = json!(number.as_i64().unwrap_or_default().wrapping_mul(i64::from(bytes.next())))
        }
        other => *other = odd(bytes),
    }
}

fn rename(node: &mut Value, bytes: &mut Bytes<'_>) {
    let Value::Object(fields) = node else { return };
    let names: Vec<String> = fields.keys().cloned().collect();
    let Some(name) = names.get(bytes.below(names.len())) else { return };
    if let Some(field) = fields.remove(name) {
        fields.insert(bytes.text(), field);
    }
}
