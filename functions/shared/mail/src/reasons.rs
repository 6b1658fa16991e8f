//! What the domain says of a problem, for readers of Japanese.
//!
//! The ledger keeps reasons in English, and so do logs and events. One that is not known here, such as what AWS itself
//! answered, is shown as it is.

use lockstep_domain::app::Language;

/// English, and the same in Japanese; `{}` stands for what the reason is about, which may itself be a reason.
const KNOWN: &[(&str, &str)] = &[
    ("it no longer exists", "すでに存在しません"),
    ("it was terminated while it was down", "停止中に終了 (terminate) されました"),
    ("it was deleted while it was down", "停止中に削除されました"),
    ("it was terminated", "終了 (terminate) されました"),
    ("it was deleted", "削除されました"),
    ("it was still {} after {} minutes", "{1} 分経過しても {0} のままでした"),
    (
        "its SSM agent is offline, so its services could not be asked",
        "SSM エージェントがオフラインのため、サービスを操作できませんでした",
    ),
    ("the command gave no answer in 5 minutes", "コマンドの応答が 5 分以内に得られませんでした"),
    ("the command was still {} after 5 minutes", "コマンドが 5 分経過しても {0} のままでした"),
    ("{} is not known to systemd", "{0} は systemd に登録されていません"),
    ("{} was not reached (command: {})", "{0} は処理されませんでした (コマンド: {1})"),
    ("{}.service is {}", "{0}.service は {1} の状態です"),
    (
        "it runs, but its SSM agent did not come online in 15 minutes",
        "稼働していますが、SSM エージェントが 15 分以内にオンラインになりませんでした",
    ),
    (
        "it runs, but did not pass its status checks in 15 minutes",
        "稼働していますが、15 分以内にステータスチェックに合格しませんでした",
    ),
    ("the start was accepted, but it went back to stopped", "起動は受け付けられましたが、停止状態に戻りました"),
    (
        "the start was accepted, but RDS could not use its key; it is tried again",
        "起動は受け付けられましたが、RDS がキーを使用できませんでした。再試行します",
    ),
    ("its services were not seen stopped", "サービスの停止を確認できませんでした"),
    ("left running because a service did not stop: {}", "停止しないサービスがあるため、稼働したままです: {0}"),
    ("no hold proves that we stopped it", "Lockstep が停止した記録がありません"),
    ("another key holds it down", "別のキーのため停止中です"),
    ("another key holds its server down", "サーバーが別のキーのため停止中です"),
    ("it is not proven that we stopped it while it was running", "稼働中に Lockstep が停止したことを確認できません"),
    ("its server is not up", "サーバーが稼働していません"),
    ("somebody else has stopped it", "Lockstep 以外により停止されました"),
    ("somebody else had stopped it", "Lockstep 以外により停止されていました"),
    ("it stays down: key {} still holds it", "キー {0} が無効のため、停止したままです"),
    (
        "it is stopped, and the answer that would prove that we stopped it was lost",
        "停止していますが、Lockstep が停止したことを示す応答が失われました",
    ),
    (
        "the answer that would prove that we stopped it was lost; start it by hand if it should run",
        "Lockstep が停止したことを示す応答が失われました。必要であれば手動で起動してください",
    ),
    (
        "no answer told whether {} ran before the shutdown, so it was not started; start it by hand if it should run",
        "{0} が停止前に稼働していたかどうかを確認できなかったため、再開していません。必要であれば手動で起動してください",
    ),
    ("{} was refused: {}", "{0} が拒否されました: {1}"),
    (
        "the plan has {} servers and MaxServersPerRun is {}; raise it to carry the plan out",
        "対象のサーバーは {0} 台ですが、MaxServersPerRun は {1} です。実行するには値を引き上げてください",
    ),
    (
        "RDS names its key as {}, which may be any key; look which it is and stop it by hand",
        "RDS がキーを {0} と示しており、どのキーか特定できません。確認のうえ手動で停止してください",
    ),
    (
        "RDS has taken it down, for its key is off; start it by hand within 7 days of that, once the key is on, or only a backup brings it back",
        "キーが無効のため RDS により停止されました。キーを有効にしたうえで、停止から 7 日以内に手動で起動してください。それを過ぎると、バックアップからしか復元できません",
    ),
    (
        "RDS was without its key for too long and cannot start it again; restore it from a backup",
        "キーのない期間が長すぎたため、RDS では起動できません。バックアップから復元してください",
    ),
    ("it is a read replica, and RDS stops none", "リードレプリカです (RDS では停止できません)"),
    (
        "it has read replicas, and RDS stops no database that has",
        "リードレプリカを持っています (RDS では停止できません)",
    ),
    (
        "it is SQL Server in several zones, which RDS does not stop",
        "マルチ AZ の SQL Server です (RDS では停止できません)",
    ),
    (
        "its tasks are placed by an external controller, not by a count",
        "タスクが外部のコントローラーにより配置されています",
    ),
    (
        "it belongs to Auto Scaling group {}, which would replace it and {}",
        "停止すると Auto Scaling グループ {0} により置き換えられます ({1})",
    ),
    ("its scaling would start its tasks again and {}", "停止してもスケーリングによりタスクが再び起動されます ({0})"),
    ("has no lockstep:app tag", "lockstep:app タグなし"),
    ("is excluded by its lockstep:exclude tag", "lockstep:exclude タグにより対象外"),
    ("cannot be suspended: {}", "一時停止できません: {0}"),
    ("could not be seen", "確認できませんでした"),
];

/// A reason in the reader's language, as far as it is known.
pub(crate) fn told(reason: &str, language: Language) -> String {
    match language {
        Language::En => reason.to_owned(),
        Language::Ja => in_japanese(reason, 3),
    }
}

/// Several reasons of one resource, or the one; `depth` ends what a hostile reason could make endless.
fn in_japanese(reason: &str, depth: u8) -> String {
    let parts = || reason.split("; ").map(|part| translated(part, depth).unwrap_or_else(|| part.to_owned()));
    translated(reason, depth).unwrap_or_else(|| parts().collect::<Vec<_>>().join("; "))
}

fn translated(reason: &str, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let (found, japanese) = KNOWN.iter().find_map(|(english, japanese)| Some((holes(english, reason)?, japanese)))?;
    let fill = |text: String, (at, hole): (usize, &&str)| text.replace(&format!("{{{at}}}"), &in_japanese(hole, depth));
    Some(found.iter().enumerate().fold((*japanese).to_owned(), fill))
}

/// What stands for each `{}`, if the text is of this pattern.
fn holes<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut fixed = pattern.split("{}");
    let mut rest = text.strip_prefix(fixed.next()?)?;
    let mut found = Vec::new();
    let mut fixed = fixed.peekable();
    while let Some(part) = fixed.next() {
        let is_last = fixed.peek().is_none();
        let end = if is_last { rest.len().checked_sub(part.len())? } else { rest.find(part)? };
        let (hole, after) = (rest.get(..end)?, rest.get(end..)?);
        // Two reasons are no hole of a third, but where it ends with what other reasons brought it about.
        if hole.contains("; ") && (pattern.starts_with("{}") || !part.is_empty()) {
            return None;
        }
        rest = after.strip_prefix(part)?;
        found.push(hole);
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_in_japanese_with_what_it_is_about() {
        let told = |reason| in_japanese(reason, 3);
        assert_eq!(told("postgresql.service is failed"), "postgresql.service は failed の状態です");
        assert_eq!(told("it was still stopping after 10 minutes"), "10 分経過しても stopping のままでした");
        assert_eq!(
            told("left running because a service did not stop: a.service is active; b.service is active"),
            "停止しないサービスがあるため、稼働したままです: a.service は active の状態です; b.service は active の状態です"
        );
        assert_eq!(
            told("a.service is failed; it no longer exists"),
            "a.service は failed の状態です; すでに存在しません"
        );
        assert_eq!(told("StartInstances was refused: Denied"), "StartInstances が拒否されました: Denied");
    }

    #[test]
    fn a_reason_that_nobody_knows_is_shown_as_it_is() {
        let endless = "x; ".repeat(5_000);
        for reason in ["", "Denied", "{0}", "{} is {}", endless.as_str()] {
            assert_eq!(in_japanese(reason, 3), reason);
        }
    }

    #[test]
    fn each_hole_of_a_reason_is_filled_in_japanese() {
        for (english, japanese) in KNOWN {
            let holes = english.matches("{}").count();
            assert!((0..holes).all(|at| japanese.contains(&format!("{{{at}}}"))), "{english}");
            assert!(!japanese.contains(&format!("{{{holes}}}")), "{english}");
        }
    }
}
