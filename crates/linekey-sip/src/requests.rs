//! What becomes of a message, a datagram or one of a stream: which requests are answered at once, which need a look-up, and
//! which get no answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answers::{Answers, Before, RequestKey};
use crate::ask::{Directory, Event, Nth, PhoneKey, Surroundings, Transport, Why};
use crate::authenticate::{Authenticated, Authenticator, Presentation, Presented, Proof, Realm, Unfit};
use crate::bindings::Bindings;
use crate::codec::{self, Method, Read, Request};
use crate::nonce::Keyed;
use crate::nonce_counts::NonceCounts;
use crate::pings::Pings;
use crate::reply::{Answer, fits_unverified};
use crate::saving::Saving;
use crate::sent::SentCounts;
use crate::settings::Settings;
use crate::wrong_answers::{Wrong, WrongAnswers};

/// The methods that this registrar has (RFC 3261 section 20.5).
const ALLOW: &str = "REGISTER, OPTIONS";
/// When a phone may try again while the host cannot answer.
pub(crate) const RETRY_AFTER_S: &str = "30";

/// Nonces that are over, of one (name, source) within the window of wrong answers, after which the host is told: a phone
/// that refreshes has one now and then.
const EXPIRED_NONCES: u32 = 5;

/// An answer, and over UDP the port it goes to; the address is the one the request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) port: u16,
    /// What the host is told once the answer is out ([`Requests::tell`]): what it does with that must not be measured by
    /// the answer's time.
    pub(crate) news: Option<Box<Event>>,
}

impl Reply {
    /// Whether it is a 2xx.
    pub(crate) fn is_success(&self) -> bool {
        self.bytes.starts_with(b"SIP/2.0 2")
    }
}

/// What a first look at a message tells. It is cheap, keeps nothing and never waits.
#[derive(Debug)]
pub(crate) enum Look {
    Nothing,
    Reply(Reply),
    /// A REGISTER with credentials worth a look-up.
    Work(Work),
}

/// A request, and how it came.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) request: Box<Request>,
    pub(crate) source: SocketAddr,
    pub(crate) transport: Transport,
    /// Its size, where the source may be another's.
    forgeable: Option<usize>,
    pub(crate) key: RequestKey,
}

impl Came {
    /// The bytes of this answer to it.
    fn answered(&self, answer: &Answer) -> Vec<u8> {
        let reports_source = self.request.reports_source(self.source.ip());
        answer.to_bytes(&self.request.echo, self.source, reports_source, &self.key.tag())
    }
}

/// A REGISTER on its way.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) came: Came,
    pub(crate) realm: Realm,
    sent: Box<Presented>,
}

/// The bounded tables.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) counts: NonceCounts,
    pub(crate) answers: Answers,
    pub(crate) wrong: WrongAnswers,
    /// Requests that prove nothing, whatever the SIP password is.
    pub(crate) unfit: WrongAnswers,
}

impl Tables {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            counts: NonceCounts::default(),
            answers: Answers::new(settings.kept_answers),
            wrong: WrongAnswers::new(settings.wrong_answers, settings.wrong_window_s, settings.wrong_table),
            unfit: WrongAnswers::new(EXPIRED_NONCES, settings.wrong_window_s, settings.wrong_table),
        }
    }
}

/// Everything that answering needs.
pub(crate) struct Requests<D> {
    pub(crate) settings: Settings,
    pub(crate) directory: Arc<D>,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) authenticator: Authenticator,
    pub(crate) tags: Keyed,
    pub(crate) tables: Arc<Mutex<Tables>>,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) saving: Arc<Saving>,
    pub(crate) sent: Arc<SentCounts>,
    pub(crate) pings: Arc<Pings>,
}

impl<D: Directory> Requests<D> {
    /// Looks at a message from `source`, an IPv4 address in its own form.
    pub(crate) fn look(&self, message: &[u8], source: SocketAddr, transport: Transport) -> Look {
        let request = match codec::read(message) {
            Read::Request(request) => request,
            Read::Response(response) => {
                self.pings.hear(&response, source);
                return Look::Nothing;
            }
            Read::Nothing(why) => {
                tracing::debug!(%source, why, "message dropped");
                return Look::Nothing;
            }
        };
        if request.method == Method::Ack {
            return Look::Nothing;
        }
        let came = Came {
            key: RequestKey::of(&self.tags, &request, source),
            source,
            transport,
            // Whoever has a connection has the address too.
            forgeable: (transport == Transport::Udp).then_some(message.len()),
            request,
        };
        if let Some((status, reason)) = came.request.fault {
            return self.at_once(&came, &Answer::new(status, reason));
        }
        match came.request.method {
            Method::Register => self.look_at_register(came),
            Method::Options => self.at_once(&came, &self.options(&came.request)),
            Method::Ack | Method::Other => {
                let answer = Answer::new(405, "Method Not Allowed").with("Allow", ALLOW);
                self.at_once(&came, &answer)
            }
        }
    }

    fn look_at_register(&self, came: Came) -> Look {
        let now_ms = self.surroundings.now_ms();
        let before = self.tables().answers.before(came.key, now_ms);
        match before {
            Before::Answered(answer) => return Look::Reply(self.reply(&came, &answer)),
            Before::Working => return Look::Nothing,
            Before::New => {}
        }
        let (request, source) = (&came.request, came.source);
        let realm = self.authenticator.realm(request, &*self.directory);
        match self
            .authenticator
            .read(request, &realm, &*self.directory, source.ip(), now_ms)
        {
            Presentation::None { stale, unfit } => {
                let news = unfit.and_then(|unfit| self.count_unfit(request, source, unfit));
                let answer = self.unauthorized(&realm, stale, source);
                let reply = self.unverified(&came, &answer);
                self.with_news(reply, news).map_or(Look::Nothing, Look::Reply)
            }
            Presentation::Some(sent) => Look::Work(Work { came, realm, sent }),
        }
    }

    /// Does what needs a look-up and perhaps a save.
    pub(crate) async fn work(&self, work: Work) -> Option<Reply> {
        let asked_ms = self.surroundings.now_ms();
        let proof = self
            .authenticator
            .prove(&work.sent, "REGISTER", &*self.directory, asked_ms);
        match proof.await {
            Proof::Right(who) => {
                if let Some(early) = self.begin(&work, &who) {
                    return early;
                }
                let answer = Arc::new(self.register(&work, &who).await);
                self.tables().answers.finish(work.came.key, Arc::clone(&answer));
                Some(self.reply(&work.came, &answer))
            }
            Proof::Unavailable => {
                let answer = Answer::new(503, "Service Unavailable").with("Retry-After", RETRY_AFTER_S);
                self.unverified(&work.came, &answer)
            }
            Proof::Wrong {
                name,
                realm,
                phone,
                outdated,
            } => {
                let news = self.count_wrong(&work, name, &realm, (phone, outdated))?;
                let answer = self.unauthorized(&work.realm, false, work.came.source);
                let reply = self.unverified(&work.came, &answer);
                self.with_news(reply, Some(news))
            }
        }
    }

    /// The step from proven to admitted: `None` to go on, else what is answered instead. Under one
    /// lock, so that of two copies of a request that came together only one goes on.
    fn begin(&self, work: &Work, who: &Authenticated) -> Option<Option<Reply>> {
        let now_ms = self.surroundings.now_ms();
        let mut tables = self.tables();
        match tables.answers.before(work.came.key, now_ms) {
            Before::Answered(answer) => {
                return Some(Some(self.reply(&work.came, &answer)));
            }
            Before::Working => return Some(None),
            Before::New => {}
        }
        if !tables.counts.rises(&who.phone, who.nonce, who.count, now_ms) {
            drop(tables);
            let answer = self.unauthorized(&work.realm, true, work.came.source);
            return Some(self.unverified(&work.came, &answer));
        }
        tables.answers.begin(work.came.key, now_ms);
        None
    }

    /// Tells the host what there is to tell with an answer that is out.
    pub(crate) fn tell(&self, reply: Reply) {
        if let Some(news) = reply.news {
            self.directory.event(*news);
        }
    }

    fn with_news(&self, reply: Option<Reply>, news: Option<Event>) -> Option<Reply> {
        match (reply, news.map(Box::new)) {
            (Some(reply), news) => Some(Reply { news, ..reply }),
            (None, news) => {
                news.into_iter().for_each(|news| self.directory.event(*news));
                None
            }
        }
    }

    /// Counts a wrong answer and gives what is told of it; `None`: it gets no reply. Known and unknown names alike.
    fn count_wrong(
        &self,
        work: &Work,
        name: String,
        realm: &Realm,
        (phone, outdated): (Option<PhoneKey>, bool),
    ) -> Option<Event> {
        let at_ms = self.surroundings.now_ms();
        let counted = name.strip_suffix(&format!("@{}", realm.name)).unwrap_or(&name);
        let wrong = self
            .tables()
            .wrong
            .count(&realm.name, counted, work.came.source.ip(), at_ms);
        tracing::debug!(source = %work.came.source, sip_domain = &*realm.name, "registration refused");
        let nth = match wrong {
            Wrong::First => Nth::First,
            Wrong::Refuse => Nth::Further,
            Wrong::Last => Nth::Last,
            Wrong::Silent => return None,
        };
        let why = if outdated {
            Why::OutdatedPassword
        } else {
            Why::WrongPassword
        };
        Some(Event::Refused {
            phone,
            name: codec::clean(name.as_bytes(), 255),
            sip_domain: realm.name.to_string(),
            source: work.came.source,
            user_agent: work.came.request.user_agent.to_string(),
            why,
            nth,
            at_ms,
        })
    }

    /// Counts credentials that prove nothing, and gives what is told of them, once a window.
    fn count_unfit(&self, request: &Request, source: SocketAddr, unfit: Unfit) -> Option<Event> {
        let at_ms = self.surroundings.now_ms();
        let (key, worth) = match unfit.why {
            Why::ExpiredNonce => ("nonce", Wrong::Last),
            Why::ForeignHost => ("host", Wrong::First),
            _ => ("algorithm", Wrong::First),
        };
        let key = format!("{key} {}", unfit.name);
        let is_told = self.tables().unfit.count(&unfit.realm, &key, source.ip(), at_ms) == worth;
        is_told.then(|| Event::Refused {
            phone: None,
            name: codec::clean(unfit.name.as_bytes(), 255),
            sip_domain: unfit.realm,
            source,
            user_agent: request.user_agent.to_string(),
            why: unfit.why,
            nth: Nth::First,
            at_ms,
        })
    }

    /// OPTIONS to us (RFC 3261 section 11.2). It says nothing about any user.
    fn options(&self, request: &Request) -> Answer {
        match &request.target {
            None => Answer::new(416, "Unsupported URI Scheme"),
            Some(host) if !self.authenticator.hosts().contains(host, &*self.directory) => Answer::new(404, "Not Found"),
            Some(_) => bad_extension(request).unwrap_or_else(|| Answer::new(200, "OK").with("Allow", ALLOW)),
        }
    }

    /// The one refusal.
    pub(crate) fn unauthorized(&self, realm: &Realm, stale: bool, source: SocketAddr) -> Answer {
        let now_ms = self.surroundings.now_ms();
        let answer = Answer::new(401, "Unauthorized");
        self.authenticator.challenge(answer, realm, stale, source.ip(), now_ms)
    }

    fn at_once(&self, came: &Came, answer: &Answer) -> Look {
        self.unverified(came, answer).map_or(Look::Nothing, Look::Reply)
    }

    /// An answer to somebody who has proven nothing. Where the address may be forged it is small, or none.
    fn unverified(&self, came: &Came, answer: &Answer) -> Option<Reply> {
        let bytes = came.answered(answer);
        if came.forgeable.is_some_and(|size| !fits_unverified(bytes.len(), size)) {
            tracing::debug!(source = %came.source, "answer would be too large, dropped");
            return None;
        }
        Some(self.reply_of(came, bytes))
    }

    fn reply(&self, came: &Came, answer: &Answer) -> Reply {
        self.reply_of(came, came.answered(answer))
    }

    fn reply_of(&self, came: &Came, bytes: Vec<u8>) -> Reply {
        self.sent.count(came.request.method, &bytes);
        Reply {
            bytes,
            port: came.request.reply_port(came.source),
            news: None,
        }
    }

    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whatever a sender requires, this registrar does not have it (RFC 3261 section 8.2.2.3).
pub(crate) fn bad_extension(request: &Request) -> Option<Answer> {
    let required = &request.required;
    let answer = || Answer::new(420, "Bad Extension").with("Unsupported", &required.join(", "));
    (!required.is_empty()).then(answer)
}
