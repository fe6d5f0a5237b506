//! Whether mail leaves: the folder takes files, or the server answers; and with `--mail` a test mail that really goes.

use super::Check;
use crate::app::App;
use crate::config::{Config, MailTransport, SmtpUrl, Tls};
use crate::mail::{self, Cause, Greeted, Step, Transport, Trouble};

const NAME: &str = "mail";
const TEST: &str = "test mail";

/// The transport, without sending anything.
pub(super) async fn transport(config: &Config) -> Vec<Check> {
    let folder = &config.mail.folder;
    if config.mail.transport == MailTransport::Folder && !folder.exists() {
        let found = format!("{} is made when the portal starts", folder.display());
        return vec![Check::ok(NAME, found)];
    }
    let transport = match Transport::open(&config.mail).await {
        Ok(transport) => transport,
        Err(error) => {
            let what_to_do = "no mail leaves before, and the portal does not start";
            return vec![Check::failed(NAME, format!("{error:#}"), what_to_do)];
        }
    };
    let greeted = match (transport.greet().await, &config.mail.smtp_url) {
        (Ok(Some(greeted)), Some(server)) => vec![answers(server, &greeted)],
        (Ok(_), _) => vec![Check::ok(NAME, format!("{} takes messages", folder.display()))],
        (Err(trouble), server) => vec![refused(NAME, server.as_ref(), &trouble, config)],
    };
    greeted.into_iter().chain(sender(config)).collect()
}

fn answers(server: &SmtpUrl, greeted: &Greeted) -> Check {
    let tls = if greeted.is_encrypted { "with TLS" } else { "in clear" };
    let known = if greeted.is_signed_in {
        ", and knows the portal"
    } else {
        ""
    };
    let found = format!("{} answers, {tls}{known}", greeted.server);
    if server.tls == Tls::Never && !server.is_loopback() {
        let what_to_do = "reset links can be read on the way: take ?tls=never away unless that network is yours alone";
        return Check::warning(NAME, found, what_to_do);
    }
    Check::ok(NAME, found)
}

/// A sender that nobody outside can answer, or believe.
fn sender(config: &Config) -> Option<Check> {
    let domain = config.mail.from.0.email.domain();
    let is_nowhere = config.mail.transport == MailTransport::Smtp && !domain.contains('.');
    is_nowhere.then(|| {
        Check::warning(
            "mail sender",
            format!("mail.from is at {domain}, which is no domain of yours"),
            "mail.from = \"Quayside <portal@quayside.example>\", an address that your mail server may send from",
        )
    })
}

/// A test mail to `to`.
pub(super) async fn test(app: Option<&App>, to: &str) -> Check {
    let Some(app) = app else {
        return Check::failed(TEST, "not sent", "correct first what failed above");
    };
    if !crate::users::add::is_address(to) {
        return Check::failed(
            TEST,
            format!("{to} is no e-mail address"),
            "give one, such as you@quayside.example",
        );
    }
    let transport = match Transport::open(&app.config.mail).await {
        Ok(transport) => transport,
        Err(error) => return Check::failed(TEST, format!("{error:#}"), "correct it, then send the test mail again"),
    };
    match mail::try_out(app, &transport, to).await {
        Ok(Some(reply)) => Check::ok(TEST, format!("the server took the mail to {to}: {reply}")),
        Ok(None) => Check::ok(
            TEST,
            format!(
                "the mail to {to} is in {}; it leaves this machine only if another program sends what lies there",
                app.config.mail.folder.display()
            ),
        ),
        Err(trouble) => refused(TEST, app.config.mail.smtp_url.as_ref(), &trouble, &app.config),
    }
}

fn refused(name: &'static str, server: Option<&SmtpUrl>, trouble: &Trouble, config: &Config) -> Check {
    let at = server.map_or_else(String::new, |server| format!("{server}, "));
    Check::failed(name, format!("{at}{trouble}"), what_to_do(trouble, server, config))
}

/// What somebody who installs a portal does about it.
fn what_to_do(trouble: &Trouble, server: Option<&SmtpUrl>, config: &Config) -> String {
    let host = server.map_or("the server", |server| server.host.as_str());
    let from = &config.mail.from.0.email;
    match (trouble.step, trouble.cause) {
        (Step::Name, _) => format!("no such name: correct {host} in mail.smtp_url, or the name servers of this machine"),
        (_, Cause::NobodyListens) => {
            "nobody listens there: start the mail server, or correct the port (25, 587; 465 for smtps://)".to_owned()
        }
        (Step::Connection | Step::Greeting, Cause::Slow) => {
            "no answer: a firewall may be in the way (many networks close port 25; try 587), or the port speaks TLS from \
             the first byte (465: smtps://)"
                .to_owned()
        }
        (Step::Tls, Cause::Untrusted) => format!(
            "the certificate is not trusted for {host}: use the name that is in it, or name the authority that signed it \
             in mail.ca_file"
        ),
        (Step::Tls, Cause::Lacking) => {
            "use smtps:// if the server speaks TLS from the first byte; ?tls=never sends in clear, for a network that is \
             yours alone"
                .to_owned()
        }
        (Step::SignIn, Cause::Lacking) => "take user and password out of mail.smtp_url, or use TLS".to_owned(),
        (Step::SignIn, _) | (_, Cause::Reply(530 | 534 | 535 | 538)) => {
            "the server does not take this user and password: correct LINEKEY_MAIL__SMTP_URL, with %40 for an @ in it"
                .to_owned()
        }
        (Step::Sender, Cause::Reply(_)) => format!("the server does not let the portal send as {from}: correct mail.from"),
        (Step::Recipient, Cause::Reply(400..=499)) => {
            "the server takes it later (greylisting): the portal tries again by itself; send this test again in ten \
             minutes"
                .to_owned()
        }
        (Step::Recipient, Cause::Reply(_)) => {
            "the server does not take that address: correct it; where it speaks of relaying, give the portal a user there"
                .to_owned()
        }
        (Step::Data | Step::Message, Cause::Reply(_)) => {
            "the server does not take the message: what it said tells why, and its log tells more".to_owned()
        }
        _ => "try again; if it stays so: smtps:// is for port 465, smtp:// for 587 and 25, and the server's log tells more"
            .to_owned(),
    }
}
