//! Where phones reach the registrar, as a person types it into one.

use std::net::SocketAddr;

use linekey_sip::Transport;

use crate::config::Config;

/// A server and port, and what can be spoken there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The address that is listened on, or the portal's host where that is every one.
    pub server: String,
    /// `5060`
    pub port: u16,
    /// At least one.
    pub transports: Vec<Transport>,
}

impl Reached {
    /// The transports as phones name them, `UDP or TCP`; `or` is that word.
    pub fn transports(&self, or: &str) -> String {
        let names: Vec<_> = self.transports.iter().map(|one| one.as_str().to_uppercase()).collect();
        names.join(&format!(" {or} "))
    }
}

/// Every place, those for UDP first, each once.
pub fn reached(config: &Config) -> Vec<Reached> {
    let sip = &config.sip;
    let lists = [
        (Transport::Udp, &sip.udp),
        (Transport::Tcp, &sip.tcp),
        (Transport::Tls, &sip.tls),
    ];
    let mut all: Vec<Reached> = Vec::new();
    for (transport, addresses) in lists {
        for address in addresses {
            let (server, port) = typed(config, *address);
            let known = all.iter_mut().find(|one| one.server == server && one.port == port);
            match known {
                Some(one) if one.transports.contains(&transport) => {}
                Some(one) => one.transports.push(transport),
                None => all.push(Reached {
                    server,
                    port,
                    transports: vec![transport],
                }),
            }
        }
    }
    all
}

fn typed(config: &Config, address: SocketAddr) -> (String, u16) {
    let server = if address.ip().is_unspecified() {
        config.portal.public_url.host().to_owned()
    } else {
        address.ip().to_string()
    };
    (server, address.port())
}
