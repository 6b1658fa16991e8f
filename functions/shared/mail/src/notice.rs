//! The mails about a key that no run tells of.

use jiff::Timestamp;
use lockstep_domain::app::Language;
use lockstep_domain::key::{KeyArn, KeyLook};
use lockstep_domain::mail::Mail;
use lockstep_domain::notice::Notice;

use crate::letter::{Fact, Letter};
use crate::letters::notices;
use crate::names::{DETAIL, safe};
use crate::story::{Content, known_as, letter, whose, why};
use crate::{both, times, written};

/// Everything that such a mail says.
#[derive(Debug, Clone)]
pub struct Sight<'a> {
    /// The app whose admin reads it; none if the operator does.
    pub app: Option<&'a str>,
    pub key: &'a KeyArn,
    /// Of the key, if it has one and it is known; begins with `alias/`.
    pub alias: Option<&'a str>,
    pub seen: &'a KeyLook,
    pub notice: Notice,
    pub since: Timestamp,
    /// `DeletionDate` of the key, if KMS gave one.
    pub deleted_at: Option<Timestamp>,
    pub now: Timestamp,
}

impl Sight<'_> {
    /// What was seen, or in whose words nothing was.
    pub(crate) fn state(&self, language: Language) -> String {
        match self.seen {
            KeyLook::On => both!(language, "enabled", "有効"),
            KeyLook::Off { state } if state == "Disabled" => both!(language, "disabled", "無効"),
            KeyLook::Off { .. } => both!(language, "disabled, and to be deleted", "無効 (削除予定)"),
            KeyLook::Unknown { reason } => safe(reason, DETAIL),
        }
    }

    pub(crate) fn the_key(&self, language: Language) -> String {
        match self.app {
            Some(app) => both!(language, "the encryption key of {app}", "{app} の暗号化キー"),
            None => both!(language, "this encryption key", "この暗号化キー"),
        }
    }

    fn content(&self, language: Language) -> Content {
        match self.notice {
            Notice::KeyUnknown => notices::unknown(self, language),
            Notice::KeyKnownAgain => notices::known_again(self, language),
            Notice::DeletionScheduled => notices::scheduled(self, language),
            Notice::DeletionCancelled => notices::kept(self, language),
        }
    }

    fn facts(&self, language: Language) -> Vec<Fact> {
        let since = match self.notice {
            Notice::KeyUnknown => both!(language, "Unknown since", "確認できなくなった日時"),
            Notice::KeyKnownAgain => both!(language, "Known since", "確認できた日時"),
            Notice::DeletionScheduled | Notice::DeletionCancelled => both!(language, "Noticed", "検出日時"),
        };
        let mut facts = whose(self.app, self.key, self.alias, language);
        facts.push(Fact::new(since, times::full(self.since, language)));
        facts.push(Fact::new(both!(language, "State of the key", "キーの状態"), self.state(language)));
        if let (Notice::DeletionScheduled, Some(at)) = (self.notice, self.deleted_at) {
            facts.push(Fact::new(both!(language, "Key deleted after", "キーの削除予定"), times::full(at, language)));
        }
        facts
    }
}

pub fn render_notice(sight: &Sight<'_>, language: Language) -> Mail {
    written(letter_of(sight, language))
}

pub(crate) fn letter_of(sight: &Sight<'_>, language: Language) -> Letter {
    let ids = vec![
        Fact::new(both!(language, "key", "キー"), sight.key.as_str()),
        Fact::new(both!(language, "written", "作成日時"), times::full(sight.now, language)),
    ];
    let operator = both!(language, "(operator)", "(運用担当者)");
    let about = sight.app.unwrap_or(&operator);
    let key = known_as(sight.key, sight.alias);
    let letter = letter(sight.content(language), about, &key, sight.facts(language), ids, language);
    Letter { why: why(sight.app, language), ..letter }
}
