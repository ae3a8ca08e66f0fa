#!/usr/bin/env python3
"""Prints examples/README.md: the part above the marker, written by hand, and the table of what each
example is for, taken from its first comment. Fails when an example names no row, when a row has no
example, or when one is longer than it should be."""

import pathlib
import re
import sys

MARKER = "<!-- from here on: tools/docs/examples_table.py -->"
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = {"library": ".cpp", "cli": ".sh"}
ROWS = range(1, 32)
LINES_MAX = 60
ADAPTOR_LINES_MAX = 100

sys.path.insert(0, str(ROOT / "tools/examples"))
from run_example import head_comment  # noqa: E402


def sources():
    for folder, ending in FOLDERS.items():
        yield from sorted((ROOT / "examples" / folder).glob(f"*{ending}"))


def lines_below_head(text):
    """How long it is without its first comment, which is mostly what it prints."""
    lines = [line for line in text.splitlines() if not line.startswith("#!")]
    return len(lines) - len(head_comment(text))


def first_sentence(comment):
    """(rows, sentence): `Row 3, 18: a lock that ...` or `Adaptor: ...`."""
    words = " ".join(line for line in comment[:comment.index("output:")])
    head, _, text = words.partition(": ")
    rows = [int(number) for number in re.findall(r"\d+", head)] if head.startswith("Row") else []
    sentence = re.split(r"[.;](?:\s|$)", text, maxsplit=1)[0]
    return rows, sentence.strip()


def read_all():
    entries = []
    mistakes = []
    for path in sources():
        text = path.read_text()
        rows, sentence = first_sentence(head_comment(text))
        entries.append((rows, path.relative_to(ROOT / "examples"), sentence))
        if lines_below_head(text) > (LINES_MAX if rows else ADAPTOR_LINES_MAX):
            mistakes.append(f"{path}: {lines_below_head(text)} lines below its first comment")
    shown = {row for rows, _, _ in entries for row in rows}
    mistakes += [f"row {row} of the mission has no example" for row in ROWS if row not in shown]
    return entries, mistakes


def table(entries):
    lines = ["", "| rows | example | shows |", "|---|---|---|"]
    for rows, path, sentence in sorted(entries, key=lambda entry: (entry[0] or [99], entry[1])):
        numbers = ", ".join(map(str, rows))
        lines.append(f"| {numbers} | [{path.stem}]({path}) | {sentence} |")
    return "\n".join(lines)


def main():
    by_hand, marker, _ = (ROOT / "examples/README.md").read_text().partition(MARKER)
    if not marker:
        sys.exit("examples/README.md has lost its marker line")
    entries, mistakes = read_all()
    if mistakes:
        sys.exit("\n".join(mistakes))
    print(by_hand + MARKER + "\n" + table(entries))


if __name__ == "__main__":
    main()
