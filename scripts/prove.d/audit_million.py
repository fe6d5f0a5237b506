"""A million audit events: sealed, verified, and tampered with.

Promise: the portal seals what is there without making people wait; `linekey audit verify` proves a million rows in half a
minute with flat memory; a row that is edited, deleted or moved, and a record that is cut off, are each found and named.

The rows are written straight into the database of a demo, right to the byte (the key file is at hand) and unsealed, as an
older release would have left them. The demo then seals them while somebody saves their profile again and again.
"""

import argparse
import base64
import hashlib
import hmac
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing

from demo import PASSWORDS, Browser, Demo, table, verify_record

VERIFIED_WITHIN = 30.0
MEMORY_MIB = 128
SAVED_WITHIN = 1.0


class Key:
    """The first key of the key file, as it is derived for the audit record."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            line = next(line for line in lines if line.strip() and not line.startswith("#"))
        name, secret = line.split()
        self.name = bytes.fromhex(name)
        extracted = hmac.digest(bytes(32), base64.b64decode(secret), hashlib.sha256)
        self.secret = hmac.digest(extracted, b"linekey audit 1" + b"\x01", hashlib.sha256)

    def mac(self, fields):
        message = b"".join(b"%d:%s" % (len(field), field) for field in (field.encode() for field in fields))
        return self.name + hmac.digest(self.secret, message, hashlib.sha256)


def write(database, key, rows):
    """Appends so many events of the last 400 days, of every account and a few of none."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        people = connection.execute("select account_id, id from users").fetchall()
        began = int(time.time() * 1000) - 400 * 86_400_000

        def events():
            for number in range(rows):
                at = began + number * (400 * 86_400_000 // rows)
                head = f"{at:012x}"
                tail = f"{number:012x}"
                identity = f"{head[:8]}-{head[8:]}-7{random.getrandbits(12):03x}-8{random.getrandbits(12):03x}-{tail}"
                account, person = (None, None) if number % 100 == 0 else people[number % len(people)]
                kind, outcome = ("sign-in", "refused") if account is None else ("sign-in", "done")
                address, detail = f"203.0.113.{number % 250}", '{"replaced":null}'
                row = [identity, at, account, kind, outcome, person, person, None, address, detail]
                mac = key.mac([str(field) if field is not None else "" for field in row])
                yield (*row, mac)

        connection.execute("begin immediate")
        connection.executemany(
            "insert into audit_events (id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address,"
            " detail, mac) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            events(),
        )
        connection.execute("commit")


def unsealed(database):
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute("select count(*) from audit_events where seq is null").fetchone()[0]


def save(browser, seconds):
    """Saves a profile once; the seconds it took are added to the list."""
    began = time.monotonic()
    status, location, _ = browser.ask("POST", "/account/settings", {"display_name": "Ann", "time_zone": "UTC"})
    if status != 303 or location.startswith("/sign-in"):
        raise RuntimeError(f"saving a profile answered {status} {location}")
    seconds.append(time.monotonic() - began)


def seal(demo):
    """Starts the demo on the rows; returns the seconds until all are sealed, and what people waited meanwhile and after."""
    demo.start()
    began = time.monotonic()
    browser = Browser(demo.port)
    browser.sign_in("ann@acme.example", PASSWORDS["ann@acme.example"])
    meanwhile, after = [], []
    while unsealed(demo.database()) > 10:
        for _ in range(10):
            save(browser, meanwhile)
            time.sleep(0.02)
    took = time.monotonic() - began
    for _ in range(100):
        save(browser, after)
        time.sleep(0.02)
    while unsealed(demo.database()):
        time.sleep(0.1)
    demo.stop()
    return took, meanwhile or [0.0], after


def tampered(binary, data, change):
    """Verifies a copy of the data after `change`; returns what was found, as (finding, id) pairs."""
    folder = tempfile.mkdtemp(dir=os.path.dirname(data))
    for name in ("linekey.key", "linekey.toml"):
        shutil.copy2(os.path.join(data, name), folder)
    with closing(sqlite3.connect(os.path.join(folder, "linekey.db"))) as connection:
        with closing(sqlite3.connect(os.path.join(data, "linekey.db"))) as original:
            original.backup(connection)
        connection.executescript(change)
    code, report, _, _ = verify_record(binary, folder)
    shutil.rmtree(folder)
    return code, sorted((finding["finding"], finding["id"]) for finding in report["findings"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)

    demo = Demo(options.binary)
    demo.start()
    demo.stop()
    data = os.path.join(demo.folder, "data")
    began = time.monotonic()
    write(demo.database(), Key(os.path.join(data, "linekey.key")), options.rows)
    print(f"  {options.rows} rows written in {time.monotonic() - began:.0f} s", flush=True)

    sealing, meanwhile, after = seal(demo)
    print(f"  sealed in {sealing:.0f} s", flush=True)
    code, report, took, memory = verify_record(options.binary, data)
    broken = []
    if code != 0 or report["findings"] or report["unsealed"]:
        broken.append(f"the untouched record is not sound: {report['findings'][:3]}")
    rows = sum(chain["rows"] for chain in report["chains"])
    if rows < options.rows:
        broken.append(f"{rows} rows verified of {options.rows}")
    if took > VERIFIED_WITHIN:
        broken.append(f"verifying took {took:.1f} s")
    if memory > MEMORY_MIB:
        broken.append(f"verifying needed {memory:.0f} MiB")
    if max(meanwhile) > SAVED_WITHIN:
        broken.append(f"somebody waited {max(meanwhile):.2f} s while rows were sealed")

    longest = max(report["chains"], key=lambda chain: chain["rows"])
    middle, end = longest["seq"] // 2, longest["seq"]
    with closing(sqlite3.connect(f"file:{demo.database()}?mode=ro", uri=True)) as connection:
        at = dict(
            connection.execute("select seq, id from audit_events where chain = ?", (longest["chain"],)).fetchall()
        )
    where = f"chain = '{longest['chain']}'"
    other = middle // 2
    attempts = {
        "one row edited": (
            f"update audit_events set outcome = 'refused' where {where} and seq = {middle}",
            [("edited", at[middle])],
        ),
        "one row deleted": (
            f"delete from audit_events where {where} and seq = {middle}",
            [("deleted", at[middle + 1])],
        ),
        "two rows exchanged": (
            f"update audit_events set seq = -1 where {where} and seq = {middle};"
            f"update audit_events set seq = {middle} where {where} and seq = {other};"
            f"update audit_events set seq = {other} where {where} and seq = -1",
            sorted([("moved", at[middle]), ("moved", at[other])]),
        ),
        "the last row cut off": (
            f"delete from audit_events where {where} and seq = {end}",
            [("cut-off", at[end - 1])],
        ),
    }
    named = 0
    for name, (change, expected) in attempts.items():
        code, found = tampered(options.binary, data, change)
        if (code, found) == (1, expected):
            named += 1
        else:
            broken.append(f"{name}: exit code {code}, found {found[:4]}")
        print(f"  {name}: {found[:4]}", flush=True)

    def middle_of(seconds):
        return f"{sorted(seconds)[len(seconds) // 2] * 1000:.0f} ms"

    figures = [
        ("rows", rows),
        ("sealed in", f"{sealing:.1f} s"),
        ("rows sealed a second", f"{options.rows / max(sealing, 0.001):.0f}"),
        ("saving a profile while rows are sealed, median", middle_of(meanwhile)),
        ("the same, slowest", f"{max(meanwhile) * 1000:.0f} ms"),
        ("saving a profile afterwards, median", middle_of(after)),
        ("verified in", f"{took:.1f} s"),
        ("memory for verifying", f"{memory:.0f} MiB"),
        ("edited, deleted, moved, cut off: row named", f"{named}/{len(attempts)}"),
    ]
    return table(f"An audit record of {options.rows} events", figures, broken)


if __name__ == "__main__":
    sys.exit(main())
