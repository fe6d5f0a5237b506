//! Sixty thousand datagrams from strangers leave nothing behind, and phones still register.

use linekey_sip::Gauges;

use crate::support::{Wire, World};

#[tokio::test]
async fn sixty_thousand_strangers_leave_nothing_behind_and_phones_still_register() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    assert_eq!(phone.register(600).await.status, 200);
    let expected = Gauges {
        bindings: 1,
        waiting: 0,
        nonces: 1,
        answers: 1,
        wrong: 0,
        unfit: 0,
        working: 0,
        connections: 0,
    };
    // The answer is there a moment before its request is done with.
    world.is_idle().await;
    let before = world.running.gauges();
    assert_eq!(before, expected);

    let stranger = Wire::new(world.address()).await;
    let mut forged = world.phone("nobody").await;
    forged.nonce = Some("A".repeat(72));
    for number in 0..30_000_u32 {
        let junk = number.to_le_bytes().repeat(usize::try_from(number % 90).unwrap());
        stranger.send(&junk).await;
        let mut bare = std::mem::take(&mut forged.nonce);
        if number % 2 == 0 {
            std::mem::swap(&mut bare, &mut forged.nonce);
        }
        forged.name = format!("guess-{number}");
        let request = forged.request("Contact: <sip:a@127.0.0.1>\r\n");
        forged.nonce = forged.nonce.take().or(bare);
        // In step, so that no datagram is lost in the socket's buffer and every one is judged.
        assert_eq!(forged.wire.ask(&request).await.status, 401);
    }
    assert_eq!(world.running.gauges(), before);
    assert_eq!(phone.register(600).await.status, 200);
    assert_eq!(world.phone("bob-desk").await.register(600).await.status, 200);
}
