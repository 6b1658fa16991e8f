//! What a mail says of databases whose key is off, in both languages.
//!
//! RDS keeps a database that it cannot decrypt for seven days (Amazon RDS User Guide, "Encrypting Amazon RDS
//! resources"). It says nowhere whether one that is stopped counts, so the date is the earliest that it can be.

use jiff::Timestamp;

use super::time;

pub(super) fn databases_en(until: Timestamp) -> String {
    format!(
        "Databases can do without their key for 7 days. Enable it before {},\nor RDS may be left with databases that only a backup brings back.",
        time(until)
    )
}

pub(super) fn databases_ja(until: Timestamp) -> String {
    format!(
        "データベースがキーなしで保持される期間は 7 日間です。{} までにキーを有効にしてください。\nそれを過ぎると、バックアップからしか復元できなくなるデータベースが生じるおそれがあります。",
        time(until)
    )
}
