//! What lies in `deploy/`, run: the reverse proxy with TLS in front of a portal, and the service as systemd reads it.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::place::{INIT, OPERATOR_PASSWORD, Place};
use crate::{Folder, said};

const HAPROXY: &str = include_str!("../../../../deploy/haproxy.cfg");
const SERVICE: &str = include_str!("../../../../deploy/linekey.service");

/// A sample with something else in the place of what the machine has.
fn with(sample: &str, replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(sample.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in the sample");
        text.replace(old, new)
    })
}

fn free_port() -> u16 {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    taken.local_addr().expect("its address").port()
}

/// HAProxy with the sample, in front of a portal.
struct Proxy {
    child: Child,
    tls: u16,
    plain: u16,
    folder: std::path::PathBuf,
}

impl Proxy {
    async fn start(place: &Place, tls: u16) -> Self {
        let folder = place.folder.0.clone();
        let plain = free_port();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(&folder)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", said(&made));
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("openssl wrote it");
        fs::write(folder.join("portal.pem"), read("certificate.pem") + &read("key.pem")).expect("ours");
        let sample = with(
            HAPROXY,
            &[
                ("    log /dev/log local0\n    user haproxy\n    group haproxy\n", ""),
                ("bind :80\n", &format!("bind 127.0.0.1:{plain}\n")),
                ("bind :443 ssl", &format!("bind 127.0.0.1:{tls} ssl")),
                (
                    "/etc/haproxy/portal.pem",
                    folder.join("portal.pem").to_str().expect("a plain path"),
                ),
                (
                    "server linekey 127.0.0.1:8080",
                    &format!("server linekey {}", place.http),
                ),
            ],
        );
        fs::write(folder.join("haproxy.cfg"), sample).expect("ours");
        let child = Command::new("haproxy")
            .args(["-db", "-f", "haproxy.cfg"])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("haproxy runs");
        let mut proxy = Self {
            child,
            tls,
            plain,
            folder,
        };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", tls)).is_ok() {
                return proxy;
            }
            if let Ok(Some(_)) = proxy.child.try_wait() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = proxy.child.kill();
        let mut errors = String::new();
        let _ = proxy.child.stderr.take().expect("piped").read_to_string(&mut errors);
        panic!("the proxy does not answer: {errors}");
    }

    /// What curl, at an address of its own, is answered, head and all. It keeps cookies as a browser does, in a file of
    /// this name.
    fn curl(&self, jar: &str, more: &[&str], path: &str) -> String {
        let output = Command::new("curl")
            .args([
                "-sS",
                "-i",
                "--cacert",
                "certificate.pem",
                "--interface",
                "127.0.0.2",
                "--max-time",
                "20",
            ])
            .args([
                "--resolve",
                &format!("localhost:{}:127.0.0.1", self.tls),
                "-c",
                jar,
                "-b",
                jar,
            ])
            .args(more)
            .arg(format!("https://localhost:{}{path}", self.tls))
            .current_dir(&self.folder)
            .output()
            .expect("curl runs");
        assert!(output.status.success(), "{path}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// A portal whose settings are those in the head of the sample.
fn behind_proxy(name: &str, tls: u16) -> Place {
    let place = Place::new(name)
        .with("LINEKEY_PORTAL__PUBLIC_URL", &format!("https://localhost:{tls}"))
        .with("LINEKEY_PORTAL__TRUSTED_PROXIES", "[\"127.0.0.1/32\"]");
    let made = place.run_with(&INIT, OPERATOR_PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    place
}

/// Museum row 17 among others: what a request says of where it comes from is worth nothing.
#[tokio::test]
async fn people_sign_in_over_tls_through_the_proxy_and_are_known_by_their_own_address() {
    let tls = free_port();
    let place = behind_proxy("haproxy", tls);
    let server = place.serve().await;
    let proxy = Proxy::start(&place, tls).await;

    let page = proxy.curl("jar", &[], "/sign-in");
    assert!(page.starts_with("HTTP/2 200"), "{page}");
    assert_eq!(header(&page, "strict-transport-security"), Some("max-age=63072000"));
    let password = format!("password={OPERATOR_PASSWORD}");
    let form = ["-d", "username=olivia", "-d", &password];
    let signed_in = proxy.curl("jar", &form, "/sign-in");
    assert_eq!(status(&signed_in), "303", "{signed_in}");
    let cookie = header(&signed_in, "set-cookie").expect("a session").to_owned();
    for part in ["__Host-linekey=", "Secure", "HttpOnly", "Path=/"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert_eq!(status(&proxy.curl("jar", &[], "/operator/accounts")), "200");
    assert_eq!(status(&proxy.curl("jar", &["--http1.1"], "/operator/accounts")), "200");

    let spoofed = [
        ["-H", "X-Forwarded-For: 203.0.113.9"],
        ["-H", "X-Forwarded-For: 203.0.113.9, 127.0.0.1"],
        ["-H", "Forwarded: for=203.0.113.9"],
        ["-H", "X-Real-IP: 203.0.113.9"],
        ["-H", "X-Forwarded-For: ::ffff:203.0.113.9"],
        ["-H", "X-Forwarded-For:\t203.0.113.9:4711"],
    ];
    for lie in spoofed {
        let signed_in = proxy.curl("other", &[&lie[..], &form[..]].concat(), "/sign-in");
        assert_eq!(status(&signed_in), "303", "{signed_in}");
    }
    let events = place.lists(&["audit", "list"]);
    let tried: Vec<_> = events.iter().filter(|event| event["kind"] == "sign-in").collect();
    assert_eq!(tried.len(), 1 + spoofed.len(), "{events:?}");
    for event in tried {
        assert_eq!(event["address"], "127.0.0.2", "{event}");
    }
    // A browser that never signed in. One counter for all of them: after six failures the next has to wait, whatever it says of itself.
    let wrong = ["-d", "username=olivia", "-d", "password=wrong"];
    let answers: Vec<_> = spoofed
        .iter()
        .map(|lie| proxy.curl("stranger", &[&lie[..], &wrong[..]].concat(), "/sign-in"))
        .collect();
    assert_eq!(status(&answers[0]), "422", "{}", answers[0]);
    let lie = ["-H", "X-Forwarded-For: 198.51.100.7"];
    let late = proxy.curl("stranger", &[&lie[..], &wrong[..]].concat(), "/sign-in");
    assert_eq!(status(&late), "429", "{late}");
    server.terminate();
}

#[tokio::test]
async fn the_proxy_leads_to_tls_and_hands_on_what_the_portal_refuses() {
    let tls = free_port();
    let place = behind_proxy("haproxy-refuses", tls);
    let server = place.serve().await;
    let proxy = Proxy::start(&place, tls).await;
    let plain = Command::new("curl")
        .args(["-sS", "-i", "-H", "Host: portal.quayside.example", "-d", "username=x"])
        .arg(format!("http://127.0.0.1:{}/sign-in?next=/phones", proxy.plain))
        .output()
        .expect("curl runs");
    let plain = said(&plain);
    assert_eq!(status(&plain), "308", "{plain}");
    assert_eq!(
        header(&plain, "location"),
        Some("https://portal.quayside.example/sign-in?next=/phones")
    );

    for (bytes, handed_on) in [(70_000, true), (2_000_000, false)] {
        fs::write(place.folder.0.join("long"), format!("username={}", "x".repeat(bytes))).expect("ours");
        let refused = proxy.curl("jar", &["--http1.1", "--data-binary", "@long"], "/sign-in");
        assert_eq!(status(&refused), "413", "{bytes}");
        assert_eq!(
            header(&refused, "x-request-id").is_some(),
            handed_on,
            "{bytes}: by whom"
        );
    }
    // Another site's form, and one of ours.
    let password = format!("password={OPERATOR_PASSWORD}");
    for (origin, answer) in [
        ("https://evil.example", "403"),
        (&format!("https://localhost:{tls}")[..], "303"),
    ] {
        let origin = format!("Origin: {origin}");
        let form = ["-H", &origin, "-d", "username=olivia", "-d", &password];
        assert_eq!(status(&proxy.curl("jar", &form, "/sign-in")), answer, "{origin}");
    }
    // Museum row 4: whatever host a request names, nothing that is answered leads there.
    for lie in [
        "Host: evil.example",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: http",
        "Forwarded: host=evil.example;proto=http",
    ] {
        let answer = proxy.curl("signed-out", &["-H", lie], "/phones");
        assert_eq!(header(&answer, "location"), Some("/sign-in?next=/phones"), "{lie}");
        assert!(!answer.contains("evil.example"), "{lie}: {answer}");
        let answer = proxy.curl("signed-out", &["-H", lie], "/sign-in");
        assert!(!answer.contains("evil.example"), "{lie}: {answer}");
    }
    let absolute = ["--request-target", "https://evil.example/phones"];
    let answer = proxy.curl("signed-out", &[&absolute[..], &["--http1.1"]].concat(), "/");
    assert!(!answer.contains("evil.example"), "{answer}");

    // Once the portal is gone, people are told so.
    server.terminate();
    assert_eq!(status(&proxy.curl("jar", &[], "/sign-in")), "503");
}

#[test]
fn the_service_is_as_systemd_wants_it_and_may_do_little() {
    let folder = Folder::new("service");
    fs::create_dir_all(&folder.0).expect("a folder");
    let unit = folder.0.join("linekey.service");
    let program = format!("ExecStart={}", env!("CARGO_BIN_EXE_linekey"));
    let here = with(SERVICE, &[("ExecStart=/usr/local/bin/linekey", &program)]);
    fs::write(&unit, here).expect("ours");
    let analyze = |arguments: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command
            .args(arguments)
            .arg(&unit)
            .output()
            .expect("systemd-analyze runs")
    };
    let verified = analyze(&["verify", "--man=no"]);
    assert!(
        verified.status.success() && said(&verified).is_empty(),
        "{}",
        said(&verified)
    );
    // Tenths: 0 may do nothing, 100 everything.
    let exposed = analyze(&["security", "--offline=true", "--threshold=20", "--no-pager"]);
    assert!(exposed.status.success(), "{}", said(&exposed));
}
