//! The protocol, searched: every order of events, crashes and losses of a small world.
//!
//! The decisions are the production functions of `lockstep-domain`; the model adds the world around them and
//! the order of the workflows. Conditional writes that are retried on a conflict are one step with their read.
//!
//! Left out: pages and batches of more than one server, terminated servers, deadlines of calls that hang, pauses,
//! tags that change, mails, and two calls of different keys that overtake each other on one server (R2).

// A constant of the small world that cannot be read is a mistake in the model, and ends it.
#![allow(clippy::expect_used)]

pub mod action;
pub mod answers;
pub mod batches;
pub mod calls;
pub mod cases;
pub mod hold_sequences;
pub mod key_sequences;
pub mod laws;
pub mod model;
pub mod names;
pub mod places;
pub mod rows;
pub mod rules;
pub mod search;
pub mod sequences;
pub mod settle;
pub mod walks;
pub mod watcher;
pub mod workflow;
pub mod world;
