//! Whether Lockstep may be uninstalled: nothing else would start what it has stopped, or resume what it has suspended.

use crate::epoch::KeyRecord;
use crate::error::Refusal;
use crate::hold::Hold;
use crate::run::RunRecord;

/// A watched key as its removal finds it.
#[derive(Debug, Clone)]
pub struct KeyLeft {
    pub record: KeyRecord,
    /// What the key's newest run has written of itself; none until its execution begins.
    pub run: Option<RunRecord>,
    pub holds: Vec<Hold>,
}

impl KeyLeft {
    fn is_under_way(&self) -> bool {
        self.record.epoch > 0 && self.run.as_ref().is_none_or(|run| run.ending.is_none())
    }
}

/// Refuses while anything is held or a run is under way. A run in its grace counts: it would stop servers without the
/// functions that are gone by then.
pub fn check_removal(keys: &[KeyLeft]) -> Result<(), Refusal> {
    if let Some(left) = keys.iter().find(|left| !left.holds.is_empty()) {
        let held: usize = keys.iter().map(|left| left.holds.len()).sum();
        let remedy = format!(
            "enable the key and wait until what it holds is up, or drop each hold with `lockstep release`; {held} holds \
             are open in all, `lockstep status` lists them, and nothing is removed before"
        );
        return Err(Refusal::new("key_holds_servers", "key", left.record.key.as_str(), remedy));
    }
    if let Some(left) = keys.iter().find(|left| left.is_under_way()) {
        // The sweep closes a run that died, and leaves a paused key alone.
        let remedy = if left.record.paused {
            "the key is paused: let it go on with `lockstep resume`, for a run that died meanwhile is closed only then; \
             then wait until it has ended, `lockstep status` says how far it is"
        } else {
            "wait until the run of this key has ended; `lockstep status` says how far it is"
        };
        return Err(Refusal::new("run_under_way", "key", left.record.key.as_str(), remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hold::Own;
    use crate::run::{Direction, Ending};
    use crate::samples;
    use jiff::Timestamp;

    fn left(epoch: u64, ending: Option<Ending>, holds: Vec<Hold>) -> KeyLeft {
        let enrolled = KeyRecord::enrolled(samples::key("k1"), Timestamp::UNIX_EPOCH);
        let record = KeyRecord { epoch, direction: Direction::Shutdown, ..enrolled };
        let run = (epoch > 0).then(|| RunRecord { ending, ..record.open_run() });
        KeyLeft { record, run, holds }
    }

    #[test]
    fn nothing_is_removed_while_anything_is_held_or_a_run_is_under_way() {
        let quiet = left(0, None, Vec::new());
        let ended = left(2, Some(Ending::ShutdownCancelled), Vec::new());
        assert_eq!(check_removal(&[quiet.clone(), ended.clone()]), Ok(()));
        assert_eq!(check_removal(&[]), Ok(()));
        let begun = left(1, None, Vec::new());
        let about_to_begin = KeyLeft { run: None, ..begun.clone() };
        for under_way in [begun, about_to_begin] {
            let refused = check_removal(&[quiet.clone(), under_way]).unwrap_err();
            assert_eq!(refused.rule, "run_under_way");
            assert!(!refused.remedy.contains("lockstep resume"));
        }
        let mut paused = left(1, None, Vec::new());
        paused.record.paused = true;
        assert!(check_removal(&[paused]).unwrap_err().remedy.contains("lockstep resume"));
        let holding = left(1, Some(Ending::ShutdownComplete), vec![samples::hold(1, Own::Stopped)]);
        let refused = check_removal(&[ended, holding.clone(), holding]).unwrap_err();
        assert_eq!(refused.rule, "key_holds_servers");
        assert!(refused.remedy.contains("2 holds") && refused.remedy.contains("lockstep release"), "{refused}");
    }
}
