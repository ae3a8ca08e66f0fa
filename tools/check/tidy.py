#!/usr/bin/env python3
"""clang-tidy on what changed since the last landed state; on every source file with --full.

The landed state is where this branch left origin/main; without that, or when nothing lies between,
the last commit before this one that touched CHANGELOG.md (each landing adds to it). Uncommitted
changes count as changed. Headers are looked at through the .cpp files that include them.
"""

import json
import os
import pathlib
import subprocess
import tempfile

import checks

TIDY = "clang-tidy-19"


def git(*arguments):
    """The output of git, or None where it has no answer."""
    done = subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=checks.ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def landed_state():
    """The commit to compare with, or None when all is new."""
    head = git("rev-parse", "HEAD")
    base = git("merge-base", "HEAD", "origin/main")
    if base and base != head:
        return base
    return git("log", "-1", "--format=%H", "HEAD~1", "--", "CHANGELOG.md") or None


def changed_files():
    """Paths changed since the landed state; None when everything is."""
    base = landed_state()
    if base is None:
        return None
    listed = git("diff", "--name-only", base) or ""
    untracked = git("ls-files", "--others", "--exclude-standard") or ""
    return set(listed.split("\n") + untracked.split("\n"))


def compile_commands(root):
    """The commands of the asan preset (clang's flags) in a folder where nothing is ever built: so
    without its precompiled headers, which would have to be there."""
    build = root / "build/tidy"
    subprocess.run(["cmake", "--preset", "asan", "-B", str(build), "-DTEND_PCH=OFF"], cwd=root,
                   check=True, stdout=subprocess.DEVNULL)
    return build


def sources(build, root):
    """Our files among those that the build compiles."""
    entries = json.loads((build / "compile_commands.json").read_text())
    paths = {os.path.relpath(entry["file"], root) for entry in entries}
    return sorted(path for path in paths if path.startswith(("src/", "tests/", "examples/")))


def includes_changed(root, source, changed):
    """Whether a source or a header that it names itself has changed."""
    if source in changed:
        return True
    text = (root / source).read_text()
    return any(f'"{name.removeprefix("src/").removeprefix("tests/")}"' in text
               or f'<{name.removeprefix("include/")}>' in text
               for name in changed if name.endswith(".hpp"))


def tidy(root, build, files):
    commands = [{"argv": [TIDY, "--quiet", "-p", str(build), file], "cwd": root} for file in files]
    violations = []
    for file, (status, output) in zip(files, checks.run_parallel(commands)):
        if status != 0:
            # Compilers count what they hid; nobody wants to read that.
            lines = [line for line in output.splitlines() if "warnings generated" not in line]
            violations.append(f"{file}:\n" + "\n".join(lines))
    return violations


def check(root, arguments=None):
    build = compile_commands(root)
    files = sources(build, root)
    changed = None if arguments and arguments.full else changed_files()
    if arguments and arguments.files:
        files = [file for file in files if file in arguments.files]
    elif changed is not None:
        files = [file for file in files if includes_changed(root, file, changed)]
    print(f"clang-tidy looks at {len(files)} files")
    return tidy(root, build, files)


PLANTED = """
#include <string>
#include <utility>
std::size_t planted(std::string text) {
  std::string other = std::move(text);
  return text.size() + other.size();
}
"""


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        checks.plant(root, {
            "src/planted.cpp": PLANTED,
            ".clang-tidy": (checks.ROOT / ".clang-tidy").read_text(),
            "compile_commands.json": json.dumps([{
                "file": f"{root}/src/planted.cpp", "directory": folder,
                "command": "clang++-19 -std=c++23 -c src/planted.cpp"}]),
        })
        violations = tidy(root, root, sources(root, root))
    caught = any("bugprone-use-after-move" in line for line in violations)
    print("self-test: a use after move was " + ("caught" if caught else f"missed: {violations}"))
    return 0 if caught else 1


def add_arguments(parser):
    parser.add_argument("--full", action="store_true", help="every file, not only changed ones")
    parser.add_argument("files", nargs="*", help="only these")


if __name__ == "__main__":
    import sys

    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    checks.main("tidy", check, [], add_arguments)
