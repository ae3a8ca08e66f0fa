#!/usr/bin/env python3
"""The directions of #include: the layers of docs/design.md, the freestanding files, the pure files,
and third-party headers in the one file that wraps each of them.

    base <- os <- process <- { inspect, jobs, service } <- cli
"""

import fnmatch
import re

import checks

# What each layer may include of the others.
BELOW = {
    "base": [],
    "os": ["base"],
    "process": ["os", "base"],
    "inspect": ["process", "os", "base"],
    "jobs": ["process", "os", "base"],
    "service": ["process", "os", "base"],
    "cli": ["service", "jobs", "inspect", "process", "os", "base"],
}
RANK = {"base": 0, "os": 1, "process": 2, "inspect": 3, "jobs": 3, "service": 3, "cli": 4}

# A header that costs seconds or throws is included by its adaptors only.
ADAPTORS = "adaptors.txt"

# Std headers by which a pure file could reach the outside world.
IMPURE_STD = {"filesystem", "fstream", "iostream", "thread", "mutex", "condition_variable", "future",
              "random"}

# Std headers that cost every user of a public header seconds, or start-up code.
COSTLY_STD = {"filesystem", "iostream", "regex", "thread"}

# Kernel headers that a pure file may include for their numbers; calls are kernel_calls.py's matter.
NUMBERS = {"sys/resource.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The layer of a file below src/, None for a public header."""
    return path.parts[1] if path.parts[0] == "src" else None


class Tree:
    """The project's files and what each of them includes."""

    def __init__(self, root):
        self.includes = {}
        for path in checks.files(root):
            text = (root / path).read_text()
            self.includes[str(path)] = [match.group(2) for match in INCLUDE.finditer(text)]

    def resolve(self, name):
        """The project's file that an include means, or None when it is not ours."""
        for folder in ("src/", "include/"):
            if folder + name in self.includes:
                return folder + name
        return None

    def public_rank(self, header, seen=()):
        """The layer that a public header speaks for: that of its .cpp, and of what it includes.

        Its .cpp has the same name and includes it first (the lowest one, where several do); or it
        lies in a folder named like its layer.
        """
        name = header.removeprefix("include/")
        stem = name.removeprefix("tend/").removesuffix(".hpp")
        rank = RANK.get(stem.split("/")[0], 0) if "/" in stem else 0
        for layer in RANK:
            if self.includes.get(f"src/{layer}/{stem}.cpp", [])[:1] == [name]:
                rank = max(rank, RANK[layer])
                break  # A command of the same name is its user.
        for name in self.includes[header]:
            target = self.resolve(name)
            if target and target.startswith("include/") and target not in seen:
                rank = max(rank, self.public_rank(target, (*seen, header)))
        return rank

    def closure(self, file):
        """Everything of ours that a file includes, directly or not: {file: by way of}."""
        found = {}
        waiting = [file]
        while waiting:
            current = waiting.pop()
            for name in self.includes[current]:
                target = self.resolve(name)
                if target and target not in found and target != file:
                    found[target] = current
                    waiting.append(target)
        return found


def is_kernel_header(name):
    return "/" in name and not name.startswith("tend/") or name.endswith(".h")


def check_public(tree, file):
    for name in tree.includes[file]:
        if not name.startswith("tend/") and (tree.resolve(name) or is_kernel_header(name)):
            yield f"{file}: includes {name}; a public header knows std and public headers only"
        if name in COSTLY_STD:
            yield f"{file}: includes <{name}>, which is too costly for a public header"


def check_layer(tree, file, layer):
    for name in tree.includes[file]:
        target = tree.resolve(name)
        if not target:
            continue
        if target.startswith("include/"):
            if tree.public_rank(target) > RANK[layer]:
                yield f"{file}: includes {name}, which belongs to a higher layer than {layer}"
            continue
        other = target.split("/")[1]
        if other != layer and other not in BELOW[layer]:
            yield f"{file}: includes {name}; {layer} may include {BELOW[layer] or 'nothing'}"


def check_freestanding(tree, file, patterns):
    for name in tree.includes[file]:
        target = tree.resolve(name)
        if target and not any(fnmatch.fnmatch(target, pattern) for pattern in patterns):
            yield f"{file}: includes {name}, which is not in freestanding-files.txt"


def check_pure(tree, file, adaptors):
    for name in tree.includes[file]:
        if name in NUMBERS or any(name.startswith(prefix) for prefix in adaptors):
            continue
        if not tree.resolve(name) and (is_kernel_header(name) or name in IMPURE_STD):
            yield f"{file}: includes <{name}>; a pure file does no I/O and knows no clock"
    for target, by in tree.closure(file).items():
        if target.startswith("src/os/"):
            yield f"{file}: includes {target} by way of {by}; a pure file knows nothing of os/"


def check_adaptors(tree, file, adaptors):
    for name in tree.includes[file]:
        for prefix, allowed in adaptors.items():
            if name.startswith(prefix) and file not in allowed:
                yield f"{file}: includes <{name}>, which only {' '.join(allowed)} may do"


def matches(file, patterns):
    return any(fnmatch.fnmatch(file, pattern) for pattern in patterns)


def check(root):
    tree = Tree(root)
    freestanding = checks.read_list("freestanding-files.txt")
    pure = checks.read_list("pure-files.txt")
    adaptors = {}
    for line in checks.read_list(ADAPTORS):
        prefix, *allowed = line.split()
        adaptors[prefix] = allowed
    violations = []
    for file in tree.includes:
        layer = layer_of(checks.pathlib.Path(file))
        if layer is None:
            violations += check_public(tree, file)
        elif layer not in BELOW:
            violations.append(f"{file}: src/{layer} is not a layer")
        else:
            violations += check_layer(tree, file, layer)
        if matches(file, freestanding):
            violations += check_freestanding(tree, file, freestanding)
        if matches(file, pure):
            violations += check_pure(tree, file, adaptors)
        violations += check_adaptors(tree, file, adaptors)
    for pattern in pure + freestanding:
        if root == checks.ROOT and not any(fnmatch.fnmatch(file, pattern) for file in tree.includes):
            violations.append(f"{pattern}: listed in tools/check, but there is no such file")
    return violations


OS_HEADER = {"src/os/fd.hpp": ""}
CASES = [
    ({"src/base/a.cpp": '#include "os/fd.hpp"\n', **OS_HEADER}, "src/base/a.cpp"),
    ({"src/os/a.cpp": '#include "os/fd.hpp"\n', **OS_HEADER}, None),
    ({"src/jobs/a.cpp": '#include "service/b.hpp"\n', "src/service/b.hpp": ""}, "src/jobs/a.cpp"),
    ({"src/service/b.cpp": '#include "cli/b.hpp"\n', "src/cli/b.hpp": ""}, "src/service/b.cpp"),
    ({"src/cli/a.cpp": '#include "jobs/b.hpp"\n', "src/jobs/b.hpp": ""}, None),
    ({"include/tend/a.hpp": '#include "os/fd.hpp"\n', **OS_HEADER}, "include/tend/a.hpp"),
    ({"include/tend/a.hpp": "#include <sys/types.h>\n"}, "include/tend/a.hpp"),
    ({"include/tend/a.hpp": "#include <thread>\n"}, "too costly"),
    ({"src/os/a.hpp": "#include <thread>\n"}, None),
    ({"include/tend/a.hpp": "#include <vector>\n#include <tend/b.hpp>\n",
      "include/tend/b.hpp": ""}, None),
    ({"src/base/a.cpp": "#include <tend/command.hpp>\n", "include/tend/command.hpp": "",
      "src/process/command.cpp": "#include <tend/command.hpp>\n"}, "higher layer"),
    ({"src/process/c.cpp": "#include <tend/limits.hpp>\n", "include/tend/limits.hpp": "",
      "src/process/limits.cpp": "#include <tend/limits.hpp>\n",
      "src/cli/limits.cpp": "#include <tend/limits.hpp>\n"}, None),
    ({"src/base/a.cpp": "#include <tend/inspect/b.hpp>\n", "include/tend/inspect/b.hpp": ""},
     "higher layer"),
    ({"src/service/keeper/a.cpp": '#include "os/fd.hpp"\n', **OS_HEADER}, "freestanding"),
    ({"src/os/raw/a.cpp": '#include "base/b.hpp"\n', "src/base/b.hpp": ""}, "freestanding"),
    ({"src/service/keeper/a.cpp": '#include "os/raw/b.hpp"\n', "src/os/raw/b.hpp": ""}, None),
    ({"src/service/director/service_state.cpp": '#include "service/b.hpp"\n',
      "src/service/b.hpp": '#include "os/fd.hpp"\n', **OS_HEADER}, "by way of src/service/b.hpp"),
    ({"src/service/director/service_state.cpp": "#include <unistd.h>\n"}, "no I/O"),
    ({"src/base/quote.cpp": "#include <fmt/format.h>\n"}, "fmt/format.h"),
    ({"src/base/text.cpp": "#include <fmt/format.h>\n"}, None),
    ({"src/web/a.cpp": ""}, "not a layer"),
]

if __name__ == "__main__":
    checks.main("includes", check, CASES)
