//! systemd units of a server, and what the command document remembers of them.

/// `is-active`, as the document prints it.
pub const ACTIVE: &str = "active";
pub const INACTIVE: &str = "inactive";

#[derive(Debug, Clone)]
pub struct Unit {
    pub is_active: bool,
    /// What it was before, kept by the document from when it is stopped until it is started, or the server goes down.
    kept: Option<&'static str>,
    /// What it was when Lockstep first touched it or its server, as the oracle knows it; none: untouched.
    pub was_active: Option<bool>,
}

impl Unit {
    pub fn new(is_active: bool) -> Self {
        Self { is_active, kept: None, was_active: None }
    }

    fn state(&self) -> &'static str {
        if self.is_active { ACTIVE } else { INACTIVE }
    }

    /// One verb of the document for this unit; returns the state before and the state after.
    pub fn carry_out(&mut self, verb: &str, is_stubborn: bool) -> (&'static str, &'static str) {
        let mut before = self.state();
        if verb == "stop" {
            if self.is_active {
                self.kept = None;
            }
            before = *self.kept.get_or_insert(before);
        }
        if !is_stubborn {
            self.is_active = verb == "start";
        }
        if verb == "start" && self.is_active {
            self.kept = None;
        }
        (before, self.state())
    }

    /// A unit that is passed over, because one before it did not start.
    pub fn pass_over(&self) -> (&'static str, &'static str) {
        (self.state(), self.state())
    }

    /// Its server stops; what was kept in `/run` is lost.
    pub fn goes_down(&mut self) {
        self.is_active = false;
        self.kept = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_unit_was_is_kept_until_we_start_it() {
        let mut unit = Unit::new(true);
        assert_eq!(unit.carry_out("stop", false), (ACTIVE, INACTIVE));
        assert_eq!(unit.carry_out("stop", false), (ACTIVE, INACTIVE));
        assert_eq!(unit.carry_out("start", true), (INACTIVE, INACTIVE));
        assert_eq!(unit.carry_out("stop", false), (ACTIVE, INACTIVE));
        assert_eq!(unit.carry_out("start", false), (INACTIVE, ACTIVE));
        let mut unit = Unit::new(false);
        assert_eq!(unit.carry_out("stop", false), (INACTIVE, INACTIVE));
        unit.is_active = true;
        assert_eq!(unit.carry_out("stop", true), (ACTIVE, ACTIVE));
        unit.goes_down();
        assert_eq!(unit.carry_out("stop", false), (INACTIVE, INACTIVE));
    }
}
