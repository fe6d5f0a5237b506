//! Where phones register from, and when that is somewhere new: a SIP password that was stolen is used from elsewhere.

use std::net::IpAddr;

use ipnet::IpNet;

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::store::owner_of;

/// Networks that are remembered of one phone; the one that was used longest ago makes room.
const REMEMBERED: usize = 50;

/// `203.0.113.0/24`, `2001:db8::/64`
fn network_of(address: IpAddr) -> String {
    let address = address.to_canonical();
    let size = if address.is_ipv4() { 24 } else { 64 };
    IpNet::new(address, size).map_or_else(|_| address.to_string(), |network| network.trunc().to_string())
}

/// Notes that a phone registered from `address`. From a network that it never was in it is on record, unless it never was
/// in any.
pub(super) async fn note(app: &App, tx: &mut Tx, phone: &PhoneId, address: IpAddr, at: Millis) -> Result<()> {
    let Some((account, user)) = owner_of(tx, phone).await? else {
        return Ok(());
    };
    let network = network_of(address);
    let known = store::networks_of(tx, phone).await?;
    store::put_network(tx, phone, &network, at).await?;
    if known.is_empty() || known.contains(&network) {
        return Ok(());
    }
    for oldest in known.iter().skip(REMEMBERED - 1) {
        store::remove_network(tx, phone, oldest).await?;
    }
    let event = Event {
        kind: Kind::PhoneNewNetwork,
        outcome: Outcome::Done,
        account: Some(&account),
        actor: None,
        subject: Some(&user),
        session: None,
        address: Some(address),
        detail: serde_json::json!({ "phone": phone }),
    };
    audit::record(app, tx, event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_one_site_has() {
        let of = |address: &str| network_of(address.parse().expect("an address"));
        assert_eq!(of("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }
}
