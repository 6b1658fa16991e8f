//! The conditions of the ledger: what a run may not write any more is refused, and what is there stays.

// What cannot be set up fails the test.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use lockstep_aws::error::Failure;
use lockstep_aws::ledger::Ledger;
use lockstep_aws::ledger::mails::{Claim, MailId};
use lockstep_domain::app::AppName;
use lockstep_domain::epoch::{KeyAction, KeyRecord, decide};
use lockstep_domain::hold::{Hold, HoldSeed, Own};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::resource::{ResourceId, Settings, State};
use lockstep_domain::run::{End, Ending, RunRef};
use lockstep_simulation::functions::Functions;
use lockstep_simulation::world::{self, World};
use lockstep_simulation::{environment, executor};

fn key(number: usize) -> KeyArn {
    KeyArn::parse(&format!("arn:aws:kms:eu-west-1:111122223333:key/key{number}")).unwrap()
}

fn next_epoch(record: &KeyRecord) -> KeyRecord {
    let look = KeyLook::Off { state: "Disabled".to_owned() };
    match decide(record, &look, SignedDuration::from_mins(10), now()).action {
        KeyAction::OpenEpoch(next) => next,
        other => panic!("{other:?}"),
    }
}

fn now() -> Timestamp {
    executor::timestamp(executor::now())
}

fn end(ending: Ending) -> End {
    End { ending, worth_another_try: false, look_again_at: None, at: now() }
}

/// A watched key, its run, and a hold of it that is not written yet.
struct Scene {
    functions: Rc<Functions>,
    record: KeyRecord,
    run: RunRef,
    hold: Hold,
}

impl Scene {
    fn ledger(&self) -> &Ledger {
        self.functions.ledger()
    }

    async fn held(&self) -> Option<Hold> {
        self.ledger().holds(std::slice::from_ref(&self.hold.id)).await.unwrap().remove(&self.hold.id)
    }

    async fn writes(&self, hold: &Hold) -> Result<bool, Failure> {
        self.ledger().write_holds(&self.run, std::slice::from_ref(hold)).await
    }
}

/// Plays a story in memory, without faults.
fn play<F: Future<Output = ()> + 'static>(story: impl FnOnce(Scene) -> F + 'static) {
    environment::ensure().unwrap();
    executor::restart();
    drop(world::replace(World::default()));
    let is_over = Rc::new(Cell::new(false));
    let over = Rc::clone(&is_over);
    executor::spawn(async move {
        let functions = Functions::here();
        let enrolled = KeyRecord::enrolled(key(1), now());
        functions.ledger().watch_key(&enrolled).await.unwrap();
        let record = next_epoch(&enrolled);
        assert!(functions.ledger().advance_key(&enrolled, &record).await.unwrap());
        functions.ledger().open_run(&record.open_run()).await.unwrap();
        let run = RunRef { run: record.run(), key: key(1), epoch: record.epoch };
        let seed = HoldSeed {
            id: ResourceId::parse("i-01").unwrap(),
            name: String::new(),
            app: AppName::parse("orders").unwrap(),
            units: Vec::new(),
            tier: 0,
            guard: None,
            state: State::Running,
            settings: Settings::default(),
        };
        let hold = Hold::open(&seed, &key(1), &run.run, now());
        story(Scene { functions, record, run, hold }).await;
        over.set(true);
    });
    executor::run_until(executor::HOUR, || false);
    assert!(is_over.get(), "the story came to its end");
}

#[test]
fn a_hold_that_was_written_since_it_was_read_is_not_overwritten_and_not_deleted() {
    play(async |scene| {
        assert!(scene.writes(&scene.hold).await.unwrap());
        let read = scene.held().await.unwrap();
        assert!(scene.writes(&read.clone().joined_by(&key(2))).await.unwrap());
        assert!(scene.writes(&read).await.is_err(), "overwritten");
        assert!(scene.writes(&read.clone().of_gone()).await.is_err(), "deleted");
        assert!(scene.ledger().note_evidence(&[read]).await.is_err(), "noted over");
        assert_eq!(scene.held().await.unwrap().keys.len(), 2);
    });
}

#[test]
fn evidence_that_is_not_taken_keeps_no_other_from_being_written() {
    play(async |scene| {
        let other = Hold { id: ResourceId::parse("i-2").unwrap(), ..scene.hold.clone() };
        assert!(scene.ledger().write_holds(&scene.run, &[scene.hold.clone(), other.clone()]).await.unwrap());
        let read = scene.ledger().holds(&[scene.hold.id.clone(), other.id.clone()]).await.unwrap();
        assert!(scene.writes(&read[&scene.hold.id].clone().joined_by(&key(2))).await.unwrap());
        let proven = read.into_values().map(|hold| Hold { own: Own::Stopped, ..hold }).collect::<Vec<_>>();
        assert!(scene.ledger().note_evidence(&proven).await.is_err());
        let kept = scene.ledger().holds(&[scene.hold.id.clone(), other.id.clone()]).await.unwrap();
        assert_eq!((kept[&scene.hold.id].own, kept[&other.id].own), (scene.hold.own, Own::Stopped));
    });
}

#[test]
fn a_hold_that_another_run_has_opened_is_not_opened_again() {
    play(async |scene| {
        assert!(scene.writes(&scene.hold).await.unwrap());
        assert!(scene.writes(&scene.hold).await.is_err());
    });
}

#[test]
fn a_run_that_is_not_the_newest_writes_no_hold() {
    play(async |scene| {
        let on = match decide(&scene.record, &KeyLook::On, SignedDuration::ZERO, now()).action {
            KeyAction::OpenEpoch(next) => next,
            other => panic!("{other:?}"),
        };
        assert!(scene.ledger().advance_key(&scene.record, &on).await.unwrap());
        assert!(!scene.writes(&scene.hold).await.unwrap());
        assert_eq!(scene.held().await, None);
        assert!(!scene.ledger().advance_key(&scene.record, &on).await.unwrap(), "an epoch is opened once");
    });
}

#[test]
fn a_run_of_a_paused_key_writes_no_hold_and_opens_no_epoch() {
    play(async |scene| {
        assert!(scene.ledger().pause_key(&key(1), true, now()).await.unwrap());
        assert!(!scene.writes(&scene.hold).await.unwrap());
        assert_eq!(scene.held().await, None);
        let next = KeyRecord { attempt: 2, ..scene.record.clone() };
        assert!(!scene.ledger().advance_key(&scene.record, &next).await.unwrap());
    });
}

#[test]
fn a_run_that_has_let_go_writes_no_hold_and_does_not_begin_to_act() {
    play(async |scene| {
        scene.ledger().let_go(&scene.run.run, now()).await.unwrap();
        assert!(!scene.writes(&scene.hold).await.unwrap());
        assert_eq!(scene.held().await, None);
        assert!(!scene.ledger().begin_acting(&scene.run.run, now()).await.unwrap());
    });
}

#[test]
fn a_run_that_has_ended_writes_no_hold_and_its_first_ending_stays() {
    play(async |scene| {
        let (ledger, run) = (scene.ledger(), &scene.run.run);
        let (first, _) = ledger.end_run(run, &end(Ending::ShutdownIncomplete)).await.unwrap();
        assert_eq!(first, Ending::ShutdownIncomplete);
        assert_eq!(ledger.end_run(run, &end(Ending::ShutdownComplete)).await.unwrap(), (first, false));
        assert_eq!(ledger.run(run).await.unwrap().unwrap().ending, Some(first));
        assert!(!scene.writes(&scene.hold).await.unwrap());
        assert_eq!(scene.held().await, None);
    });
}

#[test]
fn a_run_is_cancelled_or_begins_to_act_and_never_both() {
    play(async |scene| {
        assert!(scene.ledger().begin_acting(&scene.run.run, now()).await.unwrap());
        assert!(!scene.ledger().cancel_run(&scene.run.run, now()).await.unwrap());
    });
    play(async |scene| {
        assert!(scene.ledger().cancel_run(&scene.run.run, now()).await.unwrap());
        assert!(!scene.ledger().begin_acting(&scene.run.run, now()).await.unwrap());
    });
}

#[test]
fn a_claim_of_a_mail_that_is_given_back_late_leaves_the_claim_of_the_next_sender_alone() {
    play(async |scene| {
        let (ledger, mail) = (scene.ledger(), MailId::of_epoch(&scene.run.run, "ended#orders#dba@example.com"));
        let (first, next) = (now(), now() + SignedDuration::from_secs(2));
        assert_eq!(ledger.claim_mail(&mail, first).await.unwrap(), Claim::Ours);
        ledger.release_mail(&mail, first).await.unwrap();
        assert_eq!(ledger.claim_mail(&mail, next).await.unwrap(), Claim::Ours);
        // The answer to the first was lost, and it is asked again.
        ledger.release_mail(&mail, first).await.unwrap();
        ledger.doubt_mail(&mail, first).await.unwrap();
        let later = next + SignedDuration::from_secs(2);
        assert_eq!(ledger.claim_mail(&mail, later).await.unwrap(), Claim::Taken);
    });
}
