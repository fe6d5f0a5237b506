use std::sync::atomic::{AtomicU8, Ordering};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use super::super::names::About;
use super::super::rules::{Profile, accept};
use super::*;

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

fn counting() -> Randomness {
    let next = AtomicU8::new(0);
    Arc::new(move |bytes| bytes.fill(next.fetch_add(1, Ordering::SeqCst)))
}

fn hashes(cost: Cost) -> Hashes {
    Hashes::start(cost, NonZeroUsize::MIN, NonZeroUsize::MIN, counting()).unwrap()
}

fn new(password: &str) -> NewPassword {
    accept(Profile::Standards, &password.into(), &About::default()).unwrap()
}

fn stored(phc: impl Into<String>) -> HashedPassword {
    HashedPassword::from_store(phc.into())
}

/// RustCrypto's engine, the one to go back to.
fn other_engine(cost: Cost) -> argon2::Argon2<'static> {
    let params = argon2::Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

/// SplitMix64: random enough for a test, and the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z >> 32) % u64::from(limit)).unwrap()
    }

    fn bytes(&mut self, least: u32, most: u32) -> Vec<u8> {
        let length = least + self.below(most - least + 1);
        (0..length).map(|_| self.below(256).to_le_bytes()[0]).collect()
    }
}

#[tokio::test]
async fn a_hash_verifies_its_password_however_it_is_composed_and_no_other() {
    let hashes = hashes(CHEAP);
    let hash = hashes.hash(&new("Cafe\u{301} am Hafen 9")).await.unwrap();
    for (typed, matches) in [
        ("Cafe\u{301} am Hafen 9", true),
        ("Caf\u{e9} am Hafen 9", true),
        ("Cafe am Hafen 9", false),
        ("caf\u{e9} am hafen 9", false),
        ("Caf\u{e9} am Hafen 9 ", false),
        ("", false),
    ] {
        let verified = hashes.verify(&typed.into(), Some(&hash)).await.unwrap();
        assert_eq!(
            verified,
            Verified {
                matches,
                outdated: false
            },
            "{typed}"
        );
    }
}

#[tokio::test]
async fn the_salt_is_16_bytes_of_the_given_randomness_and_new_each_time() {
    let hashes = hashes(CHEAP);
    let password = new("Trodden halogen cape");
    let (one, next) = (
        hashes.hash(&password).await.unwrap(),
        hashes.hash(&password).await.unwrap(),
    );
    assert_ne!(one, next);
    let salt = |hash: &HashedPassword| decode_string(hash.as_str(), Algorithm::Argon2id).unwrap().salt;
    assert_eq!(salt(&one).len(), SALT_BYTES);
    assert_eq!(salt(&next), [salt(&one)[0] + 1; SALT_BYTES]);
}

#[tokio::test]
async fn the_default_cost_is_what_the_stored_hash_says() {
    let hashes = hashes(Cost::default());
    let hash = hashes.hash(&new("Trodden halogen cape")).await.unwrap();
    assert!(
        hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        hash.as_str()
    );
    assert!(
        hashes
            .verify(&"Trodden halogen cape".into(), Some(&hash))
            .await
            .unwrap()
            .matches
    );
}

#[tokio::test]
async fn unknown_users_and_empty_or_endless_input_never_match() {
    let hashes = hashes(CHEAP);
    let of_nothing = stored(
        other_engine(CHEAP)
            .hash_password_with_salt(b"", &[7; 16])
            .unwrap()
            .to_string(),
    );
    for typed in [TypedPassword::from(""), TypedPassword::new("a".repeat(1 << 20))] {
        assert_eq!(hashes.verify(&typed, Some(&of_nothing)).await, Ok(Verified::NO));
        assert_eq!(hashes.verify(&typed, None).await, Ok(Verified::NO));
    }
    assert_eq!(
        hashes.verify(&"Trodden halogen cape".into(), None).await,
        Ok(Verified::NO)
    );
}

/// Everything that is no hash of ours: of other kinds, damaged, or made to cost more than a hash may.
fn strange() -> Vec<HashedPassword> {
    let good = REFERENCE_PHC;
    let mut strange = vec![
        String::new(),
        "*".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuuJ5r0N3Qf1zX0dV8pWm1rQ0xXo0k8e7S".to_owned(),
        "pbkdf2_sha256$600000$salt$aGFzaA==".to_owned(),
        "$6$salt$hash".to_owned(),
        good[..good.len() - 20].to_owned(),
        good.replace("argon2id", "argon2i"),
        good.replace("argon2id", "argon2d"),
        good.replace("m=256", "m=7"),
        good.replace("m=256", "m=262145"),
        good.replace("m=256", "m=4294967295"),
        good.replace("m=256", "m=99999999999999999999"),
        good.replace("t=2", "t=17"),
        good.replace("t=2", "t=4294967295"),
        good.replace("p=1", "p=17"),
        good.replace("p=1", "p=16777215"),
    ];
    strange.push(format!("{good}{}", "A".repeat(1 << 20)));
    strange.push(good.replace("c29tZXNhbHQ", &"c29t".repeat(1 << 18)));
    strange.into_iter().map(stored).collect()
}

#[test]
fn what_cannot_match_costs_the_work_of_a_hash_and_no_more() {
    let recipe = Recipe::new(CHEAP, counting()).unwrap();
    for stored in strange().iter().map(Some).chain([None]) {
        let mut hasher = recipe.engine.hasher();
        assert_eq!(hasher.reserved_blocks(), 0, "no hash was computed yet");
        assert_eq!(recipe.verify(&mut hasher, b"password", stored), Ok(Verified::NO));
        assert_eq!(
            hasher.reserved_blocks(),
            64,
            "one hash of the configured cost was computed"
        );
    }
}

#[tokio::test]
async fn hashes_weaker_than_today_are_outdated_once_they_match() {
    let today = Cost {
        memory_kib: 128,
        passes: 2,
        lanes: 2,
    };
    let hashes = hashes(today);
    for (memory_kib, passes, lanes, outdated) in [
        (128, 2, 2, false),
        (127, 2, 2, true),
        (128, 1, 2, true),
        (256, 3, 1, false),
        (129, 2, 4, false),
        (512, 1, 1, true),
    ] {
        let engine = other_engine(Cost {
            memory_kib,
            passes,
            lanes,
        });
        let hash = stored(
            engine
                .hash_password_with_salt(b"Trodden halogen cape", &[7; 16])
                .unwrap()
                .to_string(),
        );
        let right = hashes.verify(&"Trodden halogen cape".into(), Some(&hash)).await;
        assert_eq!(
            right,
            Ok(Verified {
                matches: true,
                outdated
            }),
            "{}",
            hash.as_str()
        );
        assert_eq!(hashes.verify(&"trodden".into(), Some(&hash)).await, Ok(Verified::NO));
    }
}

#[tokio::test]
async fn hashes_of_the_first_argon2_version_or_with_short_salts_match_and_are_outdated() {
    let hashes = hashes(CHEAP);
    let params = argon2::Params::new(64, 1, 1, Some(32)).unwrap();
    let first = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x10, params);
    for hash in [
        first
            .hash_password_with_salt(b"password", &[7; 16])
            .unwrap()
            .to_string(),
        other_engine(CHEAP)
            .hash_password_with_salt(b"password", &[7; 8])
            .unwrap()
            .to_string(),
    ] {
        let verified = hashes.verify(&"password".into(), Some(&stored(hash))).await;
        assert_eq!(
            verified,
            Ok(Verified {
                matches: true,
                outdated: true
            })
        );
    }
}

#[test]
fn the_engine_and_the_one_to_go_back_to_agree_on_random_input() {
    let mut random = Seeded(4);
    for round in 0..300 {
        let lanes = 1 + random.below(4);
        let cost = Cost {
            memory_kib: 8 * lanes + random.below(1_200),
            passes: 1 + random.below(4),
            lanes,
        };
        let (password, salt) = (random.bytes(0, 1_100), random.bytes(8, 48));
        let engine = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params().unwrap());

        let ours = engine.hasher().hash_encoded(&password, &salt).unwrap();
        let theirs = other_engine(cost)
            .hash_password_with_salt(&password, &salt)
            .unwrap()
            .to_string();
        assert_eq!(ours, theirs, "round {round}");

        let recipe = Recipe::new(CHEAP, counting()).unwrap();
        let mut hasher = recipe.engine.hasher();
        assert!(
            recipe
                .verify(&mut hasher, &password, Some(&stored(theirs)))
                .unwrap()
                .matches,
            "round {round}"
        );
        assert!(
            other_engine(CHEAP).verify_password(&password, ours.as_str()).is_ok(),
            "round {round}"
        );

        let wrong = [password.as_slice(), b"\0"].concat();
        assert!(
            !recipe
                .verify(&mut hasher, &wrong, Some(&stored(ours.clone())))
                .unwrap()
                .matches,
            "round {round}"
        );
        assert!(
            other_engine(CHEAP).verify_password(&wrong, ours.as_str()).is_err(),
            "round {round}"
        );
    }
}

#[test]
fn hasher_memory_left_by_other_costs_does_not_change_a_hash() {
    let mut random = Seeded(5);
    let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, CHEAP.params().unwrap()).hasher();
    for round in 0..100 {
        let cost = Cost {
            memory_kib: 8 + random.below(600),
            passes: 1 + random.below(3),
            lanes: 1,
        };
        hasher.set_argon2(Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params().unwrap()));
        let (password, salt) = (random.bytes(0, 80), random.bytes(8, 32));
        let ours = hasher.hash_encoded(&password, &salt).unwrap();
        let theirs = other_engine(cost)
            .hash_password_with_salt(&password, &salt)
            .unwrap()
            .to_string();
        assert_eq!(ours, theirs, "round {round}");
    }
}

#[test]
fn an_engine_that_computes_wrongly_does_not_start() {
    assert!(check_known_answers(&RFC_TAG, REFERENCE_PHC).is_ok());
    let mut wrong_tag = RFC_TAG;
    wrong_tag[31] ^= 1;
    assert!(matches!(
        check_known_answers(&wrong_tag, REFERENCE_PHC),
        Err(StartError::WrongAnswer(_))
    ));
    let wrong_phc = REFERENCE_PHC.replace("$nf65", "$nf66");
    assert!(matches!(
        check_known_answers(&RFC_TAG, &wrong_phc),
        Err(StartError::WrongAnswer(_))
    ));
    assert!(
        other_engine(CHEAP).verify_password(b"password", REFERENCE_PHC).is_ok(),
        "others computed the same"
    );
}

#[test]
fn costs_out_of_range_do_not_start() {
    let start = |memory_kib, passes, lanes| {
        let cost = Cost {
            memory_kib,
            passes,
            lanes,
        };
        Hashes::start(cost, NonZeroUsize::MIN, NonZeroUsize::MIN, counting()).map(|_| ())
    };
    assert!(start(8, 1, 1).is_ok() && start(64, 1, 8).is_ok() && start(128, 16, 16).is_ok());
    for (memory_kib, passes, lanes) in [
        (7, 1, 1),
        (63, 1, 8),
        (64, 0, 1),
        (64, 1, 0),
        (262_145, 1, 1),
        (64, 17, 1),
        (u32::MAX, 1, 1),
        (256, 1, 17),
    ] {
        assert!(
            matches!(start(memory_kib, passes, lanes), Err(StartError::Cost)),
            "{memory_kib} {passes} {lanes}"
        );
    }
}

#[test]
fn the_default_is_the_least_that_owasp_recommends() {
    for (memory_kib, passes, enough) in [
        (19_456, 2, true),
        (19_455, 2, false),
        (19_456, 1, false),
        (47_104, 1, true),
        (7_168, 5, true),
        (64, 16, false),
    ] {
        assert_eq!(
            Cost {
                memory_kib,
                passes,
                lanes: 1
            }
            .meets_owasp(),
            enough,
            "{memory_kib} {passes}"
        );
    }
    assert!(Cost::default().meets_owasp());
}

#[test]
fn hashes_do_not_print() {
    assert_eq!(format!("{:?}", stored(REFERENCE_PHC)), "***");
}
