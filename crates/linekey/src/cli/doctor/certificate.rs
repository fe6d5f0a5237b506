//! The certificate that phones are shown: whether it can be used, whom it is for, and until when.

use linekey_sip::Transport;

use super::Check;
use crate::clock::{DAY, Millis};
use crate::config::{Config, SipMode};
use crate::phones::certificate;
use crate::phones::reached::reached;
use crate::when;

const NAME: &str = "sip certificate";
/// How long before its end a certificate is spoken of: those that renew themselves do so earlier.
const SOON: Millis = 14 * DAY;

/// `None` where TLS is not spoken.
pub(super) fn shown(config: &Config, now: Millis) -> Option<Check> {
    let sip = &config.sip;
    if sip.mode != SipMode::Embedded || sip.tls.is_empty() {
        return None;
    }
    let found = match certificate::read(&sip.tls_certificate, &sip.tls_key) {
        Ok(found) => found,
        Err(error) => {
            let what_to_do = "correct it; a server that runs goes on with what it had";
            return Some(Check::failed(NAME, format!("{error:#}"), what_to_do));
        }
    };
    let (names, until) = (found.names.join(", "), when::exact(found.ends));
    let renew = "renew it, then `kill -HUP` the server";
    if found.ends <= now {
        return Some(Check::failed(NAME, format!("for {names}; it ended at {until}"), renew));
    }
    let other = reached(config).into_iter().find(|place| {
        place.transports.contains(&Transport::Tls) && !found.names.iter().any(|name| covers(name, &place.server))
    });
    if let Some(place) = other {
        let server = place.server;
        return Some(Check::warning(
            NAME,
            format!("for {names}, not for {server}, where phones connect"),
            format!("phones that check it refuse: get one for {server}, or enter one of its names on the phones"),
        ));
    }
    let all = format!("for {names}, until {until}");
    Some(if found.ends < now + SOON {
        Check::warning(NAME, all, renew)
    } else {
        Check::ok(NAME, all)
    })
}

/// Whether a certificate for `name` is one for `host`; `*` stands for one label (RFC 6125 section 6.4.3).
fn covers(name: &str, host: &str) -> bool {
    let rest = name
        .strip_prefix("*.")
        .and_then(|parent| Some((parent, host.split_once('.')?.1)));
    name.eq_ignore_ascii_case(host) || rest.is_some_and(|(parent, of_host)| parent.eq_ignore_ascii_case(of_host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;
    use crate::testing::{Folder, certificate};

    #[test]
    fn what_phones_are_shown_is_told_with_names_and_end() {
        let folder = Folder::new();
        let mut config = Config::default();
        assert!(shown(&config, 0).is_none());
        config.sip = certificate::write(folder.path(), "*.quayside.example");
        config.sip.tls = vec!["0.0.0.0:5061".parse().expect("an address")];
        config.portal.public_url = "https://portal.quayside.example".parse().expect("an origin");
        let ends = certificate::ends();
        for (host, now, state, words) in [
            ("portal.quayside.example", 0, State::Ok, "until 4096-01-01"),
            (
                "portal.quayside.example",
                ends - DAY,
                State::Warning,
                "until 4096-01-01",
            ),
            ("portal.quayside.example", ends, State::Failed, "it ended at 4096-01-01"),
            ("elsewhere.example", 0, State::Warning, "not for elsewhere.example"),
            ("a.portal.quayside.example", 0, State::Warning, "not for a.portal"),
            ("quayside.example", 0, State::Warning, "not for quayside.example"),
        ] {
            config.portal.public_url = format!("https://{host}").parse().expect("an origin");
            let check = shown(&config, now).expect("a check");
            assert_eq!(check.state, state, "{host}");
            assert!(check.found.contains("*.quayside.example"), "{}", check.found);
            assert!(check.found.contains(words), "{}", check.found);
        }
        std::fs::remove_file(&config.sip.tls_key).expect("it was there");
        let check = shown(&config, 0).expect("a check");
        assert!(
            check.state == State::Failed && check.found.contains("sip.tls_key"),
            "{}",
            check.found
        );
    }
}
