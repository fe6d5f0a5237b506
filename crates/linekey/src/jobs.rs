//! What is done now and then: sealing the audit record, following the key file, and removing what is over. No request
//! depends on it; what is over is refused anyway.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::app::App;
use crate::audit::seal::Sealer;
use crate::error::Result;
use crate::keys::Follower;
use crate::{help_centre, links, mail, password, phones, sessions, throttle, users};

const EVERY: Duration = Duration::from_secs(600);
/// How long a change of the key file goes unnoticed. `linekey keys retire` waits three times as long.
pub const KEYS_EVERY: Duration = Duration::from_secs(1);
/// How long an event waits at most until it is looked for to be sealed.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// The same while the database does not answer.
const SEAL_AGAIN: Duration = Duration::from_secs(10);

/// Starts them, each for itself: one that ends by a defect takes none of the others with it. They run until they are
/// aborted.
pub fn start(app: &App) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(seal_at_once(app.clone())),
        tokio::spawn(follow_key_file(Follower::of(&app.keys))),
        tokio::spawn(sweep_now_and_then(app.clone())),
        tokio::spawn(password::reset::answer::run(app.clone())),
        tokio::spawn(phones::notices::run(app.clone())),
    ]
}

async fn seal_at_once(app: App) {
    let mut sealer = Sealer::default();
    loop {
        let wait = match sealer.pass(&app).await {
            Ok(_) => SEAL_EVERY,
            Err(error) => {
                tracing::warn!(cause = %error, "sealing the audit record has to wait");
                SEAL_AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn follow_key_file(mut follower: Follower) {
    loop {
        if let Some(news) = follower.look() {
            follower.log(&news);
        }
        tokio::time::sleep(KEYS_EVERY).await;
    }
}

async fn sweep_now_and_then(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = sweep(&app).await {
            tracing::warn!(cause = %error, "removing what is over has to wait");
        }
    }
}

/// Removes sessions past their limits, browsers unused for long, changes nobody confirmed, links that are over, mails that are out, what phones
/// did long ago, who voted about articles and what was suggested about them long ago, and forgotten failures.
pub async fn sweep(app: &App) -> Result<()> {
    sessions::end::sweep(app).await?;
    sessions::devices::sweep(app).await?;
    password::pending::sweep(app).await?;
    password::reset::answer::sweep(app).await?;
    links::sweep(app).await?;
    users::email::sweep(app).await?;
    mail::deliver::sweep(app).await?;
    phones::rotate::sweep(app).await?;
    phones::history::sweep(app).await?;
    phones::by_heart::sweep(app).await?;
    phones::provision::sweep(app).await?;
    help_centre::feedback::sweep(app).await?;
    throttle::sweep(app).await
}
