//! News for pages that are open: which phone's state is another now. Told within this process, to whoever listens; who was
//! not listening, or too slow, looks for themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

use crate::ids::{PhoneId, UserId};

/// News that a slow listener may be behind; beyond it they are told that they missed some.
const BEHIND: usize = 1024;
/// Pages that listen at once: each holds a connection, and the others are needed for requests.
const MOST: usize = 256;
/// The same of one user.
const MOST_PER_USER: usize = 4;

/// Tells and listens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct News {
    phones: broadcast::Sender<PhoneId>,
    over: Arc<watch::Sender<bool>>,
    listening: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            phones: broadcast::Sender::new(BEHIND),
            over: Arc::new(watch::Sender::new(false)),
            listening: Arc::default(),
        }
    }
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The state of this phone is another.
    Phone(PhoneId),
    /// There was more news than could be kept: look for yourself.
    Missed,
    /// The portal stops.
    Over,
}

impl News {
    /// The state of a phone is another now.
    pub fn tell(&self, phone: &PhoneId) {
        // Nobody may be listening.
        let _ = self.phones.send(phone.clone());
    }

    /// Listens for a user, until it is dropped. `None`: so many listen that there is no room.
    pub fn listen(&self, user: &UserId) -> Option<Listener> {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = listening.values().sum();
        let own = listening.entry(user.clone()).or_insert(0);
        if all >= MOST || *own >= MOST_PER_USER {
            return None;
        }
        *own += 1;
        Some(Listener {
            phones: self.phones.subscribe(),
            over: self.over.subscribe(),
            listening: Arc::clone(&self.listening),
            user: user.clone(),
        })
    }

    /// Ends every listener, for good.
    pub fn end(&self) {
        self.over.send_replace(true);
    }
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener {
    phones: broadcast::Receiver<PhoneId>,
    over: watch::Receiver<bool>,
    listening: Arc<Mutex<HashMap<UserId, usize>>>,
    user: UserId,
}

impl Listener {
    /// Waits for the next.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            _ = self.over.wait_for(|over| *over) => Heard::Over,
            phone = self.phones.recv() => match phone {
                Ok(phone) => Heard::Phone(phone),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
                Err(broadcast::error::RecvError::Closed) => Heard::Over,
            },
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = listening.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                listening.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_listens_hears_and_nobody_takes_all_the_room() {
        let news = News::default();
        let (ann, desk) = (UserId::new("ann"), PhoneId::new("desk"));
        let mut first = news.listen(&ann).expect("room");
        let others: Vec<_> = (1..MOST_PER_USER).map(|_| news.listen(&ann).expect("room")).collect();
        assert!(news.listen(&ann).is_none());
        news.tell(&desk);
        assert_eq!(first.next().await, Heard::Phone(desk.clone()));
        for _ in 0..=BEHIND {
            news.tell(&desk);
        }
        assert_eq!(first.next().await, Heard::Missed);
        drop(others);
        let _again = news.listen(&ann).expect("there is room again");
        news.end();
        let mut late = news.listen(&ann).expect("room");
        assert_eq!(late.next().await, Heard::Over);
    }

    #[tokio::test]
    async fn the_room_is_bounded() {
        let news = News::default();
        let all: Vec<_> = (0..MOST)
            .map(|nth| news.listen(&UserId::new(nth.to_string())))
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(news.listen(&UserId::new("one-more")).is_none());
    }
}
