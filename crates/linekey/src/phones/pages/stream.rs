//! `/phones/events`: the state of somebody's phones as it changes, as server-sent events. One stream a browser
//! (`web/live.js`). A stream is no activity: it keeps no session alive, and ends with its session.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::app::App;
use crate::error::{Error, Result};
use crate::news::{Heard, Listener};
use crate::phones::live;
use crate::phones::view::{PhoneView, stays_text};
use crate::sessions::{self, SignedIn};

/// How often the session is read again; what another process did shows by then.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// News within this time is told together.
const TOGETHER: Duration = Duration::from_millis(100);
/// When to ask again if there is no room, in seconds.
const AGAIN_S: &str = "60";

/// GET `/phones/events`
pub async fn events(State(app): State<App>, me: SignedIn) -> Response {
    let Some(listener) = app.news.listen(&me.person.id) else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, AGAIN_S)]).into_response();
    };
    let watching = Watching {
        app,
        me,
        listener,
        told: None,
    };
    let told = stream::unfold(watching, async |mut watching| {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    // A proxy that collects an answer before it passes it on would collect for ever.
    let unbuffered = ("x-accel-buffering", "no");
    (
        [unbuffered],
        Sse::new(told).keep_alive(KeepAlive::new().interval(LOOK_EVERY)),
    )
        .into_response()
}

struct Watching {
    app: App,
    me: SignedIn,
    listener: Listener,
    /// What the browser was told last, and of which phones.
    told: Option<(String, Vec<String>)>,
}

impl Watching {
    /// The next event; `None` ends the stream, and the browser asks anew.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.told.is_some() && !self.waits().await {
                return None;
            }
            match self.look().await {
                Ok(Looked::Over) => return None,
                Ok(Looked::News(event)) => return Some(event),
                Ok(Looked::Same) => {}
                Err(error) => {
                    tracing::warn!(cause = %error, "the state of phones cannot be told now");
                    return None;
                }
            }
        }
    }

    /// Waits until there may be something to tell. False: the portal stops.
    async fn waits(&mut self) -> bool {
        let due = tokio::time::sleep(LOOK_EVERY);
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = &mut due => return true,
                heard = self.listener.next() => match heard {
                    Heard::Over => return false,
                    Heard::Phone(phone) if !self.shows(phone.as_str()) => {}
                    Heard::Phone(_) | Heard::Missed => {
                        tokio::time::sleep(TOGETHER).await;
                        return true;
                    }
                },
            }
        }
    }

    fn shows(&self, phone: &str) -> bool {
        self.told
            .iter()
            .any(|(_, phones)| phones.iter().any(|shown| shown == phone))
    }

    async fn look(&mut self) -> Result<Looked> {
        if !sessions::is_live(&self.app, &self.me.session).await? {
            return Ok(Looked::Over);
        }
        let phones = live::of(&self.app, &self.me.person).await?;
        let text = self.text(&phones)?;
        let is_same = self.told.as_ref().is_some_and(|(told, _)| *told == text);
        self.told = Some((text.clone(), phones.into_iter().map(|phone| phone.id).collect()));
        if is_same {
            return Ok(Looked::Same);
        }
        Ok(Looked::News(Event::default().event("phones").data(text)))
    }

    /// The phones as JSON, in the words of the pages.
    fn text(&self, phones: &[PhoneView]) -> Result<String> {
        let stays = stays_text(&self.app, self.me.person.role, phones);
        let phone = |phone: &PhoneView| {
            serde_json::json!({
                "id": phone.id, "state": phone.state.class(), "text": phone.state_text, "at": phone.state_at,
                "seen": phone.seen_text,
            })
        };
        let all: Vec<_> = phones.iter().map(phone).collect();
        let told = serde_json::json!({ "phones": all, "stays": stays });
        serde_json::to_string(&told).map_err(|_| Error::defect("what phones do is no JSON"))
    }
}

/// What a look brings.
enum Looked {
    News(Event),
    Same,
    /// The session has ended.
    Over,
}
