//! Random lives of a key against `epoch::decide`, `epoch::continue_run` and `KeyRecord`.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lockstep_domain::epoch::{Execution, KeyAction, KeyRecord, RunAction, STARTUPS_PER_HOUR, continue_run, decide};
use lockstep_domain::key::KeyLook;
use lockstep_domain::run::{Direction, Ending, RunRecord};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::names::{GRACE, NOW, key};

pub const SEQUENCES: u32 = 10_000;
const LONGEST: usize = 60;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Clone)]
enum Happens {
    Look(KeyLook),
    Minutes(i64),
    /// The run ends; whether another attempt is worth it.
    Ends(Ending, bool),
    Dies,
    /// The next start of an execution gets lost.
    StartIsLost,
    Pauses(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let off = KeyLook::Off { state: "Disabled".to_owned() };
    let unknown = KeyLook::Unknown { reason: "denied".to_owned() };
    let endings = prop::sample::select(vec![
        Ending::ShutdownComplete,
        Ending::ShutdownCancelled,
        Ending::ShutdownSuperseded,
        Ending::ShutdownIncomplete,
        Ending::StartupComplete,
        Ending::StartupIncomplete,
        Ending::StartupSuperseded,
        Ending::NothingToDo,
    ]);
    prop_oneof![
        6 => Just(Happens::Look(KeyLook::On)),
        6 => Just(Happens::Look(off)),
        1 => Just(Happens::Look(unknown)),
        5 => (0_i64..12).prop_map(Happens::Minutes),
        1 => (12_i64..400).prop_map(Happens::Minutes),
        2 => (endings, any::<bool>()).prop_map(|(ending, again)| Happens::Ends(ending, again)),
        1 => Just(Happens::Dies),
        1 => Just(Happens::StartIsLost),
        1 => any::<bool>().prop_map(Happens::Pauses),
    ]
}

/// A key that is switched off and on again and again, with a pause now and then.
fn flapping() -> impl Strategy<Value = Vec<Happens>> {
    let minutes = prop_oneof![8 => 1_i64..3, 1 => 50_i64..62];
    let flap = minutes.prop_map(|minutes| {
        let off = KeyLook::Off { state: "Disabled".to_owned() };
        [Happens::Look(off), Happens::Look(KeyLook::On), Happens::Minutes(minutes)]
    });
    prop::collection::vec(flap, 1..=LONGEST / 3).prop_map(|flaps| flaps.into_iter().flatten().collect())
}

/// A key, its newest run, and what was seen of it so far.
struct Life {
    now: Timestamp,
    record: KeyRecord,
    run: Option<RunRecord>,
    execution: Execution,
    start_is_lost: bool,
    names: BTreeSet<String>,
    begun: Vec<Timestamp>,
}

impl Life {
    fn new() -> Self {
        Self {
            now: NOW,
            record: KeyRecord::enrolled(key(0).clone(), NOW),
            run: None,
            execution: Execution::NotStarted,
            start_is_lost: false,
            names: BTreeSet::new(),
            begun: Vec::new(),
        }
    }

    fn goes_on(&mut self, step: &Happens) -> Result<(), TestCaseError> {
        match step {
            Happens::Look(look) => return self.look(look),
            Happens::Minutes(minutes) => self.pass(SignedDuration::from_mins(*minutes)),
            Happens::Ends(ending, again) => {
                if let Some(run) = self.run.as_mut().filter(|run| run.ending.is_none()) {
                    (run.ending, run.worth_another_try) = (Some(*ending), *again);
                    self.execution = Execution::Closed;
                }
            }
            Happens::Dies if self.execution == Execution::Running => self.execution = Execution::Closed,
            Happens::Dies => {}
            Happens::StartIsLost => self.start_is_lost = true,
            Happens::Pauses(paused) => self.record.paused = *paused,
        }
        Ok(())
    }

    /// A startup that is still the newest when its time comes begins then.
    fn pass(&mut self, time: SignedDuration) {
        let until = self.now + time;
        let from = self.record.open_run().starts_from;
        let is_new_startup = self.record.direction == Direction::Startup && self.record.epoch > 0;
        if is_new_startup && self.record.attempt == 1 && (self.now..until).contains(&from) {
            self.begun.push(from);
        }
        self.now = until;
    }

    fn look(&mut self, look: &KeyLook) -> Result<(), TestCaseError> {
        let action = decide(&self.record, look, GRACE, self.now).action;
        if self.record.paused || matches!(look, KeyLook::Unknown { .. }) {
            prop_assert_eq!(action, KeyAction::Nothing);
            return Ok(());
        }
        match action {
            KeyAction::Nothing => Ok(()),
            KeyAction::OpenEpoch(next) => self.open(next),
            KeyAction::EnsureRun => {
                let run = self.run.as_ref();
                match continue_run(&self.record, run, self.execution, GRACE, self.now).0 {
                    RunAction::Nothing => Ok(()),
                    RunAction::Start => {
                        prop_assert_eq!(self.execution, Execution::NotStarted);
                        self.start();
                        Ok(())
                    }
                    RunAction::Open(next) => self.open(next),
                }
            }
        }
    }

    fn open(&mut self, next: KeyRecord) -> Result<(), TestCaseError> {
        let before = &self.record;
        if next.epoch == before.epoch {
            prop_assert_eq!(next.attempt, before.attempt + 1);
            let same = |record: &KeyRecord| (record.direction, record.noticed_at, record.grace_ends_at);
            prop_assert_eq!(same(&next), same(before), "an attempt keeps the deadline");
            prop_assert_ne!(self.execution, Execution::Running, "an attempt follows one that is over");
        } else {
            prop_assert_eq!((next.epoch, next.attempt), (before.epoch + 1, 1));
            prop_assert_eq!(next.noticed_at, self.now);
            let grace = if next.direction == Direction::Shutdown { GRACE } else { SignedDuration::ZERO };
            prop_assert_eq!(next.grace_ends_at, self.now + grace, "every epoch has its full grace");
            prop_assert_eq!(next.before.clone(), (before.epoch > 0).then(|| before.run()));
        }
        prop_assert_eq!(next.tried_at, self.now);
        let name = next.run().to_string();
        prop_assert!(name.len() <= 80);
        prop_assert!(self.names.insert(name), "a name is never used again");
        self.record = next;
        self.execution = Execution::NotStarted;
        self.run = Some(self.record.open_run());
        prop_assert!(self.record.startups.len() <= LONGEST);
        if std::mem::take(&mut self.start_is_lost) {
            self.run = None
        } else {
            self.start()
        }
        Ok(())
    }

    fn start(&mut self) {
        self.run.get_or_insert_with(|| self.record.open_run());
        self.execution = Execution::Running;
    }

    /// At most [`STARTUPS_PER_HOUR`] startups begin in any hour.
    fn is_damped(&self) -> Result<(), TestCaseError> {
        for window in self.begun.windows(STARTUPS_PER_HOUR + 1) {
            let span = window[STARTUPS_PER_HOUR].duration_since(window[0]);
            prop_assert!(span >= HOUR, "{} startups begin within {} minutes", window.len(), span.as_secs() / 60);
        }
        Ok(())
    }
}

fn live(steps: &[Happens]) -> Result<(), TestCaseError> {
    let mut life = Life::new();
    for step in steps {
        life.goes_on(step)?;
    }
    life.is_damped()
}

/// Runs the sequences; the shortest that breaks a rule is the error.
pub fn run() -> Result<u32, String> {
    let lives = prop_oneof![3 => prop::collection::vec(happens(), 1..=LONGEST), 1 => flapping()];
    crate::sequences::run(SEQUENCES, lives, |steps| live(&steps))
}
