"""Starts a program and prints the seconds until it has answered `GET /sign-in` with a page. Arguments: the portal's
port, then the command. The program is stopped again."""

import http.client
import subprocess
import sys
import time

port, command = int(sys.argv[1]), sys.argv[2:]
began = time.perf_counter()
process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    while time.perf_counter() - began < 10:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/sign-in")
            answer = connection.getresponse()
            page = answer.read()
            took = time.perf_counter() - began
            if answer.status != 200 or b'name="password"' not in page:
                sys.exit(f"the first page was answered {answer.status}")
            print(f"{took:.4f}")
            sys.exit()
        except ConnectionRefusedError:
            time.sleep(0.0005)
    sys.exit("no page within ten seconds")
finally:
    process.terminate()
    process.wait()
