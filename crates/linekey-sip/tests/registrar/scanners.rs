//! The registrar against the scanners of sipvicious, which `scripts/sipvicious` installs.

use std::path::PathBuf;
use std::time::Duration;

use linekey_sip::digest::Algorithm;
use tokio::process::Command;

use crate::support::World;

/// The folder that cargo builds in.
#[expect(
    clippy::disallowed_methods,
    reason = "where tools are installed is told by the environment"
)]
fn target() -> PathBuf {
    let usual = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(usual, PathBuf::from)
}

/// Runs a scanner with the registrar as its target, and gives what it says.
async fn scan(world: &World, program: &str, arguments: &[&str]) -> String {
    let target = target();
    let python = target.join("tools/sipvicious/bin/python");
    let script = target
        .join("tools/sipvicious/bin")
        .join(format!("sipvicious_{program}"));
    let address = world.address();
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .args(["-p", &address.port().to_string(), &address.ip().to_string()])
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(120), output).await;
    let output = output
        .expect("it ends within two minutes")
        .expect("run scripts/sipvicious first");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // Whose port 5060 is on this machine does not matter.
    let lines = said.lines().filter(|line| !line.contains("could not bind"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn challenges(world: &World) -> u64 {
    let sent = world.running.sent();
    sent.iter()
        .filter(|sent| sent.status == 401)
        .map(|sent| sent.count)
        .sum()
}

/// One whose domain is the address that a scanner puts into its requests, with the phones 1001 and 1003.
async fn world() -> World {
    let world = World::new().await;
    let domain = world.address().ip().to_string();
    world.host.add_domain(&domain, Algorithm::Md5);
    for name in ["1001", "1003"] {
        world.host.add_phone(&domain, name, 1);
    }
    world
}

/// Asked to go on though a name that cannot be is challenged like any other, it takes all for known or none.
#[tokio::test]
async fn svwar_finds_no_user() {
    let world = world().await;
    for more in [&[][..], &["--force"]] {
        let said = scan(
            &world,
            "svwar",
            &[&["-m", "REGISTER", "-e", "1000-1005"], more].concat(),
        )
        .await;
        let found = ["1000", "1001", "1002", "1003", "1004", "1005"].map(|name| said.contains(&format!("{name} ")));
        assert!(found.iter().all(|known| *known == found[0]), "{said}");
    }
    assert!(challenges(&world) > 0, "it was here");
}

#[tokio::test]
async fn svcrack_tells_no_known_name_from_an_unknown_one() {
    let world = world().await;
    let mut told = Vec::new();
    for name in ["1001", "1002"] {
        let before = challenges(&world);
        let said = scan(&world, "svcrack", &["-u", name, "-r", "1-15"]).await;
        assert!(challenges(&world) > before, "it was here: {said}");
        told.push(said.replace(name, "NAME"));
    }
    assert_eq!(told[0], told[1]);
}
