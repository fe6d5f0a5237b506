"""Whether a refused REGISTER tells which phone is there, by its time or by its bytes: measured on the release binary.

Every request answers a fresh challenge with a SIP password that is not right, so that each is judged to the end. The classes
come in random order, each request with a name nobody asked about before. The area under the curve (Mann-Whitney) of two
classes is the chance that the slower answer is of the one: 0.5 says nothing. The known are there twice, for the control.
"""

import argparse
import os
import random
import re
import socket
import sqlite3
import time

from demo import Browser, Demo, table
from reset_timing import MOST, area
from sip_flood import md5, register

SETTINGS = {"LINEKEY_LOG__LEVEL": "error"}
DOMAIN = "load.example"
CLASSES = ["known", "known too", "unknown", "disabled", "outdated password", "unknown realm"]


def seed(demo, count):
    """Makes the phones of each class, and returns their names."""
    demo.more = ("--seed-users", str(4 * count))
    demo.start(patience=120)
    demo.more = ()
    numbers = list(range(4 * count))
    random.shuffle(numbers)
    kinds = ["known", "known too", "disabled", "outdated password"]
    names = {
        which: [f"u{number:06}-desk" for number in numbers[at * count : (at + 1) * count]]
        for at, which in enumerate(kinds)
    }
    for at, which in enumerate(["unknown", "unknown realm"]):
        names[which] = [f"u{900000 + at * count + number:06}-desk" for number in range(count)]
    make(demo, names)
    # What the registrar knows by heart is read at the start.
    demo.stop()
    demo.start(patience=120)
    return names


def make(demo, names):
    """Blocks the disabled. The others with an old SIP password get a new one by their own page, without an overlap."""
    database = sqlite3.connect(demo.database(), timeout=30)
    with database:
        for name in names["disabled"]:
            database.execute("update phones set blocked_at = 1 where sip_name = ?", (name,))
    ids = dict(database.execute("select sip_name, id from phones"))
    database.close()
    for name in names["outdated password"]:
        browser = Browser(demo.port)
        if not browser.sign_in(f"{name.removesuffix('-desk')}@{DOMAIN}", "Harbour-Light-0"):
            raise SystemExit(f"{name} cannot sign in")
        status, _, text = browser.ask("POST", f"/phones/{ids[name]}/rotate", {"overlap_hours": "0"})
        if status not in (200, 303):
            raise SystemExit(f"{name}: rotate answered {status}: {text[:300]}")


class Asker:
    """One socket that asks one question at a time."""

    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]

    def ask(self, request):
        """The answer, and the nanoseconds that it took."""
        data = request.encode()
        began = time.perf_counter_ns()
        self.socket.sendto(data, self.server)
        answer = self.socket.recv(65535)
        return answer.decode(), time.perf_counter_ns() - began

    def refused(self, name, domain, realm, password):
        """The refusal of a SIP password that is not right, and its nanoseconds."""
        call = f"{random.getrandbits(64):016x}"
        challenge, _ = self.ask(register(name, domain, self.port, call, 1))
        nonce = re.search(r'nonce="([^"]*)"', challenge).group(1)
        uri, client = "sip:127.0.0.1", f"{random.getrandbits(32):08x}"
        secret = md5(f"{name}:{realm}:{password}")
        response = md5(f"{secret}:{nonce}:00000001:{client}:auth:{md5(f'REGISTER:{uri}')}")
        authorization = (
            f'Authorization: Digest username="{name}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, cnonce="{client}", qop=auth, nc=00000001\r\n'
        )
        answer, took = self.ask(register(name, domain, self.port, call, 2, authorization))
        return answer, took


def shape(answer, name, domain, realm):
    """An answer without what must differ: nonce, tags, branch and names."""
    answer = re.sub(r'nonce="[^"]*"', 'nonce="N"', answer)
    answer = re.sub(r"tag=[0-9a-f]+", "tag=T", answer)
    answer = re.sub(r"branch=\w+", "branch=B", answer)
    answer = re.sub(r"Call-ID: \w+", "Call-ID: C", answer)
    return answer.replace(name, "NAME").replace(domain, "REALM").replace(f'"{realm}"', '"REALM"')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=2000, help="of each class")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    demo = Demo(options.binary, **SETTINGS)
    names = seed(demo, options.count)
    asker = Asker(("127.0.0.1", demo.sip_port))
    decoy, _ = asker.ask(register("x", "elsewhere.example", asker.port, "decoy", 1))
    decoy = re.search(r'realm="([^"]*)"', decoy).group(1)
    asked = [(which, name) for which in CLASSES for name in names[which]]
    random.shuffle(asked)
    for name in names["known"][:200]:
        asker.refused(f"warm-{name}", DOMAIN, DOMAIN, "wrong")
    seconds, shapes = {which: [] for which in CLASSES}, {which: set() for which in CLASSES}
    for which, name in asked:
        domain, realm = ("else.example", decoy) if which == "unknown realm" else (DOMAIN, DOMAIN)
        # The outdated one was right until it was replaced, and the disabled phone's would be.
        right = f"Demo-{name}-2026" if which in ("disabled", "outdated password") else "wrong"
        answer, took = asker.refused(name, domain, realm, right)
        if not answer.startswith("SIP/2.0 401"):
            raise SystemExit(f"{which}: {answer}")
        seconds[which].append(took / 1e9)
        shapes[which].add(shape(answer, name, domain, realm))
    demo.stop()
    rows, broken = [("of each class", options.count)], []
    for which in CLASSES:
        middle = sorted(seconds[which])[len(seconds[which]) // 2]
        rows.append((f"{which}: the answer in the middle", f"{middle * 1e6:.0f} us"))
    rows.append(("area, known against known (control)", f"{area(seconds['known too'], seconds['known']):.3f}"))
    for which in CLASSES[2:]:
        found = area(seconds[which], seconds["known"] + seconds["known too"])
        rows.append((f"area, {which} against known", f"{found:.3f}"))
        if abs(found - 0.5) >= MOST:
            broken.append(f"the time tells {which} from known: {found:.3f}")
    different = set.union(*shapes.values())
    rows.append(("different answers, but for nonces, tags and names", len(different)))
    if len(different) != 1:
        broken.append("the bytes differ: " + repr(sorted(different)[:3]))
    return table("Does a refused REGISTER tell which phone is there?", rows, broken)


if __name__ == "__main__":
    raise SystemExit(main())
