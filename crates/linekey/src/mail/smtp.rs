//! The transport to a mail server (RFC 5321): connections that are kept for the next mail, and what came of each command.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use super::trouble::{Step, Trouble, one_line};
use crate::config::{self, SmtpUrl, Tls};

/// How long one address may take to answer.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the server may take for one command. Some make strangers wait for half a minute.
const COMMAND: Duration = Duration::from_secs(45);
/// How long it may take for a whole message: it may be looking it through.
const MESSAGE: Duration = Duration::from_secs(120);
/// How long a connection is kept for the next mail; servers end them after a few minutes.
const KEPT: Duration = Duration::from_secs(30);
/// Connections that are kept at most.
const MOST_KEPT: usize = 8;
/// How long a farewell, or a look whether a kept connection is still good, may take.
const SHORT: Duration = Duration::from_secs(3);

/// A mail server. Clones share their connections.
#[derive(Clone)]
pub(super) struct Smtp {
    shared: Arc<Shared>,
}

struct Shared {
    server: SmtpUrl,
    tls: TlsParameters,
    /// Who we say we are.
    hello: ClientId,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({})", self.shared.server)
    }
}

impl Smtp {
    /// The server of these settings; `hello` is the domain that the portal introduces itself with. Nothing is connected:
    /// a portal starts while its mail server is down.
    ///
    /// # Errors
    /// When the file of certificates cannot be read.
    pub(super) fn open(settings: &config::Mail, hello: &str) -> anyhow::Result<Self> {
        let server = settings.smtp_url.clone().context("mail.smtp_url names no server")?;
        let mut tls = TlsParameters::builder(server.host.clone());
        let file = &settings.ca_file;
        if !file.as_os_str().is_empty() {
            let about = || {
                format!(
                    "mail.ca_file \"{}\" holds no certificates (PEM) that can be read",
                    file.display()
                )
            };
            let pem = std::fs::read(file).with_context(about)?;
            if !pem.windows(10).any(|part| part == b"-----BEGIN") {
                anyhow::bail!(about());
            }
            tls = tls.add_root_certificate(Certificate::from_pem(&pem).with_context(about)?);
        }
        Ok(Self {
            shared: Arc::new(Shared {
                tls: tls.build().context("TLS cannot be set up")?,
                hello: ClientId::Domain(hello.to_owned()),
                kept: Mutex::default(),
                server,
            }),
        })
    }

    /// Hands one message over; what the server said to it. Given up half-way, nobody can know whether it left.
    pub(super) async fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<String, Trouble> {
        let mut connection = self.connection().await?;
        let handed = hand_over(&mut connection, envelope, message).await;
        match &handed {
            Ok(_) => self.keep(connection),
            Err(_) => farewell(connection).await,
        }
        handed.map(|response| reply(&response))
    }

    /// Connects, with all that is said before a first mail.
    pub(super) async fn greet(&self) -> Result<Greeted, Trouble> {
        let mut connection = self.connect().await?;
        within(SHORT, Step::Greeting, connection.command(Noop)).await?;
        let greeted = Greeted {
            server: self.shared.server.to_string(),
            is_encrypted: connection.is_encrypted(),
            is_signed_in: self.shared.server.user.is_some(),
        };
        farewell(connection).await;
        Ok(greeted)
    }

    /// Says goodbye on every connection that is kept.
    pub(super) async fn close(&self) {
        while let Some((connection, _)) = self.take() {
            farewell(connection).await;
        }
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        // A list of connections is whole whatever panicked while it was held.
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut kept = self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push((connection, Instant::now()));
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Trouble> {
        while let Some((mut connection, since)) = self.take() {
            let is_good = since.elapsed() < KEPT && matches!(timeout(SHORT, connection.command(Noop)).await, Ok(Ok(_)));
            if is_good {
                return Ok(connection);
            }
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let Shared { server, tls, hello, .. } = &*self.shared;
        let addresses = lookup_host((server.host.as_str(), server.port));
        let addresses = timeout(CONNECT, addresses)
            .await
            .map_err(|_| Trouble::slow(Step::Name))?;
        let addresses: Vec<_> = addresses
            .map_err(|error| Trouble::system(Step::Name, &error))?
            .collect();
        let at_once = (server.tls == Tls::AtOnce).then(|| tls.clone());
        let connected = AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(CONNECT), hello, at_once, None);
        let mut connection = within(COMMAND, Step::Greeting, connected).await?;
        if server.tls == Tls::StartTls {
            if !connection.can_starttls() {
                farewell(connection).await;
                return Err(Trouble::lacking(Step::Tls, "the server does not offer STARTTLS"));
            }
            within(COMMAND, Step::Tls, connection.starttls(tls.clone(), hello)).await?;
        }
        if let (Some((name, _)), Some(password)) = (&server.user, server.password()) {
            let credentials = Credentials::new(name.clone(), password.to_owned());
            if connection
                .server_info()
                .get_auth_mechanism(DEFAULT_MECHANISMS)
                .is_none()
            {
                farewell(connection).await;
                return Err(Trouble::lacking(
                    Step::SignIn,
                    "the server offers neither AUTH PLAIN nor AUTH LOGIN",
                ));
            }
            within(COMMAND, Step::SignIn, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        }
        Ok(connection)
    }
}

/// How a server was found.
#[derive(Debug)]
pub struct Greeted {
    /// Its URL, without the password.
    pub server: String,
    /// Whether TLS protects the connection.
    pub is_encrypted: bool,
    /// Whether it knows the portal by name and password.
    pub is_signed_in: bool,
}

async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Response, Trouble> {
    let mut parameters = Vec::new();
    let addresses = envelope.to().iter().chain(envelope.from());
    if addresses.into_iter().any(|address| !address.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let said = "550 the server takes no address with letters beyond ASCII";
            return Err(Trouble::new(Step::Recipient, super::trouble::Cause::Reply(550), said));
        }
        parameters = vec![
            MailParameter::SmtpUtfEight,
            MailParameter::Body(MailBodyParameter::EightBitMime),
        ];
    }
    let from = Mail::new(envelope.from().cloned(), parameters);
    within(COMMAND, Step::Sender, connection.command(from)).await?;
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        within(COMMAND, Step::Recipient, connection.command(to)).await?;
    }
    within(COMMAND, Step::Data, connection.command(Data)).await?;
    within(MESSAGE, Step::Message, connection.message(message)).await
}

async fn within<T>(most: Duration, step: Step, done: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    match timeout(most, done).await {
        Ok(done) => done.map_err(|error| Trouble::of(step, &error)),
        Err(_) => Err(Trouble::slow(step)),
    }
}

/// Ends a connection in good manners, if the server has any.
async fn farewell(mut connection: AsyncSmtpConnection) {
    let _ = timeout(SHORT, connection.command(Quit)).await;
}

/// `250 2.0.0 Ok: queued as 123`
fn reply(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    one_line(&format!("{} {}", response.code(), lines.join(" ")))
}
