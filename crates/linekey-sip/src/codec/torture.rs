//! Messages of RFC 4475, "Session Initiation Protocol (SIP) Torture Test Messages" (R. Sparks and
//! others, 2006), word for word: those that touch what a registrar reads.

use super::contact::BadContact;
use super::{Contacts, Host, Method, Read, Request, read};
use crate::digest::parse_authorization;

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn request(text: &str) -> Request {
    match read(&crlf(text)) {
        Read::Request(request) => *request,
        other => panic!("{other:?} for {text}"),
    }
}

fn is_refused(text: &str) -> bool {
    matches!(read(&crlf(text)), Read::Nothing(_))
}

fn contacts(text: &str) -> Vec<String> {
    match request(text).contacts {
        Ok(Contacts::List(list)) => list.into_iter().map(|contact| contact.uri.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn legal_oddities_are_read() {
    let escnull = request(ESCNULL);
    assert_eq!(escnull.method, Method::Register);
    assert_eq!(escnull.to_user.as_deref(), Some("null-\0-null"));
    assert_eq!(
        contacts(ESCNULL),
        ["sip:%00@host5.example.com", "sip:%00%00@host5.example.com"]
    );
    assert_eq!(
        request(ESC02).method,
        Method::Other,
        "an escaped REGISTER is no REGISTER"
    );
    assert_eq!(request(LWSDISP).method, Method::Options);
    assert_eq!(request(SEMIURI).target, Some(Host::Name("example.com".into())));
    assert_eq!(request(TRANSPORTS).echo.vias.len(), 4);
    assert_eq!(contacts(CPARAM01), ["sip:+19725552222@gw1.example.net"]);
    assert_eq!(contacts(CPARAM02), ["sip:+19725552222@gw1.example.net;unknownparam"]);
    assert_eq!(
        contacts(REGESCRT),
        ["sip:user@example.com?Route=%3Csip:sip.example.com%3E"]
    );
}

#[test]
fn what_follows_a_message_in_its_datagram_is_ignored() {
    let both = format!("{DBLREQ}\n{SEMIURI}");
    assert_eq!(request(&both).call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
    assert_eq!(contacts(&both), ["sip:j.user@host.example.com"]);
}

#[test]
fn faults_that_can_be_named_are_left_to_the_answer() {
    assert_eq!(request(SCALAR02).fault, Some((400, "Bad CSeq")));
    assert_eq!(request(MISMATCH01).fault, Some((400, "Bad CSeq")));
    assert_eq!(request(BADVERS).fault, Some((505, "Version Not Supported")));
    let headers = SEMIURI.replace("@example.com SIP", "@example.com?Subject=x SIP");
    assert_eq!(
        request(&headers).fault,
        Some((400, "Headers In Request-URI")),
        "section 3.1.2.11"
    );
    assert_eq!(request(REGBADCT).contacts, Err(BadContact));
    assert_eq!(
        request(BEXT01).required,
        ["nothingSupportsThis", "nothingSupportsThisEither"]
    );
    let regaut = request(REGAUT01).authorizations;
    assert!(regaut.len() == 1 && parse_authorization(&regaut[0]).is_none());
}

#[test]
fn what_cannot_be_read_safely_is_refused() {
    assert!(is_refused(BADASPEC));
    assert!(is_refused(MCL01));
    let two_spaces = SEMIURI.replace("OPTIONS sip", "OPTIONS  sip");
    assert!(is_refused(&two_spaces), "section 3.1.2.9");
    let trailing = SEMIURI.replace("SIP/2.0\nTo", "SIP/2.0  \nTo");
    assert!(is_refused(&trailing), "section 3.1.2.10");
    let negative = SEMIURI.replace("l: 0", "Content-Length: -999");
    assert!(is_refused(&negative), "section 3.1.2.3");
}

/// Section 3.1.1.4. Escaped nulls in URIs.
const ESCNULL: &str = "REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

";

/// Section 3.1.1.5. Percent signs that are no escapes.
const ESC02: &str = r#"RE%47IST%45R sip:registrar.example.com SIP/2.0
To: "%Z%45" <sip:resource@example.com>
From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
Contact: <sip:alias3@host3.example.com>
l: 0

"#;

/// Section 3.1.1.6. No space between display name and angle bracket.
const LWSDISP: &str = "OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID: lwsdisp.1234abcd@funky.example.com
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
l: 0

";

/// Section 3.1.1.8. A datagram with more after the message; the first message alone.
const DBLREQ: &str = "REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=43251j3j324
Max-Forwards: 8
I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
Contact: sip:j.user@host.example.com
CSeq: 8 REGISTER
Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
Content-Length: 0

";

/// Section 3.1.1.9. Semicolons in the user part.
const SEMIURI: &str = "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: semiuri.0ha0isndaksdj
CSeq: 8 OPTIONS
Accept: application/sdp, application/pkcs7-mime,
        multipart/mixed, multipart/signed,
        message/sip, message/sipfrag
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
l: 0

";

/// Section 3.1.1.10. Transports known and unknown.
const TRANSPORTS: &str = "OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: <sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID:  transports.kijh4akdnaqjkwendsasfdj
Accept: application/sdp
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
l: 0

";

/// Section 3.1.2.4. Numbers too large.
const SCALAR02: &str = "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 36893488147419103232 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300
Expires: 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
Contact: <sip:user@host129.example.com>
  ;expires=280297596632815
Content-Length: 0

";

/// Section 3.1.2.13. A contact with `?` outside angle brackets.
const REGBADCT: &str = "REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=998332
Max-Forwards: 70
Call-ID: regbadct.k345asrl3fdbv@10.0.0.1
CSeq: 1 REGISTER
Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw
Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E
l: 0

";

/// Section 3.1.2.14. Spaces within an address.
const BADASPEC: &str = r#"OPTIONS sip:user@example.org SIP/2.0
Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234
Max-Forwards: 70
From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423
To: "Watson, Thomas" < sip:t.watson@example.org >
Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3
Accept: application/sdp
CSeq: 3923239 OPTIONS
l: 0

"#;

/// Section 3.1.2.16. Another version.
const BADVERS: &str = "OPTIONS sip:t.watson@example.org SIP/7.0
Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw
Max-Forwards:     70
From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe
To:      T. Watson <sip:t.watson@example.org>
Call-ID: badvers.31417@c.example.com
CSeq:    1 OPTIONS
l: 0

";

/// Section 3.1.2.17. CSeq names another method.
const MISMATCH01: &str = "OPTIONS sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch01.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0

";

/// Section 3.3.5. Extensions nobody has.
const BEXT01: &str = "OPTIONS sip:user@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: bext01.0ha0isndaksdj
Require: nothingSupportsThis, nothingSupportsThisEither
Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
CSeq: 8 OPTIONS
Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

";

/// Section 3.3.7. An authorization scheme nobody knows.
const REGAUT01: &str = "REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=87321hj23128
Max-Forwards: 8
Call-ID: regaut01.0ha0isndaksdj
CSeq: 9338 REGISTER
Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw
Authorization: NoOneKnowsThisScheme opaque-data=here
Content-Length:0

";

/// Section 3.3.9. Two lengths.
const MCL01: &str = "OPTIONS sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423
To: sip:user@example.com
From: sip:other@example.net;tag=3923942
Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf
CSeq: 15932 OPTIONS
Content-Length: 13
Max-Forwards: 60
Content-Length: 5
Content-Type: text/plain

There's no way to know how many octets are supposed to be here.

";

/// Section 3.3.12. A contact header parameter.
const CPARAM01: &str = "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe
To: sip:watson@example.com
Call-ID: cparam01.70710@saturn.example.com
CSeq: 2 REGISTER
Contact: sip:+19725552222@gw1.example.net;unknownparam
l: 0

";

/// Section 3.3.13. A URL parameter.
const CPARAM02: &str = "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=838293
To: sip:watson@example.com
Call-ID: cparam02.70710@saturn.example.com
CSeq: 3 REGISTER
Contact: <sip:+19725552222@gw1.example.net;unknownparam>
l: 0

";

/// Section 3.3.14. An escaped header in a contact.
const REGESCRT: &str = "REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=8
Max-Forwards: 70
Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>
L:0

";
