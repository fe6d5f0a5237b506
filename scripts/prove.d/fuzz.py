"""Coverage-guided fuzzing of whatever the registrar reads from strangers: cargo fuzz, libFuzzer, AddressSanitizer.

Promise: no input makes it panic, hang, take memory without bound, or write an answer that is not one answer. Each target
goes on from what it found in earlier runs (target/fuzz/corpus), from fuzz/seeds, and from the torture messages.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

from demo import table

TARGETS = ("message", "stream", "registration", "texts")
VERSION = "0.13.2"
MOST_RSS_MB = 512
TOOLS = os.path.abspath("target/tools")
BUILT = os.path.abspath("target/fuzz")


def cargo(*arguments):
    # The stable compiler, with the options that a fuzzer's instrumentation needs.
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": BUILT}
    environment["PATH"] = os.path.join(TOOLS, "bin") + os.pathsep + environment["PATH"]
    return subprocess.run(["cargo", *arguments], cwd="fuzz", env=environment)


def build():
    if not shutil.which("cargo-fuzz") and not os.path.exists(os.path.join(TOOLS, "bin", "cargo-fuzz")):
        print(f"installing cargo-fuzz {VERSION} into target/tools", flush=True)
        install = ["cargo", "install", "cargo-fuzz", "--version", VERSION, "--locked", "--root", TOOLS]
        subprocess.run(install, check=True)
    if cargo("fuzz", "build", "--fuzz-dir", ".").returncode:
        raise SystemExit("the fuzz targets could not be built")


def torture():
    """The torture messages, as they are sent."""
    folder = os.path.join(BUILT, "torture")
    os.makedirs(folder, exist_ok=True)
    source = "crates/linekey-sip/tests/torture"
    for name in os.listdir(source):
        if name.endswith(".sip"):
            with open(os.path.join(source, name), "rb") as read, open(os.path.join(folder, name), "wb") as written:
                written.write(read.read().replace(b"\n", b"\r\n"))
    return folder


def figure(pattern, said):
    found = re.findall(pattern, said)
    return int(found[-1]) if found else None


def run(target, seconds, seed):
    """Runs one target; returns its rows, and what was broken."""
    corpus, crashes = os.path.join(BUILT, "corpus", target), os.path.join(BUILT, "crashes", target)
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(crashes, exist_ok=True)
    before = set(os.listdir(crashes))
    triple = re.search(r"host: (\S+)", subprocess.check_output(["rustc", "-vV"], text=True)).group(1)
    command = [os.path.join(BUILT, triple, "release", target), corpus, os.path.join("fuzz/seeds", target)]
    if target == "message":
        command.append(torture())
    command += [f"-max_total_time={seconds}", "-print_final_stats=1", "-max_len=9000", "-timeout=10"]
    command += [f"-rss_limit_mb={MOST_RSS_MB}", f"-artifact_prefix={crashes}/", f"-seed={seed}", "-dict=fuzz/sip.dict"]
    done = subprocess.run(["nice", "-n", "19", *command], stderr=subprocess.PIPE)
    said = done.stderr.decode(errors="replace")
    with open(os.path.join(BUILT, f"{target}.log"), "w", encoding="utf-8") as log:
        log.write(said)
    executions = figure(r"stat::number_of_executed_units:\s+(\d+)", said)
    resident = figure(r"stat::peak_rss_mb:\s+(\d+)", said)
    found = sorted(set(os.listdir(crashes)) - before)
    rows = [
        (f"{target}: executions", executions),
        (f"{target}: edges covered", figure(r"cov: (\d+)", said)),
        (f"{target}: inputs kept", figure(r"corp: (\d+)/", said)),
        (f"{target}: most resident memory", f"{resident} MiB"),
        (f"{target}: crashes", len(found)),
    ]
    broken = [f"{target}: {os.path.relpath(os.path.join(crashes, name))}" for name in found]
    if done.returncode and not found:
        broken.append(f"{target}: ended with {done.returncode}\n{said[-2000:]}")
    elif not executions:
        broken.append(f"{target}: nothing was tried")
    return rows, broken


def main():
    parser = argparse.ArgumentParser(description="fuzzing of what the registrar reads from strangers")
    parser.add_argument("minutes", nargs="?", type=float, default=10, help="for each target")
    parser.add_argument("--target", choices=TARGETS, action="append", help="this one alone; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    build()
    rows, broken = [("minutes for each", f"{options.minutes:g}")], []
    for target in options.target or TARGETS:
        more, worse = run(target, int(options.minutes * 60), options.seed)
        rows += more
        broken += worse
        print("\n".join(f"{name}: {value}" for name, value in more), flush=True)
    return table("Fuzzing", rows, broken)


if __name__ == "__main__":
    sys.exit(main())
