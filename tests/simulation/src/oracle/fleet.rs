//! Laws of the calls that change the fleet: why they are made.

use super::{Confirmation, GRACE, Look, epoch, newest_run, of_epoch};
use crate::executor::{HOUR, MINUTE, Millis, SECOND, now};
use crate::workflow::interpreter::Place;
use crate::world::World;

/// A call that changes the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    StopUnits,
    StopServer,
    StartServer,
    StartUnits,
    /// Of a group.
    Suspend,
    Resume,
}

impl Act {
    pub fn is_stop(self) -> bool {
        matches!(self, Self::StopUnits | Self::StopServer | Self::Suspend)
    }
}

/// Longest time between a look at a key and the call that it allows, without faults.
const FRESH: Millis = 5 * SECOND;
/// At most so many startups of a key begin in an hour.
const STARTUPS_PER_HOUR: usize = 4;
/// Longest batch of a shutdown that goes on, with what is waited for.
const BATCH: Millis = 10 * MINUTE;

impl World {
    /// A call is about to be carried out for these servers (and units).
    pub fn see_act(&mut self, place: &Place, act: Act, ids: &[String], units: &[String]) {
        self.oracle.acts += 1;
        let Some(told) = self.oracle.confirmations.get(&place.child).cloned() else {
            return self.violate("S2 fresh look", &format!("{act:?} of {ids:?} by {} was never confirmed", place.run));
        };
        if let Err((law, how)) = self.judge_key(act, &told) {
            self.violate(law, &format!("{act:?} of {ids:?} by {}: {how}", told.run));
        }
        for id in ids {
            if let Err((law, how)) = self.judge_server(act, id, units, &told) {
                self.violate(law, &format!("{act:?} of {id} by {}: {how}", told.run));
            }
            self.note_act(act, id, units);
        }
        if act == Act::StartServer {
            self.count_startup(&told);
        }
    }

    fn judge_key(&self, act: Act, told: &Confirmation) -> Result<(), (&'static str, String)> {
        let wanted = if act.is_stop() { Look::Off } else { Look::On };
        if told.look == Look::Unknown {
            return Err(("S3 unknown is not off, and not on", "its look found no state".to_owned()));
        }
        if told.look != wanted {
            return Err(("S2 fresh look", format!("its look found the key {:?}", told.look)));
        }
        let age = now() - told.looked_at;
        if age > FRESH + self.delays(told.looked_at) {
            return Err(("S2 fresh look", format!("its look is {age} ms old")));
        }
        let record = self.key_record(&told.key).unwrap_or_default();
        let changed = self.oracle.key_changed.get(&told.key).copied().unwrap_or(0);
        if newest_run(&record) != told.run && changed < told.looked_at {
            return Err(("S2 newest run", format!("{} had begun before the look", newest_run(&record))));
        }
        if record["paused"] == true && changed < told.looked_at {
            return Err(("S24 override", "an operator had paused the key before the look".to_owned()));
        }
        if !act.is_stop() {
            return Ok(());
        }
        let noticed = self.oracle.noticed.get(&format!("{}#{}", told.key, epoch(&told.run))).copied();
        let Some(noticed) = noticed else {
            return Err(("S1 full grace", "nobody noticed that the key was off".to_owned()));
        };
        if now() < noticed + GRACE {
            return Err(("S1 full grace", format!("only {} s after the notice", (now() - noticed) / SECOND)));
        }
        let mut seen = self.oracle.seen_on.get(&told.key).into_iter().flatten();
        let enabled = seen.rfind(|(looked, ended)| *looked > noticed && *ended < told.looked_at);
        match enabled {
            Some((at, _)) => Err(("S4 enable wins", format!("the key was seen on {} s ago", (now() - at) / SECOND))),
            None => Ok(()),
        }
    }

    /// L8: epochs whose startups began to start servers, in any hour. Lockstep counts a startup from its decision, and
    /// the batch of the shutdown before it, which it waits for, keeps its first call back by up to [`BATCH`].
    fn count_startup(&mut self, told: &Confirmation) {
        let startups = self.oracle.startups.entry(told.key.clone()).or_default();
        let run = of_epoch(&told.run);
        if startups.iter().any(|(known, _)| known == run) {
            return;
        }
        startups.push((run.to_owned(), now()));
        let recent = startups.iter().filter(|(_, at)| now() - at < HOUR - BATCH).count();
        if recent > STARTUPS_PER_HOUR {
            self.violate("L8 damping", &format!("{recent} startups of {} began within an hour", told.key));
        }
    }
}
