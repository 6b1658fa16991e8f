//! Rows of the small world as the domain's types and back, so that the production functions decide on them.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::hold::Hold;
use lockstep_domain::plan::{Outcome, PlannedResource, Round, Treatment};
use lockstep_domain::resource::{SeenResource, Settings, State};
use lockstep_domain::run::{Direction, RunName, RunRecord, RunRef};
use lockstep_domain::unit::UnitState;

use crate::names::{BOTH, NOW, age, ago, ahead, app, bit, key, left, server, tags, unit};
use crate::world::{HoldRow, KeyRow, Line, Power, Run, RunId, Treat};

impl RunId {
    pub fn direction(self) -> Direction {
        if self.startup { Direction::Startup } else { Direction::Shutdown }
    }

    pub fn name(self) -> RunName {
        RunName::new(key(self.key.into()), self.epoch.into(), self.direction(), self.attempt.into())
    }

    pub fn reference(self) -> RunRef {
        RunRef { run: self.name(), key: key(self.key.into()).clone(), epoch: self.epoch.into() }
    }

    /// Reads a name that [`RunId::name`] wrote.
    pub fn parse(name: &RunName) -> Option<Self> {
        let mut parts = name.as_str().splitn(4, '-');
        Some(Self {
            key: parts.next()?.strip_prefix('k')?.parse().ok()?,
            epoch: parts.next()?.parse().ok()?,
            startup: parts.next()? == "startup",
            attempt: parts.next()?.parse().ok()?,
        })
    }
}

impl KeyRow {
    /// The name of the key's newest run.
    pub fn run(&self, k: usize) -> RunId {
        RunId { key: u8::try_from(k).unwrap_or(0), epoch: self.epoch, startup: self.startup, attempt: self.attempt }
    }

    /// The startups of the last hour are left out: four flips cannot reach the limit.
    pub fn record(&self, k: usize) -> KeyRecord {
        KeyRecord {
            key: key(k).clone(),
            epoch: self.epoch.into(),
            direction: self.run(k).direction(),
            attempt: self.attempt.into(),
            noticed_at: ago(self.noticed),
            grace_ends_at: ahead(self.grace),
            tried_at: ago(self.tried),
            startups: Vec::new(),
            before: self.before.map(RunId::name),
            paused: false,
            resumed_at: None,
        }
    }

    pub fn of(record: &KeyRecord) -> Self {
        Self {
            epoch: u8::try_from(record.epoch).unwrap_or(u8::MAX),
            startup: record.direction == Direction::Startup,
            attempt: u8::try_from(record.attempt).unwrap_or(u8::MAX),
            noticed: age(record.noticed_at),
            grace: left(record.grace_ends_at),
            tried: age(record.tried_at),
            before: record.before.as_ref().and_then(RunId::parse),
        }
    }
}

impl Run {
    /// The run's record; its times are those of `row`, for only a key's newest run is asked for them.
    pub fn record(&self, row: &KeyRow) -> RunRecord {
        RunRecord {
            run: self.id.name(),
            key: key(self.id.key.into()).clone(),
            epoch: self.id.epoch.into(),
            direction: self.id.direction(),
            noticed_at: ago(row.noticed),
            grace_ends_at: ahead(row.grace),
            starts_from: ago(row.noticed),
            before: self.before.map(RunId::name),
            flapping: false,
            acting_since: self.acting.then_some(NOW),
            let_go_at: self.let_go.then_some(NOW),
            worth_another_try: self.again,
            look_again_at: None,
            ending: self.ending,
            ended_at: self.ending.map(|_| NOW),
        }
    }

    pub fn planned(&self) -> Vec<PlannedResource> {
        BOTH.into_iter().filter_map(|s| Some(self.lines[s]?.planned(s))).collect()
    }
}

impl From<Power> for State {
    fn from(power: Power) -> Self {
        match power {
            Power::Running => Self::Running,
            Power::Stopping => Self::Stopping,
            Power::Stopped => Self::Stopped,
            Power::Pending => Self::Pending,
        }
    }
}

impl Power {
    fn of(state: State) -> Self {
        match state {
            State::Running => Self::Running,
            State::Stopping => Self::Stopping,
            State::Pending | State::Busy => Self::Pending,
            State::Stopped | State::ShuttingDown | State::Terminated | State::Inaccessible | State::Lost => {
                Self::Stopped
            }
        }
    }
}

impl HoldRow {
    /// The version is left out: a step that meets another writer is tried anew, so reading and writing are one.
    pub fn hold(&self, s: usize) -> Hold {
        let state = |was_active| if was_active { UnitState::Active } else { UnitState::Inactive };
        Hold {
            id: server(s).clone(),
            name: String::new(),
            app: app().clone(),
            keys: BOTH.into_iter().filter(|k| self.keys & bit(*k) != 0).map(|k| key(k).clone()).collect(),
            units: vec![unit(s).clone()],
            tier: 0,
            unit_priors: self.unit_prior.map(|prior| (unit(s).clone(), state(prior))).into_iter().collect(),
            guard: None,
            settings: Settings::default(),
            prior: self.prior.into(),
            own: self.own,
            was: self.was,
            run: self.run.name(),
            opened_at: NOW,
            asked_at: None,
            version: 1,
        }
    }

    /// `None` for a hold that no key holds any more: it is deleted.
    pub fn of(hold: &Hold) -> Option<Self> {
        let keys = BOTH.into_iter().filter(|k| hold.keys.contains(key(*k))).fold(0, |bits, k| bits | bit(k));
        let units: &BTreeMap<_, _> = &hold.unit_priors;
        (keys != 0).then_some(Self {
            keys,
            prior: Power::of(hold.prior),
            own: hold.own,
            was: hold.was,
            unit_prior: units.values().next().map(|prior| *prior == UnitState::Active),
            run: RunId::parse(&hold.run)?,
        })
    }
}

impl Line {
    pub fn planned(&self, s: usize) -> PlannedResource {
        let not_done = || Outcome::NotDone { reason: "a reason".to_owned() };
        let outcome = |done: Option<bool>| done.map(|done| if done { Outcome::Done } else { not_done() });
        PlannedResource {
            id: server(s).clone(),
            name: String::new(),
            app: Some(app().clone()),
            units: if self.has_unit { vec![unit(s).clone()] } else { Vec::new() },
            untold: if self.untold { vec![unit(s).clone()] } else { Vec::new() },
            tier: 0,
            guard: None,
            follows: None,
            state: self.power.into(),
            settings: Settings::default(),
            treatment: match self.treat {
                Treat::Act => Treatment::Act,
                Treat::Join => Treatment::Join,
                Treat::Release => Treatment::Release { reason: "a reason".to_owned() },
                Treat::Leave => Treatment::Leave { reason: lockstep_domain::plan::Leave::AlreadyStopped },
                Treat::Doubt => Treatment::Doubt { reason: "a reason".to_owned() },
            },
            restarts_at: None,
            held_since: None,
            seen_in: Round::Shutdown,
            services: outcome(self.services),
            refused: self.refused.then(|| "a reason".to_owned()),
            outcome: outcome(self.outcome),
            settled_at: lockstep_domain::plan::SettledAt::default(),
        }
    }

    pub fn of(planned: &PlannedResource) -> Self {
        let done = |outcome: &Option<Outcome>| outcome.as_ref().map(|outcome| *outcome == Outcome::Done);
        Self {
            treat: match planned.treatment {
                Treatment::Act => Treat::Act,
                Treatment::Join => Treat::Join,
                Treatment::Release { .. } => Treat::Release,
                Treatment::Leave { .. } => Treat::Leave,
                Treatment::Doubt { .. } => Treat::Doubt,
            },
            power: Power::of(planned.state),
            has_unit: !planned.units.is_empty(),
            untold: !planned.untold.is_empty(),
            services: done(&planned.services),
            refused: planned.refused.is_some(),
            outcome: done(&planned.outcome),
        }
    }

    pub fn is_acted_on(&self) -> bool {
        matches!(self.treat, Treat::Act | Treat::Join | Treat::Release)
    }
}

/// A server as `DescribeInstanceStatus` and `DescribeTags` show it.
pub fn seen(s: usize, power: Power) -> SeenResource {
    SeenResource::new(server(s).clone(), power.into(), tags(s).clone())
}

/// The servers whose agent is online: those that run.
pub fn agents(s: usize, power: Power) -> BTreeSet<String> {
    (power == Power::Running).then(|| server(s).name().to_owned()).into_iter().collect()
}
