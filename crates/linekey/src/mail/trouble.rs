//! What goes wrong between the portal and a mail server, and whether the mail may have left all the same.

use std::error::Error as _;
use std::io;

use lettre::transport::smtp::Error;

use crate::words::is_hidden;

/// Longest part of what a server says that is kept, in characters.
const LONGEST: usize = 240;

/// What the portal and the server were at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Looking its name up.
    Name,
    /// Connecting.
    Connection,
    /// Greeting each other.
    Greeting,
    /// TLS.
    Tls,
    /// Signing in.
    SignIn,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`, before the message.
    Data,
    /// The message, and what the server says to it.
    Message,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "looking up the name",
            Self::Connection => "connecting",
            Self::Greeting => "greeting",
            Self::Tls => "TLS",
            Self::SignIn => "signing in",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "the message",
        }
    }
}

/// In what way it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server said no, with this code: 4xx for now, 5xx for good.
    Reply(u16),
    /// Nobody listens there.
    NobodyListens,
    /// No answer in time.
    Slow,
    /// The certificate is of nobody who is trusted, of another name, or too old.
    Untrusted,
    /// The server does not do what is needed.
    Lacking,
    /// Anything else: the connection was lost, or what came was no SMTP.
    Lost,
}

/// Why a mail server did not take a mail.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {said}", step.as_str())]
pub struct Trouble {
    /// What they were at.
    pub step: Step,
    /// In what way.
    pub cause: Cause,
    /// What the server or the system said, on one line.
    pub said: String,
}

impl Trouble {
    pub(super) fn new(step: Step, cause: Cause, said: impl AsRef<str>) -> Self {
        Self {
            step,
            cause,
            said: one_line(said.as_ref()),
        }
    }

    pub(super) fn slow(step: Step) -> Self {
        Self::new(step, Cause::Slow, "no answer in time")
    }

    pub(super) fn lacking(step: Step, what: &str) -> Self {
        Self::new(step, Cause::Lacking, what)
    }

    pub(super) fn system(step: Step, error: &io::Error) -> Self {
        Self::new(step, of_system(error), error.to_string())
    }

    /// What lettre found at `step`.
    pub(super) fn of(step: Step, error: &Error) -> Self {
        let root = root(error);
        if let Some(code) = error.status() {
            return Self::new(step, Cause::Reply(code.into()), format!("{code} {root}"));
        }
        let cause = if root.contains("certificate") {
            Cause::Untrusted
        } else {
            system(error).map_or(Cause::Lost, of_system)
        };
        let step = match cause {
            Cause::Untrusted => Step::Tls,
            Cause::NobodyListens => Step::Connection,
            _ => step,
        };
        Self::new(step, cause, root)
    }

    /// Whether the mail certainly did not leave. Once the message is on its way, only a reply tells.
    pub(super) fn is_certain(&self) -> bool {
        self.step < Step::Message || matches!(self.cause, Cause::Reply(_))
    }

    /// Whether no later try is of use: the server refuses this mail for good. What it refuses before it knows whom the mail
    /// is for, its sender too, is the settings' fault or its own, and both can be put right.
    pub(super) fn is_final(&self) -> bool {
        let about_signing_in = [530, 534, 535, 538];
        match self.cause {
            Cause::Reply(code) => self.step >= Step::Recipient && code >= 500 && !about_signing_in.contains(&code),
            _ => false,
        }
    }
}

fn of_system(error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::NobodyListens,
        io::ErrorKind::TimedOut => Cause::Slow,
        _ => Cause::Lost,
    }
}

/// What is at the end of the chain of causes.
fn root(error: &Error) -> String {
    let mut at = error.source();
    let mut said = error.to_string();
    while let Some(cause) = at {
        said = cause.to_string();
        at = cause.source();
    }
    said
}

fn system(error: &Error) -> Option<&io::Error> {
    let mut at = error.source();
    while let Some(cause) = at {
        if let Some(system) = cause.downcast_ref::<io::Error>() {
            return Some(system);
        }
        at = cause.source();
    }
    None
}

/// What somebody else said, without line ends and what is not seen, and not too long.
pub(super) fn one_line(said: &str) -> String {
    let words: Vec<_> = said.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !is_hidden(*c))
        .take(LONGEST)
        .collect()
}
