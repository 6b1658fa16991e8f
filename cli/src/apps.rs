//! `lockstep app`.

use lockstep_domain::app::Language;
use serde_json::json;

use crate::deployed::Deployed;
use crate::report::Report;
use crate::tables::table;
use crate::trouble::Trouble;

pub async fn set(stack: &Deployed, app: &str, admins: &[String], language: Option<&str>) -> Result<Report, Trouble> {
    let mut request = json!({ "action": "set_app", "app": app, "admins": admins });
    if let Some(language) = language {
        request["language"] = json!(language);
    }
    let answer = stack.enrol(request).await?;
    Report::new(&answer, format!("Mails about {app} go to {}.", admins.join(", ")))
}

pub async fn remove(stack: &Deployed, app: &str) -> Result<Report, Trouble> {
    let answer = stack.enrol(json!({ "action": "remove_app", "app": app })).await?;
    Report::new(&answer, format!("Mails about {app} go to the operator."))
}

pub async fn list(stack: &Deployed) -> Result<Report, Trouble> {
    let apps = stack.ledger.apps().await?;
    if apps.is_empty() {
        let text =
            "No app has admins; name them with `lockstep app set APP ADDRESS`. Until then the operator is mailed.";
        return Report::new(&apps, text.to_owned());
    }
    let lines = apps.iter().map(|app| {
        let admins: Vec<&str> = app.admins.iter().map(|admin| admin.as_str()).collect();
        let language = if app.language == Language::Ja { "ja" } else { "en" };
        vec![app.app.to_string(), language.to_owned(), admins.join(" ")]
    });
    let text = table(&["app", "language", "admins"], lines);
    Report::new(&apps, text)
}
