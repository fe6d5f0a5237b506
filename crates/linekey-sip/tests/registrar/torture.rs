//! The messages of `tests/torture`, over UDP and TCP: each gets the answer that is due, or none, and does no harm.

use linekey_sip::Gauges;

use crate::pipe::Pipe;
use crate::support::{Answer, Wire, World, options};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Status(u16),
    /// No answer; a connection goes on.
    Silence,
    /// No answer, and over TCP no further word: where the next message begins is not known.
    Closed,
}
use Outcome::{Closed, Silence, Status};

/// The message by this name, the section it is after, and what becomes of it.
macro_rules! torture {
    ($(($name:literal, $section:literal, $outcome:expr)),* $(,)?) => {
        &[$(($name, include_str!(concat!("../torture/", $name, ".sip")), $section, $outcome)),*]
    };
}

const MESSAGES: &[(&str, &str, &str, Outcome)] = torture![
    // Legal, and answered by what they ask for.
    ("folded_everywhere", "RFC 4475 3.1.1.1", Status(200)),
    ("odd_method", "RFC 4475 3.1.1.2", Status(405)),
    ("escaped_nul", "RFC 4475 3.1.1.4", Status(401)),
    ("escaped_method", "RFC 4475 3.1.1.5", Status(405)),
    ("no_space_after_name", "RFC 4475 3.1.1.6", Status(200)),
    ("semicolons_in_user", "RFC 4475 3.1.1.9", Status(200)),
    ("many_transports", "RFC 4475 3.1.1.10", Status(200)),
    ("old_branch", "RFC 4475 3.2.1", Status(200)),
    ("unknown_uri_scheme", "RFC 4475 3.3.3", Status(416)),
    ("required_extensions", "RFC 4475 3.3.5", Status(420)),
    ("unknown_scheme_of_proof", "RFC 4475 3.3.7", Status(401)),
    ("no_hops_left", "RFC 4475 3.3.11", Status(200)),
    ("contact_parameter", "RFC 4475 3.3.12", Status(401)),
    ("from_without_tag", "RFC 4475 3.3.16", Closed),
    // Illegal, and the fault can be named.
    ("huge_numbers", "RFC 4475 3.1.2.4", Status(400)),
    ("headers_in_request_uri", "RFC 4475 3.1.2.11", Status(400)),
    ("another_version", "RFC 4475 3.1.2.16", Status(505)),
    ("cseq_of_another_method", "RFC 4475 3.1.2.17", Status(400)),
    // Illegal, and there is nothing to repeat in an answer, or nobody to give it to.
    ("negative_length", "RFC 4475 3.1.2.3", Closed),
    ("open_quote", "RFC 4475 3.1.2.6", Silence),
    ("angle_brackets_in_first_line", "RFC 4475 3.1.2.7", Silence),
    ("spaces_in_first_line", "RFC 4475 3.1.2.8", Silence),
    ("spaces_in_address", "RFC 4475 3.1.2.14", Silence),
    ("answer_of_nobody", "RFC 4475 3.1.2.19", Silence),
    ("nothing_but_a_call_id", "RFC 4475 3.3.1", Silence),
    ("several_of_one", "RFC 4475 3.3.8", Silence),
    ("two_lengths", "RFC 4475 3.3.9", Closed),
    // Addresses of IPv6: this registrar listens on none, so that it is not meant.
    ("ipv6_reference", "RFC 5118 4.1", Status(404)),
    ("ipv6_without_brackets", "RFC 5118 4.2", Silence),
    ("ipv6_port_within", "RFC 5118 4.3", Status(401)),
    ("ipv6_received_without_brackets", "RFC 5118 4.5", Status(200)),
    ("ipv6_received_with_brackets", "RFC 5118 4.5", Status(200)),
    ("ipv6_mapped_ipv4", "RFC 5118 4.8", Status(200)),
    ("ipv6_three_colons", "RFC 5118 4.10", Status(404)),
];

/// What became of it over UDP: the answer, or none before that to a ping.
async fn over_udp(world: &World, message: &str) -> Option<Answer> {
    let wire = Wire::new(world.address()).await;
    wire.send(message.as_bytes()).await;
    let first = wire.ask(&options(wire.local(), "ping")).await;
    (first.header("Call-ID") != Some("ping")).then_some(first)
}

/// A stranger who sent a message leaves nothing behind.
fn nothing_is_kept(world: &World) {
    let kept = Gauges {
        connections: 0,
        ..world.running.gauges()
    };
    let Gauges {
        bindings,
        waiting,
        nonces,
        answers,
        wrong,
        unfit,
        working,
        ..
    } = kept;
    assert_eq!(
        bindings + waiting + nonces + answers + wrong + unfit + working,
        0,
        "{kept:?}"
    );
}

#[tokio::test]
async fn torture_messages_get_what_is_due_over_udp() {
    let world = World::new().await;
    for (name, text, section, expected) in MESSAGES {
        let answer = over_udp(&world, &text.replace('\n', "\r\n")).await;
        // A datagram ends where it ends: it may name no length.
        let expected = match expected {
            Closed if *name == "from_without_tag" => Status(200),
            Closed => Silence,
            other => *other,
        };
        let found = answer.as_ref().map_or(Silence, |answer| Status(answer.status));
        assert_eq!(found, expected, "{name}, {section}: {answer:?}");
        nothing_is_kept(&world);
    }
    assert_eq!(world.phone("ann-desk").await.register(600).await.status, 200);
}

#[tokio::test]
async fn torture_messages_get_what_is_due_over_tcp() {
    let world = World::new().await;
    for (name, text, section, expected) in MESSAGES {
        let mut pipe = Pipe::new(&world).await;
        let message = text.replace('\n', "\r\n");
        // In two pieces, since a stream knows no messages.
        let (one, other) = message.split_at(message.len() / 2);
        pipe.send(one).await;
        if *expected == Closed {
            pipe.send(other).await;
            pipe.closes().await;
            continue;
        }
        pipe.send(other).await;
        let ping = options(pipe.local, "ping");
        pipe.send(&ping).await;
        let first = pipe.receive().await;
        let is_pong = first.header("Call-ID") == Some("ping");
        let found = if is_pong { Silence } else { Status(first.status) };
        assert_eq!(found, *expected, "{name}, {section}: {first:?}");
        nothing_is_kept(&world);
    }
}
