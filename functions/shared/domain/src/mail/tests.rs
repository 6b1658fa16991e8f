use super::*;
use crate::kind::Kind;
use crate::plan::Outcome;
use crate::samples::{planned, units};

fn story_of(occasion: Occasion, language: Language) -> Mail {
    story_of_key(occasion, language, None)
}

fn story_of_key(occasion: Occasion, language: Language, deleted_at: Option<&str>) -> Mail {
    let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab").unwrap();
    let run = RunName::new(&key, 7, crate::run::Direction::Shutdown, 1);
    let line = |said| Line {
        kind: Kind::Server,
        id: "i-0a1".into(),
        name: "db".into(),
        units: vec!["postgresql.service".into()],
        said,
    };
    render(
        &Story {
            occasion,
            app: "orders",
            key: &key,
            run: &run,
            noticed_at: "2026-11-01T03:00:00Z".parse().unwrap(),
            grace_ends_at: "2026-11-01T03:10:00Z".parse().unwrap(),
            deleted_at: deleted_at.map(|at| at.parse().unwrap()),
            now: "2026-11-01T03:01:00Z".parse().unwrap(),
            lines: &[line(Said::WillStop)],
            unmanaged: &[line(Said::NotManaged)],
        },
        language,
    )
}

#[test]
fn every_mail_names_the_app_the_key_the_run_and_the_unmanaged() {
    for language in [Language::En, Language::Ja] {
        for occasion in [
            Occasion::GraceStarted,
            Occasion::Ended(Ending::ShutdownComplete),
            Occasion::Ended(Ending::ShutdownCancelled),
            Occasion::Ended(Ending::ShutdownIncomplete),
            Occasion::Ended(Ending::StartupComplete),
            Occasion::Ended(Ending::StartupIncomplete),
        ] {
            let mail = story_of(occasion, language);
            assert!(mail.subject.contains("orders") && mail.subject.contains("1234abcd"), "{}", mail.subject);
            assert!(mail.text.contains("1234abcd-12ab-7-shutdown-1") && mail.text.contains("i-0a1"));
            assert!(mail.text.contains("lockstep:app"), "{}", mail.text);
        }
    }
}

#[test]
fn the_warning_says_when_and_how_to_prevent_it() {
    let mail = story_of(Occasion::GraceStarted, Language::En);
    assert!(mail.text.contains("2026-11-01 03:10 UTC") && mail.text.contains("aws kms enable-key"));
}

/// The date is later than every other of the mail.
const DELETED_AT: &str = "2026-11-08T02:59:30Z";

#[test]
fn a_key_that_waits_for_its_deletion_is_named_with_the_date_and_with_what_cancels_it() {
    for (language, words) in [(Language::En, "scheduled for deletion"), (Language::Ja, "削除が予定されています")]
    {
        for occasion in [
            Occasion::GraceStarted,
            Occasion::Flapping,
            Occasion::Ended(Ending::ShutdownComplete),
            Occasion::Ended(Ending::ShutdownIncomplete),
        ] {
            let text = story_of_key(occasion, language, Some(DELETED_AT)).text;
            assert!(text.contains(words) && text.contains("2026-11-08 02:59 UTC"), "{text}");
            let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab";
            let cancel = text.find(&format!("aws kms cancel-key-deletion --key-id {key}\n")).unwrap();
            assert!(text.find(&format!("aws kms enable-key --key-id {key}\n")).unwrap() > cancel, "{text}");
            assert_eq!(text.matches("enable-key").count(), 1, "{text}");
            assert!(!story_of(occasion, language).text.contains("cancel-key-deletion"));
        }
    }
}

#[test]
fn the_warning_of_a_deletion_still_says_when_the_shutdown_is() {
    for language in [Language::En, Language::Ja] {
        let text = story_of_key(Occasion::GraceStarted, language, Some(DELETED_AT)).text;
        assert_eq!(text.matches("2026-11-01 03:10 UTC").count(), 2, "{text}");
    }
}

#[test]
fn a_mail_about_a_key_that_is_on_says_nothing_of_a_deletion() {
    for ending in [Ending::ShutdownCancelled, Ending::StartupComplete, Ending::StartupIncomplete] {
        for language in [Language::En, Language::Ja] {
            let told = story_of_key(Occasion::Ended(ending), language, Some(DELETED_AT));
            assert_eq!(told, story_of(Occasion::Ended(ending), language));
        }
    }
}

#[test]
fn a_startup_that_was_broken_off_tells_of_units_that_only_it_knows_of() {
    let superseded = |untold| {
        let resource = PlannedResource { untold, outcome: Some(Outcome::Done), ..planned(1) };
        Occasion::of_ending(Ending::StartupSuperseded, true, &[resource])
    };
    assert_eq!(superseded(Vec::new()), None);
    assert_eq!(superseded(units(&["b.service"])), Some(Occasion::Ended(Ending::StartupSuperseded)));
}

#[test]
fn a_mail_about_databases_says_until_when_they_are_sure_to_be_kept() {
    let of = |kind, occasion| {
        let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab").unwrap();
        let run = RunName::new(&key, 7, crate::run::Direction::Shutdown, 1);
        let lines = [Line { kind, id: "orders".into(), name: String::new(), units: Vec::new(), said: Said::Stopped }];
        let at = "2026-11-01T03:00:00Z".parse().unwrap();
        let story = Story {
            occasion,
            app: "orders",
            key: &key,
            run: &run,
            noticed_at: at,
            grace_ends_at: at,
            deleted_at: None,
            now: at,
            lines: &lines,
            unmanaged: &[],
        };
        [Language::En, Language::Ja].map(|language| render(&story, language).text)
    };
    for text in of(Kind::Database, Occasion::GraceStarted) {
        assert!(text.contains("2026-11-08 03:00 UTC"), "{text}");
    }
    assert!(of(Kind::Cluster, Occasion::GraceStarted)[0].contains("  database cluster orders: stopped"));
    for text in [of(Kind::Server, Occasion::GraceStarted), of(Kind::Database, Occasion::Ended(Ending::StartupComplete))]
    {
        assert!(!text[0].contains("2026-11-08"), "{}", text[0]);
    }
}
