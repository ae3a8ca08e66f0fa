#!/usr/bin/env python3
"""The snippets of docs/library.md and README.md as one program, so that what they show is what was
run.

    guide_program.py docs/library.md README.md > library_guide.cpp

A line `<!-- run: NAME -->` before a block of C++ makes it the snippet NAME: `library_guide NAME`
runs it. The block of `<!-- run -->` without a name comes before all of them. The `text` block that
follows a snippet is what it prints (tests/house/library_guide.py compares).
"""

import pathlib
import re
import sys

SNIPPET = re.compile(r"<!-- run(?:: (\w+))?(?:, (needs root))? -->\n```cpp\n(.*?)```\n"
                     r"(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def snippets(text):
    """Each as (name, what it needs, code, what it prints)."""
    return [match.groups() for match in SNIPPET.finditer(text)]


def program(text):
    parts = ["#include <cstdio>\n#include <string_view>\n\n"]
    names = []
    for name, _, code, _ in snippets(text):
        if name is None:
            parts.append(code + "\nnamespace {\n")
        else:
            names.append(name)
            body = "".join(f"  {line}\n" if line else "\n" for line in code.splitlines())
            parts.append(f"\nvoid run_{name}() {{\n{body}}}\n")
    parts.append("\n}  // namespace\n\nint main(int count, char** words) {\n"
                 "  const std::string_view name = count == 2 ? words[1] : \"\";\n")
    parts += [f"  if (name == \"{name}\") {{\n    run_{name}();\n    return 0;\n  }}\n"
              for name in names]
    parts.append("  return 2;\n}\n")
    return "".join(parts)


if __name__ == "__main__":
    print(program("".join(pathlib.Path(name).read_text() for name in sys.argv[1:])), end="")
