//! `linekey export`: what is written where, and what is said beside it.

use std::os::unix::fs::PermissionsExt;

use crate::place::Place;
use crate::said;

#[test]
fn phones_are_exported_for_other_sip_servers() {
    let place = Place::set_up("export");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    place.does(&["phone", "add", "ann@acme.example", "Kitchen"]);
    place.does(&["phone", "rotate", "ann-desk@acme.sip.quayside.example"]);
    let of_acme = ["--account", "acme.example"];

    let asterisk = place.run(&[&["export", "asterisk"], &of_acme[..]].concat());
    assert!(asterisk.status.success(), "{}", said(&asterisk));
    let sql = String::from_utf8(asterisk.stdout).expect("text");
    assert!(
        sql.contains("insert into ps_auths") && sql.ends_with("commit;\n"),
        "{sql}"
    );
    let warned = String::from_utf8(asterisk.stderr).expect("text");
    assert!(
        warned.contains("2 phones for Asterisk, with hashes that are as good as"),
        "{warned}"
    );
    assert!(
        warned.contains("One of them is being given a new SIP password"),
        "{warned}"
    );

    let file = place.folder.0.join("acme.xml");
    let to_file = ["--output", "acme.xml"];
    let printed = place.does(&[&["export", "freeswitch"], &of_acme[..], &to_file[..]].concat());
    assert_eq!(printed, "", "nothing but the file has it");
    let xml = std::fs::read_to_string(&file).expect("the file");
    assert!(xml.contains("<user id=\"ann-desk\">"), "{xml}");
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = place.refuses(&[&["export", "freeswitch"], &of_acme[..], &to_file[..]].concat());
    assert!(again.contains("acme.xml is there already"), "{again}");

    let conf = place.does(
        &[
            &["export", "asterisk"],
            &of_acme[..],
            &["--format", "conf", "--md5-cred"][..],
        ]
        .concat(),
    );
    assert!(conf.contains("type = auth") && conf.contains("md5_cred = "), "{conf}");
    assert!(
        place
            .refuses(&["export", "asterisk", "--account", "nowhere.example"])
            .contains("linekey account list")
    );
    for context in ["", "a context", "a-context-that-is-longer-than-forty-characters"] {
        let wrong = place.run(&[&["export", "asterisk"], &of_acme[..], &["--context", context][..]].concat());
        assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    }
    let record = place.does(&["audit", "list"]);
    assert_eq!(record.matches("export\tdone\tconsole").count(), 3, "{record}");
}
