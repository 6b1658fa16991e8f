//! The mail to the operator about a mail that Amazon SES refused.

use jiff::Timestamp;
use lockstep_domain::app::{Address, Language};
use lockstep_domain::key::KeyArn;
use lockstep_domain::mail::Mail;

use crate::letter::{Block, Fact, Letter, Tone};
use crate::names::{DETAIL, safe};
use crate::story::{Content, known_as, letter, whose, why};
use crate::{both, times, written};

/// Everything that such a mail says.
#[derive(Debug, Clone)]
pub struct Undelivered<'a> {
    /// The app whose admin was not told.
    pub app: Option<&'a str>,
    pub key: &'a KeyArn,
    /// Of the key, if it has one and it is known; begins with `alias/`.
    pub alias: Option<&'a str>,
    pub to: &'a Address,
    /// Of the mail that was refused.
    pub subject: &'a str,
    /// In the words of Amazon SES.
    pub reason: &'a str,
    pub now: Timestamp,
}

pub fn render_undelivered(mail: &Undelivered<'_>, language: Language) -> Mail {
    written(letter_of(mail, language))
}

pub(crate) fn letter_of(mail: &Undelivered<'_>, language: Language) -> Letter {
    let Undelivered { to, now, .. } = mail;
    let mut facts = whose(mail.app, mail.key, mail.alias, language);
    facts.push(Fact::new(both!(language, "Address", "宛先"), to.as_str()));
    facts.push(Fact::new(both!(language, "Subject of the mail", "メールの件名"), safe(mail.subject, DETAIL)));
    facts.push(Fact::new(both!(language, "Refused", "拒否された日時"), times::full(*now, language)));
    let ids = vec![
        Fact::new(both!(language, "key", "キー"), mail.key.as_str()),
        Fact::new(both!(language, "written", "作成日時"), times::full(*now, language)),
    ];
    let operator = both!(language, "(operator)", "(運用担当者)");
    let key = known_as(mail.key, mail.alias);
    let letter = letter(content(mail, language), mail.app.unwrap_or(&operator), &key, facts, ids, language);
    Letter { why: why(None, language), ..letter }
}

fn content(mail: &Undelivered<'_>, language: Language) -> Content {
    let (to, reason) = (mail.to, safe(mail.reason, DETAIL));
    let happened = both!(
        language,
        "Amazon SES refused a mail to {to}. Whoever reads mail there does not know of it.",
        "Amazon SES が {to} 宛てのメールを拒否しました。宛先の方には通知が届いていません。"
    );
    Content {
        tone: Tone::Problem,
        badge: both!(language, "Mail refused", "メール拒否"),
        subject: both!(language, "an admin could not be mailed", "管理者にメールを送信できませんでした"),
        headline: both!(language, "An admin could not be mailed", "管理者にメールを送信できませんでした"),
        preheader: happened.clone(),
        happened: vec![
            Block::Text(happened),
            Block::Note(both!(language, "Amazon SES says: {reason}", "Amazon SES の応答: {reason}")),
        ],
        to_do: vec![
            Block::Text(both!(
                language,
                "Tell them yourself what the subject above says; lockstep history has the report.",
                "上記の件名の内容を、ご自身で宛先の方にお伝えください。詳細は lockstep history で確認できます。"
            )),
            Block::Text(both!(
                language,
                "If the address is wrong, name the app's admins anew. If it is right, see in Amazon SES whether the account is in the sandbox and whether the address is on the suppression list. This command looks at the sender:",
                "アドレスが誤っている場合は、アプリの管理者を設定し直してください。正しい場合は、Amazon SES でアカウントがサンドボックス内にないか、アドレスがサプレッションリストに載っていないかを確認してください。送信元は次のコマンドで確認できます:"
            )),
            Block::Command("lockstep doctor".to_owned()),
        ],
        next: vec![Block::Text(both!(
            language,
            "Lockstep goes on without waiting for mail. It does not send the refused mail again, and tries the address again when there is news.",
            "Lockstep はメールを待たずに処理を続けます。拒否されたメールは再送せず、次のお知らせの際に同じ宛先へ再び送信します。"
        ))],
    }
}
