//! Searching a configuration: the whole of it, or until the shortest way to break one property is known.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use crate::rules::Rules;

/// What a search of a configuration found.
#[derive(Debug)]
pub struct Searched {
    pub states: usize,
    pub depth: usize,
    pub seconds: f64,
    /// The whole space was searched, not only its first states.
    pub is_complete: bool,
    /// Broken properties with a trace each.
    pub broken: Vec<(&'static str, Vec<String>)>,
    /// Phases that were never reached.
    pub never: Vec<&'static str>,
}

/// Searches breadth first on both cores until `most` states were generated, repeats included.
pub fn search(rules: Rules, most: usize) -> Searched {
    let start = Instant::now();
    let checker = rules.checker().threads(2).target_state_count(most).spawn_bfs().join();
    let found = checker.discoveries();
    let never = rules
        .properties()
        .into_iter()
        .map(|property| property.name)
        .filter(|name| !found.contains_key(name) && !rules.property(name).expectation.discovery_is_failure());
    let never = never.collect();
    let broken = found.into_iter().filter(|(name, _)| rules.property(name).expectation.discovery_is_failure());
    Searched {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        seconds: start.elapsed().as_secs_f64(),
        is_complete: checker.state_count() < most,
        broken: broken.map(|(name, path)| (name, words(path.into_actions()))).collect(),
        never,
    }
}

/// The shortest way to break any of `laws`; `None` if there is none within `most` generated states.
pub fn shortest(rules: Rules, laws: &[&'static str], most: usize) -> Option<(&'static str, Vec<String>)> {
    let laws: BTreeSet<&'static str> = laws.iter().copied().collect();
    let mut best: Option<(&'static str, Vec<String>)> = None;
    loop {
        let checker = rules.checker().threads(1).target_state_count(most);
        let checker = checker.finish_when(HasDiscoveries::AnyOf(laws.clone()));
        // A block of states is searched to its end after a discovery, so the first one need not be the shortest.
        let shorter_than = best.as_ref().and_then(|(_, trace)| NonZeroUsize::new(trace.len() + 1));
        let checker = match shorter_than {
            Some(depth) => checker.target_max_depth(depth.get()),
            None => checker,
        };
        let found = checker.spawn_bfs().join().discoveries();
        let traces = found.into_iter().filter(|(name, _)| laws.contains(name));
        let traces = traces.map(|(name, path)| (name, words(path.into_actions())));
        match traces.min_by_key(|(_, trace)| trace.len()) {
            Some(found) if best.as_ref().is_none_or(|best| found.1.len() < best.1.len()) => best = Some(found),
            _ => return best,
        }
    }
}

fn words<T: ToString>(actions: Vec<T>) -> Vec<String> {
    actions.iter().map(T::to_string).collect()
}
