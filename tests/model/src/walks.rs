//! Random walks through the largest world, deeper than a breadth-first search comes; each ends with a settle check.

use std::time::Instant;

use stateright::Model;

use crate::action::Action;
use crate::laws::Law;
use crate::rules::Rules;
use crate::settle;
use crate::watcher::Death;
use crate::workflow::Fault;
use crate::world::World;

/// Actions of one walk; the story of four flips takes about half.
const LONGEST: usize = 200;

/// What the walks found.
#[derive(Debug)]
pub struct Walked {
    pub walks: u64,
    pub steps: usize,
    pub seconds: f64,
    /// The first property that was broken, with the walk to it.
    pub broken: Option<(&'static str, Vec<String>)>,
}

/// A fixed sequence of numbers that look random (xorshift), so that a walk can be seen again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % most.max(1)
    }
}

/// Walks `walks` times, each from the first world.
pub fn walk(rules: Rules, walks: u64) -> Walked {
    let (start, mut steps) = (Instant::now(), 0);
    for number in 1..=walks {
        let mut dice = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (mut world, mut trace, mut actions) = (rules.first_world(), Vec::new(), Vec::new());
        for _ in 0..LONGEST {
            rules.actions(&world, &mut actions);
            // Most of the time the world goes on; what changes its course is rare, or it would all happen at once.
            let goes_on = dice.below(12) > 0;
            actions.retain(|action| is_progress(action) == goes_on);
            if actions.is_empty() {
                continue;
            }
            let action = actions.swap_remove(dice.below(actions.len()));
            actions.clear();
            if let Some(next) = rules.next_state(&world, action) {
                world = next;
                trace.push(action.to_string());
            }
            if world.ghost.broken != 0 {
                break;
            }
        }
        steps += trace.len();
        if let Some(law) = broken(&rules, &world) {
            let seconds = start.elapsed().as_secs_f64();
            return Walked { walks: number, steps, seconds, broken: Some((law, trace)) };
        }
    }
    Walked { walks, steps, seconds: start.elapsed().as_secs_f64(), broken: None }
}

fn is_progress(action: &Action) -> bool {
    matches!(
        action,
        Action::Watch(_, Death::None)
            | Action::Step(_, _, Fault::None)
            | Action::Arrive(_)
            | Action::Tick
            | Action::Sweep(_)
            | Action::Deliver(_)
    )
}

fn broken(rules: &Rules, world: &World) -> Option<&'static str> {
    let law = Law::ALL.into_iter().find(|law| world.ghost.broken & law.bit() != 0);
    law.map(Law::name).or_else(|| settle::settles(rules, world))
}
