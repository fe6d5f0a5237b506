"""A real mail server (aiosmtpd) for tests and experiments: takes every mail, and writes down each in FOLDER/taken.

Prints its port once it listens, and ends when its standard input does. With TLS it makes an authority of its own first,
FOLDER/ca.pem, which signs its certificate for localhost.
"""

import argparse
import asyncio
import json
import os
import ssl
import subprocess
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult


class Taken:
    """Writes down whom a mail was for, when it came, and the whole message."""

    def __init__(self, folder):
        self.file = open(os.path.join(folder, "taken"), "a", encoding="utf-8")
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        message = envelope.content.decode("utf-8", "replace")
        ids = [line[12:].strip() for line in message.splitlines() if line.lower().startswith("message-id: ")]
        told = {"at": time.time(), "to": envelope.rcpt_tos, "id": ids[0], "message": message, "tls": bool(session.ssl)}
        self.file.write(json.dumps(told) + "\n")
        self.file.flush()
        return f"250 2.0.0 Ok: queued as {self.count}"


def certificate(folder):
    """An authority, and a certificate of localhost that it signed."""
    path = lambda name: os.path.join(folder, name)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    with open(path("names"), "w", encoding="utf-8") as names:
        names.write("subjectAltName=DNS:localhost\n")
    for command in (
        ["req", "-x509", *key, "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "2", "-subj", "/CN=Tests"],
        ["req", *key, "-keyout", path("key.pem"), "-out", path("request.pem"), "-subj", "/CN=localhost"],
        ["x509", "-req", "-in", path("request.pem"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
         "-days", "2", "-extfile", path("names"), "-out", path("cert.pem")],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path("cert.pem"), path("key.pem"))
    return context


async def main():
    parser = argparse.ArgumentParser(description="a mail server for tests")
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["never", "starttls", "at-once"], default="never")
    parser.add_argument("--user", help="NAME:PASSWORD that it wants to hear")
    options = parser.parse_args()
    taken = Taken(options.folder)
    context = certificate(options.folder) if options.tls != "never" else None

    def knows(server, session, envelope, mechanism, data):
        told = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=told == options.user, handled=False)

    def smtp():
        return SMTP(
            taken,
            hostname="test",
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            authenticator=knows if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=options.tls == "starttls",
        )

    loop = asyncio.get_running_loop()
    at_once = context if options.tls == "at-once" else None
    server = await loop.create_server(smtp, "127.0.0.1", options.port, ssl=at_once)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
