//! What each mail says, and what several of them say.

pub(crate) mod flapping;
pub(crate) mod grace;
pub(crate) mod nobody;
pub(crate) mod notices;
pub(crate) mod shutdown;
pub(crate) mod startup;

use jiff::Timestamp;
use lockstep_domain::app::Language;
use lockstep_domain::key::KeyArn;

use crate::letter::Block;
use crate::story::Story;
use crate::{both, times};

pub(crate) fn nothing_to_do(language: Language) -> Block {
    Block::Text(both!(language, "There is nothing to do.", "対応は不要です。"))
}

pub(crate) fn enable(key: &KeyArn) -> Block {
    Block::Command(format!("aws kms enable-key --key-id {key} --region {}", key.region()))
}

/// A key whose deletion is cancelled is disabled; it cannot be enabled before.
pub(crate) fn keep(key: &KeyArn) -> [Block; 2] {
    [Block::Command(format!("aws kms cancel-key-deletion --key-id {key} --region {}", key.region())), enable(key)]
}

/// Who can do it, for a reader who cannot.
pub(crate) fn owner(key: &KeyArn, language: Language) -> Block {
    let account = key.account();
    Block::Text(both!(
        language,
        "The key's owner is whoever administers the keys of AWS account {account}. If that is not you, forward this mail to them.",
        "キーの所有者とは、AWS アカウント {account} のキーを管理している方です。ご自身でない場合は、このメールをその方に転送してください。"
    ))
}

/// KMS deletes the key up to a day after the date it gives, never before.
pub(crate) fn deletion(key: &KeyArn, at: Option<Timestamp>, language: Language) -> Vec<Block> {
    let told = match at.map(|at| times::full(at, language)) {
        Some(at) => both!(
            language,
            "The key is scheduled for deletion: AWS KMS deletes it after {at}. From then on, nothing that is encrypted with it can ever be read again.",
            "このキーは削除が予定されています。AWS KMS は {at} 以降にキーを削除します。削除されると、このキーで暗号化されたデータは二度と読み取れません。"
        ),
        None => both!(
            language,
            "The key is scheduled for deletion; AWS KMS did not say when. Once it is deleted, nothing that is encrypted with it can ever be read again.",
            "このキーは削除が予定されています。削除の日時は取得できませんでした。削除されると、このキーで暗号化されたデータは二度と読み取れません。"
        ),
    };
    let remedy = both!(
        language,
        "To keep the key, its owner cancels the deletion before then, and then enables the key:",
        "キーを残すには、それまでにキーの所有者が削除を取り消し、続いてキーを有効にしてください:"
    );
    let [cancel, enable] = keep(key);
    vec![Block::Note(told), Block::Text(remedy), cancel, enable]
}

/// What brings back what is down; with the deletion, if there is one.
pub(crate) fn bring_back(story: &Story<'_>, language: Language) -> Vec<Block> {
    let mut blocks = match story.deletion() {
        Some(at) => deletion(story.key, Some(at), language),
        None => {
            let app = story.app();
            let when = both!(
                language,
                "When {app} is to run again, the key's owner enables the key:",
                "{app} を再開するときは、キーの所有者がキーを有効にしてください:"
            );
            vec![Block::Text(when), enable(story.key)]
        }
    };
    blocks.push(owner(story.key, language));
    blocks
}

pub(crate) fn databases(story: &Story<'_>, language: Language) -> Option<Block> {
    let until = times::full(story.databases_until()?, language);
    Some(Block::Note(both!(
        language,
        "Databases can do without their key for 7 days. Enable it before {until}, or RDS may be left with databases that only a backup brings back.",
        "データベースがキーなしで保持される期間は 7 日間です。{until} までにキーを有効にしてください。それを過ぎると、バックアップからしか復元できなくなるデータベースが生じるおそれがあります。"
    )))
}

pub(crate) fn started_again_by_itself(language: Language) -> Block {
    Block::Text(both!(
        language,
        "When the key is enabled again, Lockstep starts everything that it has stopped, and mails you. What was stopped before stays stopped.",
        "キーが再び有効になると、Lockstep は自身が停止したものをすべて再開し、メールでお知らせします。以前から停止していたものは停止したままです。"
    ))
}
