//! The demo's mail box in a real browser: the policy of the page lets the frame in, and the frame's lets it look well.

use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

async fn a_mail_is_seen_as_it_will_look(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    p.mails(1).await;
    let anyone = Chromium::start(&p).await;
    anyone.open("/demo/mail").await;
    anyone.says("Quayside: your portal password was changed").await;
    anyone.press("As plain text").await;
    anyone.says("Hello Ann Archer,").await;
    anyone.press("As plain text").await;
    anyone.frame_says("Your phones stay connected.").await;
    anyone.picture(&p, "demo-mail").await;
    anyone.close().await;
}

stories!(a_mail_is_seen_as_it_will_look);
