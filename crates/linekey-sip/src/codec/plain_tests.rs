//! The ordinary form is read in one pass, and never otherwise than by the parser crate.

use super::{is_plain, plain, uri_reads_alike};

/// As phones write it: a desk phone, a softphone, one behind a NAT, one that asks.
const ORDINARY: [&str; 4] = [
    "REGISTER sip:acme.example:5060 SIP/2.0\r\n\
     Via: SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bK1234567890;rport\r\n\
     From: \"Ann, of Acme\" <sip:ann-desk@acme.example>;tag=2233445566\r\n\
     To: \"Ann\" <sip:ann-desk@acme.example>\r\n\
     Call-ID: 0_1234567@10.1.2.3\r\n\
     CSeq: 2 REGISTER\r\n\
     Contact: <sip:ann-desk@10.1.2.3:5060>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-001565000000>\"\r\n\
     Authorization: Digest username=\"ann-desk\", realm=\"acme.example\", nonce=\"n\", uri=\"sip:acme.example:5060\", \
     response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, qop=auth, cnonce=\"c\", nc=00000001\r\n\
     Allow: INVITE, INFO, PRACK, ACK, BYE\r\n\
     Max-Forwards: 70\r\n\
     User-Agent: Yealink SIP-T46S 66.85.0.5\r\n\
     Expires: 3600\r\n\
     Content-Length: 0\r\n\r\n",
    "REGISTER sip:acme.example;transport=tls SIP/2.0\r\n\
     Via: SIP/2.0/TLS 192.168.1.20:41234;branch=z9hG4bK.abc~x;alias;rport;received=192.0.2.1\r\n\
     From: Ann <sip:ann-desk@Acme.Example>;tag=a-b.c\r\n\
     To: <sip:ann-desk@acme.example:5061;user=phone>;tag=x\r\n\
     CSeq: 20 REGISTER\r\n\
     Call-ID: Kj3h-42\r\n\
     Supported: replaces, outbound, gruu, path\r\n\
     Contact: \"A\" <sip:ann-desk@192.168.1.20:41234;transport=tls;line=ab_1;ob>;expires=90;q=0.5\r\n\
     User-Agent: Linphone-Desktop/5.2.4 (desk) LinphoneCore/5.3.38\r\n\r\n",
    "REGISTER sip:192.0.2.9 SIP/2.0\r\n\
     Via: SIP/2.0/UDP phone.office.example;received=10.0.0.1;branch=z9hG4bKx;rport=5070\r\n\
     From: <sip:ann-desk@192.0.2.9>;tag=1\r\nTo: <sip:ann-desk@192.0.2.9>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\
     Contact: <sip:phone.office.example>;expires=\"60\"\r\nExpires: 99999999999\r\nContent-Length: 0\r\n\r\nrest",
    "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/TCP 10.1.2.3:0;branch=z9hG4bKy\r\n\
     From: <sip:a@acme.example>;tag=1\r\nTo: <sip:a@acme.example>\r\nCall-ID: b@c\r\nCSeq: 0 REGISTER\r\n\r\n",
];

/// What damages a message without making it another kind of thing.
const PIECES: [&str; 28] = [
    "\r\n",
    "\r\n ",
    "\0",
    "\"",
    "<",
    ">",
    ";",
    ",",
    "%41",
    "\u{e9}",
    "99999",
    ":",
    " ",
    "\t",
    "@",
    "\\",
    ".",
    "-",
    "=",
    "?",
    "a",
    "sips:",
    "[::1]",
    "*",
    ";ob;OB",
    ";tag",
    ";received",
    " \r\n",
];

/// Splitmix64, so that every run tries the same.
fn random(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from(mixed >> 33).expect("31 bits") % limit.max(1)
}

#[test]
fn what_phones_write_is_read_in_one_pass_as_the_parser_reads_it() {
    for text in ORDINARY {
        assert!(is_plain(text.as_bytes()), "{text}");
    }
}

#[test]
fn no_piece_anywhere_makes_the_two_readings_differ() {
    for text in ORDINARY {
        for at in 0..text.len() {
            for piece in PIECES {
                is_plain(
                    [text.get(..at).expect("ASCII"), piece, text.get(at..).expect("ASCII")]
                        .concat()
                        .as_bytes(),
                );
            }
        }
    }
}

#[test]
fn a_uri_is_read_alike() {
    let hosts = [
        "10.1.2.3",
        "010.1.2.3",
        "1.2.3",
        "1.2.3.4.",
        "Acme.Example",
        "acme.example.",
        "a..b",
        "-a",
        "a-",
        "[::1]",
        "",
    ];
    let ports = ["", ":5060", ":", ":0", ":00080", ":65535", ":65536", ":+5", ":5a"];
    let mut plainly = 0;
    for scheme in ["sip:", "SIP:", "sips:", "tel:", ""] {
        for user in ["", "ann@", "ann:secret@", "%41nn@", "@", "a@b@"] {
            for (host, port) in hosts.iter().flat_map(|host| ports.iter().map(move |port| (host, port))) {
                for tail in ["", ";transport=tcp", ";ob;x=%20", "?a=b", ";", " "] {
                    let text = format!("{scheme}{user}{host}{port}{tail}").into();
                    assert!(uri_reads_alike(&text), "{text}");
                    plainly += usize::from(plain::uri_host(text.as_bytes()).is_some());
                }
            }
        }
    }
    assert!(plainly > 30, "{plainly} are of the ordinary form");
}

#[test]
fn no_damage_makes_the_two_readings_differ() {
    let mut state = 20;
    let mut plain = 0;
    for number in 0..200_000 {
        let mut bytes = ORDINARY[number % 4].as_bytes().to_vec();
        for _ in 0..=random(&mut state, 3) {
            let at = random(&mut state, bytes.len());
            match random(&mut state, 4) {
                0 => bytes[at] = u8::try_from(random(&mut state, 256)).expect("a byte"),
                1 => drop(bytes.remove(at)),
                2 => {
                    let piece = PIECES[random(&mut state, PIECES.len())];
                    drop(bytes.splice(at..at, piece.bytes()));
                }
                // A line once more, elsewhere.
                _ => {
                    let lines: Vec<_> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                    let (from, to) = (random(&mut state, lines.len()), random(&mut state, lines.len()));
                    let mut again = lines.clone();
                    again.insert(to, lines[from].clone());
                    bytes = again.concat();
                }
            }
        }
        plain += usize::from(is_plain(&bytes));
    }
    assert!(plain > 20_000, "{plain} of the damaged ones are of the ordinary form");
}
