//! A phone that keeps itself registered.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Failure, Outcome, Phone};

/// The pause after a refusal or no answer, unless the registrar names another.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// The longest wait for the last answer of a registrar that may have none.
const STOPPING: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Register,
    Pause,
    Stop,
}

/// A phone that registers at half of each granted time. Dropped without [`Repeating::stop`] it goes
/// silent, as a phone whose cable is pulled.
#[derive(Debug)]
pub struct Repeating {
    wish: watch::Sender<Wish>,
    last: watch::Receiver<Option<Outcome>>,
    contact: String,
    task: JoinHandle<()>,
}

impl Repeating {
    pub(super) fn start(phone: Phone) -> Self {
        let (wish, wishes) = watch::channel(Wish::Register);
        let (tell, last) = watch::channel(None);
        let contact = phone.contact();
        let task = tokio::spawn(run(phone, wishes, tell));
        Self {
            wish,
            last,
            contact,
            task,
        }
    }

    /// The contact URI it registers.
    #[must_use]
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// The last answer; `None` before the first one, and while nobody answers.
    #[must_use]
    pub fn last(&self) -> Option<Outcome> {
        self.last.borrow().clone()
    }

    /// Waits until it is registered.
    pub async fn registered(&self) {
        let mut last = self.last.clone();
        // The sender lives as long as the task; when that ends there is nothing to wait for.
        let _ = last
            .wait_for(|last| last.as_ref().is_some_and(Outcome::is_registered))
            .await;
    }

    /// Goes silent without saying so: the registration will run out.
    pub fn pause(&self) {
        self.wish.send_replace(Wish::Pause);
    }

    /// Registers at once, and again from then on.
    pub fn resume(&self) {
        self.wish.send_replace(Wish::Register);
    }

    /// Unregisters and ends; goes silent where nobody answers in time.
    pub async fn stop(mut self) {
        self.wish.send_replace(Wish::Stop);
        // Only a panic of the task could be the other error, and then the phone is gone as well.
        let _ = tokio::time::timeout(STOPPING, &mut self.task).await;
    }
}

impl Drop for Repeating {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut phone: Phone, mut wishes: watch::Receiver<Wish>, tell: watch::Sender<Option<Outcome>>) {
    loop {
        let wish = *wishes.borrow_and_update();
        let next = match wish {
            Wish::Register => {
                let answer = phone.register_once().await;
                let next = pause_after(&answer);
                tell.send_replace(answer.ok());
                Some(next)
            }
            Wish::Pause => None,
            Wish::Stop => {
                tell.send_replace(phone.unregister_once().await.ok());
                return;
            }
        };
        let changed = match next {
            Some(next) => tokio::time::timeout(next, wishes.changed()).await.unwrap_or(Ok(())),
            None => wishes.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

fn pause_after(answer: &Result<Outcome, Failure>) -> Duration {
    match answer {
        Ok(Outcome {
            status: 200,
            granted_s: Some(granted_s),
            ..
        }) => Duration::from_secs(u64::from(*granted_s) / 2).max(Duration::from_secs(1)),
        Ok(Outcome {
            retry_after_s: Some(seconds),
            ..
        }) => Duration::from_secs(u64::from(*seconds)),
        Ok(_) | Err(_) => AFTER_FAILURE,
    }
}
