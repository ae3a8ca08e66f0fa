"""What the checks written in Python share: finding files, reporting, and testing themselves.

A check is a function `check(root) -> list of violations`, one line of text each. Its self-test
plants violations in a temporary tree and demands that the check names them.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = pathlib.Path(__file__).resolve().parent


def files(root, folders=("include", "src"), suffixes=(".hpp", ".cpp")):
    """The files below some folders as sorted paths relative to the root."""
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            if path.suffix in suffixes and path.is_file():
                found.append(path.relative_to(root))
    return sorted(found)


def read_list(name):
    """The lines of a list file beside the checks, without comments and empty lines."""
    lines = (LISTS / name).read_text().splitlines()
    lines = [line.split("#")[0].strip() for line in lines]
    return [line for line in lines if line]


def plant(root, tree):
    """Writes a tree of files, given as {path: content}."""
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def self_test(check, cases):
    """Each case is (files to plant, a word that a violation must contain; None: no violation)."""
    failed = 0
    for number, (tree, expected) in enumerate(cases):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            plant(root, tree)
            violations = check(root)
        caught = any(expected in line for line in violations) if expected else not violations
        if not caught:
            failed += 1
            print(f"self-test case {number}: wanted {expected!r}, got {violations}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases right")
    return 1 if failed else 0


def run_parallel(commands):
    """Runs the commands, as many at a time as there are processors; gives (status, output) each."""
    from concurrent.futures import ThreadPoolExecutor

    def run(command):
        done = subprocess.run(
            command["argv"], input=command.get("input"), cwd=command.get("cwd"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(run, commands))


def main(name, check, cases, add_arguments=None):
    """The command line of a check: no arguments, or --self-test."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--self-test", action="store_true", help="plant violations and catch them")
    if add_arguments:
        add_arguments(parser)
    arguments = parser.parse_args()
    if arguments.self_test:
        sys.exit(self_test(check, cases))
    violations = check(ROOT, arguments) if add_arguments else check(ROOT)
    for line in violations:
        print(line)
    sys.exit(1 if violations else 0)
