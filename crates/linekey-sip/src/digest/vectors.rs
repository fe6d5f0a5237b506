//! Published vectors, and what they leave open.

use super::{
    Algorithm, Asked, HA1_BLOB_BYTES, Ha1, Ha1Set, NameForm, parse_authorization, response, verify, verify_without_qop,
};

/// RFC 2617 section 3.5.
#[test]
fn rfc_2617_section_3_5() {
    let ha1 = Ha1::of(Algorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
    assert_eq!(ha1.reveal_hex(), "939e7578ed9e3c518a452acee763bce9");
    let asked = Asked {
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc: "00000001",
        cnonce: "0a4f113b",
    };
    assert_eq!(
        response(Algorithm::Md5, &ha1, &asked),
        "6629fae49393a05397450978507c4ef1"
    );
}

/// RFC 2069 section 2.4, whose response is corrected by erratum 749.
#[test]
fn rfc_2069_section_2_4() {
    let ha1 = Ha1::of(Algorithm::Md5, "Mufasa", "testrealm@host.com", "CircleOfLife");
    let asked = Asked {
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc: "",
        cnonce: "",
    };
    let right = "1949323746fe6a43ef61f9606e7febea";
    assert!(verify_without_qop(Algorithm::Md5, &ha1, &asked, right));
    assert!(!verify_without_qop(Algorithm::Md5, &ha1, &asked, &right[1..]));
    assert!(!verify(Algorithm::Md5, &ha1, &asked, right));
}

/// RFC 7616 section 3.9.1, with MD5 and SHA-256; RFC 8760 takes both over for SIP unchanged.
#[test]
fn rfc_7616_section_3_9_1() {
    let asked = Asked {
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    };
    for (algorithm, expected) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::Sha256,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let ha1 = Ha1::of(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(response(algorithm, &ha1, &asked), expected);
        assert!(verify(algorithm, &ha1, &asked, &expected.to_ascii_uppercase()));
        let (shorter, longer) = (&expected[1..], format!("{expected}0"));
        let padded = [
            format!("{shorter}\0"),
            format!("{expected}\0"),
            format!("{expected}{expected}"),
        ];
        for wrong in ["", shorter, &longer]
            .into_iter()
            .chain(padded.iter().map(String::as_str))
        {
            assert!(!verify(algorithm, &ha1, &asked, wrong), "{wrong:?}");
        }
    }
}

/// RFC 7616 section 3.9.2, SHA-512-256, as corrected by erratum 4897: the printed response was not
/// made with the SHA-512/256 of FIPS 180-4. Without `userhash`, which changes the name on the wire
/// only.
#[test]
fn rfc_7616_section_3_9_2() {
    let asked = Asked {
        method: "GET",
        uri: "/doe.json",
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        nc: "00000001",
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    };
    let ha1 = Ha1::of(
        Algorithm::Sha512_256,
        "J\u{e4}s\u{f8}n Doe",
        "api@example.org",
        "Secret, or not?",
    );
    let printed = "ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd";
    let right = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    assert_eq!(response(Algorithm::Sha512_256, &ha1, &asked), right);
    assert_ne!(right, printed);
}

/// Hashes that other SIP servers store for the same phone.
#[test]
fn ha1s_are_those_of_other_sip_servers() {
    let set = Ha1Set::of("1001", "sip.example.com", "Tr0ub4dor&3 phone");
    for (algorithm, form, expected) in [
        (Algorithm::Md5, NameForm::Plain, "dccfc8dd8045ea8ae053a11fac6d0241"),
        (Algorithm::Md5, NameForm::WithDomain, "365f72be0097912a53fa516fac451e70"),
        (
            Algorithm::Sha256,
            NameForm::Plain,
            "c0e241a88506f590688a061088d786f5c2cedd3bbe786f011e068bc739a97188",
        ),
    ] {
        assert_eq!(set.get(algorithm, form).reveal_hex(), expected);
    }
    let asterisk = Ha1::of(Algorithm::Md5, "myname", "myrealm", "mypassword");
    assert_eq!(asterisk.reveal_hex(), "dce9ccd0a69e3ef90d8b9bf725053e78");
}

#[test]
fn six_hashes_survive_being_stored_and_are_never_printed() {
    let set = Ha1Set::of("ann-desk", "acme.example", "secret");
    let blob = set.to_bytes();
    assert_eq!(Ha1Set::from_bytes(&blob), Some(set.clone()));
    assert_eq!(Ha1Set::from_bytes(&blob[1..]), None);
    assert_eq!(blob.len(), HA1_BLOB_BYTES);
    for algorithm in Algorithm::ALL {
        let long = Ha1::of(algorithm, "ann-desk@acme.example", "acme.example", "secret");
        assert_eq!(*set.get(algorithm, NameForm::WithDomain), long);
        assert_ne!(set.get(algorithm, NameForm::Plain), &long);
    }
    assert_ne!(set, Ha1Set::of("ann-desk", "acme.example", "Secret"));
    assert_eq!(
        format!("{set:?} {:?}", set.get(Algorithm::Md5, NameForm::Plain)),
        "Ha1Set(***) ***"
    );
}

#[test]
fn an_authorization_is_read_in_any_order_spacing_and_case() {
    let text = "digest  Response=\"r\" , URI=\"sip:a;x=\\\"y\\\"\",realm = \"a, b\",nonce=\"n\",username=\"u\",\
                qop=auth,\tnc=0000000A,cnonce=\"c=\",algorithm=\"SHA-256\",opaque=\"\",unknown=x";
    let read = parse_authorization(text).unwrap();
    assert_eq!(
        (read.username, read.realm, read.nonce, read.response),
        ("u", "a, b", "n", "r")
    );
    assert_eq!(
        (read.uri, read.cnonce, read.count()),
        ("sip:a;x=\\\"y\\\"", Some("c="), Some(10))
    );
    assert_eq!((read.algorithm, read.qop), (Some("SHA-256"), Some("auth")));
}

#[test]
fn a_broken_authorization_is_no_authorization() {
    let good = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"x\"";
    assert!(parse_authorization(good).is_some());
    for bad in [
        "",
        "Digest",
        "Basic dTpw",
        "Digest username=\"u\"",
        &good.replace("Digest", "Digestive"),
        &good.replace("\"x\"", "\"x"),
        &good.replace("\"x\"", "\"x\\\""),
        &good.replace("\"x\"", "\"x\"y"),
        &good.replace(", uri", " uri"),
        &good.replace("nonce=\"n\"", "nonce="),
        &good.replace("nonce=\"n\"", "no nce=\"n\""),
        &format!("{good}, response=\"x\""),
        &format!("{good}, USERNAME=\"other\""),
        &good[..good.len() - 20],
    ] {
        assert_eq!(parse_authorization(bad), None, "{bad}");
    }
    for nc in ["1", "000000001", "0000000g", "+0000001", ""] {
        let text = format!("{good}, nc={nc}");
        assert_eq!(parse_authorization(&text).and_then(|a| a.count()), None, "{nc}");
    }
}
