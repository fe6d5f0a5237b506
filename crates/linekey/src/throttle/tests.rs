//! The ladder and the networks, in numbers.

use super::{delay, network};

#[test]
fn the_ladder_climbs_to_its_last_step_and_stays_there() {
    let ladder = [1, 3, 5];
    assert_eq!(
        (-1..=5).map(|nth| delay(&ladder, nth)).collect::<Vec<_>>(),
        [0, 0, 1_000, 3_000, 5_000, 5_000, 5_000]
    );
}

#[test]
fn a_site_is_one_ipv4_address_or_one_ipv6_network() {
    let of = |text: &str| network(text.parse().expect("an address"));
    assert_eq!(of("203.0.113.7"), "203.0.113.7");
    assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
    assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
}
