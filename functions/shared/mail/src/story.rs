//! The mails about what a run does.

use jiff::{SignedDuration, Timestamp};
use lockstep_domain::app::Language;
use lockstep_domain::key::KeyArn;
use lockstep_domain::mail::{Mail, Occasion};
use lockstep_domain::report::{Line, Said};
use lockstep_domain::run::{Ending, RunName};
use lockstep_domain::text::shortened;

use crate::letter::{Answer, Block, Fact, Letter, Tone};
use crate::letters::{flapping, grace, nobody, shutdown, startup};
use crate::names::{ALIAS, safe};
use crate::{both, report, times, written};

/// How long RDS keeps a database whose key is off (Amazon RDS User Guide, "Encrypting Amazon RDS resources"). It says
/// nowhere whether one that is stopped counts, so a date is the earliest that it can be.
const DATABASES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Everything that such a mail says.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    pub occasion: Occasion,
    /// The app whose admin reads it; none if the operator is told of what is nobody's.
    pub app: Option<&'a str>,
    pub key: &'a KeyArn,
    /// Of the key, if it has one and it is known; begins with `alias/`.
    pub alias: Option<&'a str>,
    pub run: &'a RunName,
    pub noticed_at: Timestamp,
    pub grace_ends_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `DeletionDate` of the key, if KMS gave one.
    pub deleted_at: Option<Timestamp>,
    /// Another attempt follows by itself.
    pub tried_again: bool,
    pub now: Timestamp,
    /// What is of this app.
    pub lines: &'a [Line],
    /// What is nobody's and uses the key.
    pub unmanaged: &'a [Line],
}

/// What is particular to an occasion.
#[derive(Debug)]
pub(crate) struct Content {
    pub tone: Tone,
    pub badge: String,
    /// What stands in the subject, after the app.
    pub subject: String,
    pub headline: String,
    pub preheader: String,
    pub happened: Vec<Block>,
    pub to_do: Vec<Block>,
    pub next: Vec<Block>,
}

impl Story<'_> {
    pub(crate) fn app(&self) -> &str {
        self.app.unwrap_or_default()
    }

    pub(crate) fn grace_ends(&self, language: Language) -> String {
        times::full(self.grace_ends_at, language)
    }

    /// When the key is deleted, if this mail is to say so.
    pub(crate) fn deletion(&self) -> Option<Timestamp> {
        self.deleted_at.filter(|_| self.occasion.is_of_a_key_that_is_off())
    }

    /// Until when databases are sure to be kept, if this mail is to say so.
    pub(crate) fn databases_until(&self) -> Option<Timestamp> {
        let is_database = |line: &Line| line.kind.is_database();
        let concerns = self.occasion.is_of_a_key_that_is_off() && self.lines.iter().any(is_database);
        concerns.then(|| self.noticed_at + DATABASES_KEPT)
    }

    pub(crate) fn count(&self, is_counted: impl Fn(&Said) -> bool) -> usize {
        self.lines.iter().filter(|line| is_counted(&line.said)).count()
    }

    fn content(&self, language: Language) -> Content {
        if self.app.is_none() {
            return nobody::content(self, language);
        }
        match self.occasion {
            Occasion::GraceStarted => grace::started(self, language),
            Occasion::Flapping => flapping::content(self, language),
            Occasion::WaitingForCapacity => startup::waiting(self, language),
            Occasion::Ended(Ending::ShutdownCancelled) => grace::cancelled(self, language),
            Occasion::Ended(Ending::ShutdownComplete) => shutdown::complete(self, language),
            Occasion::Ended(Ending::ShutdownIncomplete) => shutdown::incomplete(self, language),
            Occasion::Ended(Ending::ShutdownSuperseded) => shutdown::superseded(self, language),
            Occasion::Ended(Ending::StartupComplete) => startup::complete(self, language),
            Occasion::Ended(Ending::StartupIncomplete) => startup::incomplete(self, language),
            Occasion::Ended(Ending::StartupSuperseded) => startup::superseded(self, language),
            Occasion::Ended(Ending::NothingToDo) => nobody::nothing_to_do(self, language),
        }
    }

    /// To what, and when.
    fn facts(&self, language: Language) -> Vec<Fact> {
        let at = |label: String, at| Fact::new(label, times::full(at, language));
        let ended = self.ended_at.unwrap_or(self.now);
        let found_off = || at(both!(language, "Key found disabled", "キーの無効を検出"), self.noticed_at);
        let grace = self.grace_ends_at.duration_since(self.noticed_at);
        let grace = times::span(grace, language);
        let stops = self.count(|said| matches!(said, Said::WillStop | Said::WillSuspend)) > 0;
        let begins = stops.then(|| {
            let ends = self.grace_ends(language);
            let value = both!(language, "{ends}, {grace} after that", "{ends}、検出から {grace}後");
            Fact::new(both!(language, "Shutdown begins", "停止の開始"), value)
        });
        let mut facts = whose(self.app, self.key, self.alias, language);
        match self.occasion {
            Occasion::GraceStarted => facts.extend([Some(found_off()), begins].into_iter().flatten()),
            Occasion::Flapping => {
                let last = at(both!(language, "Last change", "最後の変更"), self.noticed_at);
                facts.extend([Some(last), begins].into_iter().flatten());
            }
            Occasion::Ended(Ending::ShutdownCancelled) => {
                facts.extend([found_off(), at(both!(language, "Cancelled", "停止の取り消し"), ended)]);
            }
            Occasion::Ended(Ending::ShutdownComplete | Ending::ShutdownIncomplete | Ending::ShutdownSuperseded) => {
                facts.extend([found_off(), at(both!(language, "Shutdown ended", "停止処理の終了"), ended)]);
            }
            _ => facts.extend([
                at(both!(language, "Key found enabled", "キーの有効を検出"), self.noticed_at),
                at(both!(language, "Startup ended", "再開処理の終了"), ended),
            ]),
        }
        facts.extend(self.deletion().map(|when| at(both!(language, "Key deleted after", "キーの削除予定"), when)));
        facts
    }
}

/// The app and the key, as people know them.
pub(crate) fn whose(app: Option<&str>, key: &KeyArn, alias: Option<&str>, language: Language) -> Vec<Fact> {
    let app = app.map(|app| Fact::new(both!(language, "App", "アプリ"), app));
    let key = [
        Fact::new(both!(language, "Encryption key", "暗号化キー"), listed_as(key, alias)),
        Fact::new(both!(language, "AWS account", "AWS アカウント"), key.account()),
        Fact::new(both!(language, "Region", "リージョン"), key.region()),
    ];
    app.into_iter().chain(key).collect()
}

/// The first eight characters of a key's id tell it from the others of an account.
fn short(key: &KeyArn) -> String {
    key.id().chars().take(8).collect()
}

/// What people call a key: the console shows its alias without the prefix.
pub(crate) fn known_as(key: &KeyArn, alias: Option<&str>) -> String {
    let name = alias.map(|alias| safe(alias.strip_prefix("alias/").unwrap_or(alias), ALIAS));
    name.unwrap_or_else(|| short(key))
}

/// How the console lists a key: by its alias, if it has one, and its id.
pub(crate) fn listed_as(key: &KeyArn, alias: Option<&str>) -> String {
    let short = short(key);
    match alias {
        Some(_) => format!("{} ({short}…)", known_as(key, alias)),
        None => format!("{short}…"),
    }
}

/// A letter, but for its tables.
pub(crate) fn letter(
    content: Content,
    about: &str,
    key: &str,
    facts: Vec<Fact>,
    ids: Vec<Fact>,
    language: Language,
) -> Letter {
    let subject = format!("[Lockstep] {about}: {} ({} {key})", content.subject, both!(language, "key", "キー"));
    let answer = |title, blocks| Answer { title, blocks };
    Letter {
        language,
        subject: shortened(&subject, 200),
        tone: content.tone,
        badge: content.badge,
        headline: content.headline,
        preheader: content.preheader,
        happened: content.happened,
        facts,
        answers: vec![
            answer(both!(language, "What you need to do", "必要な対応"), content.to_do),
            answer(both!(language, "What happens next", "今後の流れ"), content.next),
        ],
        tables: Vec::new(),
        ids_title: both!(language, "For support", "お問い合わせ用の情報"),
        ids,
        why: String::new(),
    }
}

pub(crate) fn why(app: Option<&str>, language: Language) -> String {
    match app {
        Some(app) => both!(
            language,
            "You get this mail because you are an admin of {app} in Lockstep, which stops and starts apps with their encryption keys. Mails of Lockstep have no links and never ask for a password.",
            "このメールは、暗号化キーに合わせてアプリを停止・再開する Lockstep に {app} の管理者として登録されている方にお送りしています。Lockstep のメールにリンクはなく、パスワードをお尋ねすることもありません。"
        ),
        None => both!(
            language,
            "You get this mail because you operate Lockstep. Mails of Lockstep have no links and never ask for a password.",
            "このメールは Lockstep の運用担当者にお送りしています。Lockstep のメールにリンクはなく、パスワードをお尋ねすることもありません。"
        ),
    }
}

pub fn render(story: &Story<'_>, language: Language) -> Mail {
    written(letter_of(story, language))
}

pub(crate) fn letter_of(story: &Story<'_>, language: Language) -> Letter {
    let ids = vec![
        Fact::new(both!(language, "key", "キー"), story.key.as_str()),
        Fact::new(both!(language, "run", "実行"), story.run.to_string()),
        Fact::new(both!(language, "written", "作成日時"), times::full(story.now, language)),
    ];
    let nobody = both!(language, "(no app)", "(アプリなし)");
    let about = story.app.unwrap_or(&nobody);
    let key = known_as(story.key, story.alias);
    let letter = letter(story.content(language), about, &key, story.facts(language), ids, language);
    Letter {
        tables: report::tables(story.lines, story.unmanaged, story.occasion.is_of_a_key_that_is_off(), language),
        why: why(story.app, language),
        ..letter
    }
}
