//! The decisions of Lockstep, as pure functions over typed data.
//!
//! This crate knows no AWS SDK, no clock and no environment: time and ids are arguments, and every
//! decision comes back with its reason. What is decided here is acted on by the workflows.

pub mod announcement;
pub mod app;
pub mod batch;
pub mod checkup;
pub mod container;
pub mod database;
pub mod enrolment;
pub mod epoch;
pub mod error;
pub mod event;
pub mod evidence;
pub mod hold;
pub mod key;
pub mod kind;
pub mod mail;
pub mod metrics;
pub mod notice;
pub mod outbox;
pub mod outcome;
pub mod plan;
pub mod preview;
pub mod refusal;
pub mod report;
pub mod resource;
pub mod run;
#[cfg(test)]
mod samples;
pub mod scaling;
pub mod server;
pub mod standing;
pub mod text;
pub mod unit;
