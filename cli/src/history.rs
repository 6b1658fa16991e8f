//! `lockstep history`: the runs of a key, back to the first.

use jiff::Timestamp;
use lockstep_domain::enrolment::Released;
use lockstep_domain::key::KeyArn;
use lockstep_domain::run::{Ending, RunName, RunRecord};
use serde::Serialize;

use crate::deployed::Deployed;
use crate::report::Report;
use crate::tables::{bold, table};
use crate::times;
use crate::trouble::Trouble;

#[derive(Debug, Serialize)]
struct History {
    key: KeyArn,
    /// The newest first.
    runs: Vec<RunRecord>,
    released: Vec<Released>,
}

pub async fn of_key(stack: &Deployed, typed: &str, limit: u16) -> Result<Report, Trouble> {
    let record = stack.watched(typed).await?;
    let mut runs = Vec::new();
    let mut next = (record.epoch > 0).then(|| record.run());
    while let Some(name) = next.filter(|_| runs.len() < usize::from(limit)) {
        let Some(run) = stack.ledger.run(&name).await? else { break };
        next = earlier(&run);
        runs.push(run);
    }
    let released = stack.ledger.released(&record.key).await?;
    let history = History { key: record.key, runs, released };
    let text = text(&history);
    Report::new(&history, text)
}

/// The attempt before, or the newest run of the epoch before.
fn earlier(run: &RunRecord) -> Option<RunName> {
    match run.run.attempt() {
        0 | 1 => run.before.clone(),
        attempt => Some(RunName::new(&run.key, run.epoch, run.direction, attempt - 1)),
    }
}

fn text(history: &History) -> String {
    if history.runs.is_empty() {
        return format!("{} has not changed since it was added: it has no runs.", history.key);
    }
    let or_none = |time: Option<Timestamp>| time.map_or("-".to_owned(), times::at);
    let lines = history.runs.iter().map(|run| {
        vec![
            run.run.as_str()[history.key.id().len() + 1..].to_owned(),
            times::at(run.noticed_at),
            or_none(run.acting_since),
            or_none(run.ended_at),
            run.ending.map_or("-", Ending::name).to_owned(),
        ]
    });
    let mut text =
        format!("{}\n{}", bold(history.key.as_str()), table(&["run", "noticed", "acting", "ended", "ending"], lines));
    if !history.released.is_empty() {
        let lines = history
            .released
            .iter()
            .map(|it| vec![it.resource.as_str().to_owned(), times::at(it.at), it.reason.clone()]);
        text.push_str(&format!("\n\n{}", table(&["released by hand", "at", "reason"], lines)));
    }
    text
}

#[cfg(test)]
mod tests {
    use lockstep_domain::epoch::KeyRecord;
    use lockstep_domain::run::Direction;

    use super::*;

    #[test]
    fn the_way_back_goes_through_attempts_and_then_through_epochs() {
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/k1").unwrap();
        let before = RunName::new(&key, 1, Direction::Shutdown, 3);
        let enrolled = KeyRecord::enrolled(key.clone(), Timestamp::UNIX_EPOCH);
        let run = KeyRecord { epoch: 2, attempt: 2, before: Some(before.clone()), ..enrolled }.open_run();
        let first = earlier(&run).unwrap();
        assert_eq!(first.as_str(), "k1-2-startup-1");
        assert_eq!(earlier(&RunRecord { run: first, ..run }), Some(before));
    }
}
