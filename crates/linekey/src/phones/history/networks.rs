//! Where phones register from, and when that is somewhere new: a SIP password that was stolen is used from elsewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::store::{self, Place};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::rows::{OnePhone, Rows};
use crate::phones::store::owner_of;

/// Networks that are remembered of one phone; the one that was used longest ago makes room.
const REMEMBERED: usize = 50;

/// `203.0.113.0/24`, `2001:db8::/64`
fn network_of(address: IpAddr) -> String {
    let address = address.to_canonical();
    let size = if address.is_ipv4() { 24 } else { 64 };
    IpNet::new(address, size).map_or_else(|_| address.to_string(), |network| network.trunc().to_string())
}

/// Notes where phones registered from. A phone in a network that it never was in is on record, unless it never was in any.
pub(super) async fn note(app: &App, tx: &mut Tx, places: &[(&PhoneId, IpAddr, Millis)]) -> Result<()> {
    // A phone may have come from two addresses of one network.
    let mut latest = BTreeMap::new();
    for (phone_id, address, at) in places {
        latest.insert((phone_id.as_str(), network_of(*address)), (*phone_id, *address, *at));
    }
    let rows = latest.iter().map(|((_, network), (phone_id, _, at))| Place {
        phone_id,
        network: network.clone(),
        at: *at,
    });
    let new = store::put_networks(tx, &Rows::of(rows)?).await?;
    if new.is_empty() {
        return Ok(());
    }
    let new = Rows::of(new.iter().map(|phone_id| OnePhone { phone_id }))?;
    for phone in store::moving(tx, &new).await? {
        let address = places
            .iter()
            .rfind(|(known, ..)| **known == phone)
            .map(|(_, address, _)| *address);
        record(app, tx, &phone, address).await?;
    }
    Ok(())
}

async fn record(app: &App, tx: &mut Tx, phone: &PhoneId, address: Option<IpAddr>) -> Result<()> {
    for oldest in store::networks_of(tx, phone).await?.iter().skip(REMEMBERED) {
        store::remove_network(tx, phone, oldest).await?;
    }
    let Some((account, user)) = owner_of(tx, phone).await? else {
        return Ok(());
    };
    let event = Event {
        kind: Kind::PhoneNewNetwork,
        outcome: Outcome::Done,
        account: Some(&account),
        actor: None,
        subject: Some(&user),
        session: None,
        address,
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
