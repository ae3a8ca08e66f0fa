#!/usr/bin/env python3
"""Every test that docs/reliability.md names exists.

The last column of its tables holds names in backticks: `file.case` is a case of tests/stack/file.py,
`fuzz.target` is fuzz/target.cpp, anything else is a GoogleTest `Suite.name`."""

import re

import checks

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
    for path in root.glob("tests/stack/*.py"):
        tests |= {(path.stem, name) for name in re.findall(r"^def (\w+)\(", path.read_text(), re.M)}
    for path in root.glob("tests/**/*_test.cpp"):
        tests |= set(GTEST.findall(path.read_text()))
    return tests | {("fuzz", path.stem) for path in root.glob("fuzz/*_fuzz.cpp")}


def check(root):
    document = root / "docs/reliability.md"
    tests = existing(root)
    found = list(named(document.read_text()))
    if not found:
        return ["docs/reliability.md: names no test"]
    return [f"docs/reliability.md:{number}: there is no test {first}.{second}"
            for number, first, second in found if (first, second) not in tests]


TABLE = "| fault | tests |\n|---|---|\n| x | `kernel.a_case`, `Suite.name`, `fuzz.x_fuzz` |\n"
TESTS = {"tests/stack/kernel.py": "def a_case():\n    pass\n", "tests/os/x_test.cpp": "TEST_F(Suite, name) {}\n",
         "fuzz/x_fuzz.cpp": ""}
CASES = [
    ({"docs/reliability.md": TABLE, **TESTS}, None),
    ({"docs/reliability.md": TABLE + "| y | `kernel.gone` |\n", **TESTS}, "no test kernel.gone"),
    ({"docs/reliability.md": TABLE + "| y | `Suite.gone` |\n", **TESTS}, "no test Suite.gone"),
    ({"docs/reliability.md": "nothing\n", **TESTS}, "names no test"),
]

if __name__ == "__main__":
    checks.main("reliability", check, CASES)
