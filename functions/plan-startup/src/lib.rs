//! Finds what the key holds down, and puts it into batches.

use jiff::{SignedDuration, Timestamp};
use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::metrics;
use lockstep_domain::batch::{BatchRef, GuardRef, Step, Tier};
use lockstep_domain::kind::Kind;
use lockstep_domain::metrics::Metric;
use lockstep_domain::plan::{plan_startup, service_batches};
use lockstep_domain::run::{Before, Direction, Ending, RunRecord, RunRef, before_startup};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A shutdown that was acting gets this long to let go before we go on without it.
const LET_GO: SignedDuration = SignedDuration::from_mins(20);
/// Seconds between two looks at a shutdown that is letting go.
const LOOK_AGAIN_S: i64 = 15;

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Here are the batches.
    Go,
    /// The shutdown before is still acting, or this startup has been put off: ask again after `wait_s`.
    Wait,
    /// The key has changed since.
    Superseded,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub verdict: Verdict,
    pub wait_s: i64,
    /// Shutdowns that this startup cancelled in their grace; their admins are told.
    pub cancelled: Vec<RunRef>,
    pub servers: Vec<BatchRef>,
    /// The lowest tier first.
    pub tiers: Vec<Tier>,
    /// What would undo a stop; last of all.
    pub guards: Vec<GuardRef>,
}

impl Answer {
    fn empty() -> Self {
        let (cancelled, servers, tiers, guards) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { verdict: Verdict::Go, wait_s: 0, cancelled, servers, tiers, guards }
    }
}

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
}

pub async fn handle(ledger: &Ledger, input: Value) -> Result<Answer, Failure> {
    let Input { run } = lambda::read(input)?;
    let (now, own) = (clock::now(), ledger.record(&run.run, "planning").await?);
    let newest = ledger.key(&run.key).await?;
    let mut answer = Answer::empty();
    if newest.is_none_or(|newest| newest.run() != run.run) {
        answer.verdict = Verdict::Superseded;
    } else if let Some(wait_s) = let_go(ledger, &own, now, &mut answer.cancelled).await? {
        (answer.verdict, answer.wait_s) = (Verdict::Wait, wait_s);
    } else if now < own.starts_from {
        (answer.verdict, answer.wait_s) = (Verdict::Wait, own.starts_from.duration_since(now).as_secs() + 1);
    } else {
        let holds = ledger.holds_of_key(&run.key).await?;
        let planned: Vec<_> = holds.iter().map(|hold| plan_startup(hold, &run.key)).collect();
        ledger.put_resources(&run.run, &planned).await?;
        let services = service_batches(Direction::Startup, &planned);
        let names = ledger.put_batches(&run.run, "services", &services).await?;
        let start = Step::Start(Kind::Server);
        let servers = ledger.put_batches_of(start, &run.run, &planned).await?;
        answer.tiers = Tier::in_order(&run, Direction::Startup, &services, names);
        answer.servers = BatchRef::all(&run, start, servers);
        answer.guards = ledger.put_guards(&run, &planned, Step::Start).await?;
    }
    let (verdict, wait_s) = (answer.verdict, answer.wait_s);
    let reason = match verdict {
        Verdict::Go => format!("{} batches of servers", answer.servers.len()),
        Verdict::Wait => "a shutdown has not let go yet, or the startup was put off".to_owned(),
        Verdict::Superseded => "the key has changed since".to_owned(),
    };
    tracing::info!(decision = ?verdict, reason, wait_s, run.name = %run.run, "startup planned");
    Ok(answer)
}

/// Cancels what is still in its grace, and says how many seconds to wait for a shutdown that acts.
///
/// All the way back: a shutdown of an older epoch may still be acting while the one before this startup never began.
async fn let_go(
    ledger: &Ledger,
    own: &RunRecord,
    now: Timestamp,
    cancelled: &mut Vec<RunRef>,
) -> Result<Option<i64>, Failure> {
    let mut next = own.clone();
    while let Some(name) = next.before.clone() {
        let Some(before) = ledger.run(&name).await? else { return Ok(None) };
        match before_startup(&before, &next, now, LET_GO) {
            Before::LetGo => {}
            Before::Acting => return Ok(Some(LOOK_AGAIN_S)),
            // It may have begun to act since it was read.
            Before::InGrace if !ledger.cancel_run(&name, now).await? => return Ok(Some(LOOK_AGAIN_S)),
            Before::InGrace => {
                metrics::emit(&[(Metric::RunsEnded(Ending::ShutdownCancelled), 1)], &[("run.name", name.as_str())]);
                cancelled.push(RunRef { run: name, key: before.key.clone(), epoch: before.epoch });
            }
        }
        if now >= next.noticed_at + LET_GO {
            // What is older still had longer to let go.
            return Ok(None);
        }
        next = before;
    }
    Ok(None)
}
