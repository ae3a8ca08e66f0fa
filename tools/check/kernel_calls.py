#!/usr/bin/env python3
"""Only os/ touches the kernel and the clock: `nm -u` over the objects of every other layer.

kernel-symbols.txt says what a layer may take from libc (everything else is a violation, so that a
new way to the kernel cannot slip in unseen) and what it may not take from the C++ run-time.
"""

import fnmatch
import pathlib
import tempfile

import checks
import objects

LAYERS = ["base", "process", "inspect", "jobs", "service", "cli"]


def load_rules():
    """kernel-symbols.txt as {who: [patterns]}; `who` is all, deny, a layer or a source file."""
    rules = {}
    for line in checks.read_list("kernel-symbols.txt"):
        who, *patterns = line.split()
        rules.setdefault(who, []).extend(patterns)
    return rules


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def is_allowed(symbol, readable, allowed, denied):
    if symbol.startswith("_Z"):
        return not matches(readable, denied) or matches(readable, allowed)
    return matches(symbol, allowed)


def check_object(source, path, layer, rules):
    """What one object takes without leave."""
    allowed = rules["all"] + rules.get(layer, []) + rules.get(source, [])
    for symbol, readable in objects.undefined(path):
        if not is_allowed(symbol, readable, allowed, rules["deny"]):
            yield f"{source}: uses {readable}; only os/ touches the kernel (kernel-symbols.txt)"


def check(build):
    rules = load_rules()
    violations = []
    for layer in LAYERS:
        for source, path in objects.objects_of(build, f"tend_{layer}").items():
            violations += check_object(source, path, layer, rules)
    return violations


CASES = [
    ("#include <unistd.h>\nint f() { return getpid(); }", "getpid"),
    ("#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }", "now"),
    ("#include <fstream>\nvoid f() { std::ifstream file(\"/etc/passwd\"); }", "basic_filebuf"),
    ("#include <filesystem>\nbool f() { return std::filesystem::exists(\"/\"); }", "filesystem"),
    ("#include <thread>\nvoid f() { std::thread([] {}).join(); }", "thread"),
    ("#include <sys/syscall.h>\n#include <unistd.h>\nlong f() { return syscall(39); }", "syscall"),
    ("#include <string>\n#include <vector>\nauto f(int n) { return std::vector<std::string>(n); }",
     None),
    ("#include <cstring>\nauto f(const char* a) { return std::strlen(a); }", None),
]


def self_test():
    wrong = 0
    for text, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = objects.compile_snippet(folder, text)
            violations = list(check_object("planted.cpp", path, "base", load_rules()))
        caught = any(expected in line for line in violations) if expected else not violations
        if not caught:
            wrong += 1
            print(f"self-test: wanted {expected!r}, got {violations}")
    print(f"self-test: {len(CASES) - wrong} of {len(CASES)} cases right")
    return 1 if wrong else 0


if __name__ == "__main__":
    import sys

    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    found = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else objects.build_dev())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
