//! Stories and sights of one shop, so that all mails of the goldens tell of the same night.

use jiff::Timestamp;
use lockstep_domain::app::{Address, Language};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::kind::Kind;
use lockstep_domain::mail::{Mail, Occasion};
use lockstep_domain::notice::Notice;
use lockstep_domain::report::{Line, Said};
use lockstep_domain::run::{Direction, Ending, RunName};
use lockstep_mail::{Sight, Story, Undelivered, render, render_notice, render_undelivered};

pub const LANGUAGES: [(Language, &str); 2] = [(Language::En, "en"), (Language::Ja, "ja")];

pub fn key() -> KeyArn {
    KeyArn::parse("arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab").unwrap()
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-25T{time}:00Z").parse().unwrap()
}

pub fn line(kind: Kind, id: &str, name: &str, units: &[&str], said: Said) -> Line {
    let units = units.iter().map(|unit| (*unit).to_owned()).collect();
    Line { kind, id: id.to_owned(), name: name.to_owned(), units, said }
}

/// What a run says of servers with units, databases, an ECS service and an Auto Scaling group.
fn shop(server: &Said, database: &Said, guard: &Said, last: Said) -> Vec<Line> {
    let units = ["postgresql.service", "pgbouncer.service"];
    vec![
        line(Kind::Group, "orders-blue", "", &[], guard.clone()),
        line(Kind::Server, "i-0a1b2c3d4e5f60718", "orders-db-1", &units, server.clone()),
        line(Kind::Server, "i-0b2c3d4e5f6071829", "orders-db-2", &units, last),
        line(Kind::Server, "i-0c3d4e5f60718293a", "orders-archive", &units, Said::WasStoppedBefore),
        line(Kind::Database, "orders-reports", "", &[], database.clone()),
        line(Kind::Cluster, "orders-ledger", "", &[], database.clone()),
        line(Kind::ScalableTarget, "service/shop/orders-web", "", &[], guard.clone()),
        line(Kind::ContainerService, "shop/orders-web", "", &[], server.clone()),
    ]
}

fn problem() -> Said {
    Said::Problem("left running because a service did not stop: postgresql.service is active".to_owned())
}

fn lines(occasion: Occasion) -> Vec<Line> {
    use Ending::{ShutdownCancelled, ShutdownIncomplete, ShutdownSuperseded, StartupIncomplete, StartupSuperseded};
    match occasion {
        Occasion::GraceStarted | Occasion::Flapping => {
            shop(&Said::WillStop, &Said::WillStop, &Said::WillSuspend, Said::WillStop)
        }
        Occasion::WaitingForCapacity => {
            let words = "We currently do not have sufficient r7g.2xlarge capacity in the Availability Zone you requested (ap-northeast-1a).";
            shop(&Said::Started, &Said::Started, &Said::Resumed, Said::WaitsForCapacity(words.to_owned()))
        }
        Occasion::Ended(ShutdownCancelled) => {
            shop(&Said::NotReached, &Said::NotReached, &Said::NotReached, Said::NotReached)
        }
        Occasion::Ended(ShutdownIncomplete | ShutdownSuperseded) => {
            shop(&Said::Stopped, &Said::Stopped, &Said::Suspended, problem())
        }
        Occasion::Ended(StartupIncomplete) => {
            let failed = Said::Problem("postgresql.service is failed; pgbouncer.service is inactive".to_owned());
            shop(&Said::Started, &Said::Started, &Said::Resumed, failed)
        }
        Occasion::Ended(StartupSuperseded) => {
            let untold = "no answer told whether pgbouncer.service ran before the shutdown, so it was not started; start it by hand if it should run";
            shop(&Said::Started, &Said::NotReached, &Said::Resumed, Said::Problem(untold.to_owned()))
        }
        Occasion::Ended(Ending::StartupComplete) => shop(&Said::Started, &Said::Started, &Said::Resumed, Said::Started),
        _ => shop(&Said::Stopped, &Said::Stopped, &Said::Suspended, Said::Stopped),
    }
}

/// A story of an app, which `change` makes another.
pub fn story(occasion: Occasion, language: Language, change: impl FnOnce(&mut Story<'_>, &mut Vec<Line>)) -> Mail {
    let is_startup = match occasion {
        Occasion::WaitingForCapacity => true,
        Occasion::Ended(ending) => format!("{ending:?}").starts_with("Startup"),
        _ => false,
    };
    let direction = if is_startup { Direction::Startup } else { Direction::Shutdown };
    let (key, is_under_way) = (key(), matches!(occasion, Occasion::GraceStarted | Occasion::Flapping));
    let run = RunName::new(&key, if is_startup { 8 } else { 7 }, direction, 1);
    let unmanaged = [line(Kind::Server, "i-0d4e5f60718293a4b", "old-reports", &[], Said::NotManaged)];
    let noticed_at = if is_startup { at("23:41") } else { at("22:00") };
    let ended = match occasion {
        Occasion::Ended(Ending::ShutdownCancelled) => at("22:04"),
        _ if is_startup => at("23:46"),
        _ => at("22:17"),
    };
    let mut lines = lines(occasion);
    let mut story = Story {
        occasion,
        app: Some("orders"),
        key: &key,
        alias: Some("alias/orders-db"),
        run: &run,
        noticed_at,
        grace_ends_at: if is_startup { noticed_at } else { at("22:10") },
        ended_at: (!is_under_way).then_some(ended),
        deleted_at: None,
        tried_again: true,
        now: if is_under_way { at("22:01") } else { ended },
        lines: &[],
        unmanaged: &unmanaged,
    };
    let mut changed = std::mem::take(&mut lines);
    change(&mut story, &mut changed);
    render(&Story { lines: &changed, ..story }, language)
}

pub fn sight(
    notice: Notice,
    app: Option<&str>,
    seen: &KeyLook,
    deleted_at: Option<Timestamp>,
    language: Language,
) -> Mail {
    let key = key();
    render_notice(
        &Sight { app, key: &key, alias: None, seen, notice, since: at("22:10"), deleted_at, now: at("22:11") },
        language,
    )
}

fn refused(language: Language) -> Mail {
    let subject = story(Occasion::GraceStarted, language, |_, _| ()).subject;
    let undelivered = Undelivered {
        app: Some("orders"),
        key: &key(),
        alias: Some("alias/orders-db"),
        to: &Address::parse("bob@example.com").unwrap(),
        subject: &subject,
        reason: "MessageRejected: Email address is not verified. The following identities failed the check in region AP-NORTHEAST-1: bob@example.com",
        now: at("22:01"),
    };
    render_undelivered(&undelivered, language)
}

pub fn deleted_at() -> Timestamp {
    "2026-12-02T22:00:00Z".parse().unwrap()
}

/// Every mail that Lockstep sends, by the name of its golden.
pub fn every(language: Language) -> Vec<(&'static str, Mail)> {
    let ended = |ending| story(Occasion::Ended(ending), language, |_, _| ());
    let off = |state: &str| KeyLook::Off { state: state.to_owned() };
    let unknown = KeyLook::Unknown { reason: "DescribeKey was refused: AccessDeniedException".to_owned() };
    vec![
        ("grace-started", story(Occasion::GraceStarted, language, |_, _| ())),
        (
            "grace-started-deletion",
            story(Occasion::GraceStarted, language, |story, _| story.deleted_at = Some(deleted_at())),
        ),
        (
            "grace-started-nothing-stops",
            story(Occasion::GraceStarted, language, |_, lines| {
                lines.retain(|line| line.said != Said::WillSuspend);
                lines.iter_mut().for_each(|line| line.said = Said::Excluded);
            }),
        ),
        (
            "grace-started-no-app",
            story(Occasion::GraceStarted, language, |story, lines| {
                story.app = None;
                lines.clear();
            }),
        ),
        ("cancelled", ended(Ending::ShutdownCancelled)),
        ("shutdown-complete", ended(Ending::ShutdownComplete)),
        ("shutdown-incomplete", ended(Ending::ShutdownIncomplete)),
        (
            "shutdown-again",
            story(Occasion::Ended(Ending::ShutdownComplete), language, |_, lines| {
                lines
                    .iter_mut()
                    .filter(|line| line.kind.is_database())
                    .for_each(|line| line.said = Said::StoppedAgain(7));
            }),
        ),
        (
            "run-given-up",
            story(Occasion::Ended(Ending::ShutdownIncomplete), language, |story, lines| {
                (story.app, story.unmanaged) = (None, &[]);
                lines.clear();
            }),
        ),
        ("startup-complete", ended(Ending::StartupComplete)),
        ("startup-incomplete", ended(Ending::StartupIncomplete)),
        ("startup-broken-off", ended(Ending::StartupSuperseded)),
        ("waiting-for-capacity", story(Occasion::WaitingForCapacity, language, |_, _| ())),
        ("flapping", story(Occasion::Flapping, language, |_, _| ())),
        (
            "deletion-scheduled",
            sight(Notice::DeletionScheduled, Some("orders"), &off("PendingDeletion"), Some(deleted_at()), language),
        ),
        ("deletion-scheduled-undated", sight(Notice::DeletionScheduled, None, &off("PendingDeletion"), None, language)),
        ("deletion-cancelled", sight(Notice::DeletionCancelled, Some("orders"), &off("Disabled"), None, language)),
        ("key-unknown", sight(Notice::KeyUnknown, None, &unknown, None, language)),
        ("key-known-again", sight(Notice::KeyKnownAgain, None, &KeyLook::On, None, language)),
        ("mail-refused", refused(language)),
    ]
}
