//! What the operator is told of a key that no app uses.

use lockstep_domain::app::Language;
use lockstep_domain::mail::Occasion;
use lockstep_domain::run::Ending;

use super::nothing_to_do as nothing;
use crate::both;
use crate::letter::{Block, Tone};
use crate::story::{Content, Story};

pub(crate) fn content(story: &Story<'_>, language: Language) -> Content {
    match story.occasion {
        Occasion::GraceStarted | Occasion::Flapping => unmanaged(language),
        Occasion::Ended(Ending::ShutdownIncomplete | Ending::StartupIncomplete) => given_up(story, language),
        _ => nothing_to_do(story, language),
    }
}

fn unmanaged(language: Language) -> Content {
    let happened = both!(
        language,
        "A key that Lockstep watches was found disabled. Only resources that are not managed by Lockstep use it, so nothing will be stopped.",
        "監視対象のキーが無効になっていることを検出しました。このキーを使用しているのは Lockstep の管理対象外のリソースだけのため、何も停止しません。"
    );
    Content {
        tone: Tone::Nothing,
        badge: both!(language, "Nothing stops", "停止なし"),
        subject: both!(
            language,
            "key disabled, and nothing that uses it is managed",
            "キーが無効化されました (管理対象なし)"
        ),
        headline: both!(
            language,
            "A watched key is disabled, and no app uses it",
            "監視対象のキーが無効ですが、使用しているアプリはありません"
        ),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![Block::Text(both!(
            language,
            "If these resources are to stop and start with the key, tag them with lockstep:app. If not, there is nothing to do.",
            "これらのリソースをキーに合わせて停止・再開する場合は、lockstep:app タグを付けてください。その必要がなければ、対応は不要です。"
        ))],
        next: vec![Block::Text(both!(
            language,
            "Lockstep keeps watching the key.",
            "Lockstep は引き続きキーを監視します。"
        ))],
    }
}

fn given_up(story: &Story<'_>, language: Language) -> Content {
    let run = story.run;
    let happened = both!(
        language,
        "A run because of this key was given up before it knew what uses the key. Nothing was touched.",
        "このキーに関する処理は、キーを使用しているリソースを確認する前に失敗しました。操作は行っていません。"
    );
    let next = if story.tried_again {
        both!(language, "Lockstep tries again by itself.", "Lockstep は自動的に再試行します。")
    } else {
        both!(
            language,
            "Lockstep does not try again by itself before the key changes.",
            "キーが変更されるまで、自動的には再試行されません。"
        )
    };
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Problem", "問題あり"),
        subject: both!(language, "a run was given up", "処理に失敗しました"),
        headline: both!(
            language,
            "A run was given up before it found what uses the key",
            "キーを使用しているリソースを確認できませんでした"
        ),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![Block::Text(both!(
            language,
            "Please look at the execution {run} in AWS Step Functions: its last error says what was missing.",
            "AWS Step Functions の実行 {run} をご確認ください。最後のエラーに原因が示されています。"
        ))],
        next: vec![Block::Text(next)],
    }
}

pub(crate) fn nothing_to_do(story: &Story<'_>, language: Language) -> Content {
    let is_cancelled = story.occasion == Occasion::Ended(Ending::ShutdownCancelled);
    let (subject, happened) = if is_cancelled {
        (
            both!(language, "shutdown cancelled, nothing was touched", "停止は取り消されました (変更はありません)"),
            both!(
                language,
                "The key was enabled again in time. Nothing was touched.",
                "キーは猶予時間内に再び有効になりました。変更はありません。"
            ),
        )
    } else {
        (
            both!(language, "nothing to do", "処理対象はありません"),
            both!(
                language,
                "The key changed, and there was nothing to stop or to start.",
                "キーが変更されましたが、停止または再開するものはありませんでした。"
            ),
        )
    };
    Content {
        tone: Tone::Nothing,
        badge: both!(language, "Nothing happened", "変更なし"),
        headline: both!(language, "Nothing was touched", "変更はありません"),
        subject,
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![nothing(language)],
        next: vec![Block::Text(both!(
            language,
            "Lockstep keeps watching the key.",
            "Lockstep は引き続きキーを監視します。"
        ))],
    }
}
