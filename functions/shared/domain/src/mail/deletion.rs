//! What a mail says of a key that waits for its deletion, in both languages.

use jiff::Timestamp;

use super::time;
use crate::key::KeyArn;

/// KMS deletes the key up to a day after the date it gives, never before.
pub(super) fn deletion_en(key: &KeyArn, at: Timestamp) -> String {
    format!(
        "The key is scheduled for deletion: KMS deletes it after {}. From then on, nothing that is encrypted with it\ncan ever be read again. To keep the key, its owner cancels the deletion before then, and then enables the key:\n{}",
        time(at),
        commands(key)
    )
}

pub(super) fn deletion_ja(key: &KeyArn, at: Timestamp) -> String {
    format!(
        "このキーは削除が予定されています。KMS は {} 以降にキーを削除します。削除されると、このキーで暗号化されたデータは\n二度と読み取れません。キーを残すには、それまでにキーの所有者が削除を取り消し、続いてキーを有効にしてください:\n{}",
        time(at),
        commands(key)
    )
}

/// A key whose deletion is cancelled is disabled; it cannot be enabled before.
pub(super) fn commands(key: &KeyArn) -> String {
    format!("  aws kms cancel-key-deletion --key-id {key}\n  aws kms enable-key --key-id {key}")
}
