//! Laws of executions: one writer.

use super::of_epoch;
use crate::world::World;

impl World {
    /// The execution of a run is about to be started. A run whose ending is written acts no more: it only mails, and
    /// nothing waits for a mail (S20).
    pub fn see_start(&mut self, name: &str) {
        let has_ended = |run: &String| {
            self.table.plain(&format!("RUN#{run}"), "RUN").is_some_and(|record| !record["ending"].is_null())
        };
        let is_rival =
            |other: &&String| other.as_str() != name && of_epoch(other) == of_epoch(name) && !has_ended(other);
        let rival = self.executions.running().find(is_rival);
        if let Some(rival) = rival.cloned() {
            self.violate("S10 one writer", &format!("{name} starts while {rival} runs"));
        }
    }
}
