#!/usr/bin/env python3
"""Every test that docs/reliability.md and docs/run-cases.md name exists.

The last column of their tables holds names in backticks: `file.case` is a case of tests/stack/file.py or
tests/jobs/file.py, `fuzz.target` is fuzz/target.cpp, anything else is a GoogleTest `Suite.name`."""

import re

import checks

DOCUMENTS = ("docs/reliability.md", "docs/run-cases.md")
NAME = re.compile(r"`(\w+)\.(\w+)`")
GTEST = re.compile(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", re.M)


def named(document):
    """(line number, first part, second part) of each test in the last column of each table."""
    for number, line in enumerate(document.splitlines(), 1):
        cells = line.strip().strip("|").split("|")
        if line.startswith("|") and len(cells) > 1:
            for match in NAME.finditer(cells[-1]):
                yield number, *match.groups()


def existing(root):
    tests = set()
    for path in [*root.glob("tests/stack/*.py"), *root.glob("tests/jobs/*.py")]:
        tests |= {(path.stem, name) for name in re.findall(r"^def (\w+)\(", path.read_text(), re.M)}
    for path in root.glob("tests/**/*_test.cpp"):
        tests |= set(GTEST.findall(path.read_text()))
    return tests | {("fuzz", path.stem) for path in root.glob("fuzz/*_fuzz.cpp")}


def check(root):
    tests = existing(root)
    problems = []
    for name in DOCUMENTS:
        found = list(named((root / name).read_text()))
        if not found:
            problems.append(f"{name}: names no test")
        problems += [f"{name}:{number}: there is no test {first}.{second}"
                     for number, first, second in found if (first, second) not in tests]
    return problems


TABLE = "| fault | tests |\n|---|---|\n| x | `kernel.a_case`, `Suite.name`, `fuzz.x_fuzz` |\n"
TESTS = {"docs/run-cases.md": "| a | `jobs.a_case` |\n", "tests/jobs/jobs.py": "def a_case():\n    pass\n",
         "tests/stack/kernel.py": "def a_case():\n    pass\n", "tests/os/x_test.cpp": "TEST_F(Suite, name) {}\n",
         "fuzz/x_fuzz.cpp": ""}
CASES = [
    ({"docs/reliability.md": TABLE, **TESTS}, None),
    ({"docs/reliability.md": TABLE, **TESTS, "docs/run-cases.md": "| a | `jobs.gone` |\n"}, "no test jobs.gone"),
    ({"docs/reliability.md": TABLE + "| y | `kernel.gone` |\n", **TESTS}, "no test kernel.gone"),
    ({"docs/reliability.md": TABLE + "| y | `Suite.gone` |\n", **TESTS}, "no test Suite.gone"),
    ({"docs/reliability.md": "nothing\n", **TESTS}, "names no test"),
]

if __name__ == "__main__":
    checks.main("reliability", check, CASES)
