//! JSON with expressions in it: what a state hands on.

use serde_json::{Map, Value};

use crate::expressions::{Expression, Variables};

#[derive(Debug, Clone)]
pub enum Template {
    Constant(Value),
    Expression(Expression),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
}

impl Template {
    pub fn compile(json: &Value) -> Result<Self, String> {
        Ok(match json {
            Value::String(text) => match text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
                Some(expression) => Self::Expression(Expression::compile(expression)?),
                None => Self::Constant(json.clone()),
            },
            Value::Object(fields) => {
                let compiled = fields.iter().map(|(name, field)| Ok((name.clone(), Self::compile(field)?)));
                Self::Object(compiled.collect::<Result<_, String>>()?)
            }
            Value::Array(items) => Self::Array(items.iter().map(Self::compile).collect::<Result<_, _>>()?),
            other => Self::Constant(other.clone()),
        })
    }

    /// An expression that is undefined is an error, as in Step Functions.
    pub fn fill(&self, variables: &Variables) -> Result<Value, String> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Expression(expression) => {
                expression.evaluate(variables)?.ok_or_else(|| format!("{expression:?} is undefined"))
            }
            Self::Object(fields) => {
                let filled = fields.iter().map(|(name, field)| Ok((name.clone(), field.fill(variables)?)));
                Ok(Value::Object(filled.collect::<Result<Map<_, _>, String>>()?))
            }
            Self::Array(items) => {
                Ok(Value::Array(items.iter().map(|item| item.fill(variables)).collect::<Result<_, _>>()?))
            }
        }
    }
}
