//! A shutdown has ended.

use lockstep_domain::app::Language;
use lockstep_domain::report::Said;

use super::{bring_back, databases, nothing_to_do, started_again_by_itself};
use crate::both;
use crate::letter::{Block, Tone};
use crate::story::{Content, Story};

pub(crate) fn complete(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let is_again = story.count(|said| matches!(said, Said::StoppedAgain(_))) > 0;
    let (headline, happened) = if is_again {
        (
            both!(language, "{app} is shut down again", "{app} を再度停止しました"),
            both!(
                language,
                "AWS starts databases by itself when they have been stopped for seven days. The encryption key of {app} is still disabled, so Lockstep has stopped them again. Nothing was forced, and nothing was deleted.",
                "停止から 7 日が経過したデータベースは、AWS により自動的に起動されます。{app} の暗号化キーは無効のままのため、Lockstep が再度停止しました。強制的な操作や削除は行っていません。"
            ),
        )
    } else {
        (
            both!(language, "{app} is shut down", "{app} を停止しました"),
            both!(
                language,
                "The encryption key of {app} is disabled, so Lockstep has shut {app} down in order: services first, then servers and databases. Nothing was forced, and nothing was deleted.",
                "{app} の暗号化キーが無効のため、Lockstep が {app} をサービス、サーバーとデータベースの順に停止しました。強制的な操作や削除は行っていません。"
            ),
        )
    };
    let mut to_do = vec![Block::Text(both!(
        language,
        "If this is intended, there is nothing to do. Please start nothing by hand: without the key it would not come up.",
        "意図した停止であれば、対応は不要です。キーがないと起動できないため、手動での起動はお控えください。"
    ))];
    to_do.extend(bring_back(story, language));
    Content {
        tone: Tone::Stopped,
        badge: both!(language, "Stopped", "停止"),
        subject: if is_again {
            both!(language, "shut down again", "再度停止しました")
        } else {
            both!(language, "shut down", "停止しました")
        },
        headline,
        preheader: both!(
            language,
            "Nothing was forced, and nothing was deleted. When its key is enabled again, Lockstep starts everything that it has stopped.",
            "強制的な操作や削除は行っていません。キーが再び有効になると、停止したものをすべて再開します。"
        ),
        happened: vec![Block::Text(happened)],
        to_do,
        next: next(story, started_again_by_itself(language), language),
    }
}

pub(crate) fn incomplete(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let happened = match (story.count(|said| matches!(said, Said::Problem(_))), story.lines.len()) {
        (0, _) => both!(
            language,
            "The encryption key of {app} is disabled. Lockstep has shut down what it could, but not everything of {app} was reached. Nothing was forced.",
            "{app} の暗号化キーは無効です。Lockstep は停止できるものを停止しましたが、{app} の一部は処理されていません。強制的な操作は行っていません。"
        ),
        (problems, all) => both!(
            language,
            "The encryption key of {app} is disabled. Lockstep has shut down what it could; {problems} of {all} resources have a problem. Nothing was forced.",
            "{app} の暗号化キーは無効です。Lockstep は停止できるものを停止しましたが、{all} 件のうち {problems} 件に問題があります。強制的な操作は行っていません。"
        ),
    };
    let mut to_do = vec![Block::Text(both!(
        language,
        "Please look at what is marked PROBLEM in the table; it says why. What still runs goes on without its key and may fail: if that matters, stop it by hand.",
        "表で「問題」と記されたものと、その理由をご確認ください。稼働中のものはキーがないまま動作を続けるため、障害となるおそれがあります。必要であれば手動で停止してください。"
    ))];
    to_do.extend(bring_back(story, language));
    let tried = if story.tried_again {
        both!(
            language,
            "Lockstep tries again by itself, after some minutes and then less and less often, for as long as the key is disabled. When everything is down, you get a mail. When the key is enabled again, Lockstep starts everything that it has stopped.",
            "キーが無効の間、Lockstep は数分後から徐々に間隔を空けて自動的に再試行します。すべて停止したらお知らせします。キーが再び有効になると、Lockstep は停止したものをすべて再開します。"
        )
    } else {
        both!(
            language,
            "Lockstep does not try these again by itself. When the key is enabled again, it starts everything that it has stopped.",
            "これらは自動的には再試行されません。キーが再び有効になると、Lockstep は停止したものをすべて再開します。"
        )
    };
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Problem", "問題あり"),
        subject: both!(language, "shut down only in part", "一部のみ停止しました"),
        headline: both!(language, "{app} is shut down only in part", "{app} は一部のみ停止しました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do,
        next: next(story, Block::Text(tried), language),
    }
}

pub(crate) fn superseded(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let happened = both!(
        language,
        "The encryption key of {app} changed again while {app} was being shut down. The shutdown was broken off.",
        "{app} の停止中に暗号化キーが再び変更されたため、停止を中断しました。"
    );
    Content {
        tone: Tone::Nothing,
        badge: both!(language, "Broken off", "中断"),
        subject: both!(
            language,
            "shutdown broken off, the key changed again",
            "キーが再び変更されたため、停止を中断しました"
        ),
        headline: both!(language, "The shutdown of {app} was broken off", "{app} の停止を中断しました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![nothing_to_do(language)],
        next: vec![Block::Text(both!(
            language,
            "Another mail follows when the newer change has been carried out.",
            "新しい変更の処理が終わり次第、改めてお知らせします。"
        ))],
    }
}

fn next(story: &Story<'_>, first: Block, language: Language) -> Vec<Block> {
    [first].into_iter().chain(databases(story, language)).collect()
}
