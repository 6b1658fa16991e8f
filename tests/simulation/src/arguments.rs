//! What is asked for on the command line.

use crate::mutants::Mutant;

pub const USAGE: &str = "lockstep-simulation [--seeds N] [--first SEED] [--hours H] [--mutant NAME] [--until LAW] [OUT.json]\n\
lockstep-simulation --seed SEED [--hours H] [--mutant NAME]    plays one seed and prints what happens\n\
lockstep-simulation --hostile N [OUT.json]    hands N hostile events to each function";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    pub seeds: u64,
    pub first: u64,
    pub hours: i64,
    /// One seed, played loudly.
    pub only: Option<u64>,
    pub mutant: Option<Mutant>,
    /// The law whose first break is enough.
    pub until: Option<String>,
    /// Hostile events for each function, instead of seeds.
    pub hostile: Option<u64>,
    pub out: Option<String>,
}

impl Arguments {
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self { seeds: 1_000, first: 1, hours: 24, ..Self::default() };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut number = || -> Result<u64, String> {
                let text = words.next().ok_or_else(|| format!("{word} needs a number"))?;
                text.parse().map_err(|_| format!("{word} needs a number, not {text}"))
            };
            match word.as_str() {
                "--seeds" => read.seeds = number()?,
                "--first" => read.first = number()?,
                "--hours" => read.hours = i64::try_from(number()?).map_err(|error| error.to_string())?,
                "--seed" => read.only = Some(number()?),
                "--hostile" => read.hostile = Some(number()?),
                "--mutant" => {
                    let name = words.next().unwrap_or_default();
                    let names: Vec<&str> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
                    let mutant = Mutant::of_name(&name).ok_or_else(|| format!("mutants are {}", names.join(", ")))?;
                    read.mutant = Some(mutant);
                }
                "--until" => read.until = Some(words.next().ok_or("--until needs the number of a law, such as S10")?),
                out if !out.starts_with('-') => read.out = Some(out.to_owned()),
                other => return Err(format!("{other} is not known\n{USAGE}")),
            }
        }
        if read.hours < 2 { Err("a seed needs 2 hours at least".to_owned()) } else { Ok(read) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default() {
        let read = |line: &str| Arguments::read(line.split_whitespace().map(str::to_owned));
        let asked = read("--seeds 20 --first 5 out.json").unwrap();
        assert_eq!((asked.seeds, asked.first, asked.hours, asked.out.as_deref()), (20, 5, 24, Some("out.json")));
        assert_eq!(read("--seed 7 --mutant sweep-disabled").unwrap().mutant, Some(Mutant::SweepDisabled));
        assert!(read("--fast").is_err() && read("--seeds many").is_err());
    }
}
