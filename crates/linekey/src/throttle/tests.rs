//! The ladder and the networks, in numbers.

use super::{Bucket, Counted, count, delay, network};
use crate::clock::{DAY, SECOND};
use crate::db::query;
use crate::ids::UserId;
use crate::testing::{Portal, stories};

/// What was counted by a clock that was ahead costs no more than it would have cost by one that was right.
async fn a_clock_that_goes_back_makes_no_wait_longer(p: Portal) {
    let user: (UserId,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    let address = "203.0.113.7".parse().expect("an address");
    let longest = p.app.config.throttle.ladder.iter().max().copied().expect("a ladder");
    for (bucket, longest) in [
        (Bucket::Confirm(&user.0), longest),
        (Bucket::ResetCodes(address), 60 * 60),
    ] {
        let tried = async || count(&p.app, &[bucket]).await.expect("a database");
        p.wait(30 * DAY);
        while matches!(tried().await, Counted::Go { .. }) {}
        p.wait(-30 * DAY);
        let Counted::Wait(seconds) = tried().await else {
            panic!("{bucket:?}: it still waits");
        };
        assert!(seconds <= longest, "{bucket:?}: {seconds} seconds");
        p.wait(longest * SECOND);
        let again = tried().await;
        assert!(matches!(again, Counted::Go { .. }), "{bucket:?}: {again:?}");
    }
}

stories!(a_clock_that_goes_back_makes_no_wait_longer);

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
