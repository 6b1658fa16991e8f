//! A shutdown is ahead, and: it was cancelled.

use lockstep_domain::app::Language;
use lockstep_domain::report::Said;

use super::{databases, deletion, enable, nothing_to_do, owner};
use crate::letter::{Block, Tone};
use crate::story::{Content, Story, listed_as};
use crate::{both, times};

pub(crate) fn started(story: &Story<'_>, language: Language) -> Content {
    let (app, ends) = (story.app(), story.grace_ends(language));
    if story.count(|said| matches!(said, Said::WillStop | Said::WillSuspend)) == 0 {
        return nothing_stops(story, language);
    }
    let at = times::short(story.grace_ends_at, story.noticed_at, language);
    let subject = both!(language, "key disabled, shutdown ahead at {at}", "キーが無効化されました。{at} に停止します");
    let found = match story.deletion() {
        Some(_) => both!(
            language,
            "The encryption key of {app} was found disabled, for it is scheduled for deletion.",
            "{app} の暗号化キーに削除が予定され、無効になっていることを検出しました。"
        ),
        None => both!(
            language,
            "The encryption key of {app} was found disabled.",
            "{app} の暗号化キーが無効になっていることを検出しました。"
        ),
    };
    let why = both!(
        language,
        "Without its key, {app} cannot read its data. So that it does not fail in the middle of its work, Lockstep will shut it down in order: services first, then servers and databases. Nothing has been stopped yet.",
        "キーがないと {app} はデータを読み取れません。動作中に障害となるのを防ぐため、Lockstep がサービス、サーバーとデータベースの順に停止します。まだ何も停止していません。"
    );
    let mut next = vec![Block::Text(both!(
        language,
        "At {ends} Lockstep looks at the key once more. If it is enabled by then, nothing is touched, and a mail tells you so. If not, the shutdown begins, and a mail tells you when it is done. When the key is enabled again later, Lockstep starts what it has stopped.",
        "{ends} に、Lockstep はキーの状態をもう一度確認します。それまでに有効になっていれば何も操作せず、その旨をお知らせします。無効のままであれば停止を開始し、終わり次第お知らせします。その後キーが再び有効になると、Lockstep は停止したものを再開します。"
    ))];
    next.extend(databases(story, language));
    Content {
        tone: Tone::Ahead,
        badge: both!(language, "Shutdown ahead", "停止予定"),
        subject,
        headline: both!(language, "{app} will be shut down at {ends}", "{app} を {ends} に停止します"),
        preheader: both!(
            language,
            "Nothing has been stopped yet. If the key is enabled before {ends}, nothing will be.",
            "まだ何も停止していません。{ends} までにキーを有効にすると、停止は行われません。"
        ),
        happened: vec![Block::Text(format!("{found}{}{why}", both!(language, " ", "")))],
        to_do: to_prevent(story, language),
        next,
    }
}

fn to_prevent(story: &Story<'_>, language: Language) -> Vec<Block> {
    let (ends, listed) = (story.grace_ends(language), listed_as(story.key, story.alias));
    let mut blocks = Vec::new();
    if let Some(at) = story.deletion() {
        blocks.push(Block::Text(both!(
            language,
            "If the shutdown and the deletion are intended, there is nothing to do.",
            "意図した停止と削除であれば、対応は不要です。"
        )));
        blocks.extend(deletion(story.key, Some(at), language));
        blocks.push(Block::Text(both!(
            language,
            "To prevent the shutdown, too, both are done before {ends}.",
            "停止も防ぐには、{ends} までに両方を行ってください。"
        )));
    } else {
        blocks.push(Block::Text(both!(
            language,
            "If the shutdown is intended, there is nothing to do.",
            "意図した停止であれば、対応は不要です。"
        )));
        blocks.push(Block::Text(both!(
            language,
            "To prevent it, the key's owner enables the key before {ends}: in the AWS console under Key Management Service, Customer managed keys, {listed}, Key actions, Enable; or with this command:",
            "停止を防ぐには、{ends} までにキーの所有者がキーを有効にしてください。AWS コンソールでは Key Management Service の「カスタマー管理型のキー」で {listed} を選び、「キーのアクション」から有効にできます。コマンドでは次のとおりです:"
        )));
        blocks.push(enable(story.key));
    }
    blocks.push(owner(story.key, language));
    blocks
}

/// All of the app is excluded, stopped already, or cannot be stopped.
fn nothing_stops(story: &Story<'_>, language: Language) -> Content {
    let app = story.app();
    let happened = both!(
        language,
        "The encryption key of {app} was found disabled. Nothing of {app} will be stopped; the table below says why for each of its resources.",
        "{app} の暗号化キーが無効になっていることを検出しました。{app} のリソースはいずれも停止しません。理由は下の表のとおりです。"
    );
    let to_do = both!(
        language,
        "If the key is meant to be disabled, look at what is marked PROBLEM below, if anything is: it goes on without its key and may fail. If not, the key's owner enables the key:",
        "意図した無効化であれば、下の表で「問題」と記されたものをご確認ください。キーがないまま動作を続けるため、障害となるおそれがあります。意図しない場合は、キーの所有者がキーを有効にしてください:"
    );
    let mut blocks = vec![Block::Text(to_do), enable(story.key), owner(story.key, language)];
    if let Some(at) = story.deletion() {
        blocks = [deletion(story.key, Some(at), language), vec![owner(story.key, language)]].concat();
    }
    let mut next = vec![Block::Text(both!(
        language,
        "Lockstep keeps watching the key and mails you when it changes.",
        "Lockstep は引き続きキーを監視し、変化があればお知らせします。"
    ))];
    next.extend(databases(story, language));
    Content {
        tone: if story.count(|said| matches!(said, Said::Problem(_))) > 0 { Tone::Problem } else { Tone::Nothing },
        badge: both!(language, "Key disabled", "キー無効"),
        subject: both!(
            language,
            "key disabled, nothing will be stopped",
            "キーが無効化されました (停止するものはありません)"
        ),
        headline: both!(
            language,
            "The encryption key of {app} is disabled; nothing will be stopped",
            "{app} の暗号化キーが無効ですが、停止するものはありません"
        ),
        preheader: happened.clone(),
        happened: vec![Block::Text(happened)],
        to_do: blocks,
        next,
    }
}

pub(crate) fn cancelled(story: &Story<'_>, language: Language) -> Content {
    let (app, ends) = (story.app(), story.grace_ends(language));
    let happened = both!(
        language,
        "The encryption key of {app} was enabled again before {ends}. The shutdown is cancelled. Nothing was touched.",
        "{app} の暗号化キーは {ends} より前に再び有効になりました。停止は取り消されました。変更はありません。"
    );
    Content {
        tone: Tone::Running,
        badge: both!(language, "Cancelled", "取り消し"),
        subject: both!(
            language,
            "shutdown cancelled, nothing was touched",
            "停止は取り消されました (変更はありません)"
        ),
        headline: both!(language, "{app} keeps running", "{app} は稼働を続けます"),
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
