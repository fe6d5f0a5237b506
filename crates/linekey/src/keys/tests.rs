//! Sealing, MACs, and a key file that changes.

use std::fs;

use super::*;

fn file() -> (crate::testing::Folder, PathBuf) {
    let folder = crate::testing::Folder::new();
    let file = folder.path().join("linekey.key");
    Keys::create(&file, &Random::default()).expect("a new file");
    (folder, file)
}

#[test]
fn a_sealed_value_opens_only_at_its_place_for_its_purpose_and_unchanged() {
    let random = Random::default();
    let (_folder, file) = file();
    assert!(
        Keys::create(&file, &random).is_err(),
        "an existing key file is never overwritten"
    );
    let keys = Keys::read(&file).expect("just made");
    let mut sealed = keys.seal(Purpose::SipHashes, "phones/a/sip_hashes", b"secret", &random);
    let opens = |purpose, at, sealed: &[u8]| keys.open(purpose, at, sealed).is_ok();
    assert_eq!(
        **keys
            .open(Purpose::SipHashes, "phones/a/sip_hashes", &sealed)
            .expect("its place"),
        *b"secret"
    );
    assert!(!opens(Purpose::SipHashes, "phones/b/sip_hashes", &sealed));
    assert!(!opens(Purpose::Flash, "phones/a/sip_hashes", &sealed));
    *sealed.last_mut().expect("not empty") ^= 1;
    assert!(!opens(Purpose::SipHashes, "phones/a/sip_hashes", &sealed));
    assert!(!opens(Purpose::SipHashes, "phones/a/sip_hashes", &sealed[..20]));
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let (_folder, file) = file();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("our own file");
    let refused = Keys::read(&file).expect_err("open to others");
    assert!(refused.to_string().contains("chmod 600"), "{refused:#}");
}

#[test]
fn a_new_key_opens_at_once_seals_once_it_is_first_and_retired_verifies_the_audit_record_alone() {
    let random = Random::default();
    let (_folder, file) = file();
    let keys = Keys::read(&file).expect("just made");
    let old = keys.ids()[0];
    let sealed = keys.seal(Purpose::SipHashes, "here", b"secret", &random);
    let audit = keys.mac(Purpose::Audit, b"event");
    let bucket = keys.mac(Purpose::Throttle, b"bucket");

    assert_eq!(retire(&file, old).expect("readable"), Changed::IsFirst);
    let key = NewKey::new(&random);
    let new = key.id();
    add(&file, key).expect("a second key");
    assert_eq!(keys.ids(), [old], "a running server knows nothing of it yet");
    keys.reload().expect("readable");
    assert_eq!(keys.ids(), [old, new], "the old one still seals");
    assert_eq!(put_first(&file, new).expect("readable"), Changed::Done);
    assert_eq!(put_first(&file, new).expect("readable"), Changed::IsFirst);
    keys.reload().expect("readable");
    assert_eq!(keys.ids(), [new, old]);
    assert_eq!(
        KeyId::of(&keys.seal(Purpose::Flash, "x", b"", &random)).as_ref(),
        Some(&new)
    );
    assert!(keys.open(Purpose::SipHashes, "here", &sealed).is_ok(), "old ones open");

    assert_eq!(retire(&file, old).expect("readable"), Changed::Done);
    assert_eq!(retire(&file, old).expect("readable"), Changed::NoSuchKey);
    keys.reload().expect("readable");
    assert_eq!((keys.ids(), keys.retired()), (vec![new], vec![old]));
    assert!(keys.open(Purpose::SipHashes, "here", &sealed).is_err());
    assert_eq!(keys.verify_mac(Purpose::Audit, b"event", &audit), Proof::Right);
    assert_eq!(keys.verify_mac(Purpose::Audit, b"other", &audit), Proof::Wrong);
    assert_eq!(
        keys.verify_mac(Purpose::Throttle, b"bucket", &bucket),
        Proof::UnknownKey,
        "what is left of a key serves the audit record and nothing else"
    );
    assert!(!file.with_extension("key.new").exists());
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("a file").permissions()) & 0o777,
        0o600
    );
}

#[test]
fn a_damaged_key_file_says_what_is_wrong_and_leaves_the_keys_as_they_were() {
    let (_folder, file) = file();
    let keys = Keys::read(&file).expect("just made");
    let text = fs::read_to_string(&file).expect("text");
    let line = text.lines().last().expect("a key").to_owned();
    for (damaged, says) in [
        (String::new(), "no key"),
        ("# nothing\n".to_owned(), "no key"),
        (format!("{text}{line}\n"), "twice"),
        (format!("{text}0badc0de x y z\n"), "of the form"),
        (format!("{text}zz AAAA\n"), "eight hexadecimal digits"),
        (format!("{text}0badc0de AAAA\n"), "32 bytes"),
    ] {
        fs::write(&file, damaged).expect("our own file");
        let error = format!("{:#}", keys.reload().expect_err("damaged"));
        assert!(error.contains("is damaged") && error.contains(says), "{error}");
    }
    assert_eq!(keys.ids().len(), 1);
}
