//! What is done now and then: removing what is over. Nothing depends on it; what is over is refused anyway.

use std::time::Duration;

use crate::app::App;
use crate::error::Result;
use crate::{password, sessions, throttle};

const EVERY: Duration = Duration::from_secs(600);

/// Runs until the task is dropped.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = sweep(&app).await {
            tracing::warn!(cause = %error, "removing what is over has to wait");
        }
    }
}

/// Removes sessions past their limits, changes nobody confirmed, and forgotten failures.
pub async fn sweep(app: &App) -> Result<()> {
    sessions::end::sweep(app).await?;
    password::pending::sweep(app).await?;
    throttle::sweep(app).await
}
