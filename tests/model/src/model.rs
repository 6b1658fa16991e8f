//! The small world as a `stateright` model: what may happen next, and the properties.

use lockstep_domain::epoch::{KeyAction, decide};
use lockstep_domain::hold::Own;
use lockstep_domain::run::Ending;
use stateright::{Model, Property};

pub use crate::action::Action;
use crate::calls::{arrive, meddle};
use crate::laws::Law;
use crate::names::{BOTH, GRACE, GRACE_TICKS, LONG_AGO, NOW, bit};
use crate::rules::Rules;
use crate::settle;
use crate::watcher::{self, Death};
use crate::workflow::{self, Fault};
use crate::world::{At, BatchStep, Exec, Pc, Power, Run, RunId, Server, World};

/// The longest that a server is on its way, in ticks.
const LONGEST_MOVE: u8 = 2;

/// A world with more attempts at one epoch is not searched further; the settle check finds endless ones.
const MOST_ATTEMPTS: u8 = 5;

impl Rules {
    /// Every action that is possible now; some change nothing.
    fn possible(&self, world: &World, actions: &mut Vec<Action>) {
        let budget = world.budget;
        for k in BOTH {
            if budget.flips > 0 && self.flipped & bit(k) != 0 {
                actions.push(Action::Flip(k));
            }
            if world.hints[k] {
                actions.push(Action::Lose(k));
            }
            if world.watchers.len() < self.watchers {
                if world.hints[k] {
                    actions.push(Action::Deliver(k));
                }
                if self.sweep {
                    actions.push(Action::Sweep(k));
                }
                if budget.unknowns > 0 {
                    actions.push(Action::LookInVain(k));
                }
            }
        }
        for index in 0..world.watchers.len() {
            actions.push(Action::Watch(index, Death::None));
            if budget.crashes > 0 {
                actions.push(Action::Watch(index, Death::AfterTheEpoch));
                actions.push(Action::Watch(index, Death::BeforeTheStart));
            }
        }
        for run in &world.runs {
            let Exec::Running(pc) = run.exec else { continue };
            actions.push(Action::Step(run.id, pc, Fault::None));
            if budget.unknowns > 0 && matches!(pc, Pc::Wait | Pc::Batch { at: At::Look, .. }) {
                actions.push(Action::Step(run.id, pc, Fault::Unknown));
            }
            if let Pc::Batch { step, at: At::Call, .. } = pc {
                let of_servers = matches!(step, BatchStep::StopServers | BatchStep::StartServers);
                if budget.lost_answers > 0 {
                    actions.push(Action::Step(run.id, pc, Fault::AnswerLost));
                }
                if budget.refusals > 0 && of_servers {
                    actions.push(Action::Step(run.id, pc, Fault::Refused));
                }
            }
            if budget.crashes > 0 {
                actions.push(Action::Die(run.id, pc));
            }
        }
        let was_seen_up = |s: usize| {
            let mut lines = world.runs.iter().filter(|run| run.id.startup).filter_map(|run| run.lines[s]);
            lines.any(|line| line.outcome == Some(true))
        };
        let is_starting = |s: usize| world.holds[s].is_some_and(|hold| hold.own == Own::Starting) && !was_seen_up(s);
        for s in BOTH {
            match world.servers[s].power {
                Power::Stopping | Power::Pending => actions.push(Action::Arrive(s)),
                // While our own start is not seen yet, another's stop cannot be told from a start that failed.
                Power::Running if budget.meddling > 0 && !is_starting(s) => actions.push(Action::Meddle(s)),
                Power::Running | Power::Stopped => {}
            }
        }
        if may_tick(world) {
            actions.push(Action::Tick);
        }
    }

    /// The world after an action.
    pub fn after(&self, before: &World, action: Action) -> World {
        let mut world = before.clone();
        match action {
            Action::Flip(k) => {
                world.budget.flips -= 1;
                world.on[k] = !world.on[k];
                world.hints[k] = self.events;
            }
            Action::Deliver(k) | Action::Sweep(k) => watcher::look(self, &mut world, k, false),
            Action::LookInVain(k) => watcher::look(self, &mut world, k, true),
            Action::Lose(k) => world.hints[k] = false,
            Action::Watch(index, death) => watcher::act(self, &mut world, index, death),
            Action::Step(id, _, fault) => {
                if let Some(index) = index_of(&world, id) {
                    workflow::step(self, &mut world, index, fault);
                }
            }
            Action::Die(id, _) => {
                world.budget.crashes -= 1;
                if let Some(index) = index_of(&world, id) {
                    world.runs[index].exec = Exec::Closed;
                }
            }
            Action::Arrive(s) => arrive(&mut world, s),
            Action::Meddle(s) => meddle(&mut world, s),
            Action::Tick => tick(&mut world),
        }
        world.tidy();
        world
    }

    /// Whether the sweep finds anything to do for a key.
    pub fn sweep_finds_work(&self, world: &World, k: usize) -> bool {
        let look = self.look_at(world, k, false);
        decide(&world.keys[k].record(k), &look, GRACE, NOW).action != KeyAction::Nothing
    }
}

fn index_of(world: &World, id: RunId) -> Option<usize> {
    let is_live = |run: &Run| run.id == id && matches!(run.exec, Exec::Running(_));
    world.runs.iter().position(is_live)
}

/// Lambdas and calls have timeouts of a minute, so five minutes do not pass inside one.
pub fn may_tick(world: &World) -> bool {
    let is_inside = |run: &Run| {
        matches!(run.exec, Exec::Running(Pc::Begin | Pc::Batch { at: At::Commit | At::Call | At::Record(_), .. }))
    };
    // A server arrives within ten minutes, and a live shutdown lets go before a startup stops waiting for it.
    let is_overdue = |server: &Server| server.moving_for >= LONGEST_MOVE;
    let must_let_go = |run: &Run| {
        let row = world.keys[usize::from(run.id.key)];
        let is_acting = run.acting && matches!(run.exec, Exec::Running(_));
        is_acting && row.epoch > run.id.epoch && row.startup && row.noticed + 1 >= LONG_AGO
    };
    world.watchers.is_empty()
        && !world.runs.iter().any(|run| is_inside(run) || must_let_go(run))
        && !world.servers.iter().any(is_overdue)
}

fn tick(world: &mut World) {
    for row in &mut world.keys {
        row.noticed = (row.noticed + 1).min(LONG_AGO);
        row.tried = (row.tried + 1).min(LONG_AGO);
        row.grace = row.grace.saturating_sub(1);
    }
    for server in world.servers.iter_mut().filter(|server| server.is_moving()) {
        server.moving_for += 1;
    }
    for off_for in &mut world.ghost.off_for {
        *off_for = (*off_for + 1).min(GRACE_TICKS);
    }
}

impl Model for Rules {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.first_world()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        // A counterexample ends where the law is broken.
        if world.ghost.broken == 0 {
            self.possible(world, actions);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = self.after(world, action);
        (next != *world).then_some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.keys.iter().all(|row| row.attempt <= MOST_ATTEMPTS)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! always {
            ($($law:ident),*) => { vec![$(Property::always(Law::$law.name(), |_, world: &World| {
                world.ghost.broken & Law::$law.bit() == 0
            })),*] };
        }
        macro_rules! sometimes {
            ($($ending:ident),*) => { [$(Property::sometimes(stringify!($ending), move |_, world: &World| {
                world.runs.iter().any(|run| run.ending == Some(Ending::$ending))
            })),*] };
        }
        let mut properties = always![
            FullGrace,
            EnableEndsEpoch,
            FreshLook,
            UnknownIsNeither,
            OrderDown,
            WriteAhead,
            Ownership,
            AllKeys,
            OrderUp,
            OneWriter,
            NewestLetsGo,
            PriorOnce,
            Isolation,
            Verified,
            Monotonic
        ];
        properties.push(Property::always(settle::GOAL, settle::is_at_goal_if_quiet));
        properties.push(Property::always(settle::QUIET, settle::becomes_quiet));
        properties.extend(sometimes![
            ShutdownComplete,
            ShutdownCancelled,
            ShutdownSuperseded,
            StartupComplete,
            StartupSuperseded,
            NothingToDo
        ]);
        properties
    }
}
