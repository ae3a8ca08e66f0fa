#!/usr/bin/env python3
"""Every header stands alone: it compiles by itself, twice in a row, with both compilers and without
a warning."""

import checks

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast",
            "-Wundef", "-Werror"]
COMPILERS = ["g++", "clang++-19"]


def commands(root, header):
    """Compiles the header as a user would: included, not as the main file."""
    folder, name = ("include", header.relative_to("include")) if header.parts[0] == "include" \
        else ("src", header.relative_to("src"))
    text = f'#include "{name}"\n#include "{name}"\n'
    for compiler in COMPILERS:
        argv = [compiler, "-std=c++23", "-D_GNU_SOURCE", "-fsyntax-only", *WARNINGS,
                "-I", "include", "-x", "c++", "-"]
        if folder == "src":
            argv[-3:-3] = ["-I", "src"]
        yield {"argv": argv, "input": text, "cwd": root, "header": header, "compiler": compiler}


def check(root):
    waiting = [command for header in checks.files(root, suffixes=(".hpp",))
               for command in commands(root, header)]
    violations = []
    for command, (status, output) in zip(waiting, checks.run_parallel(waiting)):
        if status != 0:
            violations.append(f"{command['header']}: does not stand alone with "
                              f"{command['compiler']}:\n{output}")
    return violations


CASES = [
    ({"src/base/a.hpp": "#pragma once\ninline std::string f();\n"}, "src/base/a.hpp"),
    ({"src/base/a.hpp": "#include <string>\nstruct A {};\n"}, "redefinition"),
    ({"include/tend/a.hpp": '#pragma once\n#include "base/b.hpp"\n',
      "src/base/b.hpp": "#pragma once\n"}, "include/tend/a.hpp"),
    ({"include/tend/a.hpp": "#pragma once\n#include <string>\nnamespace tend { std::string f(); }\n",
      "src/os/b.hpp": "#pragma once\n#include <tend/a.hpp>\n"}, None),
]

if __name__ == "__main__":
    checks.main("headers", check, CASES)
