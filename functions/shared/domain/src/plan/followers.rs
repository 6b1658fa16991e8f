//! Followers on another key: they stay up while what they follow goes down, and somebody should know.

use std::collections::BTreeSet;

use super::{Leave, PlannedResource, Round, Treatment};
use crate::resource::{ResourceId, SeenResource, Unfit};

pub(super) fn leader(seen: &SeenResource) -> Option<ResourceId> {
    match &seen.unfit {
        Some(Unfit::Follows(leader)) => Some(leader.clone()),
        _ => None,
    }
}

/// Ends a round for followers: one is named if what it follows uses the key.
pub(super) fn close(resources: &mut [PlannedResource], round: Round) {
    let uses_the_key = |resource: &&PlannedResource| resource.follows.is_none() && resource.seen_in == round;
    let leaders: BTreeSet<ResourceId> = resources.iter().filter(uses_the_key).map(|leader| leader.id.clone()).collect();
    for follower in resources.iter_mut().filter(|resource| resource.seen_in == round) {
        if let Some(leader) = &follower.follows {
            let reason = if leaders.contains(leader) { Leave::OnAnotherKey } else { Leave::NotNeeded };
            follower.treatment = Treatment::Leave { reason };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{close_round, plan_resource};
    use crate::resource::State;
    use crate::samples::{key, planned};

    #[test]
    fn a_follower_on_another_key_is_named_if_its_leader_uses_the_key() {
        let leader = ResourceId::parse("db:orders").unwrap();
        for tags in [vec![], vec![("lockstep:app".to_owned(), "orders".to_owned())]] {
            let unfit = Some(Unfit::Follows(leader.clone()));
            let id = ResourceId::parse("db:reports").unwrap();
            let seen = SeenResource { unfit, ..SeenResource::new(id, State::Running, tags.into_iter().collect()) };
            let follower = plan_resource(&seen, None, &key("k1"), Round::Shutdown);
            let used = PlannedResource { id: leader.clone(), units: Vec::new(), ..planned(1) };
            let treatment =
                |resources: Vec<PlannedResource>| close_round(resources, Round::Shutdown, 0).0[0].treatment.clone();
            let named = treatment(vec![follower.clone(), used.clone()]);
            assert_eq!(named, Treatment::Leave { reason: Leave::OnAnotherKey });
            let gone = PlannedResource { seen_in: Round::Warning, ..used };
            for others in [vec![follower.clone()], vec![follower, gone]] {
                assert_eq!(treatment(others), Treatment::Leave { reason: Leave::NotNeeded });
            }
        }
    }
}
