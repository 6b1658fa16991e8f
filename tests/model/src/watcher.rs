//! `receive-key-event` and `sweep-keys`: look at a key, then write and start what the look asks for.

use lockstep_domain::epoch::{Execution, KeyAction, KeyRecord, RunAction, continue_run, decide};
use lockstep_domain::key::KeyLook;

use crate::laws::{Law, Mutant};
use crate::names::{GRACE, NOW};
use crate::rules::Rules;
use crate::world::{Exec, KeyRow, Pc, Run, Watcher, World};

/// Where a watcher dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Death {
    None,
    /// After the epoch was opened, before the run was recorded.
    AfterTheEpoch,
    /// After the run was recorded, before `StartExecution`.
    BeforeTheStart,
}

/// Reads the key's record and the key; a watcher that has nothing to do is over at once.
pub fn look(rules: &Rules, world: &mut World, k: usize, unknown: bool) {
    let row = world.keys[k];
    let look = rules.look_at(world, k, unknown);
    world.budget.unknowns -= u8::from(unknown);
    if decide(&row.record(k), &look, GRACE, NOW).action != KeyAction::Nothing {
        world.require(!unknown, Law::UnknownIsNeither);
        let key = u8::try_from(k).unwrap_or(0);
        world.watchers.push(Watcher { key, row, saw_on: look == KeyLook::On });
        world.watchers.sort_by_key(|watcher| (watcher.key, watcher.row.epoch, watcher.row.attempt, watcher.saw_on));
    }
}

/// Writes and starts what the look asked for.
pub fn act(rules: &Rules, world: &mut World, index: usize, death: Death) {
    let Watcher { key, row, saw_on } = world.watchers.remove(index);
    let k = usize::from(key);
    let (record, look) =
        (row.record(k), if saw_on { KeyLook::On } else { KeyLook::Off { state: "Disabled".to_owned() } });
    match decide(&record, &look, GRACE, NOW).action {
        KeyAction::Nothing => {}
        KeyAction::OpenEpoch(next) => open(rules, world, k, row, &next, death),
        KeyAction::EnsureRun => ensure_run(rules, world, k, row, death),
    }
    world.budget.crashes -= u8::from(death != Death::None);
}

fn ensure_run(rules: &Rules, world: &mut World, k: usize, row: KeyRow, death: Death) {
    let run = world.run(row.run(k)).copied();
    let execution = match run.map(|run| run.exec) {
        // Under an event's id nobody finds the run again.
        _ if rules.breaks(Mutant::EventIdAsExecutionName) => Execution::NotStarted,
        None | Some(Exec::NotStarted) => Execution::NotStarted,
        Some(Exec::Running(_)) => Execution::Running,
        Some(Exec::Closed) => Execution::Closed,
    };
    let written = run.map(|run| run.record(&row));
    match continue_run(&row.record(k), written.as_ref(), execution, GRACE, NOW).0 {
        RunAction::Nothing => {}
        RunAction::Start => start(rules, world, k, row, death),
        RunAction::Open(next) => open(rules, world, k, row, &next, death),
    }
}

fn open(rules: &Rules, world: &mut World, k: usize, read: KeyRow, next: &KeyRecord, death: Death) {
    let now = world.keys[k];
    if (now.epoch, now.attempt) != (read.epoch, read.attempt) {
        return;
    }
    let next = KeyRow::of(next);
    let counts_up = (next.epoch == now.epoch + 1 && next.attempt == 1)
        || (next.epoch == now.epoch && next.startup == now.startup && next.attempt == now.attempt + 1);
    world.require(counts_up, Law::Monotonic);
    if next.epoch > now.epoch {
        if next.startup {
            world.ghost.down_for[k] = 0;
        } else {
            (world.ghost.off_for[k], world.ghost.seen_on[k]) = (0, false);
        }
    }
    world.keys[k] = next;
    if death != Death::AfterTheEpoch {
        start(rules, world, k, next, death);
    }
}

fn start(rules: &Rules, world: &mut World, k: usize, row: KeyRow, death: Death) {
    let id = row.run(k);
    let first = Exec::Running(if id.startup { Pc::Plan } else { Pc::Warn });
    let new = Run {
        id,
        before: row.before,
        acting: false,
        ending: None,
        again: false,
        exec: Exec::NotStarted,
        superseded: false,
        let_go: false,
        lines: [None; 2],
    };
    if world.run(id).is_none() {
        world.runs.push(new);
    }
    if death == Death::BeforeTheStart {
        return;
    }
    for run in world.runs.iter_mut().filter(|run| run.id == id && run.exec == Exec::NotStarted) {
        run.exec = first;
    }
    if rules.breaks(Mutant::EventIdAsExecutionName) && world.run(id).is_some_and(|run| run.exec != first) {
        world.runs.push(Run { exec: first, ..new });
    }
    let of_epoch = |run: &&Run| (run.id.key, run.id.epoch) == (id.key, id.epoch) && run.id.startup == id.startup;
    let live = world.runs.iter().filter(of_epoch).filter(|run| matches!(run.exec, Exec::Running(_))).count();
    world.require(live <= 1, Law::OneWriter);
}
