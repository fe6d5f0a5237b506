//! What a letter leaves the portal by, and the message (RFC 5322) that leaves.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context;
use lettre::Message;
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::Letter;
use super::folder::Folder;
use super::smtp::{Greeted, Smtp};
use super::trouble::{Cause, Step, Trouble};
use crate::config::{self, MailTransport};

/// Where mails go, and from whom.
#[derive(Clone, Debug)]
pub struct Transport {
    way: Way,
    from: Mailbox,
}

#[derive(Clone, Debug)]
enum Way {
    Folder(Folder),
    Smtp(Smtp),
}

/// What came of handing a letter over.
#[derive(Debug)]
pub(super) enum Handed {
    /// The transport has it, for good; what it said.
    Over(Option<String>),
    /// Not now, for this reason; it certainly did not leave, and a later try may succeed.
    NotNow(String),
    /// Nobody knows, for this reason: it is tried again, and what it carries may be with its reader already.
    Unknown(String),
    /// It did not leave, and no try ever will help, for this reason.
    Never(String),
}

impl Transport {
    /// The transport of these settings. A mail server need not be there yet.
    ///
    /// # Errors
    /// When its folder cannot be made or written to, or its certificates cannot be read.
    pub async fn open(settings: &config::Mail) -> anyhow::Result<Self> {
        let from = settings.from.0.clone();
        let way = match settings.transport {
            MailTransport::Smtp => Way::Smtp(Smtp::open(settings, from.email.domain())?),
            MailTransport::Folder => {
                let folder = Folder::open(&settings.folder).await;
                Way::Folder(folder.with_context(|| {
                    format!(
                        "mail.folder \"{}\" cannot be written to; make it writable or name another",
                        settings.folder.display()
                    )
                })?)
            }
        };
        Ok(Self { way, from })
    }

    /// Hands a letter over. Done twice, the message is the same to the byte.
    pub(super) async fn hand_over(&self, letter: &Letter) -> Handed {
        match self.send(letter).await {
            Ok(reply) => Handed::Over(reply),
            Err(trouble) if trouble.is_final() => Handed::Never(trouble.to_string()),
            Err(trouble) if trouble.is_certain() => Handed::NotNow(trouble.to_string()),
            Err(trouble) => Handed::Unknown(trouble.to_string()),
        }
    }

    /// Sends a letter at once; what the server said to it, if there is one.
    pub(super) async fn send(&self, letter: &Letter) -> Result<Option<String>, Trouble> {
        // As a server that knows no such address would say it.
        let no_address = |error: anyhow::Error| Trouble::new(Step::Recipient, Cause::Reply(553), format!("{error:#}"));
        let message = message(&self.from, letter).map_err(no_address)?;
        match &self.way {
            Way::Smtp(server) => server.send(message.envelope(), &message.formatted()).await.map(Some),
            Way::Folder(folder) => match folder.put(letter, &message.formatted()).await {
                Ok(()) => Ok(None),
                Err(error) if folder.has_message(&letter.id) => Err(Trouble::system(Step::Message, &error)),
                Err(error) => Err(Trouble::system(Step::Data, &error)),
            },
        }
    }

    /// Whether the mail server is there and knows the portal; nothing is sent. `None`: there is none, but a folder.
    ///
    /// # Errors
    /// With what is wrong.
    pub async fn greet(&self) -> Result<Option<Greeted>, Trouble> {
        match &self.way {
            Way::Smtp(server) => server.greet().await.map(Some),
            Way::Folder(_) => Ok(None),
        }
    }

    /// Ends what is kept open for the next mail.
    pub(super) async fn close(&self) {
        if let Way::Smtp(server) = &self.way {
            server.close().await;
        }
    }
}

/// The message: text and HTML, of which a mail program shows the last it can.
fn message(from: &Mailbox, letter: &Letter) -> anyhow::Result<Message> {
    let to: Address = letter.to.parse().context("no mail goes to such an address")?;
    let since_1970 = Duration::from_millis(u64::try_from(letter.at).unwrap_or(0));
    let machine_made = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    let parts = MultiPart::alternative().boundary(format!("=_{}", letter.id));
    let message = Message::builder()
        .from(from.clone())
        // The bare address: the displayed name is the user's to choose, and stays out of headers.
        .to(Mailbox::new(None, to))
        .subject(letter.subject.as_str())
        .date(UNIX_EPOCH + since_1970)
        .message_id(Some(format!("<{}@{}>", letter.id, from.email.domain())))
        // RFC 3834: no vacation notes come back.
        .raw_header(machine_made)
        .multipart(
            parts
                .singlepart(SinglePart::plain(letter.text.clone()))
                .singlepart(SinglePart::html(letter.html.clone())),
        )?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str) -> Letter {
        Letter {
            id: "01970000-0000-7000-8000-000000000001".to_owned(),
            kind: "password-changed".to_owned(),
            to: to.to_owned(),
            subject: "Käyside: your portal password was changed".to_owned(),
            text: "Hello Åsa,\n".to_owned(),
            html: "<p>Hello Åsa,</p>\n".to_owned(),
            at: 1_764_000_000_000,
        }
    }

    #[test]
    fn a_message_has_what_a_mail_program_needs_and_is_the_same_twice() {
        let from: Mailbox = "Quayside <portal@quayside.example>".parse().expect("a mailbox");
        let formatted = || {
            message(&from, &letter("ann@acme.example"))
                .expect("a message")
                .formatted()
        };
        assert_eq!(formatted(), formatted());
        let text = String::from_utf8(formatted()).expect("headers and parts are ASCII");
        for line in [
            "From: Quayside <portal@quayside.example>\r\n",
            "To: ann@acme.example\r\n",
            "Date: Mon, 24 Nov 2025 16:00:00 +0000\r\n",
            "Message-ID: <01970000-0000-7000-8000-000000000001@quayside.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        let (plain, html) = (text.find("text/plain"), text.find("text/html"));
        assert!(plain.is_some() && plain < html, "the last part is the richest: {text}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_brings_no_header_of_its_own() {
        let from: Mailbox = "portal@localhost".parse().expect("a mailbox");
        for wrong in [
            "",
            "ann",
            "ann@acme.example\r\nBcc: eve@evil.example",
            "ann@a, eve@evil.example",
        ] {
            assert!(message(&from, &letter(wrong)).is_err(), "{wrong:?}");
        }
    }
}
