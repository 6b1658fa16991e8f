//! How many resources of a plan came to what.

use serde::Serialize;

use super::is_settled_well;
use crate::plan::{Leave, PlannedResource, Treatment};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// They are in the state that the run was for.
    pub done: usize,
    /// They are not.
    pub not_done: usize,
    /// They were not touched, and rightly so.
    pub left: usize,
    /// They were not touched, and a person should look at them.
    pub doubt: usize,
}

impl Counts {
    pub fn by_name(self) -> [(&'static str, usize); 4] {
        [("done", self.done), ("not_done", self.not_done), ("left", self.left), ("doubt", self.doubt)]
    }
}

pub fn counts(resources: &[PlannedResource]) -> Counts {
    let mut counts = Counts::default();
    for resource in resources {
        let count = match resource.treatment {
            // A guard of nothing that stops is no news.
            Treatment::Leave { reason: Leave::NotNeeded } => continue,
            Treatment::Leave { .. } => &mut counts.left,
            Treatment::Doubt { .. } => &mut counts.doubt,
            _ if !is_settled_well(resource) => &mut counts.not_done,
            Treatment::Release { .. } => &mut counts.left,
            Treatment::Act | Treatment::Join => &mut counts.done,
        };
        *count += 1;
    }
    counts
}
