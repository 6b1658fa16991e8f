//! Laws of executions: one writer.

use super::of_epoch;
use crate::world::World;

impl World {
    /// StartExecution is about to be carried out.
    pub fn see_start(&mut self, name: &str) {
        let rival = self.executions.running().find(|other| other.as_str() != name && of_epoch(other) == of_epoch(name));
        if let Some(rival) = rival.cloned() {
            self.violate("S10 one writer", &format!("{name} starts while {rival} runs"));
        }
    }
}
