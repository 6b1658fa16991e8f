//! The key is switched off and on again and again: one mail an hour takes the place of many.

use lockstep_domain::app::Language;

use super::{databases, deletion, owner};
use crate::both;
use crate::letter::{Block, Tone};
use crate::story::{Content, Story};

pub(crate) fn content(story: &Story<'_>, language: Language) -> Content {
    let (app, ends) = (story.app(), story.grace_ends(language));
    let mut to_do = vec![
        Block::Text(both!(
            language,
            "Please ask the key's owner which state is meant to last. Often a script or an automatic rule switches the key.",
            "どちらの状態が正しいのか、キーの所有者にご確認ください。スクリプトや自動化されたルールがキーを切り替えていることがよくあります。"
        )),
        owner(story.key, language),
    ];
    if let Some(at) = story.deletion() {
        to_do.extend(deletion(story.key, Some(at), language));
    }
    let next = [Block::Text(both!(
        language,
        "If the key stays disabled, {app} is shut down at {ends}. For as long as the changes go on, servers are started at most 4 times an hour, and you get one mail an hour rather than a mail for each change.",
        "キーが無効のままであれば、{ends} に {app} を停止します。変更が続く間、サーバーの再開は 1 時間に 4 回までとし、お知らせは変更ごとではなく 1 時間に 1 通とします。"
    ))];
    Content {
        tone: Tone::Ahead,
        badge: both!(language, "Unsteady key", "キー不安定"),
        subject: both!(
            language,
            "its key is switched on and off again and again",
            "キーの有効化と無効化が繰り返されています"
        ),
        headline: both!(
            language,
            "The key of {app} is switched on and off again and again",
            "{app} のキーの有効化と無効化が繰り返されています"
        ),
        preheader: both!(
            language,
            "If it stays disabled, {app} is shut down at {ends}. Please ask the key's owner which state is meant to last.",
            "無効のままであれば {ends} に停止します。どちらの状態が正しいのか、キーの所有者にご確認ください。"
        ),
        happened: vec![Block::Text(both!(
            language,
            "The encryption key of {app} is being disabled and enabled again and again. Now it is disabled.",
            "{app} の暗号化キーが繰り返し無効化・有効化されています。現在は無効です。"
        ))],
        to_do,
        next: next.into_iter().chain(databases(story, language)).collect(),
    }
}
