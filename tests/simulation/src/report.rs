//! The sum of many seeds, as a table and as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::faults::Fault;
use crate::seed::Played;

#[derive(Debug, Default)]
pub struct Report {
    pub seeds: u64,
    pub hours: i64,
    faults: Vec<u64>,
    endings: BTreeMap<String, u64>,
    calls: BTreeMap<String, u64>,
    mails: u64,
    /// Seeds that were at rest at their end, and so were judged for stability.
    at_rest: u64,
}

impl Report {
    pub fn add(&mut self, played: &Played, hours: i64) {
        self.seeds += 1;
        self.hours += hours;
        self.mails += played.mails;
        self.at_rest += u64::from(played.was_at_rest);
        self.faults.resize(Fault::ALL.len(), 0);
        self.faults.iter_mut().zip(&played.faults).for_each(|(sum, count)| *sum += count);
        for (sums, counts) in [(&mut self.endings, &played.endings), (&mut self.calls, &played.calls)] {
            counts.iter().for_each(|(name, count)| *sums.entry(name.clone()).or_default() += count);
        }
    }

    /// Kinds of faults that never happened.
    pub fn unfired(&self) -> Vec<&'static str> {
        let fired = |fault: &Fault| self.faults.get(*fault as usize).is_some_and(|count| *count > 0);
        Fault::ALL.into_iter().filter(|fault| !fired(fault)).map(Fault::name).collect()
    }

    pub fn print(&self, seconds: f64) {
        let (seeds, hours, mails, at_rest) = (self.seeds, self.hours, self.mails, self.at_rest);
        println!(
            "{seeds} seeds ({at_rest} at rest at the end), {hours} simulated hours, {mails} mails, {seconds:.1} s"
        );
        print_counts("calls", self.calls.iter().map(|(name, count)| (name.as_str(), *count)));
        print_counts("faults", Fault::ALL.into_iter().map(Fault::name).zip(self.faults.iter().copied()));
        print_counts("runs", self.endings.iter().map(|(name, count)| (name.as_str(), *count)));
    }

    pub fn json(&self, seconds: f64) -> Value {
        let faults: Map<String, Value> = Fault::ALL
            .into_iter()
            .zip(&self.faults)
            .map(|(fault, count)| (fault.name().to_owned(), json!(count)))
            .collect();
        json!({
            "seeds": self.seeds,
            "simulated_hours": self.hours,
            "faults": faults,
            "endings": self.endings,
            "calls": self.calls,
            "mails": self.mails,
            "at_rest": self.at_rest,
            "seconds": seconds,
        })
    }
}

fn print_counts<'a>(title: &str, counts: impl Iterator<Item = (&'a str, u64)>) {
    println!("\n{title}");
    for (name, count) in counts {
        println!("  {name:<34} {count:>10}");
    }
}
