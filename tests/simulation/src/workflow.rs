//! Step Functions: the definitions of `statemachine/*.asl.json`, read as they are deployed, and what carries them out.

pub mod definition;
pub mod executions;
pub mod failure;
pub mod fields;
pub mod interpreter;
pub mod maps;
pub mod template;
