"""Whether the tests miss every step of the help centre: its control is taken from its page, and they must say so.

The walk of the tests itself, in Chromium: for each step with a picture the page is served, the control goes before
anything looks, and the walk must end in a complaint that names the article and the step. One run without any loss comes
first, which must complain about nothing. What there is to miss is read from the articles here, not told by the tests.
"""

import os
import pathlib
import re
import subprocess
import sys
import tomllib

TEST = "help_centre::pictures_tests::every_step_of_every_article_shows_what_is_on_its_page"
COMMAND = ["cargo", "test", "--locked", "--package", "linekey", "--all-features", "--lib", "--", "--exact", TEST]
COMPLAINT = re.compile(r"^  help/(\S+)\.md, (?:step (\d+), )?picture (\S+): (.*)$")


def steps():
    """Article, picture and control of every step, from the front matter."""
    found = []
    for path in sorted(pathlib.Path("help").glob("*/*.md")):
        front = path.read_text(encoding="utf-8").split("+++\n")[1]
        article = f"{path.parent.name}/{path.stem}"
        for picture, shown in tomllib.loads(front).get("pictures", {}).items():
            found.append((article, picture, shown["control"]))
    return found


def run(**switches):
    """The exit code of the test and its complaints, by article and picture."""
    environment = {**os.environ, "RUST_BACKTRACE": "0", **switches}
    ran = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    if "1 passed" not in said and "1 failed" not in said:
        sys.exit(f"the test did not run:\n{said}")
    matched = filter(None, map(COMPLAINT.match, said.splitlines()))
    return ran.returncode, {(one[1], one[3]): (one[2], one[4]) for one in matched}, said


def main():
    expected = steps()
    code, _, said = run()
    if code != 0:
        sys.exit(f"with every control in place the test fails already:\n{said}")
    code, complaints, _ = run(PICTURES_WITHOUT="1")
    missed = 0
    print(f"{'article':<42} {'step':>4}  {'picture':<12} what the test says without its control")
    for article, picture, control in expected:
        number, complaint = complaints.get((article, picture), ("", ""))
        is_named = control in complaint or complaint.startswith("to get there: ")
        missed += is_named
        print(f"{article:<42} {number or '-':>4}  {picture:<12} {complaint if is_named else 'NOTHING'}")
    print(f"{missed} of {len(expected)} steps were missed; the test {'failed' if code else 'PASSED'}")
    sys.exit(0 if expected and missed == len(expected) and code != 0 else 1)


main()
