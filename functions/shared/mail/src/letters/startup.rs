//! A startup has ended.

use lockstep_domain::app::Language;
use lockstep_domain::report::Said;

use super::nothing_to_do;
use crate::both;
use crate::letter::{Block, Tone};
use crate::story::{Content, Story};

pub(crate) fn complete(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let mut happened = both!(
        language,
        "The encryption key of {app} is enabled again, and Lockstep has started everything that it had stopped: servers and databases first, then services.",
        "{app} の暗号化キーが再び有効になったため、Lockstep は停止していたものをサーバーとデータベース、サービスの順にすべて再開しました。"
    );
    if story.count(|said| matches!(said, Said::LeftDown(_))) > 0 {
        happened.push_str(&both!(
            language,
            " Some of it stays down on purpose; the table says why.",
            "一部は意図的に停止したままです。理由は表のとおりです。"
        ));
    }
    Content {
        tone: Tone::Running,
        badge: both!(language, "Running", "稼働中"),
        subject: both!(language, "started again", "再開しました"),
        headline: both!(language, "{app} is running again", "{app} を再開しました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![nothing_to_do(language)],
        next: vec![Block::Text(both!(
            language,
            "Lockstep keeps watching the key. If it is disabled again, you are warned before anything is stopped.",
            "Lockstep は引き続きキーを監視します。再び無効になった場合は、停止の前にお知らせします。"
        ))],
    }
}

pub(crate) fn incomplete(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let is_problem = |said: &Said| matches!(said, Said::Problem(_) | Said::WaitsForCapacity(_));
    let happened = match (story.count(is_problem), story.lines.len()) {
        (0, _) => both!(
            language,
            "The encryption key of {app} is enabled again. Lockstep has started what it could, but not everything of {app} was reached.",
            "{app} の暗号化キーが再び有効になりました。Lockstep は再開できるものを再開しましたが、{app} の一部は処理されていません。"
        ),
        (problems, all) => both!(
            language,
            "The encryption key of {app} is enabled again. Lockstep has started what it could; {problems} of {all} resources have a problem.",
            "{app} の暗号化キーが再び有効になりました。Lockstep は再開できるものを再開しましたが、{all} 件のうち {problems} 件に問題があります。"
        ),
    };
    let next = if story.tried_again {
        both!(
            language,
            "Lockstep tries again by itself, after some minutes and then less and less often, for as long as the key is enabled. When everything is up, you get a mail.",
            "キーが有効の間、Lockstep は数分後から徐々に間隔を空けて自動的に再試行します。すべて再開したらお知らせします。"
        )
    } else {
        both!(
            language,
            "Lockstep does not try these again by itself. Once the reason is gone, start them by hand.",
            "これらは自動的には再試行されません。原因を取り除いたうえで、手動で起動してください。"
        )
    };
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Problem", "問題あり"),
        subject: both!(language, "started only in part", "一部のみ再開しました"),
        headline: both!(language, "{app} is running only in part", "{app} は一部のみ再開しました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![Block::Text(both!(
            language,
            "Please look at what is marked PROBLEM in the table; it says why. The key is not the reason: it is enabled.",
            "表で「問題」と記されたものと、その理由をご確認ください。キーは有効になっており、キーが原因ではありません。"
        ))],
        next: vec![Block::Text(next)],
    }
}

/// All that is missing is room at AWS.
pub(crate) fn waiting(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let (waiting, all) = (story.count(|said| matches!(said, Said::WaitsForCapacity(_))), story.lines.len());
    Content {
        tone: Tone::Ahead,
        badge: both!(language, "Waiting", "空き待ち"),
        subject: both!(language, "still waiting for capacity at AWS", "AWS の空きを待っています"),
        headline: both!(language, "{app} waits for free machines at AWS", "{app} は AWS の空きを待っています"),
        preheader: both!(
            language,
            "{waiting} of {all} resources could not be started, for AWS has no free machines now. Lockstep asks again by itself.",
            "AWS に空きがないため、{all} 件のうち {waiting} 件を再開できていません。Lockstep が自動的に再試行します。"
        ),
        happened: vec![Block::Text(both!(
            language,
            "The encryption key of {app} is enabled again, and Lockstep has started what it could. For {waiting} of {all} resources AWS has no free machines of the needed type right now. This is a shortage at AWS; nothing of yours is broken.",
            "{app} の暗号化キーが再び有効になり、Lockstep は再開できるものを再開しました。{all} 件のうち {waiting} 件は、必要な種類のマシンの空きが現在 AWS にありません。AWS 側の一時的な不足であり、お客様の環境の障害ではありません。"
        ))],
        to_do: vec![Block::Text(both!(
            language,
            "Usually nothing: such a shortage passes by itself, mostly within hours. If {app} cannot wait, whoever runs its servers can change their instance type, or ask AWS Support.",
            "通常は対応不要です。多くの場合、数時間以内に自然に解消します。お急ぎの場合は、サーバーの担当者がインスタンスタイプを変更するか、AWS サポートにお問い合わせください。"
        ))],
        next: vec![Block::Text(both!(
            language,
            "Lockstep asks AWS again by itself, after some minutes and then less and less often, at the latest every six hours. When {app} is running, you get a mail.",
            "Lockstep は数分後から徐々に間隔を空けて (最長 6 時間ごとに) 自動的に再試行します。{app} が再開したらお知らせします。"
        ))],
    }
}

/// Mailed for what only this run can tell.
pub(crate) fn superseded(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let happened = both!(
        language,
        "The encryption key of {app} changed again while {app} was being started. The startup was broken off.",
        "{app} の再開中に暗号化キーが再び変更されたため、再開を中断しました。"
    );
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Broken off", "中断"),
        subject: both!(
            language,
            "startup broken off, the key changed again",
            "キーが再び変更されたため、再開を中断しました"
        ),
        headline: both!(language, "The startup of {app} was broken off", "{app} の再開を中断しました"),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: vec![Block::Text(both!(
            language,
            "Please look at what is marked PROBLEM in the table: no later mail tells of it.",
            "表で「問題」と記されたものをご確認ください。これについて改めてお知らせすることはありません。"
        ))],
        next: vec![Block::Text(both!(
            language,
            "Another mail follows when the newer change has been carried out.",
            "新しい変更の処理が終わり次第、改めてお知らせします。"
        ))],
    }
}
