"""A flood of strangers and garbage at the registrar.

Promise: whoever has not authenticated leaves nothing behind, so memory stays flat; phones register and the portal's
page answers all the while.

The datagrams are REGISTERs without credentials, with made-up credentials, cut short, mutated, and random bytes. The
demo's three phones keep registering (they are granted 30 seconds here, so that each refreshes within the flood, which
this run sets and a demo does not), and a fourth, Ann's Warehouse phone, registers once a second.
"""

import argparse
import hashlib
import http.client
import random
import re
import socket
import sqlite3
import sys
import threading
import time

from demo import Browser, Demo, table

MOST_GROWTH_KIB = 16 * 1024
SIMULATED = ("ann-desk", "ann-softphone", "gina-desk")


def register(name, domain, port, call, sequence, authorization=""):
    return (
        f"REGISTER sip:{domain} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{random.getrandbits(64):x};rport\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:{name}@{domain}>;tag={random.getrandbits(32):x}\r\n"
        f"To: <sip:{name}@{domain}>\r\n"
        f"Call-ID: {call}\r\n"
        f"CSeq: {sequence} REGISTER\r\n"
        f"Contact: <sip:{name}@127.0.0.1:{port}>\r\n"
        "Expires: 60\r\n"
        f"{authorization}"
        "Content-Length: 0\r\n\r\n"
    )


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Phone(threading.Thread):
    """A phone with the right SIP password that registers anew every second."""

    def __init__(self, server, name, domain):
        super().__init__(daemon=True)
        self.server, self.name_, self.domain = server, name, domain
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.call = f"{random.getrandbits(64):x}"
        self.sequence = 0
        self.tried = self.registered = self.repeated = 0
        self.slowest = 0.0
        self.ended = threading.Event()

    def exchange(self, authorization=""):
        """The answer, repeating the request as RFC 3261 says until one comes; None after eight seconds."""
        self.sequence += 1
        port = self.socket.getsockname()[1]
        request = register(self.name_, self.domain, port, self.call, self.sequence, authorization).encode()
        pause, until = 0.5, time.monotonic() + 8
        while time.monotonic() < until:
            self.socket.sendto(request, self.server)
            self.socket.settimeout(pause)
            try:
                while True:
                    answer = self.socket.recv(65535).decode()
                    if re.search(rf"(?im)^CSeq:\s*{self.sequence} ", answer):
                        return answer
            except socket.timeout:
                self.repeated += 1
                pause = min(pause * 2, 4)
        return None

    def register_once(self):
        challenge = self.exchange()
        if not challenge or not challenge.startswith("SIP/2.0 401"):
            return False
        realm, nonce = (re.search(rf'{key}="([^"]*)"', challenge).group(1) for key in ("realm", "nonce"))
        uri, count, client = f"sip:{self.domain}", "00000001", f"{random.getrandbits(32):x}"
        secret = md5(f"{self.name_}:{realm}:Demo-{self.name_}-2026")
        response = md5(f"{secret}:{nonce}:{count}:{client}:auth:{md5(f'REGISTER:{uri}')}")
        answer = self.exchange(
            f'Authorization: Digest username="{self.name_}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, cnonce="{client}", qop=auth, nc={count}\r\n'
        )
        return bool(answer) and answer.startswith("SIP/2.0 200")

    def run(self):
        while not self.ended.is_set():
            began = time.monotonic()
            self.tried += 1
            self.registered += self.register_once()
            took = time.monotonic() - began
            self.slowest = max(self.slowest, took)
            self.ended.wait(max(0.0, 1 - took))


class Reader(threading.Thread):
    """Somebody who opens the sign-in page five times a second."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.browser = Browser(port)
        self.seconds, self.wrong = [], []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.2):
            began = time.monotonic()
            try:
                status, _, _ = self.browser.ask("GET", "/sign-in")
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            self.seconds.append(time.monotonic() - began)
            if status != 200:
                self.wrong.append(status)


def hostile(port):
    """One datagram of a stranger."""
    name, domain = random.choice(
        [("ann-desk", "acme.example"), (f"u{random.randrange(10**6)}", "acme.example"), ("x", "elsewhere.example")]
    )
    kind = random.randrange(6)
    if kind == 0:
        return random.randbytes(random.randrange(1, 1400))
    made_up = (
        f'Authorization: Digest username="{name}", realm="{domain}", nonce="{random.getrandbits(128):x}", '
        f'uri="sip:{domain}", response="{random.getrandbits(128):032x}", cnonce="a", qop=auth, nc=00000001\r\n'
    )
    text = register(name, domain, port, f"{random.getrandbits(64):x}", 1, made_up if kind == 1 else "").encode()
    if kind == 2:
        return text[: random.randrange(len(text))]
    if kind == 3:
        mutated = bytearray(text)
        for _ in range(random.randrange(1, 12)):
            mutated[random.randrange(len(mutated))] = random.randrange(256)
        return bytes(mutated)
    return text


def flood(server, count, seconds):
    """Sends `count` datagrams evenly over `seconds` from many ports; returns how many answers came."""
    sockets = []
    for _ in range(50):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.bind(("127.0.0.1", 0))
        sender.setblocking(False)
        sockets.append(sender)
    began, answers = time.monotonic(), 0
    for number in range(count):
        sender = sockets[number % len(sockets)]
        try:
            sender.sendto(hostile(sender.getsockname()[1]), server)
        except BlockingIOError:
            pass
        try:
            while sender.recv(65535):
                answers += 1
        except BlockingIOError:
            pass
        ahead = number / count * seconds - (time.monotonic() - began)
        if ahead > 0.002:
            time.sleep(ahead)
    for sender in sockets:
        sender.close()
    return answers, time.monotonic() - began


def refreshed(database):
    """When each simulated phone was last refreshed, milliseconds UTC."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    rows = connection.execute(
        """select p.sip_name, max(r.refreshed_at), max(r.expires_at)
             from registrations r join phones p on p.id = r.phone_id where r.ended_at is null group by p.sip_name"""
    ).fetchall()
    connection.close()
    return {name: (at, until) for name, at, until in rows if name in SIMULATED}


def main():
    parser = argparse.ArgumentParser(description="a flood of strangers and garbage at the registrar")
    parser.add_argument("binary")
    parser.add_argument("--datagrams", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"SIP flood: {options.datagrams} datagrams in {options.seconds:.0f} s, seed {options.seed}, 30 s registrations")

    demo = Demo(options.binary, LINEKEY_SIP__MIN_EXPIRES="30", LINEKEY_SIP__MAX_EXPIRES="30")
    demo.start()
    server = ("127.0.0.1", demo.sip_port)
    warehouse = Phone(server, "ann-warehouse", "acme.example")
    warehouse.start()
    # What a registrar needs at all (tasks, buffers, caches) is there before the count begins.
    flood(server, 2_000, 2)
    time.sleep(3)
    before, began = demo.resident_kib(), time.time() * 1000
    reader = Reader(demo.port)
    reader.start()
    answers, took = flood(server, options.datagrams, options.seconds)
    reader.ended.set()
    reader.join()
    peak = demo.resident_kib()
    time.sleep(3)
    after, ended = demo.resident_kib(), time.time() * 1000
    seen = refreshed(demo.database())
    warehouse.ended.set()
    warehouse.join()
    alive = demo.process.poll() is None
    if alive:
        demo.stop()

    broken = []
    if not alive:
        broken.append("the process is gone")
    if max(after, peak) - before > MOST_GROWTH_KIB:
        broken.append(f"memory grew by {max(after, peak) - before} KiB")
    for name in SIMULATED:
        at, until = seen.get(name, (0, 0))
        if at < began or until < ended:
            broken.append(f"{name} was not refreshed, or has run out")
    if warehouse.registered < warehouse.tried:
        broken.append(f"the Warehouse phone was not registered {warehouse.tried - warehouse.registered} times")
    if reader.wrong or not reader.seconds:
        broken.append(f"the portal's page: {len(reader.seconds)} asked for, not answered with 200: {reader.wrong[:5]}")
    rows = [
        ("hostile datagrams", options.datagrams),
        ("a second", f"{options.datagrams / took:.0f}"),
        ("answers to them", answers),
        ("resident memory before", f"{before} KiB"),
        ("resident memory at the end of the flood", f"{peak} KiB"),
        ("resident memory three seconds later", f"{after} KiB"),
        ("simulated phones refreshed during the flood", f"{sum(seen.get(n, (0, 0))[0] >= began for n in SIMULATED)}/3"),
        ("registrations of a fourth phone, one a second", f"{warehouse.registered}/{warehouse.tried}"),
        ("its requests that had to be repeated", warehouse.repeated),
        ("its slowest registration", f"{warehouse.slowest:.2f} s"),
        ("the portal's page meanwhile", f"{len(reader.seconds) - len(reader.wrong)}/{len(reader.seconds)}"),
        ("the slowest of them", f"{max(reader.seconds, default=0) * 1e3:.0f} ms"),
    ]
    return table("SIP flood", rows, broken)


if __name__ == "__main__":
    sys.exit(main())
