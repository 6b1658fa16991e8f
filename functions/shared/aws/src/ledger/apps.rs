//! Apps: who is mailed.

use lockstep_domain::app::{AppName, AppRecord};
use serde_json::json;

use super::Ledger;
use super::rows::address;
use crate::error::Failure;

/// The partition that lists every app by its name.
const LISTED: &str = "APPS";

fn pk(app: &AppName) -> String {
    format!("APP#{app}")
}

impl Ledger {
    pub async fn app(&self, app: &AppName) -> Result<Option<AppRecord>, Failure> {
        self.get(&pk(app), "APP").await
    }

    /// Every app that was set, in the order of their names.
    pub async fn apps(&self) -> Result<Vec<AppRecord>, Failure> {
        let rows = self.query(LISTED, "").await?;
        let names = rows.iter().filter_map(|row| AppName::parse(row.get("sk")?.as_s().ok()?).ok());
        let mut apps: Vec<AppRecord> = self.get_many(names.map(|app| address(&pk(&app), "APP")).collect()).await?;
        apps.sort_by(|one, other| one.app.cmp(&other.app));
        Ok(apps)
    }

    pub async fn set_app(&self, app: &AppRecord) -> Result<(), Failure> {
        // The list first: a listed app without a record is passed over.
        self.put(LISTED, app.app.as_str(), &json!({})).await?;
        self.put(&pk(&app.app), "APP", app).await
    }

    pub async fn remove_app(&self, app: &AppName) -> Result<(), Failure> {
        self.delete(&pk(app), "APP").await?;
        self.delete(LISTED, app.as_str()).await
    }
}
