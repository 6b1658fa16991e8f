//! The wall clock, read here and nowhere else.

#[cfg(not(feature = "simulated"))]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[cfg(feature = "simulated")]
pub use simulated::{now, set};

/// Virtual time of the simulation (tests/simulation): one clock for each thread, so that seeds do not disturb each other.
#[cfg(feature = "simulated")]
mod simulated {
    use std::cell::Cell;

    use jiff::Timestamp;

    thread_local! {
        static VIRTUAL: Cell<Option<Timestamp>> = const { Cell::new(None) };
    }

    /// The virtual time; the wall clock on a thread that sets none.
    pub fn now() -> Timestamp {
        VIRTUAL.get().unwrap_or_else(Timestamp::now)
    }

    pub fn set(at: Timestamp) {
        VIRTUAL.set(Some(at));
    }
}
