//! Random lives of a server against its `Hold`: what is proven, what is in doubt, and what never changes.

use std::collections::BTreeSet;

use lockstep_domain::hold::{Hold, HoldSeed, Own};
use lockstep_domain::refusal::Meaning;
use lockstep_domain::resource::{Settings, State};
use lockstep_domain::run::{Direction, RunName};
use lockstep_domain::unit::UnitState;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::names::{NOW, app, key, server, unit};

pub const SEQUENCES: u32 = 10_000;
const LONGEST: usize = 60;

#[derive(Debug, Clone)]
enum Happens {
    /// We ask the server to stop, and this is what comes back.
    Stop(Came),
    /// The server is started if the hold says that it is ours.
    Start,
    /// It reaches the state that it was on the way to.
    Arrives,
    OtherStops,
    OtherStarts,
    Joins(usize),
    LetsGo(usize),
    UnitSays(bool),
}

#[derive(Debug, Clone, Copy)]
enum Came {
    Answer,
    Lost,
    Refused(bool),
    /// The run died: nothing was noted, and the call was made or not.
    Nothing(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let came = prop_oneof![
        4 => Just(Came::Answer),
        2 => Just(Came::Lost),
        1 => any::<bool>().prop_map(Came::Refused),
        1 => any::<bool>().prop_map(Came::Nothing),
    ];
    prop_oneof![
        4 => came.prop_map(Happens::Stop),
        3 => Just(Happens::Start),
        4 => Just(Happens::Arrives),
        1 => Just(Happens::OtherStops),
        1 => Just(Happens::OtherStarts),
        1 => (0_usize..2).prop_map(Happens::Joins),
        1 => (0_usize..2).prop_map(Happens::LetsGo),
        1 => any::<bool>().prop_map(Happens::UnitSays),
    ]
}

/// A hold, the server under it, and what was ever proven about it.
struct Life {
    hold: Hold,
    opened: Hold,
    state: State,
    keys: BTreeSet<usize>,
    proven: bool,
    unit_prior: Option<UnitState>,
    runs: u64,
}

impl Life {
    fn new(state: State) -> Self {
        let units = vec![unit(0).clone()];
        let seed = HoldSeed {
            id: server(0).clone(),
            name: String::new(),
            app: app().clone(),
            units,
            tier: 0,
            guard: None,
            state,
            settings: Settings::default(),
        };
        let hold = Hold::open(&seed, key(0), &RunName::new(key(0), 1, Direction::Shutdown, 1), NOW);
        let opened = hold.clone();
        Self { hold, opened, state, keys: BTreeSet::from([0]), proven: false, unit_prior: None, runs: 1 }
    }

    fn is_up(&self) -> bool {
        matches!(self.state, State::Running | State::Pending)
    }

    fn goes_on(&mut self, step: &Happens) -> Result<(), TestCaseError> {
        match step {
            Happens::Stop(came) => self.stop(*came)?,
            Happens::Start if self.hold.is_ours_to_start() => {
                prop_assert!(self.proven, "started without proof: {:?}", self.hold);
                self.hold.own = Own::Starting;
                if self.state == State::Stopped {
                    self.state = State::Pending;
                }
            }
            Happens::Start => {}
            Happens::Arrives => {
                self.state = match self.state {
                    State::Stopping => State::Stopped,
                    State::Pending => State::Running,
                    other => other,
                };
            }
            Happens::OtherStops if self.is_up() => self.state = State::Stopping,
            Happens::OtherStarts if self.state == State::Stopped => self.state = State::Pending,
            Happens::OtherStops | Happens::OtherStarts => {}
            Happens::Joins(k) => {
                self.hold = self.hold.clone().joined_by(key(*k));
                self.keys.insert(*k);
            }
            Happens::LetsGo(k) => {
                self.hold = self.hold.clone().released_by(key(*k));
                self.keys.remove(k);
            }
            Happens::UnitSays(active) => {
                let state = if *active { UnitState::Active } else { UnitState::Inactive };
                self.hold.note_prior(unit(0), state);
                self.unit_prior.get_or_insert(state);
            }
        }
        self.is_sound()
    }

    fn stop(&mut self, came: Came) -> Result<(), TestCaseError> {
        self.runs += 1;
        let before = self.hold.clone();
        self.hold.intend_to_stop(&RunName::new(key(0), self.runs, Direction::Shutdown, 1), NOW);
        prop_assert_eq!(self.hold.own, Own::Intent, "the intent is written before the call");
        let state = self.state;
        if matches!(came, Came::Answer | Came::Lost | Came::Nothing(true)) && self.is_up() {
            self.state = State::Stopping;
        }
        match came {
            Came::Answer => {
                self.hold.note_answer(state);
                self.proven |= matches!(state, State::Running | State::Pending);
                let proves = matches!(state, State::Running | State::Pending);
                prop_assert!(!proves || self.hold.own == Own::Stopped, "an answer that proves is kept");
            }
            Came::Lost => self.hold.note_refusal(Meaning::AnswerLost),
            Came::Refused(for_good) => {
                self.hold.note_refusal(if for_good { Meaning::Refused } else { Meaning::Passing });
                // A call that was not made leaves the hold as sure as it was.
                prop_assert_eq!(self.hold.is_ours_to_start(), before.is_ours_to_start());
            }
            Came::Nothing(_) => {}
        }
        Ok(())
    }

    fn is_sound(&self) -> Result<(), TestCaseError> {
        let (hold, opened) = (&self.hold, &self.opened);
        prop_assert_eq!(hold.prior, opened.prior, "prior is written once");
        prop_assert_eq!(hold.opened_at, opened.opened_at);
        prop_assert_eq!(hold.unit_priors.get(unit(0)).copied(), self.unit_prior, "so is a unit's");
        let keys: BTreeSet<usize> = [0, 1].into_iter().filter(|k| hold.keys.contains(key(*k))).collect();
        prop_assert_eq!(&keys, &self.keys);
        let ran = matches!(hold.prior, State::Running | State::Pending);
        prop_assert!(!hold.is_ours_to_start() || (self.proven && ran), "ours without proof: {hold:?}");
        prop_assert!(!(hold.is_ours_to_start() && hold.is_in_doubt()));
        prop_assert_eq!(hold.units_to_start().len(), usize::from(self.unit_prior == Some(UnitState::Active)));
        Ok(())
    }
}

/// Runs the sequences; the shortest that breaks a rule is the error.
pub fn run() -> Result<u32, String> {
    let first = prop::sample::select(vec![State::Running, State::Pending, State::Stopped]);
    let lives = (first, prop::collection::vec(happens(), 1..=LONGEST));
    crate::sequences::run(SEQUENCES, lives, |(state, steps)| {
        let mut life = Life::new(state);
        for step in &steps {
            life.goes_on(step)?;
        }
        Ok(())
    })
}
