//! The small world's constants as domain types: two keys, two servers with a unit each, and a clock in ticks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use lockstep_domain::app::AppName;
use lockstep_domain::key::KeyArn;
use lockstep_domain::resource::ResourceId;
use lockstep_domain::unit::UnitName;

/// Keys, servers and units are numbered 0 and 1.
pub const BOTH: [usize; 2] = [0, 1];
/// Which keys each server uses, as bits: server 0 uses both keys, server 1 uses key 1 only.
pub const USES: [u8; 2] = [0b11, 0b10];

/// One tick of the world's clock.
pub const TICK: SignedDuration = SignedDuration::from_mins(5);
/// The grace, in ticks.
pub const GRACE_TICKS: u8 = 2;
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);
/// How long a startup waits for an acting shutdown; the same as in `plan-startup`.
pub const LET_GO: SignedDuration = SignedDuration::from_mins(20);
/// An age in ticks stops here and then means "long ago", so that time does not multiply the states.
pub const LONG_AGO: u8 = 4;
const HOURS_AGO: SignedDuration = SignedDuration::from_hours(7);

/// The present moment of every state; all times are kept relative to it.
pub const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

static KEYS: LazyLock<[KeyArn; 2]> = LazyLock::new(|| {
    BOTH.map(|k| KeyArn::parse(&format!("arn:aws:kms:eu-west-1:111122223333:key/k{k}")).expect("a key ARN"))
});
static SERVERS: LazyLock<[ResourceId; 2]> =
    LazyLock::new(|| BOTH.map(|s| ResourceId::parse(&format!("i-{s}")).expect("a server id")));
static UNITS: LazyLock<[UnitName; 2]> =
    LazyLock::new(|| BOTH.map(|s| UnitName::parse(&format!("u{s}.service")).expect("a unit name")));
static APP: LazyLock<AppName> = LazyLock::new(|| AppName::parse("orders").expect("an app name"));
static TAGS: LazyLock<[BTreeMap<String, String>; 2]> = LazyLock::new(|| {
    BOTH.map(|s| {
        let pairs = [("lockstep:app", "orders"), ("lockstep:services", UNITS[s].as_str())];
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    })
});

pub fn key(k: usize) -> &'static KeyArn {
    &KEYS[k]
}

pub fn server(s: usize) -> &'static ResourceId {
    &SERVERS[s]
}

pub fn unit(s: usize) -> &'static UnitName {
    &UNITS[s]
}

pub fn app() -> &'static AppName {
    &APP
}

pub fn tags(s: usize) -> &'static BTreeMap<String, String> {
    &TAGS[s]
}

/// Whether server `s` uses key `k`.
pub fn uses(s: usize, k: usize) -> bool {
    USES[s] & bit(k) != 0
}

pub fn bit(k: usize) -> u8 {
    1 << k
}

/// The moment that lies `age` ticks back.
pub fn ago(age: u8) -> Timestamp {
    if age >= LONG_AGO { NOW - HOURS_AGO } else { NOW - TICK * i32::from(age) }
}

/// The moment that lies `left` ticks ahead.
pub fn ahead(left: u8) -> Timestamp {
    NOW + TICK * i32::from(left)
}

/// A moment of the past in ticks, no further back than [`LONG_AGO`].
pub fn age(at: Timestamp) -> u8 {
    let ticks = NOW.duration_since(at).as_secs() / TICK.as_secs();
    u8::try_from(ticks.clamp(0, i64::from(LONG_AGO))).unwrap_or(LONG_AGO)
}

/// Whole ticks that are left until a moment; 0 once it has come.
pub fn left(at: Timestamp) -> u8 {
    let secs = at.duration_since(NOW).as_secs().max(0);
    u8::try_from((secs + TICK.as_secs() - 1) / TICK.as_secs()).unwrap_or(u8::MAX)
}
