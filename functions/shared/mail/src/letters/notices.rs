//! What was seen of a key: that nobody can tell its state, and that it is to be deleted.

use lockstep_domain::app::Language;
use lockstep_domain::key::KeyLook;

use super::{deletion, enable, nothing_to_do, owner, started_again_by_itself};
use crate::letter::{Block, Tone};
use crate::notice::Sight;
use crate::story::Content;
use crate::{both, times};

pub(crate) fn unknown(sight: &Sight<'_>, language: Language) -> Content {
    let happened = both!(
        language,
        "Lockstep cannot tell whether this encryption key is on. Unknown is not disabled: because of this key nothing is stopped and nothing is started until its state can be read again. What runs keeps running as long as AWS lets it.",
        "この暗号化キーが有効かどうかを確認できません。「不明」は「無効」ではありません。状態を再び確認できるまで、このキーを理由に停止や再開を行うことはありません。稼働中のものは、AWS が許す限りそのまま稼働します。"
    );
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Key unknown", "キー状態不明"),
        subject: both!(language, "nobody can tell whether the key is on", "キーの状態を確認できません"),
        headline: both!(language, "Nobody can tell whether the key is on", "キーの状態を確認できません"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![Block::Text(cure(sight.seen, language)), owner(sight.key, language)],
        next: vec![Block::Text(both!(
            language,
            "Lockstep looks again every few minutes and mails you when the key can be read.",
            "Lockstep は数分ごとに確認を続け、確認できるようになるとお知らせします。"
        ))],
    }
}

/// What makes a key of this state readable again (`KeyMetadata.KeyState` in the API reference of KMS).
fn cure(seen: &KeyLook, language: Language) -> String {
    let said = |words: &str| matches!(seen, KeyLook::Unknown { reason } if reason.contains(words));
    if said("refused") {
        return both!(
            language,
            "Let the key's policy allow this account kms:DescribeKey again. If the key is gone, restore the data from a backup under another key, and stop watching this one.",
            "キーポリシーで、このアカウントに kms:DescribeKey を再び許可してください。キーが失われている場合は、別のキーでバックアップから復元し、このキーの監視を終了してください。"
        );
    }
    if said("PendingImport") {
        return both!(
            language,
            "The key's owner imports its key material again.",
            "キーの所有者がキーマテリアルを再度インポートしてください。"
        );
    }
    if said("Unavailable") {
        return both!(
            language,
            "The key's owner connects its custom key store again.",
            "キーの所有者がカスタムキーストアを再度接続してください。"
        );
    }
    both!(
        language,
        "Please ask the key's owner what the state means, and when it will end.",
        "この状態の意味と終了予定を、キーの所有者にご確認ください。"
    )
}

pub(crate) fn known_again(sight: &Sight<'_>, language: Language) -> Content {
    let state = sight.state(language);
    let happened = both!(
        language,
        "The state of this encryption key can be read again: it is {state}.",
        "この暗号化キーの状態を再び確認できるようになりました。現在の状態は「{state}」です。"
    );
    Content {
        tone: Tone::Running,
        badge: both!(language, "Key known again", "確認再開"),
        subject: both!(language, "the key can be read again", "キーの状態を再び確認できるようになりました"),
        headline: both!(language, "The key can be read again", "キーの状態を再び確認できるようになりました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![nothing_to_do(language)],
        next: vec![Block::Text(both!(
            language,
            "What this state asks for is under way; if anything is to be stopped, a warning comes first.",
            "この状態に応じた処理は開始されています。停止を行う場合は、事前にお知らせします。"
        ))],
    }
}

pub(crate) fn scheduled(sight: &Sight<'_>, language: Language) -> Content {
    let (key, app) = (sight.the_key(language), sight.app.unwrap_or_default());
    let date = sight.deleted_at.map(|at| times::full(at, language));
    let headline = match (sight.app, &date) {
        (Some(_), Some(date)) => {
            both!(language, "The key of {app} will be deleted after {date}", "{app} のキーは {date} 以降に削除されます")
        }
        (None, Some(date)) => {
            both!(language, "The key will be deleted after {date}", "キーは {date} 以降に削除されます")
        }
        (Some(_), None) => both!(language, "The key of {app} is to be deleted", "{app} のキーの削除が予定されました"),
        (None, None) => both!(language, "The key is to be deleted", "キーの削除が予定されました"),
    };
    let mut to_do = vec![Block::Text(both!(
        language,
        "If the deletion is intended, there is nothing to do.",
        "意図した削除であれば、対応は不要です。"
    ))];
    to_do.extend(deletion(sight.key, sight.deleted_at, language));
    to_do.push(owner(sight.key, language));
    let subject = match sight.deleted_at.map(|at| at.strftime("%Y-%m-%d").to_string()) {
        Some(day) => both!(language, "its key is to be deleted after {day}", "キーの削除が {day} 以降に予定されました"),
        None => both!(language, "its key is to be deleted", "キーの削除が予定されました"),
    };
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Deletion ahead", "削除予定"),
        subject,
        preheader: both!(
            language,
            "Once it is deleted, nothing that is encrypted with it can ever be read again. Its owner can still cancel that.",
            "削除されると、このキーで暗号化されたデータは二度と読み取れません。それまでは、キーの所有者が取り消すことができます。"
        ),
        headline,
        happened: vec![Block::Text(both!(
            language,
            "Lockstep has found {key} scheduled for deletion. What uses the key is shut down already, for the key is off.",
            "{key}に削除が予定されていることを検出しました。このキーを使用するリソースは、キーが無効のためすでに停止しています。"
        ))],
        to_do,
        next: vec![
            Block::Text(both!(
                language,
                "If nobody cancels the deletion, everything stays down, and its data is lost for good when the key is deleted. If the deletion is cancelled, you get a mail.",
                "削除が取り消されなければ、すべて停止したままとなり、キーが削除された時点でデータは完全に失われます。削除が取り消された場合は、お知らせします。"
            )),
            started_again_by_itself(language),
        ],
    }
}

pub(crate) fn kept(sight: &Sight<'_>, language: Language) -> Content {
    let (key, state) = (sight.the_key(language), sight.state(language));
    let happened = both!(
        language,
        "The deletion of {key} was cancelled. The key is kept, and it is still {state}: everything that Lockstep has stopped stays down until the key is enabled.",
        "{key}の削除が取り消されました。キーは保持されますが、{state}のままです。Lockstep が停止したものは、キーが有効になるまで停止したままです。"
    );
    let mut to_do = vec![Block::Text(both!(
        language,
        "If everything is to run again, the key's owner enables the key:",
        "すべてを再開する場合は、キーの所有者がキーを有効にしてください:"
    ))];
    to_do.extend([enable(sight.key), owner(sight.key, language)]);
    Content {
        tone: Tone::Stopped,
        badge: both!(language, "Key kept", "キー保持"),
        subject: both!(
            language,
            "its key is kept, and still disabled",
            "キーの削除は取り消されました (無効のままです)"
        ),
        headline: both!(
            language,
            "The key is kept, and still disabled",
            "キーの削除は取り消されました (無効のままです)"
        ),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do,
        next: vec![started_again_by_itself(language)],
    }
}
