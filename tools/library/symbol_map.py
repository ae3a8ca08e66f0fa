#!/usr/bin/env python3
"""The symbols that a libtend.so shows, as a version script for the linker: every function that a
header of include/tend declares and does not define, by its name, and nothing else.

    tools/library/symbol_map.py > cmake/libtend.map

The headers are formatted by clang-format, which is what makes them readable line by line: what
stands in a namespace begins in the first column, a member of a class two further in.
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEADER = """\
# What a libtend.so shows: the functions that the headers of include/tend declare. Their names are
# patterns, since a demangled name goes on with its parameters; `?` stands for a `~`.
#
# Written by tools/library/symbol_map.py, renewed by tools/check/docs.sh --fix.
LIBTEND_%s {
  global:
    extern "C++" {
"""
FOOTER = """\
    };
  local:
    *;
};
"""

SCOPE = re.compile(r"( *)(?:class|struct|namespace) (?:\[\[\w+\]\] )?([\w:]+)[^;]*\{$")
DECLARED = re.compile(r"(?:^|[\s&*])(~?\w+|operator\W+?)\(")
OUTSIDE = re.compile(r"^ *(?:template|using|friend|static_assert|return|#|public:|private:|enum)")
NOT_LINKED = re.compile(r"= (?:default|delete|0);$")


def statements(text):
    """The declarations of a header, each on one line with its first line's indentation, and the
    lines that open and close what holds them."""
    text = re.sub(r" *//.*", "", text)
    waiting = ""
    for line in text.splitlines():
        if not line.strip():
            continue
        waiting = f"{waiting} {line.strip()}" if waiting else line
        if waiting.rstrip()[-1] in ";{}:" or waiting.startswith("#"):
            yield waiting.rstrip()
            waiting = ""


def declared(text):
    """The functions that the header declares only, with the scopes that they are in."""
    scopes = []  # (indentation, name) of each that is open
    for line in statements(text):
        indentation = len(line) - len(line.lstrip())
        opened = SCOPE.match(line)
        if opened:
            scopes.append((indentation, opened.group(2)))
            continue
        if line.lstrip().startswith("}"):
            while scopes and scopes[-1][0] >= indentation and scopes[-1][1][0].isupper():
                scopes.pop()
            if line == "}" and scopes and not scopes[-1][1][0].isupper():
                scopes.pop()
            continue
        in_class = bool(scopes) and scopes[-1][1][0].isupper()
        expected = scopes[-1][0] + 2 if in_class else 0
        if indentation != expected or not line.endswith(";") or OUTSIDE.match(line):
            continue
        function = DECLARED.search(line)
        is_field = function and " = " in line[:function.start(1)]
        if scopes and function and not is_field and not NOT_LINKED.search(line):
            yield "::".join([name for _, name in scopes] + [function.group(1)])


def pattern(name):
    """As the linker's globs can say it: without `~` and without what can follow a name."""
    scope, _, last = name.rpartition("::")
    if last.startswith("operator"):
        return f"{scope}::operator[!_a-z]*"
    return f"{scope}::{last.replace('~', '?')}[!_a-z]*"


def public_functions(root=ROOT):
    names = set()
    for header in sorted((root / "include" / "tend").rglob("*.hpp")):
        names.update(declared(header.read_text()))
    return sorted(names)


def symbol_map(root=ROOT):
    version = re.search(r"project\(tend VERSION (\d+\.\d+)", (root / "CMakeLists.txt").read_text())
    lines = sorted({f"      {pattern(name)};\n" for name in public_functions(root)})
    return HEADER % version.group(1) + "".join(lines) + FOOTER


if __name__ == "__main__":
    print(symbol_map(), end="")
