#!/usr/bin/env python3
"""What runs between clone and exec, and in the keeper, depends on nothing that could fail there.

- src/os/raw: only memory functions; no allocation, no lock, no libc state, no thread-local storage,
  no constructor at start-up (`nm -u` and the sections of the objects).
- src/service/keeper: no exceptions, no allocation, no stdio, no C++ run-time.

child-symbols.txt has the names.
"""

import fnmatch
import pathlib
import subprocess
import sys
import tempfile

import checks
import objects

TARGETS = {"raw": ["tend_os_raw"], "keeper": ["tend_keeper_parts", "tend-keeper"]}

# Sections that mean state or work that the code itself does not show.
FORBIDDEN_SECTIONS = [".tdata", ".tbss", ".init_array", ".ctors"]


def load_rules():
    rules = {}
    for line in checks.read_list("child-symbols.txt"):
        who, *patterns = line.split()
        rules.setdefault(who, []).extend(patterns)
    return rules


def sections(path):
    out = subprocess.run(["objdump", "-h", str(path)], check=True, capture_output=True, text=True)
    return [line.split()[1] for line in out.stdout.splitlines() if line[:4].strip().isdigit()]


def check_object(source, path, patterns, ours):
    for symbol, readable in objects.undefined(path):
        if symbol not in ours and not any(fnmatch.fnmatchcase(symbol, p) for p in patterns):
            yield f"{source}: uses {readable}, which child-symbols.txt does not allow there"
    for section in sections(path):
        if any(section.startswith(forbidden) for forbidden in FORBIDDEN_SECTIONS):
            yield f"{source}: has a section {section}; no thread-local state or constructors there"


def check(build):
    rules = load_rules()
    found = {who: {} for who in TARGETS}
    for who, targets in TARGETS.items():
        for target in targets:
            found[who].update(objects.objects_of(build, target))
    ours = {who: {name for path in files.values() for name in objects.defined(path)}
            for who, files in found.items()}
    ours["keeper"] |= ours["raw"]
    violations = []
    for who, files in found.items():
        for source, path in files.items():
            violations += check_object(source, path, rules[who], ours[who])
    return violations


CASES = [
    ("raw", "#include <cstdlib>\nvoid* f() { return std::malloc(1); }", "malloc"),
    ("raw", "int f() { static thread_local int n = 0; return ++n; }", ".tbss"),
    ("raw", "int g();\nint n = g();\nint g() { return 1; }\n", ".init_array"),
    ("raw", "#include <cerrno>\nint f() { return errno; }", "__errno_location"),
    ("raw", "#include <cstring>\nvoid f(char* a, int n) { std::memset(a, 0, n); }", None),
    ("keeper", "#include <new>\nint* f() { return new int(1); }", "operator new"),
    ("keeper", "#include <cstdio>\nvoid f() { std::printf(\"%d\", 1); }", "printf"),
]


def self_test():
    wrong = 0
    for who, text, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = objects.compile_snippet(folder, text, "-fno-exceptions", "-fPIC", "-O0")
            ours = set(objects.defined(path))
            violations = list(check_object("planted.cpp", path, load_rules()[who], ours))
        caught = any(expected in line for line in violations) if expected else not violations
        if not caught:
            wrong += 1
            print(f"self-test: wanted {expected!r}, got {violations}")
    print(f"self-test: {len(CASES) - wrong} of {len(CASES)} cases right")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    lines = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else objects.build_dev())
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
