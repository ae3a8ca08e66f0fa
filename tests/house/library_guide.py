#!/usr/bin/env python3
# label: ci
# timeout: 120
"""Every snippet of docs/library.md and README.md prints what is said there that it prints. They run
from the program that is made of them at build time (tools/library/guide_program.py)."""

import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["TEND_SOURCE"])
BUILD = pathlib.Path(os.environ["TEND_BUILD"])
PAGES = ["docs/library.md", "README.md"]
sys.path.insert(0, str(SOURCE / "tools" / "library"))

import guide_program  # noqa: E402  (found by the line above)


def run(name):
    return subprocess.run([BUILD / "library_guide", name], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=SOURCE, check=False)


def failures(name, needs, expected):
    if needs == "needs root" and os.geteuid() != 0:
        print(f"{name}: not run, it needs root")
        return
    if expected is None:
        yield f"{name}: the page does not say what it prints"
        return
    done = run(name)
    if done.returncode != 0:
        yield f"{name}: ended with {done.returncode}"
    if done.stdout != expected:
        yield f"{name}: printed\n{done.stdout}but the page says\n{expected}"


def main():
    text = "".join((SOURCE / page).read_text() for page in PAGES)
    snippets = [(name, needs, expected)
                for name, needs, _, expected in guide_program.snippets(text) if name]
    assert len(snippets) >= 8, "the guide teaches by eight tasks"
    assert len({name for name, _, _ in snippets}) == len(snippets), "two snippets of one name"
    found = [failure for snippet in snippets for failure in failures(*snippet)]
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
