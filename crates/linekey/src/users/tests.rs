//! Stories about the profile.

use crate::testing::{Portal, stories};

async fn someone_changes_their_name_and_time_zone(p: Portal) {
    let ann = p.signed_in("ann").await;
    let fields = [("display_name", "  Ann Anchor "), ("time_zone", "Asia/Tokyo")];
    ann.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=profile");
    let page = ann.get("/account/settings?saved=profile").await;
    page.says(200, "Your profile is saved.")
        .says(200, "Ann Anchor")
        .says(200, "Asia/Tokyo");
    assert_eq!(p.events("profile-change").await, 1);
    p.signed_in("bob")
        .await
        .get("/account/settings")
        .await
        .says(200, "Bob Boatwright");
}

async fn a_profile_that_cannot_be_is_said_at_the_field(p: Portal) {
    let ann = p.signed_in("ann").await;
    let long = "x".repeat(101);
    for (name, zone, field) in [
        ("", "UTC", "display_name"),
        (long.as_str(), "UTC", "display_name"),
        ("Ann\nArcher", "UTC", "display_name"),
        ("Ann", "Mars/Olympus", "time_zone"),
        ("Ann", "", "time_zone"),
    ] {
        let answer = ann
            .post("/account/settings", &[("display_name", name), ("time_zone", zone)])
            .await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.text.contains(&format!("id=\"{field}-error\"><p>")),
            "{name:?} {zone:?}"
        );
    }
    let kept = ann
        .post(
            "/account/settings",
            &[("display_name", "Ann Anchor"), ("time_zone", "Mars/Olympus")],
        )
        .await;
    assert!(
        kept.text.contains("value=\"Ann Anchor\""),
        "the form's other input is kept"
    );
    assert_eq!(p.events("profile-change").await, 0);
}

/// Museum row 12, as far as the profile goes: fields that are not the user's to set are not read.
async fn nobody_sets_role_or_verification_through_the_profile(p: Portal) {
    let ann = p.signed_in("ann").await;
    let fields = [
        ("display_name", "Ann"),
        ("time_zone", "UTC"),
        ("role", "administrator"),
        ("email_key", "x@evil.example"),
        ("email_verified_at", "1"),
        ("account_id", "x"),
        ("password_hash", "x"),
        ("must_change_at", ""),
    ];
    ann.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=profile");
    ann.get("/account/settings").await.says(200, "ann@acme.example");
    let staff = crate::db::query("select count(*) from users where role <> 'user' or email = 'x@evil.example'");
    assert_eq!(p.count(staff).await, 3, "adam, gus and olivia, as before");
}

stories!(
    someone_changes_their_name_and_time_zone,
    a_profile_that_cannot_be_is_said_at_the_field,
    nobody_sets_role_or_verification_through_the_profile,
);

/// Museum row 25.
#[test]
fn a_name_longer_than_any_that_exists_is_not_looked_at() {
    use super::name::TypedName;
    assert_eq!(TypedName::new(&"X".repeat(320)).canonical, "x".repeat(320));
    assert_eq!(TypedName::new(&"X".repeat(321)).canonical, "");
}
