"""Whether the time of an answer tells who has an address or a name: measured on the release binary, not a test.

Each request is about a user nobody asked about before, of a class chosen at random, so that neither the order nor the
budgets of one address decide anything. The area under the curve (Mann-Whitney) of two classes is the chance that the
slower answer is of the one: 0.5 says nothing. Two halves of one class are compared too: what they differ by is noise.
"""

import argparse
import http.client
import itertools
import os
import random
import sqlite3
import subprocess
import threading
import time
import urllib.parse

from demo import Demo, table

# The limits that would end the measurement, raised; everything else is as it comes.
SETTINGS = {
    "LINEKEY_THROTTLE__FREE_FAILURES": "1000000",
    "LINEKEY_THROTTLE__LADDER": "[0]",
    "LINEKEY_THROTTLE__RESET_REQUESTS": "1000000",
    "LINEKEY_THROTTLE__RESET_MAILS": "1000000",
    "LINEKEY_MAIL__PER_ADDRESS_HOUR": "1000",
    "LINEKEY_LOG__LEVEL": "error",
}
# Whose address or name is asked about: known twice, for the control.
CLASSES = ["known", "known too", "unknown", "disabled", "no address"]
# How far from one half the area may be.
MOST = 0.05


def seed(demo, count):
    """Makes the users of each class, and returns their names."""
    command = [demo.binary, "demo", "--data", os.path.join(demo.folder, "data"), "--seed-users", str(4 * count)]
    command += ["--http", f"127.0.0.1:{demo.port}", "--sip", f"127.0.0.1:{demo.sip_port}"]
    seeding = subprocess.Popen(command, env=demo.environment, stdout=subprocess.PIPE, text=True, cwd=demo.folder)
    for line in seeding.stdout:
        if line.startswith("sip "):
            break
    seeding.terminate()
    seeding.wait(timeout=30)
    numbers = list(range(4 * count))
    random.shuffle(numbers)
    names = {
        which: [f"u{number:06}" for number in numbers[at * count : (at + 1) * count]]
        for at, which in enumerate(["known", "known too", "disabled", "no address"])
    }
    names["unknown"] = [f"u{900000 + number:06}" for number in range(count)]
    database = sqlite3.connect(demo.database(), timeout=30)
    with database:
        for which in ["known", "known too", "disabled"]:
            for name in names[which]:
                address = f"{name}@load.example"
                database.execute(
                    "update users set email = ?, email_key = ?, email_verified_at = 1 where name = ?",
                    (address, address, name),
                )
        for name in names["disabled"]:
            database.execute("update users set disabled_at = 1 where name = ?", (name,))
    database.close()
    return names


def measure(port, path, fields, names, threads, wanted):
    """Seconds of each answer, by class; every answer must have the status `wanted`."""
    asked = [(which, name) for which in CLASSES for name in names[which]]
    random.shuffle(asked)
    turn, seconds, odd = itertools.count(), {which: [] for which in CLASSES}, []
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        while (at := next(turn)) < len(asked):
            which, name = asked[at]
            body = urllib.parse.urlencode(fields(name))
            began = time.perf_counter_ns()
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            answer.read()
            took = (time.perf_counter_ns() - began) / 1e9
            with lock:
                seconds[which].append(took)
                if answer.status != wanted:
                    odd.append((which, answer.status))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if odd:
        raise SystemExit(f"{len(odd)} answers of {path} were not {wanted}: {odd[:5]}")
    return seconds


def area(one, other):
    """The chance that a value of `one` is above one of `other`, ties counted half (Mann-Whitney U over n*m)."""
    values = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, at = 0.0, 0
    while at < len(values):
        end = at
        while end < len(values) and values[end][0] == values[at][0]:
            end += 1
        rank = (at + 1 + end) / 2
        ranks += rank * sum(1 for _, which in values[at:end] if which == 0)
        at = end
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=1000, help="of each class")
    parser.add_argument("--threads", type=int, default=32, help="resets asked for at once; each waits for its moment")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    demo = Demo(options.binary, **SETTINGS)
    names = seed(demo, options.count)
    demo.start(patience=60)
    pages = [
        ("reset", "/reset-password", 303, options.threads, lambda name: {"email": f"{name}@load.example"}),
        (
            "sign-in",
            "/sign-in",
            422,
            2,
            lambda name: {"username": f"{name}@load.example", "password": "Wrong-Harbour-1"},
        ),
    ]
    rows, broken = [], []
    for page, path, wanted, threads, fields in pages:
        seconds = measure(demo.port, path, fields, names, threads, wanted)
        for which in CLASSES:
            middle = sorted(seconds[which])[len(seconds[which]) // 2]
            rows.append((f"{page}, {which}: answers, the one in the middle", f"{len(seconds[which])}, {middle * 1e3:.1f} ms"))
        control = area(seconds["known too"], seconds["known"])
        rows.append((f"{page}: area, known against known (control)", f"{control:.3f}"))
        for which in CLASSES[2:]:
            found = area(seconds[which], seconds["known"] + seconds["known too"])
            rows.append((f"{page}: area, {which} against known", f"{found:.3f}"))
            if abs(found - 0.5) >= MOST:
                broken.append(f"{page}: the time tells {which} from known: {found:.3f}")
    demo.stop()
    raised = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    print(f"raised for this: {raised}")
    return table("Does the time of an answer tell who is there?", rows, broken)


if __name__ == "__main__":
    raise SystemExit(main())
