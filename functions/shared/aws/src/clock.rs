//! The wall clock, read here and nowhere else.

use jiff::Timestamp;

pub fn now() -> Timestamp {
    Timestamp::now()
}
