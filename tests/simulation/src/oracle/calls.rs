//! Laws of executions: one writer.

use super::of_epoch;
use crate::world::World;

impl World {
    /// StartExecution is about to be carried out.
    pub fn see_start(&mut self, name: &str) {
        // What has its ending written may still mail: mails keep nothing waiting.
        let ended =
            |run: &str| self.table.plain(&format!("RUN#{run}"), "RUN").is_some_and(|run| run["ending"].is_string());
        let is_rival = |other: &&String| other.as_str() != name && of_epoch(other) == of_epoch(name) && !ended(other);
        let rival = self.executions.running().find(is_rival).cloned();
        if let Some(rival) = rival {
            self.violate("S10 one writer", &format!("{name} starts while {rival} runs"));
        }
    }
}
