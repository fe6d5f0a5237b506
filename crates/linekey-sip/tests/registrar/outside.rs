//! The registrar against SIP programs of others: `sipsak` and `sipp` (Debian: `sipsak`,
//! `sip-tester`). A program that is missing is a failure, not a pass.

use std::process::Output;
use std::sync::atomic::Ordering;
use std::time::Duration;

use linekey_sip::digest::Algorithm;
use linekey_sip::{PhoneKey, Transport};
use tokio::process::Command;

use crate::support::{World, password_of};

/// Runs a program to its end, within a minute.
async fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(Duration::from_secs(60), output).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => panic!("`{program}` cannot be run ({error}); install it or test without `outside`"),
        Err(_) => panic!("`{program}` did not end within a minute"),
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// sipsak looks its domain up in the DNS, so it is `localhost` here.
#[tokio::test]
async fn sipsak_registers_and_is_refused_with_a_wrong_password() {
    let world = World::new().await;
    world.host.add_domain("localhost", Algorithm::Md5);
    world.host.add_phone("localhost", "ann-desk", 1);
    let address = format!("sip:ann-desk@localhost:{}", world.address().port());
    let password = password_of("ann-desk");
    let contact = "sip:ann-desk@127.0.0.1:5999";
    let arguments = |password| {
        [
            "-U", "-vv", "-u", "ann-desk", "-s", &address, "-C", contact, "-x", "120", "-a", password,
        ]
    };

    let output = run("sipsak", &arguments(&password)).await;
    assert!(output.status.success(), "{}", told(&output));
    let [binding] = world
        .running
        .bindings_of(&PhoneKey("ann-desk@localhost".into()))
        .try_into()
        .unwrap();
    assert_eq!(*binding.contact, *contact);
    assert!(binding.user_agent.starts_with("sipsak"), "{binding:?}");

    let output = run("sipsak", &arguments("wrong")).await;
    assert!(!output.status.success(), "{}", told(&output));
}

#[tokio::test]
async fn sipp_registers_refreshes_and_unregisters_fifty_times() {
    let world = World::new().await;
    // sipp takes a new nonce for every request; time must pass between them.
    world.clock.tick_ms.store(1, Ordering::SeqCst);
    let server = world.address().to_string();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/registrar/register.xml");
    let password = password_of("ann-desk");
    let mut arguments = vec![
        &server[..],
        "-sf",
        scenario,
        "-i",
        "127.0.0.1",
        "-nostdin",
        "-timeout",
        "40",
    ];
    arguments.extend([
        "-s",
        "ann-desk",
        "-au",
        "ann-desk",
        "-ap",
        &password,
        "-key",
        "sip_domain",
        "acme.example",
    ]);
    arguments.extend(["-m", "50", "-r", "50", "-l", "1"]);
    let output = run("sipp", &arguments).await;
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(world.running.gauges().bindings, 0);
    let first_contacts = world.told().await.len();
    assert_eq!(first_contacts, 50);
}

/// The same over TCP.
#[tokio::test]
async fn sipsak_registers_over_tcp() {
    let world = World::new().await;
    world.host.add_domain("localhost", Algorithm::Md5);
    world.host.add_phone("localhost", "ann-desk", 1);
    let address = format!("sip:ann-desk@localhost:{}", world.address_of(Transport::Tcp).port());
    let password = password_of("ann-desk");
    let contact = "sip:ann-desk@127.0.0.1:5999";
    let output = run(
        "sipsak",
        &[
            "-U", "-vv", "-E", "tcp", "-u", "ann-desk", "-s", &address, "-C", contact, "-x", "120", "-a", &password,
        ],
    )
    .await;
    assert!(output.status.success(), "{}", told(&output));
    let [binding] = world
        .running
        .bindings_of(&PhoneKey("ann-desk@localhost".into()))
        .try_into()
        .unwrap();
    assert_eq!((&binding.contact[..], binding.transport), (contact, Transport::Tcp));
}
