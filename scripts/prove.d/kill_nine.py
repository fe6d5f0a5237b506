"""kill -9 in a storm of password changes.

Promise: a change that was acknowledged is there afterwards; one that was not is whole or absent; every change has its
audit event, its mail and its epoch; the audit record is sound; the phones come back by themselves; the portal is ready
within three seconds.

Six people change their passwords without pause. At a random moment the process is killed, its database is read as the
crash left it, the demo is started again on the same data, and everyone signs in. Sign-ins with the password that a
crash undid count as failures, so this run raises `[throttle] free_failures` and `user_cap`; nothing else differs from a demo.
"""

import argparse
import http.client
import os
import random
import sqlite3
import sys
import threading
import time

from demo import PASSWORDS, PHONES, Browser, Demo, table, verify_record

READY_WITHIN = 3.0


class Stream:
    """One person who changes their password again and again, and remembers what was acknowledged."""

    def __init__(self, name, password):
        self.name = name
        self.current = password
        self.in_flight = None
        self.acknowledged = 0
        self.applied_unacknowledged = 0
        self.odd = []

    def run(self, port, killed):
        """Changes the password until nobody answers any more."""
        browser = Browser(port)
        try:
            if not browser.sign_in(self.name, self.current):
                self.odd.append(f"{self.name}: the current password does not sign in")
                return
            while True:
                changes = self.acknowledged + self.applied_unacknowledged
                self.in_flight = f"Tidewater-{changes}-{random.getrandbits(40):x}-Kestrel"
                status, location = browser.change_password(self.in_flight)
                if (status, location) == (303, "/account/password/done"):
                    self.current, self.in_flight = self.in_flight, None
                    self.acknowledged += 1
                elif status == 303 and location.startswith("/confirm"):
                    self.in_flight = None
                    if not browser.sign_in(self.name, self.current):
                        self.odd.append(f"{self.name}: the acknowledged password does not sign in")
                        return
                else:
                    self.odd.append(f"{self.name}: a change was answered {status} {location}")
                    return
        except (OSError, http.client.HTTPException) as error:
            if not killed.is_set():
                self.odd.append(f"{self.name}: {error!r} before the kill")

    def resolve(self, port):
        """After a restart: exactly one of the last acknowledged and the unanswered password signs in."""
        broken = []
        old = Browser(port).sign_in(self.name, self.current)
        new = self.in_flight is not None and Browser(port).sign_in(self.name, self.in_flight)
        if old and new:
            broken.append(f"{self.name}: both the old and the new password sign in")
        elif new:
            self.current = self.in_flight
            self.applied_unacknowledged += 1
        elif not old:
            broken.append(f"{self.name}: neither the acknowledged password nor the unanswered one signs in")
        self.in_flight = None
        return broken


def figures(database):
    """What the database holds: integrity, and for each person epoch, audit events and mails of changes."""
    connection = sqlite3.connect(database)
    integrity = connection.execute("pragma integrity_check").fetchone()[0]
    if connection.execute("pragma foreign_key_check").fetchone():
        integrity = "a foreign key leads nowhere"
    rows = connection.execute(
        """select u.name || '@' || a.domain, u.credential_epoch,
                  (select count(*) from audit_events e
                    where e.subject_id = u.id and e.kind = 'password-change' and e.outcome = 'done'),
                  (select count(*) from outbox o where o.user_id = u.id and o.kind = 'password-changed')
             from users u join accounts a on a.id = u.account_id"""
    ).fetchall()
    registered = connection.execute(
        "select count(distinct phone_id) from registrations where ended_at is null and expires_at > ?",
        (int(time.time() * 1000),),
    ).fetchone()[0]
    connection.close()
    return integrity, {name: counts for name, *counts in rows}, registered


def half_changes(people, first_epochs, streams):
    """Changes of which a part is missing; and counts that differ from what was acknowledged or found applied."""
    broken = []
    for stream in streams:
        epoch, events, mails = people[stream.name]
        changes = epoch - first_epochs[stream.name]
        if not changes == events == mails:
            broken.append(f"{stream.name}: {changes} changes, {events} audit events, {mails} mails")
        told = stream.acknowledged + stream.applied_unacknowledged
        if changes != told:
            broken.append(f"{stream.name}: {changes} changes in the database, {told} acknowledged or found applied")
    return broken


def phones_missing(port, streams):
    """How many of the simulated phones the portal does not show as registered."""
    missing = 0
    for stream in streams:
        if stream.name in PHONES:
            browser = Browser(port)
            browser.sign_in(stream.name, stream.current)
            _, _, page = browser.ask("GET", "/phones")
            missing += max(0, PHONES[stream.name] - page.count('class="dot registered"'))
    return missing


def main():
    parser = argparse.ArgumentParser(description="kill -9 in a storm of password changes")
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--minutes", type=float, default=15)
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"kill -9: {options.kills} kills, seed {options.seed}, throttle raised for sign-ins with undone passwords")

    deadline = time.monotonic() + options.minutes * 60
    demo = Demo(options.binary, LINEKEY_THROTTLE__FREE_FAILURES="1000000", LINEKEY_THROTTLE__USER_CAP="1000000")
    slowest_first = demo.start()
    demo.kill()
    _, people, _ = figures(demo.copy_of_database())
    first_epochs = {name: counts[0] for name, counts in people.items()}
    streams = [Stream(name, password) for name, password in PASSWORDS.items()]
    starts, lost, torn, intact, gone, kills, cut = [demo.start()], [], [], 0, 0, 0, 0
    odd = []

    while kills < options.kills and time.monotonic() < deadline and not lost and not torn:
        killed = threading.Event()
        threads = [threading.Thread(target=stream.run, args=(demo.port, killed)) for stream in streams]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.3, 1.5))
        killed.set()
        demo.kill()
        kills += 1
        for thread in threads:
            thread.join()
        cut += sum(stream.in_flight is not None for stream in streams)
        integrity, people, registered = figures(demo.copy_of_database())
        intact += integrity == "ok"
        gone += max(0, sum(PHONES.values()) - registered)
        starts.append(demo.start())
        for stream in streams:
            lost += stream.resolve(demo.port)
        torn += half_changes(people, first_epochs, streams)
        gone += phones_missing(demo.port, streams)
        odd += [line for stream in streams for line in stream.odd]
        for stream in streams:
            stream.odd = []
        if kills % 10 == 0:
            print(f"  {kills} kills, {sum(stream.acknowledged for stream in streams)} changes", flush=True)
    demo.stop()

    broken = lost + torn + odd
    code, report, _, _ = verify_record(options.binary, os.path.dirname(demo.database()))
    sealed = sum(chain["rows"] for chain in report["chains"])
    if code != 0:
        broken.append(f"the audit record is not sound: {report['findings'][:3]}")
    if kills < options.kills:
        broken.append(f"only {kills} of {options.kills} kills")
    if intact < kills:
        broken.append(f"the database was damaged {kills - intact} times")
    if gone:
        broken.append(f"{gone} registrations were gone")
    if max(starts) > READY_WITHIN:
        broken.append(f"a start took {max(starts):.2f} s")
    rows = [
        ("kills", kills),
        ("acknowledged changes", sum(stream.acknowledged for stream in streams)),
        ("changes cut off by a kill", cut),
        ("of these found whole and applied", sum(stream.applied_unacknowledged for stream in streams)),
        ("acknowledged changes lost", len(lost)),
        ("half changes (audit event, mail or epoch missing)", len(torn)),
        ("integrity check ok after a kill", f"{intact}/{kills}"),
        ("audit events sealed and verified", sealed),
        ("registrations of phones gone", gone),
        ("slowest restart until phones are registered", f"{max(starts):.2f} s"),
        ("first start, which makes the demo's data", f"{slowest_first:.2f} s"),
    ]
    return table("kill -9 in a storm of password changes", rows, broken)


if __name__ == "__main__":
    sys.exit(main())
