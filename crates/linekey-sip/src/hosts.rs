//! Which host names and addresses are ours.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use crate::ask::{Directory, Transport};
use crate::codec::Host;
use crate::settings::Settings;

/// The names and addresses under which phones reach this registrar.
///
/// They are checked in the Request-URI and in the `uri` of a digest, so that a digest made for
/// another server proves nothing here. A registrar that listens on all addresses cannot know them
/// (a port may be forwarded to it), so it takes every address literal for its own; realm and nonce
/// bind the digest to this server anyway.
#[derive(Debug)]
pub(crate) struct OurHosts {
    names: HashSet<String>,
    addresses: HashSet<IpAddr>,
    any_address: bool,
}

impl OurHosts {
    pub(crate) fn new(settings: &Settings, local: &[(Transport, SocketAddr)]) -> Self {
        let mut addresses: HashSet<IpAddr> = local.iter().map(|(_, a)| a.ip().to_canonical()).collect();
        let mut names = HashSet::from([settings.realm.to_ascii_lowercase()]);
        for host in &settings.hosts {
            match host.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(ip) => addresses.insert(ip.to_canonical()),
                Err(_) => names.insert(host.to_ascii_lowercase()),
            };
        }
        if addresses.iter().any(IpAddr::is_loopback) {
            names.insert("localhost".to_owned());
        }
        let any_address = local.iter().any(|(_, a)| a.ip().is_unspecified());
        Self {
            names,
            addresses,
            any_address,
        }
    }

    /// Whether `host` is one of ours, SIP domains included.
    pub(crate) fn contains(&self, host: &Host, directory: &impl Directory) -> bool {
        match host {
            Host::Ip(ip) if self.any_address || self.addresses.contains(ip) => true,
            Host::Ip(ip) => directory.domain(&ip.to_string()).is_some(),
            Host::Name(name) => self.names.contains(&**name) || directory.domain(name).is_some(),
        }
    }
}

/// The text of a host as [`Directory::domain`] is asked for it.
pub(crate) fn host_text(host: &Host) -> Cow<'_, str> {
    match host {
        Host::Name(name) => Cow::Borrowed(name),
        Host::Ip(ip) => ip.to_string().into(),
    }
}
