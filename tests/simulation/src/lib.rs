//! The whole of Lockstep but AWS, played under virtual time: the handlers and the workflows are those of production,
//! around them is a world in memory in which everything goes wrong that may, decided by one seed.
//!
//! Left out: Auto Scaling groups, terminated servers, tags that change, pauses by an operator, plans beyond the cap,
//! `WhenAServiceWillNotStop: hold`, limits on payloads, and answers of EC2 that are older than they claim.

// A world that cannot be built is a mistake in the simulation, and ends it.
#![allow(clippy::expect_used)]

pub mod arguments;
pub mod drivers;
pub mod endpoints;
pub mod environment;
pub mod executor;
pub mod expressions;
pub mod faults;
pub mod fleet;
pub mod functions;
pub mod hostile;
pub mod integrations;
pub mod keys;
pub mod mails;
pub mod mutants;
pub mod oracle;
pub mod report;
pub mod scenario;
pub mod seed;
pub mod table;
pub mod workflow;
pub mod world;
