//! What is counted and timed, as CloudWatch's embedded metric format has it: a line of a log that becomes metrics.
//!
//! A metric costs money for every hour in which it has a value, so what is nothing is not written: an alarm takes
//! missing for well. The one metric that is always there is the age of the sweep.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::report::Counts;
use crate::run::Ending;

mod run;
mod sweep;

pub use run::of_ended;
pub use sweep::of_sweep;

pub const NAMESPACE: &str = "Lockstep";
/// The dimension that tells two stacks of one account and Region apart.
const STACK: &str = "Stack";

/// `Unit` of a metric (CloudWatch API reference, MetricDatum).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    RunsEnded(Ending),
    /// Runs that ended incomplete, in either direction.
    RunsIncomplete,
    ResourcesSettled(&'static str),
    /// From the notice of the key's change, the grace included.
    SecondsToServicesDown,
    SecondsToServersDown,
    /// From the notice of the key's change, or from when a startup that was put off may begin.
    SecondsToServicesUp,
    /// Runs in which a service took longer than it may.
    BudgetExceeded,
    /// In a sweep that followed every key: how long ago the sweep before it was.
    SweepAgeSeconds,
    KeysOff,
    KeysUnknown,
    KeysPaused,
    /// Keys that a sweep could not follow.
    KeysFailed,
    /// Runs that are under way for longer than any should.
    RunsStuck,
    MailsSent,
    MailsRefused,
    MailsPutOff,
    /// Calls of AWS that were refused because a permission is missing.
    AccessDenied,
    /// Events of keys that nobody watches, and of calls that failed.
    IgnoredEvents,
}

impl Metric {
    /// Its name, its unit, and the dimension that it has besides `Stack`.
    fn facts(self) -> (&'static str, Unit, Option<&'static str>) {
        match self {
            Self::RunsEnded(_) => ("RunsEnded", Unit::Count, Some("Ending")),
            Self::RunsIncomplete => ("RunsIncomplete", Unit::Count, None),
            Self::ResourcesSettled(_) => ("ResourcesSettled", Unit::Count, Some("Outcome")),
            Self::SecondsToServicesDown => ("SecondsToServicesDown", Unit::Seconds, None),
            Self::SecondsToServersDown => ("SecondsToServersDown", Unit::Seconds, None),
            Self::SecondsToServicesUp => ("SecondsToServicesUp", Unit::Seconds, None),
            Self::BudgetExceeded => ("BudgetExceeded", Unit::Count, None),
            Self::SweepAgeSeconds => ("SweepAgeSeconds", Unit::Seconds, None),
            Self::KeysOff => ("KeysOff", Unit::Count, None),
            Self::KeysUnknown => ("KeysUnknown", Unit::Count, None),
            Self::KeysPaused => ("KeysPaused", Unit::Count, None),
            Self::KeysFailed => ("KeysFailed", Unit::Count, None),
            Self::RunsStuck => ("RunsStuck", Unit::Count, None),
            Self::MailsSent => ("MailsSent", Unit::Count, None),
            Self::MailsRefused => ("MailsRefused", Unit::Count, None),
            Self::MailsPutOff => ("MailsPutOff", Unit::Count, None),
            Self::AccessDenied => ("AccessDenied", Unit::Count, None),
            Self::IgnoredEvents => ("IgnoredEvents", Unit::Count, None),
        }
    }

    /// The value of its own dimension.
    fn of(self) -> Value {
        match self {
            Self::RunsEnded(ending) => json!(ending),
            Self::ResourcesSettled(outcome) => json!(outcome),
            _ => Value::Null,
        }
    }
}

pub type Measured = (Metric, i64);

/// What is worth a line: what happened at least once.
pub fn counted(counts: impl IntoIterator<Item = (Metric, usize)>) -> Vec<Measured> {
    let some = counts.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(metric, count)| (metric, i64::try_from(count).unwrap_or(i64::MAX))).collect()
}

/// Resources by what came of them.
fn settled(counts: Counts) -> Vec<Measured> {
    counted(counts.by_name().map(|(name, count)| (Metric::ResourcesSettled(name), count)))
}

/// The lines for what was measured (Amazon CloudWatch User Guide, "Specification: Embedded metric format"): one for all
/// that is of the stack as a whole, and one for each value of another dimension. `about` goes into each as it is, so that
/// a metric can be traced to its run.
pub fn lines(measured: &[Measured], stack: &str, about: &[(&str, &str)], at: Timestamp) -> Vec<Value> {
    let line = |measured: &[Measured]| {
        let mut dimensions = vec![STACK];
        let mut line = Map::new();
        line.extend(about.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        line.insert(STACK.to_owned(), json!(stack));
        let mut metrics = Vec::new();
        for (metric, value) in measured {
            let (name, unit, dimension) = metric.facts();
            metrics.push(json!({ "Name": name, "Unit": format!("{unit:?}") }));
            line.insert(name.to_owned(), json!(value));
            if let Some(dimension) = dimension {
                dimensions.push(dimension);
                line.insert(dimension.to_owned(), metric.of());
            }
        }
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics });
        line.insert("_aws".to_owned(), json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive] }));
        Value::Object(line)
    };
    let (apart, together): (Vec<Measured>, Vec<Measured>) =
        measured.iter().partition(|(metric, _)| metric.facts().2.is_some());
    let whole = (!together.is_empty()).then(|| line(&together));
    whole.into_iter().chain(apart.iter().map(|one| line(std::slice::from_ref(one)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_metrics_and_dimensions_at_its_top_and_names_its_run() {
        let measured = [(Metric::RunsIncomplete, 1), (Metric::SecondsToServicesUp, 240)];
        let lines = lines(&measured, "lockstep", &[("run.name", "k1-2-startup-1")], Timestamp::UNIX_EPOCH);
        let metrics = json!([
            { "Name": "RunsIncomplete", "Unit": "Count" },
            { "Name": "SecondsToServicesUp", "Unit": "Seconds" },
        ]);
        let directive = json!({ "Namespace": "Lockstep", "Dimensions": [["Stack"]], "Metrics": metrics });
        let expected = json!({
            "_aws": { "Timestamp": 0, "CloudWatchMetrics": [directive] },
            "Stack": "lockstep", "run.name": "k1-2-startup-1", "RunsIncomplete": 1, "SecondsToServicesUp": 240,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn each_value_of_a_dimension_has_a_line_of_its_own() {
        let counts = Counts { done: 3, not_done: 1, ..Counts::default() };
        let mut measured = settled(counts);
        measured.push((Metric::RunsEnded(Ending::ShutdownIncomplete), 1));
        let lines = lines(&measured, "lockstep", &[], Timestamp::UNIX_EPOCH);
        let seen: Vec<_> =
            lines.iter().map(|line| (&line["Outcome"], &line["Ending"], &line["ResourcesSettled"])).collect();
        let (done, not_done, ended) = (json!("done"), json!("not_done"), json!("shutdown_incomplete"));
        let null = Value::Null;
        assert_eq!(seen, [(&done, &null, &json!(3)), (&not_done, &null, &json!(1)), (&null, &ended, &null)]);
        assert_eq!(lines[2]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack", "Ending"]]));
    }

    #[test]
    fn what_did_not_happen_is_not_written() {
        assert!(lines(&counted([(Metric::KeysOff, 0)]), "lockstep", &[], Timestamp::UNIX_EPOCH).is_empty());
    }
}
