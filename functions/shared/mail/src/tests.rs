//! What every letter has, in whatever language.

use jiff::Timestamp;
use lockstep_domain::app::{Address, Language};
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::kind::Kind;
use lockstep_domain::mail::Occasion;
use lockstep_domain::notice::Notice;
use lockstep_domain::report::{Line, Said};
use lockstep_domain::run::{Direction, Ending, RunName};

use crate::letter::{Block, Letter, Tone};
use crate::{Sight, Story, Undelivered, notice, refusal, story};

const OCCASIONS: [Occasion; 11] = [
    Occasion::GraceStarted,
    Occasion::Flapping,
    Occasion::WaitingForCapacity,
    Occasion::Ended(Ending::ShutdownCancelled),
    Occasion::Ended(Ending::ShutdownComplete),
    Occasion::Ended(Ending::ShutdownIncomplete),
    Occasion::Ended(Ending::ShutdownSuperseded),
    Occasion::Ended(Ending::StartupComplete),
    Occasion::Ended(Ending::StartupIncomplete),
    Occasion::Ended(Ending::StartupSuperseded),
    Occasion::Ended(Ending::NothingToDo),
];

fn every_said() -> Vec<Said> {
    vec![
        Said::WillStop,
        Said::Stopped,
        Said::StoppedAgain(7),
        Said::TakenDown,
        Said::Started,
        Said::WillSuspend,
        Said::Suspended,
        Said::Resumed,
        Said::NotManaged,
        Said::Excluded,
        Said::WasStoppedBefore,
        Said::Gone,
        Said::PartOf,
        Said::Daemon,
        Said::OnAnotherKey,
        Said::LeftDown("somebody else had stopped it".to_owned()),
        Said::Problem("it was terminated".to_owned()),
        Said::WaitsForCapacity("no capacity".to_owned()),
        Said::NotReached,
    ]
}

/// Every occasion, with and without an app, a deletion, another try and something that stops; and every notice.
fn letters(language: Language) -> Vec<Letter> {
    let key = KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab").unwrap();
    let run = RunName::new(&key, 7, Direction::Shutdown, 1);
    let at: Timestamp = "2026-11-25T22:10:00Z".parse().unwrap();
    let line = |(number, said)| Line {
        kind: Kind::ALL[number % Kind::ALL.len()],
        id: "i-1".to_owned(),
        name: String::new(),
        units: Vec::new(),
        said,
    };
    let lines: Vec<Line> = every_said().into_iter().enumerate().map(line).collect();
    let mut letters = Vec::new();
    for occasion in OCCASIONS {
        for bits in 0..16_u8 {
            let has = |bit: u8| bits & (1 << bit) != 0;
            letters.push(story::letter_of(
                &Story {
                    occasion,
                    app: has(0).then_some("orders"),
                    key: &key,
                    alias: has(1).then_some("alias/orders-db"),
                    run: &run,
                    noticed_at: at,
                    grace_ends_at: at,
                    ended_at: Some(at),
                    deleted_at: has(1).then_some(at),
                    tried_again: has(2),
                    now: at,
                    lines: if has(3) { &lines } else { &[] },
                    unmanaged: &lines[8..9],
                },
                language,
            ));
        }
    }
    let off = KeyLook::Off { state: "PendingDeletion".to_owned() };
    for notice in [Notice::KeyUnknown, Notice::KeyKnownAgain, Notice::DeletionScheduled, Notice::DeletionCancelled] {
        for app in [None, Some("orders")] {
            for deleted_at in [None, Some(at)] {
                let sight = Sight { app, key: &key, alias: None, seen: &off, notice, since: at, deleted_at, now: at };
                letters.push(notice::letter_of(&sight, language));
            }
        }
    }
    for app in [None, Some("orders")] {
        let to = Address::parse("bob@example.com").unwrap();
        let mail = Undelivered { app, key: &key, alias: None, to: &to, subject: "subject", reason: "reason", now: at };
        letters.push(refusal::letter_of(&mail, language));
    }
    letters
}

/// All that is written for people, without values and commands.
fn words(letter: &Letter) -> Vec<&str> {
    let told = |block: &'_ Block| match block {
        Block::Text(text) | Block::Note(text) => Some(text.clone()),
        Block::Command(_) => None,
    };
    let blocks = letter.happened.iter().chain(letter.answers.iter().flat_map(|answer| &answer.blocks));
    assert!(blocks.clone().filter_map(told).all(|text| !text.is_empty()));
    let mut words = vec![
        letter.subject.as_str(),
        &letter.badge,
        &letter.headline,
        &letter.preheader,
        &letter.ids_title,
        &letter.why,
    ];
    words.extend(blocks.filter_map(|block| match block {
        Block::Text(text) | Block::Note(text) => Some(text.as_str()),
        Block::Command(_) => None,
    }));
    words.extend(letter.facts.iter().chain(&letter.ids).map(|fact| fact.label.as_str()));
    words.extend(letter.answers.iter().map(|answer| answer.title.as_str()));
    for table in &letter.tables {
        words.extend([&table.title, &table.head[0], &table.head[1]].map(String::as_str));
        words.extend(table.intro.as_deref());
        words.extend(table.rows.iter().map(|row| row.state.as_str()));
    }
    words
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}'))
}

#[test]
fn every_word_of_a_letter_is_in_the_readers_language() {
    for letter in letters(Language::Ja) {
        for text in words(&letter) {
            assert!(is_japanese(text), "{text} in {}", letter.headline);
        }
    }
    for letter in letters(Language::En) {
        for text in words(&letter) {
            assert!(!text.is_empty() && !is_japanese(text), "{text} in {}", letter.headline);
        }
    }
}

/// Times, amounts, names: what a letter says besides its words. A time of Japan is that of UTC once more.
fn figures(letter: &Letter) -> Vec<String> {
    let mut all = String::new();
    for block in letter.happened.iter().chain(letter.answers.iter().flat_map(|answer| &answer.blocks)) {
        match block {
            Block::Text(text) | Block::Note(text) | Block::Command(text) => all += &format!(" {text} "),
        }
    }
    for fact in &letter.facts {
        all += &format!(" {} ", fact.value);
    }
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_' | '/');
    let tokens = all.split(|c: char| !is_of_word(c)).map(|token| token.trim_matches(':'));
    let mut figures: Vec<String> = tokens
        .filter(|token| token.len() > 5 && token.bytes().any(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    figures.sort();
    figures
}

#[test]
fn both_languages_say_the_same() {
    for (english, japanese) in letters(Language::En).iter().zip(letters(Language::Ja)) {
        assert_eq!(figures(english), figures(&japanese), "{}", english.headline);
        let shape = |letter: &Letter| {
            let blocks = |blocks: &[Block]| blocks.iter().map(std::mem::discriminant).collect::<Vec<_>>();
            (
                letter.tone,
                blocks(&letter.happened),
                letter.answers.iter().map(|a| blocks(&a.blocks)).collect::<Vec<_>>(),
            )
        };
        assert_eq!(shape(english), shape(&japanese), "{}", english.headline);
    }
}

#[test]
fn every_letter_answers_what_happened_what_to_do_and_what_is_next() {
    for language in [Language::En, Language::Ja] {
        for letter in letters(language) {
            assert!(!letter.happened.is_empty() && letter.answers.iter().all(|answer| !answer.blocks.is_empty()));
            assert!(letter.facts.iter().all(|fact| !fact.value.is_empty()), "{:?}", letter.facts);
            assert!(!letter.headline.contains("  ") && !letter.headline.starts_with(' '), "{}", letter.headline);
        }
    }
}

/// Relative luminance and contrast (WCAG 2.1, "Dependencies").
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_colour_can_be_read_in_light_and_in_dark() {
    let template = include_str!("../templates/mail.html");
    let dark = |selector: &str| {
        let rule = template.split(&format!(" {selector} {{")).nth(1).unwrap().split('}').next().unwrap();
        rule.split("color: ").nth(1).unwrap()[..7].to_owned()
    };
    let page = dark(".card, .card td");
    let tint = dark(".card pre, .card .note");
    for tone in [Tone::Ahead, Tone::Nothing, Tone::Stopped, Tone::Problem, Tone::Running] {
        let on_dark = dark(&format!(".card .{}", tone.name()));
        let pairs = [(tone.color(), "#ffffff"), (on_dark.as_str(), page.as_str())];
        for (color, ground) in pairs {
            assert!(contrast(color, ground) >= 4.5, "{tone:?}: {color} on {ground}");
        }
    }
    let text = dark(".card h2");
    let small = dark(".card .small div");
    for (color, ground) in
        [("#1f2937", "#f3f4f6"), ("#4b5563", "#ffffff"), (&text, &tint), (&text, &page), (&small, &page)]
    {
        assert!(contrast(color, ground) >= 4.5, "{color} on {ground}");
    }
}
