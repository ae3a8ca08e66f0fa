#!/usr/bin/env python3
# label: ci
"""What a library built of ours shows: a libtend.so the functions of its public headers and nothing
else; a shared library that somebody links with libtend.a, nothing of it."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["TEND_SOURCE"])
BUILD = pathlib.Path(os.environ["TEND_BUILD"])
sys.path.insert(0, str(SOURCE / "tools" / "library"))

import symbol_map  # noqa: E402  (found by the line above)


def output_of(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def qualified(demangled):
    """`tend::A::f(int) const` -> `tend::A::f`; operators of all kinds -> `tend::A::operator`."""
    name = re.split(r"\(|\[abi:", demangled)[0]
    return re.sub(r"(::operator).*", r"\1", name)


def shown(library):
    """The functions that a library shows to others, and whatever else it does under `other`."""
    lines = output_of("nm", "-D", "--defined-only", "-C", library).splitlines()
    symbols = [line.split(" ", 2) for line in lines]
    return {qualified(name) for _, kind, name in symbols if kind in "TW"}, \
           [name for _, kind, name in symbols if kind not in "TWA"]


def check_shared(library, public):
    functions, others = shown(library)
    yield from (f"{name} is not shown" for name in sorted(public - functions))
    yield from (f"{name} is shown, and no public header declares it"
                for name in sorted(functions - public))
    yield from (f"{name} is shown, and is no function" for name in others)


def check_static(library, public):
    defined = {qualified(line.split(" ", 2)[2])
               for line in output_of("nm", "--defined-only", "-C", library).splitlines()
               if re.match(r"[0-9a-f]+ [TW] ", line)}
    yield from (f"{name} is declared and not defined" for name in sorted(public - defined))
    with tempfile.TemporaryDirectory() as folder:
        users = pathlib.Path(folder) / "user.so"
        subprocess.run(["g++", "-shared", "-o", users, "-Wl,--whole-archive", library,
                        "-Wl,--no-whole-archive", "-pthread"], check=True)
        functions, _ = shown(users)
    yield from (f"{name} of libtend.a is shown by who links it"
                for name in sorted(functions) if name.startswith("tend::"))


def main():
    public = {qualified(name) for name in symbol_map.public_functions()}
    assert {"tend::Command::capture", "tend::wait_any", "tend::inspect::read_process",
            "tend::Child::~Child"} <= public, "the headers were not understood"
    shared = BUILD / "libtend.so"
    found = list(check_shared(shared, public) if shared.exists()
                 else check_static(BUILD / "libtend.a", public))
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
