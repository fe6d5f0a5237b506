"""Backups in the middle of a storm of changes, and restores that are killed.

Promise: a backup made beside a running portal is of one moment. Everything that was acknowledged before it began is in
it, and nothing half done; people sign in within a minute of a restore on an empty machine. A backup that is killed is
not there or whole; a restore that is killed leaves the old database or the new one, whole.

Six people save their profile without pause, about a hundred times a second together, each with a number in the
displayed name that rises by one. The number, how many events the audit record has of it, and what was acknowledged before
and after the backup must agree. The demo holds 20,000 further users, so that a copy takes a moment.
"""

import argparse
import http.client
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from demo import PASSWORDS, Browser, Demo, table, verify_record

SIGN_IN_WITHIN = 60.0
RATE = 100.0


class Stream:
    """One person who saves their profile again and again, and remembers what was acknowledged."""

    def __init__(self, name):
        self.name = name
        self.sent = 0
        self.acknowledged = 0
        self.slowest = 0.0
        self.odd = []

    def run(self, port, ended):
        browser = Browser(port)
        try:
            if not browser.sign_in(self.name, PASSWORDS[self.name]):
                self.odd.append(f"{self.name} cannot sign in")
                return
            due = time.monotonic()
            while not ended.is_set():
                self.sent += 1
                began = time.monotonic()
                fields = {"display_name": f"Storm {self.sent}", "time_zone": "UTC"}
                status, _, _ = browser.ask("POST", "/account/settings", fields)
                self.slowest = max(self.slowest, time.monotonic() - began)
                if status != 303:
                    self.odd.append(f"{self.name}: a save was answered {status}")
                    return
                self.acknowledged = self.sent
                due += len(PASSWORDS) / RATE
                time.sleep(max(0.0, due - time.monotonic()))
        except (OSError, http.client.HTTPException) as error:
            self.odd.append(f"{self.name}: {error!r}")


def linekey(binary, folder, *arguments, **more):
    """Runs a command in a portal's folder; returns the finished process."""
    command = [os.path.abspath(binary), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **more)


def look(file):
    """Integrity, and for each person the number in the name and the number of events, of a database nobody writes to."""
    folder = tempfile.mkdtemp(dir=os.path.dirname(file))
    for end in ("", "-wal"):
        if os.path.exists(file + end):
            shutil.copy(file + end, os.path.join(folder, "copy.db" + end))
    connection = sqlite3.connect(os.path.join(folder, "copy.db"))
    try:
        integrity = connection.execute("pragma integrity_check").fetchone()[0]
        rows = connection.execute(
            """select u.name || '@' || a.domain, u.display_name,
                      (select count(*) from audit_events e where e.subject_id = u.id and e.kind = 'profile-change')
                 from users u join accounts a on a.id = u.account_id where a.domain <> 'load.example'"""
        ).fetchall()
    except sqlite3.DatabaseError as error:
        return str(error), {}
    finally:
        connection.close()
        shutil.rmtree(folder)
    numbers = {}
    for name, displayed, events in rows:
        if name in PASSWORDS:
            numbers[name] = (int(displayed[6:]) if displayed.startswith("Storm ") else 0, events)
    return integrity, numbers


def back_up_in_a_storm(options, demo, folder):
    """Returns the backups, what is broken, and figures."""
    streams = [Stream(name) for name in PASSWORDS]
    ended = threading.Event()
    threads = [threading.Thread(target=stream.run, args=(demo.port, ended)) for stream in streams]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    broken, backups, took = [], [], []
    for number in range(options.backups):
        time.sleep(1)
        file = os.path.join(folder, f"{number}.db")
        before = {stream.name: stream.acknowledged for stream in streams}
        start = time.monotonic()
        done = linekey(options.binary, os.path.dirname(demo.database()), "backup", file)
        took.append(time.monotonic() - start)
        after = {stream.name: stream.sent for stream in streams}
        if done.returncode != 0:
            broken.append(f"a backup failed: {done.stderr.strip()}")
            continue
        backups.append(file)
        integrity, numbers = look(file)
        if integrity != "ok":
            broken.append(f"backup {number}: {integrity}")
        for name, (saved, events) in numbers.items():
            if saved != events:
                broken.append(f"backup {number}: {name} saved {saved} times, with {events} events")
            if not before[name] <= saved <= after[name]:
                broken.append(f"backup {number}: {name} at {saved}, acknowledged {before[name]}, sent {after[name]}")
    ended.set()
    for thread in threads:
        thread.join()
    saves = sum(stream.acknowledged for stream in streams)
    rate = saves / (time.monotonic() - began)
    broken += [line for stream in streams for line in stream.odd]
    rows = [
        ("saves acknowledged meanwhile", saves),
        ("the same in a second", f"{rate:.0f}"),
        ("backups, each whole and of one moment", f"{len(backups)}/{options.backups}"),
        ("size of the last", f"{os.path.getsize(backups[-1]) / 2**20:.1f} MiB" if backups else "-"),
        ("slowest backup", f"{max(took):.2f} s"),
        ("slowest save beside it", f"{max(stream.slowest for stream in streams):.2f} s"),
    ]
    return backups, broken, rows


def start_elsewhere(options, demo, backup):
    """Restores on an empty machine and signs everybody in. Returns that machine, what is broken, and figures."""
    machine = Demo(options.binary)
    data = os.path.dirname(machine.database())
    os.mkdir(data, 0o700)
    for name in ("linekey.toml", "linekey.key"):
        shutil.copy(os.path.join(os.path.dirname(demo.database()), name), data)
    began = time.monotonic()
    done = linekey(options.binary, data, "restore", backup)
    restored = time.monotonic() - began
    if done.returncode != 0:
        return machine, [f"the restore failed: {done.stderr.strip()}"], []
    broken = []
    machine.start()
    signed_in = sum(Browser(machine.port).sign_in(name, password) for name, password in PASSWORDS.items())
    ready = time.monotonic() - began
    machine.stop()
    if signed_in != len(PASSWORDS):
        broken.append(f"only {signed_in} of {len(PASSWORDS)} sign in")
    if ready > SIGN_IN_WITHIN:
        broken.append(f"people sign in {ready:.0f} s after the restore began")
    code, report, _, _ = verify_record(options.binary, data)
    if code != 0:
        broken.append(f"the audit record is not sound: {report['findings'][:3]}")
    rows = [
        ("restore on an empty machine", f"{restored:.2f} s"),
        ("until everybody has signed in", f"{ready:.2f} s"),
        ("audit events verified there", sum(chain["rows"] for chain in report["chains"])),
    ]
    return machine, broken, rows


def killed_at_random(options, folder, within, *arguments):
    """Runs a command and kills it at a random moment; whether it was still running."""
    command = [os.path.abspath(options.binary), *arguments]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=random.uniform(0, within))
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def killed_in_the_middle(options, data, backup):
    """Runs a restore and kills it once the old database has its other name; whether it was still running."""
    command = [os.path.abspath(options.binary), "restore", backup, "--replace"]
    process = subprocess.Popen(command, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if any(".replaced-" in name for name in os.listdir(data)):
            process.kill()
            return process.wait() == -signal.SIGKILL
    return False


def kill_restores(options, machine, backups):
    """Restores one backup over another, killed at random moments; returns what is broken, and figures."""
    data = os.path.dirname(machine.database())
    states = {file: look(file)[1] for file in (backups[0], backups[-1])}
    broken, old, new, in_the_middle = [], 0, 0, 0
    began = time.monotonic()
    if linekey(options.binary, data, "restore", backups[0], "--replace").returncode != 0:
        return ["the first restore failed"], []
    now, within = backups[0], (time.monotonic() - began) * 1.1
    for number in range(options.kills):
        wanted = backups[-1] if now == backups[0] else backups[0]
        if number % 2:
            killed = killed_at_random(options, data, within, "restore", wanted, "--replace")
        else:
            killed = killed_in_the_middle(options, data, wanted)
            in_the_middle += killed
        integrity, numbers = look(machine.database())
        if integrity != "ok" or numbers not in (states[now], states[wanted]):
            broken.append(f"a restore that was killed left a database that is neither: {integrity}")
            break
        if numbers == states[wanted]:
            now, new = wanted, new + killed
        else:
            old += killed
        for name in os.listdir(data):
            if ".replaced-" in name:
                os.remove(os.path.join(data, name))
    if linekey(options.binary, data, "restore", backups[-1], "--replace").returncode != 0:
        broken.append("after them none succeeds any more")
    if linekey(options.binary, data, "audit", "verify").returncode != 0:
        broken.append("after them the audit record is not sound")
    return broken, [
        ("restores killed that left the old one, the new one", f"{old}, {new}"),
        ("of these in the middle of the exchange", in_the_middle),
    ]


def kill_backups(options, machine, folder):
    """Makes backups that are killed at random moments; returns what is broken, and figures."""
    data, file = os.path.dirname(machine.database()), os.path.join(folder, "killed.db")
    began = time.monotonic()
    linekey(options.binary, data, "backup", file)
    within, none, whole, broken = (time.monotonic() - began) * 1.1, 0, 0, []
    for _ in range(options.kills):
        if os.path.exists(file):
            os.remove(file)
        killed = killed_at_random(options, data, within, "backup", file)
        if not os.path.exists(file):
            none += killed
        elif look(file)[0] == "ok":
            whole += killed
        else:
            broken.append("a backup that was killed is there and not whole")
    if linekey(options.binary, data, "backup", file, "--force").returncode != 0:
        broken.append("after them none succeeds any more")
    return broken, [("backups killed that left nothing, a whole one", f"{none}, {whole}")]


def main():
    parser = argparse.ArgumentParser(description="backups in a storm of changes, and restores that are killed")
    parser.add_argument("binary")
    parser.add_argument("--backups", type=int, default=10)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"backup: {options.backups} backups, {options.kills} kills of each command, seed {options.seed}")

    demo = Demo(options.binary, "--seed-users", "20000")
    demo.start(patience=120)
    folder = tempfile.mkdtemp(dir=demo.folder)
    backups, broken, rows = back_up_in_a_storm(options, demo, folder)
    demo.stop()
    if len(backups) > 1:
        machine, more, figures = start_elsewhere(options, demo, backups[-1])
        broken, rows = broken + more, rows + figures
        for kill in (lambda: kill_restores(options, machine, backups), lambda: kill_backups(options, machine, folder)):
            more, figures = kill()
            broken, rows = broken + more, rows + figures
    return table("backups in a storm of changes, and restores that are killed", rows, broken)


if __name__ == "__main__":
    sys.exit(main())
