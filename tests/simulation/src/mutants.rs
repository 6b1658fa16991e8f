//! Guards of the world around production that can be taken away, to prove that the laws notice.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// DynamoDB takes every ConditionCheck of a transaction for fulfilled.
    NoNewestRunCheck,
    /// A DescribeKey that is denied is answered with `Disabled`.
    DeniedIsDisabled,
    /// Transactions lose their writes of holds.
    HoldsAreLost,
    /// Nothing looks at keys but events.
    SweepDisabled,
    /// DescribeInstanceStatus shows servers as stopped as soon as they are stopping.
    StoppingIsStopped,
    /// The command document prints every unit as inactive after a stop.
    UnitsLie,
}

impl Mutant {
    pub const ALL: [Self; 6] = [
        Self::NoNewestRunCheck,
        Self::DeniedIsDisabled,
        Self::HoldsAreLost,
        Self::SweepDisabled,
        Self::StoppingIsStopped,
        Self::UnitsLie,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::NoNewestRunCheck => "no-newest-run-check",
            Self::DeniedIsDisabled => "denied-is-disabled",
            Self::HoldsAreLost => "holds-are-lost",
            Self::SweepDisabled => "sweep-disabled",
            Self::StoppingIsStopped => "stopping-is-stopped",
            Self::UnitsLie => "units-lie",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutant| mutant.name() == name)
    }
}
