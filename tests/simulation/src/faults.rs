//! What goes wrong, how often, and how often it did.

use crate::executor::Millis;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An event of KMS is never delivered.
    EventLost,
    EventDoubled,
    /// An event comes up to two hours late, after events that are newer.
    EventLate,
    SweepMissed,
    /// Two sweeps at once.
    SweepDoubled,
    /// A Lambda function dies before a call reaches AWS.
    DiesBeforeCall,
    /// A Lambda function dies after AWS has carried a call out.
    DiesAfterCall,
    CallThrottled,
    /// AWS answers 500 and has done nothing.
    CallBroken,
    /// AWS has carried a call out, and the answer is lost.
    CallAnswerLost,
    /// A call takes seconds, while the world goes on.
    CallSlow,
    /// BatchWriteItem leaves rows undone.
    RowsLeftUndone,
    KeyDenied,
    /// DescribeKey shows a state that is neither on nor off.
    KeyUnknown,
    MailRefused,
    TaskThrottled,
    /// A call of a workflow hangs until its time is up, and was not carried out.
    TaskTimesOut,
    /// A call of a workflow was carried out, and its answer is lost.
    TaskAnswerLost,
    LambdaThrottled,
    /// The function has come to its end, and its answer is lost.
    LambdaAnswerLost,
    /// StopExecution: no Catch runs.
    ExecutionAborted,
    UserStopsServer,
    UserStartsServer,
    UserTerminatesServer,
    AgentOffline,
    /// An operator pauses a key for a while.
    OperatorPauses,
    UnitWillNotStop,
    UnitWillNotStart,
    StartHasNoCapacity,
}

impl Fault {
    pub const ALL: [Self; 29] = [
        Self::EventLost,
        Self::EventDoubled,
        Self::EventLate,
        Self::SweepMissed,
        Self::SweepDoubled,
        Self::DiesBeforeCall,
        Self::DiesAfterCall,
        Self::CallThrottled,
        Self::CallBroken,
        Self::CallAnswerLost,
        Self::CallSlow,
        Self::RowsLeftUndone,
        Self::KeyDenied,
        Self::KeyUnknown,
        Self::MailRefused,
        Self::TaskThrottled,
        Self::TaskTimesOut,
        Self::TaskAnswerLost,
        Self::LambdaThrottled,
        Self::LambdaAnswerLost,
        Self::ExecutionAborted,
        Self::UserStopsServer,
        Self::UserStartsServer,
        Self::UserTerminatesServer,
        Self::AgentOffline,
        Self::OperatorPauses,
        Self::UnitWillNotStop,
        Self::UnitWillNotStart,
        Self::StartHasNoCapacity,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::EventLost => "event lost",
            Self::EventDoubled => "event doubled",
            Self::EventLate => "event late, out of order",
            Self::SweepMissed => "sweep missed",
            Self::SweepDoubled => "two sweeps at once",
            Self::DiesBeforeCall => "function dies before a call",
            Self::DiesAfterCall => "function dies after a call",
            Self::CallThrottled => "call throttled",
            Self::CallBroken => "call answered 500",
            Self::CallAnswerLost => "call done, answer lost",
            Self::CallSlow => "call slow",
            Self::RowsLeftUndone => "rows left undone",
            Self::KeyDenied => "DescribeKey denied",
            Self::KeyUnknown => "key state unknown",
            Self::MailRefused => "mail refused",
            Self::TaskThrottled => "task throttled",
            Self::TaskTimesOut => "task times out",
            Self::TaskAnswerLost => "task done, answer lost",
            Self::LambdaThrottled => "function throttled",
            Self::LambdaAnswerLost => "function done, answer lost",
            Self::ExecutionAborted => "execution aborted",
            Self::UserStopsServer => "user stops a server",
            Self::UserStartsServer => "user starts a server",
            Self::UserTerminatesServer => "user terminates a server",
            Self::AgentOffline => "agent offline",
            Self::OperatorPauses => "operator pauses a key",
            Self::UnitWillNotStop => "unit will not stop",
            Self::UnitWillNotStart => "unit will not start",
            Self::StartHasNoCapacity => "no capacity to start",
        }
    }

    /// How often it happens where it can, in a seed that has it at the usual rate.
    fn usual(self) -> f64 {
        match self {
            Self::EventLost | Self::EventDoubled | Self::EventLate => 0.10,
            Self::SweepMissed | Self::SweepDoubled => 0.03,
            Self::DiesBeforeCall | Self::DiesAfterCall | Self::RowsLeftUndone => 0.004,
            Self::CallThrottled | Self::CallBroken | Self::CallAnswerLost => 0.006,
            Self::CallSlow => 0.02,
            Self::KeyDenied | Self::KeyUnknown => 0.02,
            Self::MailRefused => 0.02,
            Self::TaskThrottled | Self::TaskTimesOut | Self::TaskAnswerLost => 0.02,
            Self::LambdaThrottled | Self::LambdaAnswerLost => 0.006,
            // The drivers ask once every half hour.
            Self::ExecutionAborted | Self::UserStopsServer | Self::UserStartsServer => 0.10,
            Self::AgentOffline | Self::OperatorPauses => 0.10,
            Self::UserTerminatesServer => 0.01,
            Self::UnitWillNotStop | Self::UnitWillNotStart | Self::StartHasNoCapacity => 0.05,
        }
    }
}

/// The faults of one seed.
#[derive(Debug, Default)]
pub struct Faults {
    rates: Vec<f64>,
    fired: Vec<u64>,
    /// When faults fired, oldest first.
    times: Vec<Millis>,
    pub are_on: bool,
}

impl Faults {
    /// Each seed has its own mixture: some kinds not at all, some far more often than usual.
    pub fn mixed(random: &mut fastrand::Rng) -> Self {
        let rate = |fault: &Fault| match random.u8(..10) {
            0..=3 => 0.0,
            4..=7 => fault.usual(),
            _ => (4.0 * fault.usual()).min(0.5),
        };
        let rates = Fault::ALL.iter().map(rate).collect();
        Self { rates, fired: vec![0; Fault::ALL.len()], times: Vec::new(), are_on: false }
    }

    /// At most one of these faults happens now.
    pub fn roll(&mut self, kinds: &[Fault], random: &mut fastrand::Rng, now: Millis) -> Option<Fault> {
        if !self.are_on {
            return None;
        }
        let mut drawn = random.f64();
        for fault in kinds {
            drawn -= self.rates[*fault as usize];
            if drawn < 0.0 {
                self.fire(*fault, now);
                return Some(*fault);
            }
        }
        None
    }

    pub fn fire(&mut self, fault: Fault, now: Millis) {
        self.fired[fault as usize] += 1;
        self.times.push(now);
    }

    /// How many faults fired since `then`.
    pub fn since(&self, then: Millis) -> usize {
        self.times.len() - self.times.partition_point(|at| *at < then)
    }

    pub fn count(&self, fault: Fault) -> u64 {
        self.fired[fault as usize]
    }

    /// Kinds in the order of [`Fault::ALL`].
    pub fn fired(&self) -> &[u64] {
        &self.fired
    }
}
