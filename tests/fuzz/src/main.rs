//! libFuzzer around the functions: `FUNCTION` names the one that is handed what the fuzzer makes up.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use lockstep_simulation::functions::Function;
use lockstep_simulation::{environment, hostile};

static FUNCTION: LazyLock<Function> = LazyLock::new(|| {
    let name = std::env::var("FUNCTION").unwrap_or_default();
    let known = Function::ALL.into_iter().find(|function| function.name() == name);
    known.unwrap_or_else(|| panic!("FUNCTION={name} is none of {:?}", Function::ALL.map(Function::name)))
});

/// The fuzzer begins with the events of a played day, in the folder that `SEEDS` names.
fn begin() {
    environment::ensure().unwrap_or_else(|error| panic!("the functions' environment: {error}"));
    let Ok(folder) = std::env::var("SEEDS") else { return };
    for (number, event) in hostile::scene().events_of(*FUNCTION).iter().enumerate() {
        let written = std::fs::write(format!("{folder}/{number:03}.json"), event.to_string());
        written.unwrap_or_else(|error| panic!("writing a seed into {folder}: {error}"));
    }
}

fuzz_target!(
    init: begin(),
    |bytes: &[u8]| -> Corpus {
        hostile::hand_over(*FUNCTION, &hostile::drawn(*FUNCTION, bytes));
        Corpus::Keep
    }
);
