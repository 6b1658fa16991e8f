//! Everything that can happen next, and how a trace says it.

use std::fmt;

use crate::watcher::Death;
use crate::workflow::Fault;
use crate::world::{Pc, RunId};

/// One atomic step of the world; others may come between any two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Flip(usize),
    /// An event about the key arrives; it may arrive again.
    Deliver(usize),
    Lose(usize),
    Sweep(usize),
    /// A look at the key that learns nothing.
    LookInVain(usize),
    Watch(usize, Death),
    /// A run takes its next step, from where it is.
    Step(RunId, Pc, Fault),
    /// A run dies before that step.
    Die(RunId, Pc),
    Arrive(usize),
    Meddle(usize),
    Tick,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flip(k) => write!(f, "key {k} is flipped"),
            Self::Deliver(k) => write!(f, "an event makes a watcher look at key {k}"),
            Self::Lose(k) => write!(f, "the event about key {k} is lost"),
            Self::Sweep(k) => write!(f, "the sweep looks at key {k}"),
            Self::LookInVain(k) => write!(f, "a look at key {k} learns nothing"),
            Self::Watch(_, Death::None) => write!(f, "the watcher writes and starts"),
            Self::Watch(_, death) => write!(f, "the watcher writes and dies {death:?}"),
            Self::Step(id, pc, Fault::None) => write!(f, "{}: {pc}", id.name()),
            Self::Step(id, pc, fault) => write!(f, "{}: {pc}, fault: {fault:?}", id.name()),
            Self::Die(id, pc) => write!(f, "{}: dies before: {pc}", id.name()),
            Self::Arrive(s) => write!(f, "server {s} arrives where it was going"),
            Self::Meddle(s) => write!(f, "somebody else stops server {s}"),
            Self::Tick => write!(f, "five minutes pass"),
        }
    }
}
