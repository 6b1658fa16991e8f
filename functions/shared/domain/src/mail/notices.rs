//! Mails about a key that no run tells of, in both languages.

use jiff::Timestamp;

use super::deletion::{commands, deletion_en, deletion_ja};
use super::{Mail, time};
use crate::app::Language;
use crate::key::{KeyArn, KeyLook};
use crate::notice::Notice;
use crate::text::shortened;

/// Everything that such a mail says.
#[derive(Debug, Clone)]
pub struct Sight<'a> {
    /// The app whose admin reads it, or who else does.
    pub app: &'a str,
    pub key: &'a KeyArn,
    pub seen: &'a KeyLook,
    pub notice: Notice,
    pub since: Timestamp,
    /// `DeletionDate` of the key, if KMS gave one.
    pub deleted_at: Option<Timestamp>,
    pub now: Timestamp,
}

impl Sight<'_> {
    /// What was seen, in KMS's words, or why nothing was.
    fn state(&self) -> &str {
        match self.seen {
            KeyLook::On => "Enabled",
            KeyLook::Off { state } => state,
            KeyLook::Unknown { reason } => reason,
        }
    }
}

pub fn render_notice(sight: &Sight<'_>, language: Language) -> Mail {
    let (happened, body, ids) = match language {
        Language::En => (happened_en(sight.notice), body_en(sight), ("For support:", "key", "written")),
        Language::Ja => (happened_ja(sight.notice), body_ja(sight), ("お問い合わせ用の情報:", "キー", "作成日時")),
    };
    let (title, key, written) = ids;
    let short_key: String = sight.key.id().chars().take(8).collect();
    let text = format!("{body}\n\n{title}\n  {key}: {}\n  {written}: {}\n", sight.key, time(sight.now));
    Mail { subject: shortened(&format!("[Lockstep] {}: {happened} ({key} {short_key})", sight.app), 200), text }
}

fn happened_en(notice: Notice) -> &'static str {
    match notice {
        Notice::KeyUnknown => "nobody can tell whether the key is on",
        Notice::KeyKnownAgain => "the key can be read again",
        Notice::DeletionScheduled => "its key is to be deleted",
        Notice::DeletionCancelled => "its key is kept, and still disabled",
    }
}

fn happened_ja(notice: Notice) -> &'static str {
    match notice {
        Notice::KeyUnknown => "キーの状態を確認できません",
        Notice::KeyKnownAgain => "キーの状態を再び確認できるようになりました",
        Notice::DeletionScheduled => "キーの削除が予定されました",
        Notice::DeletionCancelled => "キーの削除は取り消されました (無効のままです)",
    }
}

fn body_en(sight: &Sight<'_>) -> String {
    let (since, state) = (time(sight.since), sight.state());
    match sight.notice {
        Notice::KeyUnknown => format!(
            "Since {since} the state of this key cannot be told: {state}.\n\nUnknown is not disabled: because of this key, nothing is stopped and nothing is started until its state can be\nread again. What runs keeps running as long as AWS lets it.\n\n{}\n\nLockstep looks again at every sweep and mails when the key can be read.",
            cure_en(sight.seen)
        ),
        Notice::KeyKnownAgain => {
            format!(
                "Since {since} the state of this key can be read again: it is {state}. What that asks for is under way."
            )
        }
        Notice::DeletionScheduled => {
            let date = sight.deleted_at.map_or_else(|| undated_en(sight.key), |at| deletion_en(sight.key, at));
            format!(
                "At {since} the key of what is shut down was found scheduled for deletion.\n\n{date}\n\nIf the deletion is intended, there is nothing to do."
            )
        }
        Notice::DeletionCancelled => format!(
            "At {since} the deletion of this key was found cancelled. The key is {state}: everything that Lockstep has stopped\nstays down until the key is enabled. Its owner does that with\n  aws kms enable-key --key-id {}",
            sight.key
        ),
    }
}

fn body_ja(sight: &Sight<'_>) -> String {
    let (since, state) = (time(sight.since), sight.state());
    match sight.notice {
        Notice::KeyUnknown => format!(
            "{since} 以降、このキーの状態を確認できません: {state}\n\n「不明」は「無効」ではありません。状態を再び確認できるまで、このキーを理由に停止や開始を行うことはありません。\n稼働中のものは、AWS が許す限りそのまま稼働します。\n\n{}\n\nLockstep は定期的に確認を続け、確認できるようになるとお知らせします。",
            cure_ja(sight.seen)
        ),
        Notice::KeyKnownAgain => {
            format!("{since} 以降、このキーの状態を再び確認できます: {state}。必要な処理は開始されています。")
        }
        Notice::DeletionScheduled => {
            let date = sight.deleted_at.map_or_else(|| undated_ja(sight.key), |at| deletion_ja(sight.key, at));
            format!(
                "{since} に、停止中のリソースのキーに削除が予定されていることを検出しました。\n\n{date}\n\n意図した削除であれば、対応は不要です。"
            )
        }
        Notice::DeletionCancelled => format!(
            "{since} に、このキーの削除が取り消されたことを検出しました。キーの状態は {state} です。Lockstep が停止したものは、\nキーが有効になるまで停止したままです。有効にするには、キーの所有者が次を実行します:\n  aws kms enable-key --key-id {}",
            sight.key
        ),
    }
}

fn undated_en(key: &KeyArn) -> String {
    format!(
        "KMS did not say when. Once the key is deleted, nothing that is encrypted with it can ever be read again. To keep the\nkey, its owner cancels the deletion, and then enables the key:\n{}",
        commands(key)
    )
}

fn undated_ja(key: &KeyArn) -> String {
    format!(
        "削除の日時は取得できませんでした。削除されると、このキーで暗号化されたデータは二度と読み取れません。キーを残すには、\nキーの所有者が削除を取り消し、続いてキーを有効にしてください:\n{}",
        commands(key)
    )
}

/// What makes a key of this state readable again.
fn cure_en(seen: &KeyLook) -> &'static str {
    match cause(seen) {
        Cause::Refused => {
            "What to do: let the key's policy allow this account kms:DescribeKey again, or, if the key is gone, restore the data\nfrom a backup under another key and stop watching this one."
        }
        Cause::NoMaterial => "What to do: the key's owner imports its key material again.",
        Cause::KeyStore => "What to do: the key's owner connects its custom key store again.",
        Cause::Other => "What to do: ask the key's owner what the state means, and when it will end.",
    }
}

fn cure_ja(seen: &KeyLook) -> &'static str {
    match cause(seen) {
        Cause::Refused => {
            "対応: キーポリシーで、このアカウントに kms:DescribeKey を再び許可してください。キーが失われている場合は、別のキーで\nバックアップから復元し、このキーの監視を終了してください。"
        }
        Cause::NoMaterial => "対応: キーの所有者がキーマテリアルを再度インポートしてください。",
        Cause::KeyStore => "対応: キーの所有者がカスタムキーストアを再度接続してください。",
        Cause::Other => "対応: この状態の意味と終了予定を、キーの所有者にご確認ください。",
    }
}

enum Cause {
    Refused,
    NoMaterial,
    KeyStore,
    Other,
}

/// `KeyMetadata.KeyState` in the API reference of KMS says what each state comes from.
fn cause(seen: &KeyLook) -> Cause {
    let KeyLook::Unknown { reason } = seen else { return Cause::Other };
    let said = |words: &str| reason.contains(words);
    match () {
        () if said("refused") => Cause::Refused,
        () if said("PendingImport") => Cause::NoMaterial,
        () if said("Unavailable") => Cause::KeyStore,
        () => Cause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::key;

    fn mail(notice: Notice, seen: &KeyLook, deleted_at: Option<Timestamp>, language: Language) -> Mail {
        let key = key("1234abcd-12ab");
        let since = Timestamp::from_second(1_800_000_000).unwrap();
        render_notice(&Sight { app: "orders", key: &key, seen, notice, since, deleted_at, now: since }, language)
    }

    #[test]
    fn a_deletion_says_when_and_how_it_is_prevented_in_both_languages() {
        let off = KeyLook::Off { state: "PendingDeletion".into() };
        for language in [Language::En, Language::Ja] {
            let dated = mail(Notice::DeletionScheduled, &off, Timestamp::from_second(1_802_592_000).ok(), language);
            assert!(dated.text.contains("2027-02-14"), "{}", dated.text);
            for told in [dated, mail(Notice::DeletionScheduled, &off, None, language)] {
                assert!(told.text.contains("cancel-key-deletion") && told.text.contains("enable-key"), "{}", told.text);
            }
        }
    }

    #[test]
    fn a_cancelled_deletion_says_that_the_key_is_still_disabled() {
        let off = KeyLook::Off { state: "Disabled".into() };
        for language in [Language::En, Language::Ja] {
            let told = mail(Notice::DeletionCancelled, &off, None, language);
            assert!(told.text.contains("Disabled") && told.text.contains("aws kms enable-key"), "{}", told.text);
        }
    }

    #[test]
    fn what_cannot_be_read_comes_with_its_remedy() {
        let cases = [
            ("DescribeKey was refused: AccessDeniedException", "kms:DescribeKey"),
            ("the key's state is PendingImport", "imports its key material"),
            ("the key's state is Unavailable", "custom key store"),
            ("the key's state is Updating", "ask the key's owner"),
        ];
        for (reason, remedy) in cases {
            let told = mail(Notice::KeyUnknown, &KeyLook::Unknown { reason: reason.into() }, None, Language::En);
            assert!(told.text.contains(reason) && told.text.contains(remedy), "{}", told.text);
            assert!(told.text.contains("Unknown is not disabled"));
        }
    }
}
