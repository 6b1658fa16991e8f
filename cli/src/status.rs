//! `lockstep status`: every key in a line.

use jiff::Timestamp;
use lockstep_aws::clock;
use lockstep_domain::epoch::KeyRecord;
use lockstep_domain::hold::Hold;
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::notice::SeenKey;
use lockstep_domain::run::{Direction, Ending, RunRecord};
use lockstep_domain::standing::LastSweep;
use serde::Serialize;

use crate::deployed::Deployed;
use crate::holds::{self, Held};
use crate::report::Report;
use crate::tables::{count, odd, table};
use crate::times;
use crate::trouble::Trouble;

/// What is known of a key.
#[derive(Debug, Serialize)]
struct KeyStatus {
    key: KeyArn,
    /// As the sweep last saw it.
    state: Option<SeenKey>,
    phase: Phase,
    epoch: u64,
    direction: Direction,
    paused: bool,
    /// Empty until the key has changed for the first time.
    run: Option<String>,
    ending: Option<Ending>,
    ended_at: Option<Timestamp>,
    /// When a grace that has not passed yet ends.
    grace_ends_at: Option<Timestamp>,
    holds: usize,
    in_doubt: usize,
    held: Vec<Held>,
}

/// Where the key is in its life, as the ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Watched,
    Grace,
    ShuttingDown,
    Down,
    StartingUp,
    Up,
}

impl Phase {
    fn of(record: &KeyRecord, run: Option<&RunRecord>) -> Self {
        let has_ended = run.is_some_and(|run| run.ending.is_some());
        match record.direction {
            _ if record.epoch == 0 => Self::Watched,
            Direction::Shutdown if has_ended => Self::Down,
            Direction::Shutdown if run.is_some_and(|run| run.acting_since.is_some()) => Self::ShuttingDown,
            Direction::Shutdown => Self::Grace,
            Direction::Startup if has_ended => Self::Up,
            Direction::Startup => Self::StartingUp,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Watched => "watched",
            Self::Grace => "in its grace",
            Self::ShuttingDown => "shutting down",
            Self::Down => "down",
            Self::StartingUp => "starting up",
            Self::Up => "up",
        }
    }
}

#[derive(Debug, Serialize)]
struct Status {
    keys: Vec<KeyStatus>,
    last_sweep: Option<LastSweep>,
}

/// One key with everything that it holds down.
pub async fn of_one_key(stack: &Deployed, typed: &str) -> Result<Report, Trouble> {
    let keys = vec![of_one(stack, stack.watched(typed).await?).await?];
    let status = Status { keys, last_sweep: stack.ledger.last_sweep().await? };
    let held: Vec<&Held> = status.keys.iter().flat_map(|key| &key.held).collect();
    let mut text = text(&status, clock::now());
    if !held.is_empty() {
        text.push_str(&format!("\n\n{}", holds::text(&held)));
    }
    Report::new(&status, text)
}

pub async fn of_all(stack: &Deployed) -> Result<Report, Trouble> {
    let mut keys = Vec::new();
    for record in stack.ledger.watched().await? {
        keys.push(of_one(stack, record).await?);
    }
    let status = Status { keys, last_sweep: stack.ledger.last_sweep().await? };
    let text = text(&status, clock::now());
    Report::new(&status, text)
}

async fn of_one(stack: &Deployed, record: KeyRecord) -> Result<KeyStatus, Trouble> {
    let has_run = record.epoch > 0;
    let run = if has_run { stack.ledger.run(&record.run()).await? } else { None };
    let holds = stack.ledger.holds_of_key(&record.key).await?;
    let phase = Phase::of(&record, run.as_ref());
    Ok(KeyStatus {
        state: stack.ledger.seen(&record.key).await?,
        phase,
        epoch: record.epoch,
        direction: record.direction,
        paused: record.paused,
        run: has_run.then(|| record.run().to_string()),
        ending: run.as_ref().and_then(|run| run.ending),
        ended_at: run.as_ref().and_then(|run| run.ended_at),
        grace_ends_at: (phase == Phase::Grace).then_some(record.grace_ends_at),
        holds: holds.len(),
        in_doubt: holds.iter().filter(|hold| Hold::is_in_doubt(hold)).count(),
        held: holds.iter().map(Held::of).collect(),
        key: record.key,
    })
}

fn text(status: &Status, now: Timestamp) -> String {
    if status.keys.is_empty() {
        return "No key is watched; add one with `lockstep key add ARN`.".to_owned();
    }
    let lines = status.keys.iter().map(|key| {
        let phase = match key.grace_ends_at {
            Some(at) => format!("{} until {}", key.phase.text(), times::at(at)),
            None => key.phase.text().to_owned(),
        };
        vec![
            key.key.id().to_owned(),
            state(key.state.as_ref()),
            format!("{phase}{}", if key.paused { ", paused" } else { "" }),
            key.run.as_ref().map_or("-".to_owned(), |run| run[key.key.id().len() + 1..].to_owned()),
            key.ending.map_or("-", Ending::name).to_owned(),
            key.ended_at.map_or("-".to_owned(), times::at),
            key.holds.to_string(),
            key.in_doubt.to_string(),
        ]
    });
    let header = ["key", "state", "is", "run", "ending", "ended", "holds", "in doubt"];
    let mut text = table(&header, lines);
    let in_doubt: usize = status.keys.iter().map(|key| key.in_doubt).sum();
    if in_doubt > 0 {
        let what = count(in_doubt, "resource");
        text.push_str(&format!(
            "\n\n{} {what} in doubt: `lockstep status KEY` names what; start it by hand, or release it.",
            odd("!")
        ));
    }
    if let Some(sweep) = &status.last_sweep {
        let ago = times::length(now.duration_since(sweep.at));
        text.push_str(&format!(
            "\n\nThe last sweep was {ago} ago: {}, {} failed.",
            count(sweep.keys, "key"),
            sweep.failed
        ));
    }
    text
}

/// The state of a key in KMS's words.
fn state(seen: Option<&SeenKey>) -> String {
    match seen.map(|seen| &seen.seen) {
        None => "-".to_owned(),
        Some(KeyLook::On) => "Enabled".to_owned(),
        Some(KeyLook::Off { state }) => state.clone(),
        Some(KeyLook::Unknown { .. }) => odd("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phase_follows_the_newest_run() {
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/k1").unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let record = |epoch, direction| KeyRecord { epoch, direction, ..KeyRecord::enrolled(key.clone(), at) };
        let phase = |record: &KeyRecord, acting, ending| {
            let run = RunRecord { acting_since: acting, ending, ..record.open_run() };
            Phase::of(record, Some(&run))
        };
        let down = record(1, Direction::Shutdown);
        assert_eq!(Phase::of(&record(0, Direction::Startup), None), Phase::Watched);
        assert_eq!(phase(&down, None, None), Phase::Grace);
        assert_eq!(phase(&down, Some(at), None), Phase::ShuttingDown);
        assert_eq!(phase(&down, Some(at), Some(Ending::ShutdownIncomplete)), Phase::Down);
        let up = record(2, Direction::Startup);
        assert_eq!(phase(&up, None, None), Phase::StartingUp);
        assert_eq!(phase(&up, None, Some(Ending::StartupComplete)), Phase::Up);
    }
}
