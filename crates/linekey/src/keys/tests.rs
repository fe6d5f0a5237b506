//! Sealing, MACs, and a key file that changes.

use std::fs;

use super::*;

/// Changes the file, as a command does.
fn change(file: &Path, what: impl FnOnce(&mut Change) -> anyhow::Result<Changed>) -> Changed {
    let mut change = Change::begin(file).expect("nobody else changes it");
    let changed = what(&mut change).expect("there is room");
    if changed == Changed::Done {
        change.finish().expect("a folder of ours");
    }
    changed
}

fn add(file: &Path, key: NewKey) {
    change(file, |change| change.add(key).map(|()| Changed::Done));
}

fn put_first(file: &Path, id: KeyId) -> Changed {
    change(file, |change| change.put_first(id))
}

fn retire(file: &Path, id: KeyId) -> Changed {
    change(file, |change| change.retire(id))
}

fn file() -> (crate::testing::Folder, PathBuf) {
    let folder = crate::testing::Folder::new();
    let file = folder.path().join("linekey.key");
    Keys::create(&file, &Random::default()).expect("a new file");
    (folder, file)
}

#[test]
fn every_purpose_has_a_key_of_its_own() {
    for (nth, purpose) in Purpose::ALL.into_iter().enumerate() {
        assert_eq!(purpose as usize, nth);
    }
    let (_folder, file) = file();
    let keys = Keys::read(&file).expect("just made");
    let derived: std::collections::BTreeSet<_> = Purpose::ALL.map(|purpose| *keys.derived(purpose)).into();
    assert_eq!(derived.len(), Purpose::ALL.len());
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

#[cfg(unix)]
#[test]
fn a_key_file_that_could_not_be_read_is_tried_until_it_can_be_and_complained_of_once() {
    let (_folder, file) = file();
    let mode = |mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(&file, mode).expect("our own file");
    };
    let keys = Arc::new(Keys::read(&file).expect("just made"));
    let mut follower = Follower::of(&keys);
    assert_eq!(follower.look(), None, "it is what was read at the start");
    let key = NewKey::new(&Random::default());
    let new = key.id();
    add(&file, key);
    // As after `sudo linekey keys ..`, before somebody puts it right: neither mode nor owner changes the file's time.
    mode(0o640);
    let refused = follower.look();
    assert!(
        matches!(&refused, Some(News::Refused(why)) if why.contains("mode 640")),
        "{refused:?}"
    );
    assert_eq!(follower.look(), None, "said once");
    mode(0o644);
    let refused = follower.look();
    assert!(
        matches!(&refused, Some(News::Refused(why)) if why.contains("mode 644")),
        "{refused:?}"
    );
    assert_eq!(keys.ids().len(), 1);
    mode(0o600);
    assert_eq!(follower.look(), Some(News::Read));
    assert_eq!(keys.ids()[1..], [new]);
    assert_eq!(follower.look(), None);
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

    assert_eq!(retire(&file, old), Changed::IsFirst);
    let key = NewKey::new(&random);
    let new = key.id();
    add(&file, key);
    assert_eq!(keys.ids(), [old], "a running server knows nothing of it yet");
    keys.reload().expect("readable");
    assert_eq!(keys.ids(), [old, new], "the old one still seals");
    assert_eq!(put_first(&file, new), Changed::Done);
    assert_eq!(put_first(&file, new), Changed::IsFirst);
    keys.reload().expect("readable");
    assert_eq!(keys.ids(), [new, old]);
    assert_eq!(
        KeyId::of(&keys.seal(Purpose::Flash, "x", b"", &random)).as_ref(),
        Some(&new)
    );
    assert!(keys.open(Purpose::SipHashes, "here", &sealed).is_ok(), "old ones open");

    assert_eq!(retire(&file, old), Changed::Done);
    assert_eq!(retire(&file, old), Changed::NoSuchKey);
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
fn of_two_changes_at_once_the_second_is_refused_and_none_is_lost() {
    let random = Random::default();
    let (_folder, file) = file();
    let (one, other) = (NewKey::new(&random), NewKey::new(&random));
    let ids = [one.id(), other.id()];
    let mut first = Change::begin(&file).expect("nobody else changes it");
    let refused = Change::begin(&file).err().expect("somebody does");
    assert!(refused.to_string().contains("linekey.key.new"), "{refused:#}");
    first.add(one).expect("there is room");
    first.finish().expect("a folder of ours");
    // The second reads what the first has made, whenever it began.
    add(&file, other);
    let keys = Keys::read(&file).expect("readable");
    assert_eq!(keys.ids()[1..], ids);

    let before = fs::read(&file).expect("readable");
    let mut given_up = Change::begin(&file).expect("nobody else changes it");
    given_up.add(NewKey::new(&random)).expect("there is room");
    drop(given_up);
    assert_eq!(fs::read(&file).expect("readable"), before);
    fs::write(&file, "# nothing\n").expect("our own file");
    assert!(Change::begin(&file).is_err(), "damaged");
    assert!(
        !file.with_extension("key.new").exists(),
        "what failed is in nobody's way"
    );
}

#[cfg(unix)]
#[test]
fn a_key_file_behind_a_link_is_changed_where_it_is() {
    let random = Random::default();
    let (folder, file) = file();
    fs::create_dir(folder.path().join("etc")).expect("a folder of ours");
    let link = folder.path().join("etc/linekey.key");
    std::os::unix::fs::symlink("../linekey.key", &link).expect("a link");
    add(&link, NewKey::new(&random));
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    assert_eq!(Keys::read(&file).expect("readable").ids().len(), 2);
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
