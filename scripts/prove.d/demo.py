"""A demo of the real binary, driven over HTTP as a browser would drive it. Python's standard library only."""

import atexit
import http.client
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PASSWORDS = {
    "ann@acme.example": "Harbour-Light-7",
    "bob@acme.example": "Harbour-Light-8",
    "cora@acme.example": "Harbour-Light-9",
    "adam@acme.example": "Harbour-Light-1",
    "gina@globex.example": "Harbour-Light-2",
    "gus@globex.example": "Harbour-Light-3",
}
# The SIP names that the demo simulates, by whose page shows them.
PHONES = {"ann@acme.example": 2, "gina@globex.example": 1}


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Demo:
    """One folder of data, and the process that runs on it at this moment."""

    def __init__(self, binary, *more, **settings):
        self.binary = os.path.abspath(binary)
        self.more = more
        self.folder = tempfile.mkdtemp(prefix="linekey-prove-")
        self.port = free_port(socket.SOCK_STREAM)
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self.environment = {**os.environ, **settings}
        self.process = None
        atexit.register(self.remove)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

    def start(self, patience=30):
        """Starts the demo; returns the seconds until it said that it is ready, phones and all."""
        began = time.monotonic()
        command = [self.binary, "demo", "--data", os.path.join(self.folder, "data")]
        command += ["--http", f"127.0.0.1:{self.port}", "--sip", f"127.0.0.1:{self.sip_port}", *self.more]
        self.log = open(os.path.join(self.folder, "log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=self.folder
        )
        lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=max(0.0, began + patience - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"the demo was not ready after {patience} s\n{self.logged()}") from None
            if line is None:
                raise SystemExit(f"the demo ended instead of starting\n{self.logged()}")
            if line.startswith("sip "):
                return time.monotonic() - began

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def logged(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            return log.read()[-2000:]

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=15)
        self.log.close()

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self):
        return os.path.join(self.folder, "data", "linekey.db")

    def copy_of_database(self):
        """A copy of the file and its log as the crash left them, so that a look at them repairs nothing."""
        folder = tempfile.mkdtemp(dir=self.folder)
        for end in ("", "-wal"):
            if os.path.exists(self.database() + end):
                shutil.copy(self.database() + end, os.path.join(folder, "linekey.db" + end))
        return os.path.join(folder, "linekey.db")

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Browser:
    """One browser: its cookie, and whoever is signed in."""

    def __init__(self, port):
        self.port = port
        self.cookie = None

    def ask(self, method, path, fields=None):
        """Returns status, where it leads to, and the text. Raises OSError or HTTPException if nothing came back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Cookie": f"linekey={self.cookie}"} if self.cookie else {}
            body = None
            if fields is not None:
                body = urllib.parse.urlencode(fields)
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, value = cookie.split(";")[0].split("=", 1)
                if name == "linekey":
                    self.cookie = value
            return answer.status, answer.headers.get("Location", ""), text
        finally:
            connection.close()

    def sign_in(self, name, password):
        """Whether that name and password match. Anything but yes or no is an error of this experiment."""
        self.cookie = None
        status, location, _ = self.ask("POST", "/sign-in", {"username": name, "password": password})
        if status == 303:
            return True
        if status == 422:
            return False
        raise RuntimeError(f"sign-in answered {status} {location}")

    def change_password(self, new):
        fields = {"new_password": new, "confirm_password": new, "sign_out_others": "on"}
        status, location, _ = self.ask("POST", "/account/password", fields)
        return status, location


def verify_record(binary, folder):
    """Runs `linekey audit verify` on a demo's folder; returns exit code, report, seconds, and the most memory in MiB."""
    command = [os.path.abspath(binary), "audit", "verify", "--json"]
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - began
        said.seek(0)
        return os.waitstatus_to_exitcode(status), json.load(said), took, usage.ru_maxrss / 1024


def table(title, rows, broken):
    """Prints the figures, and what was promised but not kept; returns the exit code."""
    print(f"\n{title}")
    for name, figure in rows:
        print(f"  {name:<58}{figure:>14}")
    for line in broken:
        print(f"  BROKEN: {line}")
    print(f"  {'kept' if not broken else 'NOT kept'}")
    return 1 if broken else 0
