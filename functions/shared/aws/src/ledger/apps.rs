//! Apps: who is mailed.

use lockstep_domain::app::{AppName, AppRecord};

use super::Ledger;
use crate::error::Failure;

fn pk(app: &AppName) -> String {
    format!("APP#{app}")
}

impl Ledger {
    pub async fn app(&self, app: &AppName) -> Result<Option<AppRecord>, Failure> {
        self.get(&pk(app), "APP").await
    }

    pub async fn set_app(&self, app: &AppRecord) -> Result<(), Failure> {
        self.put(&pk(&app.app), "APP", app).await
    }

    pub async fn remove_app(&self, app: &AppName) -> Result<(), Failure> {
        self.delete(&pk(app), "APP").await
    }
}
