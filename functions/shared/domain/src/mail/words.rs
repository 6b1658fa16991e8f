//! The words of every mail, both languages side by side.

use jiff::Timestamp;

use super::databases::{databases_en, databases_ja};
use super::deletion::{deletion_en, deletion_ja};
use super::kinds::{kind_en, kind_ja};
use super::{Occasion, Story, time};
use crate::app::Language;
use crate::key::KeyArn;
use crate::kind::Kind;
use crate::report::Said;
use crate::run::Ending;

pub(super) struct Words {
    pub happened: fn(Occasion) -> &'static str,
    pub opening: fn(&Story<'_>) -> String,
    pub deletion: fn(&KeyArn, Timestamp) -> String,
    pub to_do: fn(&Story<'_>) -> String,
    /// What keeps databases waiting must know.
    pub databases: fn(Timestamp) -> String,
    pub said: fn(&Said) -> String,
    pub problem: &'static str,
    pub left_down: &'static str,
    /// What stands before an id; nothing before a server's.
    pub kind: fn(Kind) -> &'static str,
    pub yours: &'static str,
    pub unmanaged: &'static str,
    pub ids: &'static str,
    pub key: &'static str,
    pub run: &'static str,
    pub written: &'static str,
}

pub(super) fn of(language: Language) -> Words {
    match language {
        Language::En => Words {
            happened: happened_en,
            opening: opening_en,
            deletion: deletion_en,
            to_do: to_do_en,
            databases: databases_en,
            said: said_en,
            problem: "PROBLEM",
            left_down: "left down",
            kind: kind_en,
            yours: "Your servers, services and databases:",
            unmanaged: "These use the same key and are not managed by Lockstep (no lockstep:app tag); they were not touched:",
            ids: "For support:",
            key: "key",
            run: "run",
            written: "written",
        },
        Language::Ja => Words {
            happened: happened_ja,
            opening: opening_ja,
            deletion: deletion_ja,
            to_do: to_do_ja,
            databases: databases_ja,
            said: said_ja,
            problem: "問題",
            left_down: "停止のまま",
            kind: kind_ja,
            yours: "対象のサーバー、サービス、データベース:",
            unmanaged: "次のリソースも同じキーを使用していますが、Lockstep の管理対象外 (lockstep:app タグなし) のため、操作していません:",
            ids: "お問い合わせ用の情報:",
            key: "キー",
            run: "実行",
            written: "作成日時",
        },
    }
}

fn happened_en(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::GraceStarted => "key disabled, shutdown ahead",
        Occasion::Ended(Ending::ShutdownCancelled) => "shutdown cancelled, nothing was touched",
        Occasion::Ended(Ending::ShutdownComplete) => "shut down",
        Occasion::Ended(Ending::ShutdownIncomplete) => "shut down only in part",
        Occasion::Flapping => "its key is switched on and off again and again",
        Occasion::Ended(Ending::ShutdownSuperseded) => "shutdown broken off, the key changed again",
        Occasion::Ended(Ending::StartupComplete) => "started again",
        Occasion::Ended(Ending::StartupIncomplete) => "started only in part",
        Occasion::Ended(Ending::StartupSuperseded) => "startup broken off, the key changed again",
        Occasion::Ended(Ending::NothingToDo) => "nothing to do",
    }
}

fn happened_ja(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::GraceStarted => "キーが無効化されました。まもなく停止します",
        Occasion::Ended(Ending::ShutdownCancelled) => "停止は取り消されました (変更はありません)",
        Occasion::Ended(Ending::ShutdownComplete) => "停止しました",
        Occasion::Ended(Ending::ShutdownIncomplete) => "一部のみ停止しました",
        Occasion::Flapping => "キーの有効化と無効化が繰り返されています",
        Occasion::Ended(Ending::ShutdownSuperseded) => "キーが再び変更されたため、停止を中断しました",
        Occasion::Ended(Ending::StartupComplete) => "再開しました",
        Occasion::Ended(Ending::StartupIncomplete) => "一部のみ再開しました",
        Occasion::Ended(Ending::StartupSuperseded) => "キーが再び変更されたため、再開を中断しました",
        Occasion::Ended(Ending::NothingToDo) => "処理対象はありません",
    }
}

fn opening_en(story: &Story<'_>) -> String {
    let (noticed, ends) = (time(story.noticed_at), time(story.grace_ends_at));
    match story.occasion {
        Occasion::GraceStarted => format!(
            "The encryption key of {} was found disabled at {noticed}.\nAt {ends} its services, and then its servers, will be shut down.",
            story.app
        ),
        Occasion::Flapping => format!(
            "The encryption key of {} is being disabled and enabled again and again.\nThe last change was noticed at {noticed}. For as long as this goes on, servers are started at most 4 times an hour,\nand one mail an hour takes the place of a mail for each change.",
            story.app
        ),
        Occasion::Ended(Ending::ShutdownCancelled) => format!(
            "The encryption key of {} was enabled again before {ends}.\nThe shutdown is cancelled. Nothing was touched.",
            story.app
        ),
        occasion => format!(
            "{}: {}.\nThe change of its encryption key was noticed at {noticed}.",
            story.app,
            happened_en(occasion)
        ),
    }
}

fn opening_ja(story: &Story<'_>) -> String {
    let (noticed, ends) = (time(story.noticed_at), time(story.grace_ends_at));
    match story.occasion {
        Occasion::GraceStarted => format!(
            "{noticed} に、{} の暗号化キーが無効になっていることを検出しました。\n{ends} に、サービス、サーバーの順に停止します。",
            story.app
        ),
        Occasion::Flapping => format!(
            "{} の暗号化キーが繰り返し無効化・有効化されています。\n最後の変更を検出した日時: {noticed}。この状態が続く間、サーバーの再開は 1 時間に 4 回までとし、\nお知らせは変更ごとではなく 1 時間に 1 通とします。",
            story.app
        ),
        Occasion::Ended(Ending::ShutdownCancelled) => format!(
            "{} の暗号化キーは {ends} より前に再び有効になりました。\n停止は取り消されました。変更はありません。",
            story.app
        ),
        occasion => format!("{}: {}。\n暗号化キーの変更を検出した日時: {noticed}", story.app, happened_ja(occasion)),
    }
}

fn to_do_en(story: &Story<'_>) -> String {
    match story.occasion {
        Occasion::GraceStarted if story.deletion().is_some() => format!(
            "To prevent the shutdown, too, both are done before {}.\nIf the shutdown and the deletion are intended, there is nothing to do.",
            time(story.grace_ends_at)
        ),
        Occasion::GraceStarted => format!(
            "To prevent this, the key's owner enables the key before then:\n  aws kms enable-key --key-id {}\nIf the shutdown is intended, there is nothing to do.",
            story.key
        ),
        Occasion::Flapping => "Please ask the key's owner which state is meant to last.".to_owned(),
        Occasion::Ended(Ending::ShutdownComplete) => {
            "There is nothing to do. When the key is enabled again, everything that Lockstep stopped is started again."
                .to_owned()
        }
        Occasion::Ended(Ending::ShutdownIncomplete | Ending::StartupIncomplete) => {
            "Please look at the lines marked PROBLEM below; Lockstep did not force anything.".to_owned()
        }
        Occasion::Ended(Ending::ShutdownSuperseded | Ending::StartupSuperseded) => {
            "There is nothing to do; another mail follows when the newer change has been carried out.".to_owned()
        }
        _ => "There is nothing to do.".to_owned(),
    }
}

fn to_do_ja(story: &Story<'_>) -> String {
    match story.occasion {
        Occasion::GraceStarted if story.deletion().is_some() => format!(
            "停止も防ぐには、{} までに両方を行ってください。\n意図した停止と削除であれば、対応は不要です。",
            time(story.grace_ends_at)
        ),
        Occasion::GraceStarted => format!(
            "停止を防ぐには、それまでにキーの所有者がキーを有効にしてください:\n  aws kms enable-key --key-id {}\n意図した停止であれば、対応は不要です。",
            story.key
        ),
        Occasion::Flapping => "どちらの状態が正しいのか、キーの所有者にご確認ください。".to_owned(),
        Occasion::Ended(Ending::ShutdownComplete) => {
            "対応は不要です。キーが再び有効になると、Lockstep が停止したものはすべて再開されます。".to_owned()
        }
        Occasion::Ended(Ending::ShutdownIncomplete | Ending::StartupIncomplete) => {
            "「問題」と記された行をご確認ください。Lockstep は強制的な操作を行っていません。".to_owned()
        }
        Occasion::Ended(Ending::ShutdownSuperseded | Ending::StartupSuperseded) => {
            "対応は不要です。新しい変更の処理が終わり次第、改めてお知らせします。".to_owned()
        }
        _ => "対応は不要です。".to_owned(),
    }
}

fn said_en(said: &Said) -> String {
    let words = match said {
        Said::StoppedAgain(days) => {
            return format!("AWS had started it; stopped again, {days} days after it was stopped first");
        }
        Said::TakenDown => {
            "down, and RDS has lost access to its storage; it starts when the key is on, within 7 days of that"
        }
        Said::WillStop => "will be stopped",
        Said::Stopped => "stopped",
        Said::Started => "running again",
        Said::WillSuspend => "will be suspended, so that it leaves alone what is stopped",
        Said::Suspended => "suspended, so that it leaves alone what is stopped",
        Said::Resumed => "at work again",
        Said::NotManaged => "uses this key, not managed",
        Said::Excluded => "excluded by its lockstep:exclude tag, not touched",
        Said::WasStoppedBefore => "was already stopped, left as it was",
        Said::Gone => "no longer exists",
        Said::PartOf => "stops and starts with its cluster",
        Said::Daemon => "a daemon, stops and starts with its servers",
        Said::OnAnotherKey => "follows a database that uses this key, uses another key itself, not touched",
        Said::NotReached => "not touched",
        Said::Problem(_) | Said::LeftDown(_) => "",
    };
    words.to_owned()
}

fn said_ja(said: &Said) -> String {
    let words = match said {
        Said::StoppedAgain(days) => return format!("AWS により起動されたため再度停止 (最初の停止から {days} 日)"),
        Said::TakenDown => {
            "停止中。RDS がストレージにアクセスできません。その時点から 7 日以内にキーが有効になれば再開します"
        }
        Said::WillStop => "停止予定",
        Said::Stopped => "停止済み",
        Said::Started => "稼働中",
        Said::WillSuspend => "一時停止予定 (停止したものを元に戻さないようにするため)",
        Said::Suspended => "一時停止済み (停止したものを元に戻さないようにするため)",
        Said::Resumed => "再開済み",
        Said::NotManaged => "このキーを使用 (管理対象外)",
        Said::Excluded => "lockstep:exclude タグにより対象外 (操作なし)",
        Said::WasStoppedBefore => "以前から停止 (操作なし)",
        Said::Gone => "存在しません",
        Said::PartOf => "クラスターとともに停止・再開",
        Said::Daemon => "デーモン (サーバーとともに停止・再開)",
        Said::OnAnotherKey => "このキーを使用するデータベースのレプリカ (別のキーを使用、操作なし)",
        Said::NotReached => "操作なし",
        Said::Problem(_) | Said::LeftDown(_) => "",
    };
    words.to_owned()
}
