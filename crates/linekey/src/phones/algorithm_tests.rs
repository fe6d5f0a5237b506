//! Stories of accounts whose phones prove their SIP passwords with another digest than MD5.

use crate::accounts::sip_algorithm::{Chosen, choose};
use crate::testing::{Portal, TestPhone, stories};

const SIP_PASSWORD: &str = "Demo-ann-desk-2026";

/// Has Acme use `algorithm`, and waits until the running registrar does.
async fn use_algorithm(p: &Portal, algorithm: &'static str) {
    let chosen = choose(&p.app, "acme.example", &algorithm.to_lowercase()).await;
    assert_eq!(chosen.expect("a database"), Chosen::Done(algorithm));
    let is_md5 = algorithm == "MD5";
    let follows = async || {
        let mut old = TestPhone::of_md5(p, "ann-desk", "acme.example", SIP_PASSWORD).await;
        old.register().await.is_registered() == is_md5
    };
    while !follows().await {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn an_account_has_its_phones_use_sha_256_and_a_phone_of_md5_alone_is_refused(p: Portal) {
    let ann = p.signed_in("ann").await;
    let page = ann.get("/phones").await.text;
    let (_, rest) = page.split_once("href=\"/phones/").expect("a phone");
    let place = format!("/phones/{}", rest.split('"').next().unwrap_or_default());
    assert!(
        !ann.get(&place).await.text.contains("Digest algorithm"),
        "MD5 is what phones do unasked"
    );
    for algorithm in ["SHA-256", "SHA-512-256"] {
        use_algorithm(&p, algorithm).await;
        ann.get(&place).await.says(200, "Digest algorithm").says(200, algorithm);
        let mut old = TestPhone::of_md5(&p, "ann-desk", "acme.example", SIP_PASSWORD).await;
        assert_eq!(old.register().await.status, 401);
        let mut desk = p.phone("ann-desk", "acme.example").await;
        assert!(desk.is_registered().await, "with the SIP password it always had");
        let mut wrong = TestPhone::with_password(&p, "ann-desk", "acme.example", "wrong").await;
        assert_eq!(wrong.register().await.status, 401);
        let mut gina = p.phone("gina-desk", "globex.example").await;
        assert!(
            gina.is_registered().await,
            "another account's phones go on as they were"
        );
    }
    use_algorithm(&p, "MD5").await;
    assert!(!ann.get(&place).await.text.contains("Digest algorithm"));
    assert_eq!(p.events("account-sip-algorithm").await, 3);
}

async fn an_algorithm_that_is_none_changes_nothing(p: Portal) {
    for (domain, typed, chosen) in [
        ("acme.example", "md4", Chosen::NoAlgorithm),
        ("acme.example", "", Chosen::NoAlgorithm),
        ("nobody.example", "sha-256", Chosen::NoAccount),
        ("acme.example", " Md5 ", Chosen::Already("MD5")),
    ] {
        assert_eq!(choose(&p.app, domain, typed).await.expect("a database"), chosen);
    }
    assert_eq!(p.events("account-sip-algorithm").await, 0);
}

stories!(
    an_account_has_its_phones_use_sha_256_and_a_phone_of_md5_alone_is_refused,
    an_algorithm_that_is_none_changes_nothing,
);
