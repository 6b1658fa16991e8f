//! The world of one seed: everything around the functions, kept by the thread that plays the seed.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use crate::executor::now;
use crate::faults::{Fault, Faults};
use crate::fleet::Fleet;
use crate::fleet::commands::Commands;
use crate::fleet::groups::Groups;
use crate::functions::lambda::Invocations;
use crate::keys::Keys;
use crate::mails::Mail;
use crate::mutants::Mutant;
use crate::oracle::Oracle;
use crate::table::Table;
use crate::workflow::executions::Executions;

/// Lines of a log that are kept.
const LINES: usize = 40;

/// A law that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub at: i64,
    pub law: String,
    pub how: String,
}

#[derive(Default)]
pub struct World {
    pub random: fastrand::Rng,
    pub faults: Faults,
    pub keys: Keys,
    pub fleet: Fleet,
    pub groups: Groups,
    pub commands: Commands,
    pub table: Table,
    pub executions: Executions,
    pub invocations: Invocations,
    pub mails: Vec<Mail>,
    /// What Amazon SES did not take; for the operator each is an alarm of its own.
    pub refused_mails: Vec<Mail>,
    pub oracle: Oracle,
    pub mutant: Option<Mutant>,
    pub calls: BTreeMap<String, u64>,
    pub violation: Option<Violation>,
    /// `None`: nothing is noted. With `is_loud`, lines are printed, too.
    pub log: Option<VecDeque<String>>,
    pub is_loud: bool,
    pub children: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Does something with the world of this thread.
pub fn with<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(act)
}

pub fn with_random<T>(draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
    with(|world| draw(&mut world.random))
}

/// Begins another world; returns the one before.
pub fn replace(world: World) -> World {
    WORLD.replace(world)
}

impl World {
    pub fn roll(&mut self, kinds: &[Fault]) -> Option<Fault> {
        let fault = self.faults.roll(kinds, &mut self.random, now())?;
        self.note(|| format!("fault: {}", fault.name()));
        Some(fault)
    }

    /// Writes a line to the log, if there is one; the line is made only then.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let Some(log) = &mut self.log else { return };
        let line = format!("{} {}", clock(now()), line());
        if self.is_loud {
            println!("{line}");
        }
        if log.len() == LINES {
            log.pop_front();
        }
        log.push_back(line);
    }

    /// The first law that is broken ends the seed.
    pub fn violate(&mut self, law: &str, how: &str) {
        self.note(|| format!("BROKEN: {law}: {how}"));
        let at = now();
        self.violation.get_or_insert_with(|| Violation { at, law: law.to_owned(), how: how.to_owned() });
    }

    pub fn count(&mut self, call: &str) {
        match self.calls.get_mut(call) {
            Some(count) => *count += 1,
            None => drop(self.calls.insert(call.to_owned(), 1)),
        }
    }

    pub fn next_child(&mut self) -> u64 {
        self.children += 1;
        self.children
    }
}

/// A time of the seed as hours, minutes, seconds and milliseconds.
pub fn clock(at: i64) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", at / 3_600_000, at / 60_000 % 60, at / 1_000 % 60, at % 1_000)
}
