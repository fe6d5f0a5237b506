"""The mail server is down for ten minutes, then back; and the portal is killed while it delivers.

Promise: while mail is down everything answers as ever, a reset is asked for in at most 450 ms, with a known address and
an unknown one alike; every mail of an acknowledged change is delivered within 60 s of the server's return, and none
twice, but for those that a kill caught between the server's 250 and the portal's mark, under the same Message-ID.

People change their passwords and ask for reset links, all through the outage. Then the server returns. Then more is changed while the portal is killed again and again.
"""

import argparse
import collections
import http.client
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from demo import Browser, Demo, free_port, table

ASKED_WITHIN = 0.45
DELIVERED_WITHIN = 60.0
CHANGERS = [f"{name}@acme.example" for name in ("ann", "bob", "cora", "dora")]
# Others than those: a new password withdraws a reset mail that still waits.
FORGETFUL = [f"{name}@acme.example" for name in ("emma", "finn", "gina", "hugo")]
AIOSMTPD = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "tools/aiosmtpd/bin/python")
SCRIPT = os.path.join(os.path.dirname(__file__), "../../crates/linekey/src/testing/mail_server.py")


class Server:
    """aiosmtpd on one port, which is down or up."""

    def __init__(self, python):
        self.python = python
        self.folder = tempfile.mkdtemp(prefix="linekey-mail-")
        self.port = free_port(socket.SOCK_STREAM)
        self.process = None

    def up(self):
        command = [self.python, SCRIPT, self.folder, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().strip():
            raise SystemExit("the mail server does not start")

    def down(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def taken(self):
        path = os.path.join(self.folder, "taken")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as taken:
            return [json.loads(line) for line in taken if line.endswith("\n")]


class Portal(Demo):
    """A portal that `init` made and `serve` runs: a demo never sends mail to a server."""

    def __init__(self, binary, server):
        settings = {
            "LINEKEY_MAIL__TRANSPORT": "smtp",
            "LINEKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{server.port}",
            "LINEKEY_THROTTLE__FREE_FAILURES": "1000000",
            # All of them ask from one network, and for eight addresses.
            "LINEKEY_THROTTLE__RESET_REQUESTS": "1000000",
            "LINEKEY_THROTTLE__RESET_MAILS": "1000000",
            "LINEKEY_MAIL__PER_ADDRESS_HOUR": "1000",
            "LINEKEY_ADMIN__LISTEN": "",
            "LINEKEY_SIP__MODE": "off",
        }
        super().__init__(binary, **settings)
        self.environment["LINEKEY_PORTAL__LISTEN"] = f'["127.0.0.1:{self.port}"]'
        self.environment["LINEKEY_PORTAL__PUBLIC_URL"] = f"http://localhost:{self.port}"

    def command(self, *arguments, said=None):
        run = [self.binary, *arguments]
        done = subprocess.run(run, env=self.environment, cwd=self.folder, input=said, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def set_up(self, names):
        """Makes the portal and its people; returns the password of each, as printed."""
        operator = ["--operator", "olivia", "--display-name", "Olivia Quay", "--stdin"]
        provider = ["--provider", "Quayside Telecom", "--domain", "quayside.example"]
        self.command("init", *provider, *operator, said="Tidewater-Kestrel-1\n")
        self.command("account", "add", "acme.example", "--name", "Acme Boats")
        passwords = {}
        for name in names:
            told = self.command("user", "add", name, "--name", name, "--email", name, "--email-verified")
            words = [line.split() for line in told.splitlines()]
            passwords[name] = next(line[1] for line in words if line and line[0] == "password")
        return passwords

    def start(self, patience=30):
        self.log = open(os.path.join(self.folder, "log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.binary, "serve"], env=self.environment, cwd=self.folder, stdout=self.log, stderr=self.log
        )
        began = time.monotonic()
        while time.monotonic() < began + patience:
            try:
                if Browser(self.port).ask("GET", "/sign-in")[0] == 200:
                    return time.monotonic() - began
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise SystemExit(f"the portal was not ready after {patience} s\n{self.logged()}")

    def database(self):
        return os.path.join(self.folder, "linekey.db")


def outbox(demo):
    """The mails that the database holds: id, and whether each is delivered, waits, or was given up."""
    connection = sqlite3.connect(demo.database(), timeout=10)
    rows = connection.execute("select id, delivered_at, due_at from outbox").fetchall()
    connection.close()
    return rows


def id_of(mail):
    return mail["id"].strip("<>").split("@")[0]


def change(name, passwords, port):
    """One acknowledged change; returns the seconds that it took, or nothing when nobody answered."""
    browser = Browser(port)
    new = f"Tidewater-{random.getrandbits(40):x}-Kestrel"
    try:
        if not browser.sign_in(name, passwords[name]):
            return None
        began = time.monotonic()
        status, location = browser.change_password(new)
        took = time.monotonic() - began
    except (OSError, http.client.HTTPException):
        return None
    if (status, location) != (303, "/account/password/done"):
        raise SystemExit(f"a change was answered {status} {location}")
    passwords[name] = new
    return took


def ask(port, address):
    began = time.monotonic()
    status, location, _ = Browser(port).ask("POST", "/reset-password", {"email": address})
    return time.monotonic() - began, (status, location)


def wait_for_all(demo, limit):
    """Seconds until nothing waits any more."""
    began = time.monotonic()
    while time.monotonic() < began + limit:
        if not any(due for _, _, due in outbox(demo)):
            break
        time.sleep(0.2)
    return time.monotonic() - began


def outage(demo, server, passwords, minutes, broken):
    """Works through the outage; returns the rows of the table."""
    known, unknown, changes, answers = [], [], [], set()
    until = time.monotonic() + minutes * 60
    turn = 0
    while time.monotonic() < until:
        name = CHANGERS[turn % len(CHANGERS)]
        took = change(name, passwords, demo.port)
        if took is None:
            broken.append("a change was not answered while mail was down")
            break
        changes.append(took)
        for address, times in ((FORGETFUL[turn % len(FORGETFUL)], known), (f"nobody-{turn}@acme.example", unknown)):
            took, answer = ask(demo.port, address)
            times.append(took)
            answers.add(answer)
        turn += 1
        time.sleep(max(0.0, min(minutes * 60 / 120, until - time.monotonic())))
    waiting = sum(1 for _, _, due in outbox(demo) if due)
    if server.taken():
        broken.append("the server was not down")
    server.up()
    took = wait_for_all(demo, DELIVERED_WITHIN + 30)
    if took > DELIVERED_WITHIN:
        broken.append(f"all mail was out {took:.1f} s after the server's return")
    slowest = max(known + unknown)
    if slowest > ASKED_WITHIN:
        broken.append(f"asking for a reset took {slowest * 1000:.0f} ms")
    if answers != {(303, "/reset-password/sent")}:
        broken.append(f"a known and an unknown address are not answered alike: {answers}")
    return [
        ("minutes of outage", f"{minutes:g}"),
        ("password changes meanwhile", len(changes)),
        ("the slowest of them", f"{max(changes) * 1000:.0f} ms"),
        ("reset links asked for, known and unknown addresses", len(known) + len(unknown)),
        ("the slowest answer", f"{slowest * 1000:.0f} ms"),
        ("median, known / unknown", " / ".join(f"{statistics.median(t) * 1000:.0f} ms" for t in (known, unknown))),
        ("mails that waited", waiting),
        ("seconds from the server's return until all were out", f"{took:.1f}"),
    ]


def kills(demo, passwords, count, broken):
    """Changes go on while the portal dies again and again; returns how many changes were acknowledged."""
    acknowledged = 0
    for _ in range(count):
        until = time.monotonic() + random.uniform(0.3, 1.2)
        names = list(passwords)
        while time.monotonic() < until:
            acknowledged += change(random.choice(names), passwords, demo.port) is not None
        demo.kill()
        demo.start()
    took = wait_for_all(demo, DELIVERED_WITHIN + 30)
    if took > DELIVERED_WITHIN:
        broken.append(f"after the last kill mail took {took:.1f} s")
    return acknowledged


def main():
    parser = argparse.ArgumentParser(description="the mail server is down, then back")
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--python", default=AIOSMTPD, help="one that has aiosmtpd")
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"mail outage: {options.minutes:g} minutes, {options.kills} kills, seed {options.seed}")

    server = Server(options.python)
    demo = Portal(options.binary, server)
    passwords, broken = demo.set_up(CHANGERS + FORGETFUL), []
    demo.start()
    try:
        rows = outage(demo, server, passwords, options.minutes, broken)
        acknowledged = kills(demo, passwords, options.kills, broken)
        mails = outbox(demo)
        copies = collections.Counter(id_of(mail) for mail in server.taken())
    finally:
        server.down()
        demo.stop()
    lost = [id for id, _, _ in mails if id not in copies]
    given_up = [id for id, delivered, due in mails if not delivered and not due]
    twice = sum(1 for count in copies.values() if count > 1)
    if lost or given_up:
        broken.append(f"{len(lost)} mails never came, {len(given_up)} were given up")
    if twice > options.kills * 8:
        broken.append(f"{twice} mails came twice: more than {options.kills} kills can have caught")
    rows += [
        ("kills while mail was delivered", options.kills),
        ("changes acknowledged around them", acknowledged),
        ("mails in all", len(mails)),
        ("lost", len(lost)),
        ("twice, caught between the server's 250 and our mark", twice),
    ]
    sys.exit(table("mail outage", rows, broken))


if __name__ == "__main__":
    main()
