//! Registrations that a Kamailio takes, with `sip.mode = "kamailio"`: on PostgreSQL alone, whose schema `kamailio` it reads.
//!
//! Owns which HA1s are published there, ending registrations over JSON-RPC, and reading what is registered. What it reads
//! lands in `registrations`, so that pages and commands do not know who the registrar is.

#[cfg(all(test, feature = "outside"))]
mod call_tests;
mod compare;
mod credentials;
pub(super) mod end;
#[cfg(all(test, feature = "outside"))]
mod more_tests;
mod report;
#[cfg(all(test, feature = "outside"))]
mod report_tests;
mod rpc;
mod store;
#[cfg(all(test, feature = "outside"))]
mod tests;
pub mod told;

pub(super) use credentials::publish;

use tokio::task::JoinHandle;

use super::orders::{self, Registrar};
use crate::app::App;
use crate::config::SipMode;
use crate::db::Db;
use crate::error::Result;

/// Brings what is published in line with the settings, and with `sip.mode = "kamailio"` starts the tasks that serve it.
pub async fn start(app: &App) -> Result<Vec<JoinHandle<()>>> {
    if app.config.sip.mode != SipMode::Kamailio {
        if matches!(app.db, Db::Postgres(_)) {
            credentials::withdraw_all(app).await?;
        }
        return Ok(Vec::new());
    }
    credentials::mend(app).await?;
    Ok(vec![
        tokio::spawn(orders::run(app.clone(), Registrar::Kamailio)),
        tokio::spawn(compare::run(app.clone())),
    ])
}
