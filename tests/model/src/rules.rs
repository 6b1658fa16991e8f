//! Which small world is searched, and the writes that every step shares.

use lockstep_domain::hold::Hold;
use lockstep_domain::hold::Own;
use lockstep_domain::key::KeyLook;

use crate::laws::{Law, Mutant};
use crate::names::{BOTH, bit};
use crate::world::{Budget, By, Exec, Ghost, HoldRow, KeyRow, Power, Run, RunId, Server, World};

/// One configuration of the model.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub mutant: Option<Mutant>,
    pub budget: Budget,
    /// Keys that may be flipped, as bits.
    pub flipped: u8,
    /// Events are told apart from the sweep; they may be delivered twice, late, or never.
    pub events: bool,
    pub sweep: bool,
    /// Watchers that may be under way at the same moment.
    pub watchers: usize,
    /// One state in this many is run on alone, without faults, until it is quiet.
    pub settle_one_in: u64,
}

impl Rules {
    pub fn breaks(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// All keys on, all servers up with their units, nothing held.
    pub fn first_world(&self) -> World {
        let row = KeyRow { epoch: 0, startup: true, attempt: 1, noticed: 4, grace: 0, tried: 4, before: None };
        let server = Server {
            power: Power::Running,
            moving_for: 0,
            unit_active: true,
            kept: None,
            stopped_by: By::Nobody,
            unit_is_ours: false,
        };
        World {
            on: [true; 2],
            hints: [false; 2],
            keys: [row; 2],
            runs: Vec::new(),
            holds: [None; 2],
            servers: [server; 2],
            watchers: Vec::new(),
            budget: self.budget,
            ghost: Ghost::default(),
        }
    }

    /// What `DescribeKey` answers now.
    pub fn look_at(&self, world: &World, k: usize, unknown: bool) -> KeyLook {
        match (unknown, world.on[k]) {
            (true, _) if !self.breaks(Mutant::UnknownIsDisabled) => KeyLook::Unknown { reason: "denied".to_owned() },
            (false, true) => KeyLook::On,
            _ => KeyLook::Off { state: "Disabled".to_owned() },
        }
    }

    /// The hold as this run reads it.
    pub fn hold_for(&self, world: &World, s: usize, k: usize, is_start: bool) -> Option<Hold> {
        let mut row = world.holds[s]?;
        let forgets = self.breaks(Mutant::HoldIsABool) || self.breaks(Mutant::StartsWithOneKeyOff);
        if is_start && forgets {
            row.keys = bit(k);
        }
        Some(row.hold(s))
    }
}

impl World {
    pub fn break_law(&mut self, law: Law) {
        self.ghost.broken |= law.bit();
    }

    pub fn require(&mut self, holds: bool, law: Law) {
        if !holds {
            self.break_law(law);
        }
    }

    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// The condition of every bound write: the run is the newest of its key, and has neither ended nor let go.
    pub fn may_act(&self, id: RunId) -> bool {
        self.is_newest(id) && self.run(id).is_some_and(|run| run.ending.is_none() && !run.let_go)
    }

    pub fn is_newest(&self, id: RunId) -> bool {
        self.keys[usize::from(id.key)].run(id.key.into()) == id
    }

    pub fn write_hold(&mut self, s: usize, hold: &Hold) {
        self.write_hold_row(s, HoldRow::of(hold));
    }

    pub fn write_hold_row(&mut self, s: usize, row: Option<HoldRow>) {
        if let (Some(old), Some(new)) = (self.holds[s], row) {
            let same = old.prior == new.prior && (old.unit_prior.is_none() || old.unit_prior == new.unit_prior);
            self.require(same, Law::PriorOnce);
        }
        self.holds[s] = row;
    }

    /// Whether the ledger says what is about to be done to a server.
    pub fn has_intent(&self, s: usize, k: usize, allowed: &[Own]) -> bool {
        self.holds[s].is_some_and(|hold| hold.keys & bit(k) != 0 && allowed.contains(&hold.own))
    }

    /// Forgets runs that nothing refers to any more, and puts the rest in order, so that equal worlds are equal.
    pub fn tidy(&mut self) {
        let mut needed: Vec<RunId> = Vec::with_capacity(8);
        for k in BOTH {
            needed.push(self.keys[k].run(k));
            needed.extend(self.keys[k].before);
        }
        for watcher in &self.watchers {
            needed.push(watcher.row.run(watcher.key.into()));
            needed.extend(watcher.row.before);
        }
        for run in self.runs.iter().filter(|run| matches!(run.exec, Exec::Running(_))) {
            needed.push(run.id);
            needed.extend(run.before);
        }
        self.runs.retain(|run| needed.contains(&run.id));
        self.runs.sort_by_key(|run| run.id);
    }
}
