//! Virtual time: tasks of one thread, woken in the order of (time, sequence number), without ever sleeping.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use jiff::{SignedDuration, Timestamp};
use lockstep_aws::clock;

/// Milliseconds since the seed began.
pub type Millis = i64;
pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

/// When every seed begins, in seconds since 1970: 2026-11-01T00:00:00Z.
const BEGINNING_S: i64 = 1_793_491_200;

type Work = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(u64);

#[derive(Default)]
struct Executor {
    now: Millis,
    sequence: u64,
    timers: BTreeMap<(Millis, u64), Waker>,
    tasks: BTreeMap<TaskId, Option<Work>>,
}

thread_local! {
    static EXECUTOR: RefCell<Executor> = RefCell::default();
    static READY: RefCell<VecDeque<TaskId>> = const { RefCell::new(VecDeque::new()) };
}

/// Wakes the task of its number on the thread that it runs on.
struct Call(TaskId);

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        READY.with_borrow_mut(|ready| ready.push_back(self.0));
    }
}

/// Forgets every task and turns the clock back to the beginning.
pub fn restart() {
    let tasks = EXECUTOR.with_borrow_mut(|executor| std::mem::take(&mut executor.tasks));
    drop(tasks);
    EXECUTOR.with_borrow_mut(|executor| *executor = Executor::default());
    READY.with_borrow_mut(VecDeque::clear);
    clock::set(timestamp(0));
}

pub fn now() -> Millis {
    EXECUTOR.with_borrow(|executor| executor.now)
}

/// The wall clock at a time of this seed.
pub fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_second(BEGINNING_S).expect("a time in range") + SignedDuration::from_millis(at)
}

/// The time of this seed at a wall clock, such as `2026-11-01T03:00:00Z`.
pub fn millis(text: &str) -> Option<Millis> {
    let at: Timestamp = text.parse().ok()?;
    Some(at.as_millisecond() - BEGINNING_S * SECOND)
}

pub fn spawn(work: impl Future<Output = ()> + 'static) -> TaskId {
    let task = EXECUTOR.with_borrow_mut(|executor| {
        executor.sequence += 1;
        let task = TaskId(executor.sequence);
        executor.tasks.insert(task, Some(Box::pin(work)));
        task
    });
    READY.with_borrow_mut(|ready| ready.push_back(task));
    task
}

/// Ends a task where it stands; nothing of it runs on.
pub fn abort(task: TaskId) {
    let work = EXECUTOR.with_borrow_mut(|executor| executor.tasks.remove(&task));
    drop(work);
}

/// Lets everything happen until `end`, or until `is_over` says so.
pub fn run_until(end: Millis, is_over: impl Fn() -> bool) {
    loop {
        while let Some(task) = READY.with_borrow_mut(VecDeque::pop_front) {
            poll(task);
            if is_over() {
                return;
            }
        }
        let next = EXECUTOR.with_borrow_mut(|executor| {
            let at = executor.timers.keys().next()?.0;
            executor.now = at.min(end);
            (at <= end).then(|| executor.timers.pop_first()).flatten()
        });
        let Some(((at, _), waker)) = next else {
            EXECUTOR.with_borrow_mut(|executor| executor.now = end);
            return clock::set(timestamp(end));
        };
        clock::set(timestamp(at));
        waker.wake();
    }
}

fn poll(task: TaskId) {
    let work = EXECUTOR.with_borrow_mut(|executor| executor.tasks.get_mut(&task).and_then(Option::take));
    let Some(mut work) = work else { return };
    let waker = Waker::from(Arc::new(Call(task)));
    let outcome = work.as_mut().poll(&mut Context::from_waker(&waker));
    EXECUTOR.with_borrow_mut(|executor| match outcome {
        Poll::Ready(()) => drop(executor.tasks.remove(&task)),
        Poll::Pending => {
            if let Some(place) = executor.tasks.get_mut(&task) {
                *place = Some(work);
            }
        }
    });
}

/// Waits for `duration` of virtual time.
pub fn sleep(duration: Millis) -> Sleep {
    Sleep { until: now() + duration.max(0), timer: None }
}

#[derive(Debug)]
pub struct Sleep {
    until: Millis,
    timer: Option<(Millis, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let until = self.until;
        let timer = &mut self.timer;
        EXECUTOR.with_borrow_mut(|executor| {
            if executor.now >= until {
                return Poll::Ready(());
            }
            let key = *timer.get_or_insert_with(|| {
                executor.sequence += 1;
                (until, executor.sequence)
            });
            executor.timers.insert(key, context.waker().clone());
            Poll::Pending
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            EXECUTOR.with_borrow_mut(|executor| drop(executor.timers.remove(&timer)));
        }
    }
}

/// Gives `work` up after `limit`.
pub async fn within<T>(limit: Millis, work: impl Future<Output = T>) -> Option<T> {
    let (work, alarm) = (std::pin::pin!(work), std::pin::pin!(sleep(limit)));
    match futures_util::future::select(work, alarm).await {
        futures_util::future::Either::Left((done, _)) => Some(done),
        futures_util::future::Either::Right(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn tasks_wake_in_the_order_of_time_and_then_of_their_sleep() {
        restart();
        let order = Rc::new(RefCell::new(Vec::new()));
        for (name, after) in [("late", 20), ("first", 10), ("second", 10)] {
            let order = Rc::clone(&order);
            spawn(async move {
                sleep(after).await;
                order.borrow_mut().push((name, now()));
            });
        }
        run_until(HOUR, || false);
        assert_eq!(*order.borrow(), [("first", 10), ("second", 10), ("late", 20)]);
        assert_eq!((now(), clock::now()), (HOUR, timestamp(HOUR)));
    }

    #[test]
    fn an_aborted_task_does_nothing_more() {
        restart();
        let done = Rc::new(RefCell::new(false));
        let inner = Rc::clone(&done);
        let task = spawn(async move {
            sleep(10).await;
            *inner.borrow_mut() = true;
        });
        run_until(5, || false);
        abort(task);
        run_until(HOUR, || false);
        assert!(!*done.borrow());
    }
}
