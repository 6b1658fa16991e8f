//! Tries again of a call, as the SDK makes them: so many, with a rest before each.
//!
//! The connector makes them itself, in virtual time: the SDK's own share a token bucket between all threads, so that
//! one seed would disturb another. It tells how many it would make in a header of the request; what it then tries on
//! top is answered with the answer that it has got already, at once and without any effect.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::connector::Answer;

/// The SDK rests for no time at all.
#[derive(Debug)]
pub struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

/// What the SDK says of an attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The same for every attempt at a call.
    pub call: String,
    pub number: u32,
    /// How many its client makes at most.
    pub most: u32,
}

impl Attempt {
    /// Reads `amz-sdk-invocation-id` and `amz-sdk-request`, such as `attempt=1; max=3`.
    pub fn of(request: &HttpRequest) -> Result<Self, String> {
        let header = |name: &str| request.headers().get(name).ok_or_else(|| format!("a request has no {name}"));
        let (call, said) = (header("amz-sdk-invocation-id")?.to_owned(), header("amz-sdk-request")?);
        let number = |name: &str| {
            let part = said.split("; ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            part.and_then(|number| number.parse().ok())
        };
        let (attempt, most) = (number("attempt").ok_or("no attempt")?, number("max").unwrap_or(1));
        Ok(Self { call, number: attempt, most })
    }
}

/// How a call failed at last; `None`: its answer was lost.
pub type LastWord = Option<Answer>;

thread_local! {
    static LAST_WORDS: RefCell<BTreeMap<String, LastWord>> = RefCell::default();
}

pub fn remember(call: &str, last_word: &LastWord) {
    LAST_WORDS.with_borrow_mut(|words| words.insert(call.to_owned(), last_word.clone()));
}

pub fn last_word(call: &str) -> LastWord {
    LAST_WORDS.with_borrow(|words| words.get(call).cloned()).flatten()
}

/// Forgets every call, between two seeds.
pub fn forget() {
    LAST_WORDS.with_borrow_mut(BTreeMap::clear);
}
