#!/usr/bin/env python3
"""Prints docs/design.md with its map of files made anew: one line per file, taken from the comment
at the head of each. The part above the marker is written by hand."""

import pathlib
import re
import sys

MARKER = "<!-- from here on: tools/docs/design_map.py -->"
ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["include/tend", "src/base", "src/os", "src/process", "src/inspect", "src/jobs",
          "src/service", "src/cli"]


def head_sentence(path):
    """The first sentence of the comment at the head of a file; empty if there is none."""
    words = []
    for line in path.read_text().splitlines():
        if line.startswith("//"):
            text = line.lstrip("/").strip()
            if not text and words:
                break
            words.append(text)
        elif words or not (line == "" or line.startswith("#")):
            break
    text = " ".join(words).strip()
    sentence = re.split(r"(?<=\.)\s", text + " ", maxsplit=1)[0]
    return sentence.strip().rstrip(".")


def ideas_of(folder):
    """{name without ending: its sentence}; a header speaks for its source."""
    ideas = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in (".hpp", ".cpp", ".S"):
            sentence = head_sentence(path)
            if path.stem not in ideas or path.suffix == ".hpp":
                ideas[path.stem] = sentence or ideas.get(path.stem, "")
    return ideas


def folders():
    for layer in LAYERS:
        top = ROOT / layer
        if top.is_dir():
            yield top
            yield from sorted(p for p in top.rglob("*") if p.is_dir())


def file_map():
    lines = []
    for folder in folders():
        ideas = ideas_of(folder)
        if not ideas:
            continue
        lines += ["", f"### {folder.relative_to(ROOT)}/", ""]
        for name, sentence in sorted(ideas.items()):
            lines.append(f"- `{name}` {sentence}" if sentence else f"- `{name}`")
    return "\n".join(lines)


def main():
    by_hand, marker, _ = (ROOT / "docs/design.md").read_text().partition(MARKER)
    if not marker:
        sys.exit("docs/design.md has lost its marker line")
    print(by_hand + MARKER + "\n" + file_map())


if __name__ == "__main__":
    main()
