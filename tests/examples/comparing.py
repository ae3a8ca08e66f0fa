#!/usr/bin/env python3
"""What the test of an example lets pass and what it catches: planted examples with one mistake each."""

import os
import pathlib
import subprocess
import sys
import tempfile

RUNNER = os.path.join(os.environ["TEND_SOURCE"], "tools", "examples", "run_example.py")

# (what it is about, expected output, script, None or a part of the complaint)
CASES = [
    ("the same output", ["a line"], "echo a line", None),
    ("another line", ["a line"], "echo another", "printed something else"),
    ("a line too many", ["one"], "echo one; echo two", "printed something else"),
    ("a line missing", ["one", "two"], "echo one", "printed something else"),
    ("an end without newline", ["one"], "printf one", "printed something else"),
    ("places", ["<pid> is <hex> at <path>/x, <any>"], "echo $$ is 0af at /usr/bin/x, or so", None),
    ("no number", ["<pid>"], "echo x", "printed something else"),
    ("the same number twice", ["<pid:a> <n:a>"], "echo 7 7", None),
    ("another number", ["<pid:a> <n:a>"], "echo 7 8", "printed something else"),
    ("letters of expressions", ["a.b (c)* <"], "echo 'a.b (c)* <'", None),
    ("a dot is a dot", ["a.b"], "echo axb", "printed something else"),
    ("any number of lines", ["first", "...", "last"], "seq 3 | sed '1s/.*/first/; 3s/.*/last/'", None),
    ("no lines between", ["first", "...", "last"], "echo first; echo last", None),
    ("the last one missing", ["first", "...", "last"], "echo first; echo 2", "printed something else"),
    ("an exit code", ["a"], "echo a; exit 3", "ended with 3"),
    ("messages", ["a"], "echo a; echo oh >&2", "wrote to stderr:\noh"),
    ("a process left behind", ["a"], "sleep 1000 >/dev/null 2>&1 & echo a", "left behind: "),
    ("a daemon left behind", ["a"], "setsid sh -c 'sleep 1000 &' >/dev/null 2>&1; echo a",
     "left behind: "),
    ("a process that ends a little later", ["a"], "sleep 0.1 >/dev/null 2>&1 & echo a", None),
    ("a hang", ["a"], "echo a; sleep 1000 & wait", "took longer"),
]


def run(folder, expected, script):
    path = pathlib.Path(folder, "planted.sh")
    head = "\n".join("# " + line for line in ["Row 1: planted.", "", "output:", *expected])
    path.write_text(f"#!/bin/sh\n{head}\n\n{script}\n")
    path.chmod(0o755)
    return subprocess.run([sys.executable, RUNNER, path, path], text=True, capture_output=True,
                          timeout=100, env={**os.environ, "TEND_EXAMPLE_SECONDS": "2"})


def main():
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="tend-examples-") as folder:
        for about, expected, script, complaint in CASES:
            done = run(folder, expected, script)
            right = done.returncode == 0 if complaint is None else (
                done.returncode == 1 and complaint in done.stdout)
            if not right:
                wrong += 1
                print(f"{about}: ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    print(f"{len(CASES) - wrong} of {len(CASES)} right")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
