//! The settle check: left alone, without faults, every reachable world comes to rest where it should be.

use std::hash::{DefaultHasher, Hash, Hasher};

use lockstep_domain::hold::Hold;

use crate::model::{Action, may_tick};
use crate::names::{BOTH, uses};
use crate::rules::Rules;
use crate::watcher::Death;
use crate::workflow::Fault;
use crate::world::{By, Exec, Pc, Power, Server, Treat, World};

/// L1 to L3: a world in which nothing more happens is one in which everything is where it should be.
pub const GOAL: &str = "L1-L3 rest is the goal";
/// L4: left alone, every world comes to rest.
pub const QUIET: &str = "L4 comes to rest";
/// More steps than any world needs to come to rest.
const BOUND: usize = 600;

/// What the reconciler does next, alone and without faults; `None` if nothing is left to do.
fn next(rules: &Rules, world: &World) -> Option<World> {
    let arrivals = BOTH.into_iter().map(Action::Arrive);
    let watchers = (0..world.watchers.len().min(1)).map(|index| Action::Watch(index, Death::None));
    let live = world.runs.iter().filter(|run| matches!(run.exec, Exec::Running(_)));
    let steps = live.map(|run| Action::Step(run.id, Pc::Warn, Fault::None));
    let seen = |k: &usize| rules.sweep && world.watchers.is_empty() && rules.sweep_finds_work(world, *k);
    for action in arrivals.chain(watchers).chain(steps) {
        let after = rules.after(world, action);
        if after != *world {
            return Some(after);
        }
    }
    for k in BOTH.into_iter().filter(seen) {
        // A look alone changes no row: it counts only if its write does.
        let after = rules.after(&rules.after(world, Action::Sweep(k)), Action::Watch(0, Death::None));
        if after != *world {
            return Some(after);
        }
    }
    let after = rules.after(world, Action::Tick);
    (may_tick(world) && after != *world).then_some(after)
}

/// The cheap half of being quiet: nothing is under way.
fn is_still(world: &World) -> bool {
    world.watchers.is_empty()
        && !world.runs.iter().any(|run| matches!(run.exec, Exec::Running(_)))
        && !world.servers.iter().any(Server::is_moving)
        && !world.hints.iter().any(|hint| *hint)
}

pub fn is_at_goal_if_quiet(rules: &Rules, world: &World) -> bool {
    !is_still(world) || next(rules, world).is_some() || BOTH.into_iter().all(|s| is_at_goal(world, s))
}

fn is_at_goal(world: &World, s: usize) -> bool {
    let server = world.servers[s];
    let mut keys = BOTH.into_iter().filter(|k| uses(s, *k));
    if !keys.clone().all(|k| world.on[k]) {
        let mut off = keys.filter(|k| !world.on[*k]);
        return server.power == Power::Stopped || off.any(|k| is_reported(world, k, s));
    }
    let in_doubt = world.holds[s].is_some_and(|hold| Hold::is_in_doubt(&hold.hold(s)));
    let down_and_ours = server.power == Power::Stopped && server.stopped_by == By::Us;
    let unit_down_and_ours = server.power == Power::Running && server.unit_is_ours;
    let let_go = world.holds[s].is_none() && !down_and_ours && !unit_down_and_ours;
    let_go || in_doubt || keys.any(|k| is_reported(world, k, s))
}

/// The newest run of the key ended with a line that says that the server is not where it should be.
fn is_reported(world: &World, k: usize, s: usize) -> bool {
    let run = world.run(world.keys[k].run(k));
    let ended = run.filter(|run| run.ending.is_some());
    let line = ended.and_then(|run| run.lines[s]);
    line.is_some_and(|line| {
        line.treat == Treat::Leave || line.outcome == Some(false) || line.services == Some(false) || line.untold
    })
}

/// A share of the worlds is run on alone until it rests; each of the others lies on the way of some.
pub fn becomes_quiet(rules: &Rules, world: &World) -> bool {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    if world.ghost.broken != 0 || !hasher.finish().is_multiple_of(rules.settle_one_in) {
        return true;
    }
    settles(rules, world) != Some(QUIET)
}

/// Lets the reconciler go on alone until the world rests; what is wrong then, if anything.
pub fn settles(rules: &Rules, world: &World) -> Option<&'static str> {
    let mut world = world.clone();
    world.hints = [false; 2];
    for _ in 0..BOUND {
        match next(rules, &world) {
            Some(after) => world = after,
            None => return (!is_at_goal_if_quiet(rules, &world)).then_some(GOAL),
        }
    }
    Some(QUIET)
}
