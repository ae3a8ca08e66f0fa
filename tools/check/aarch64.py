#!/usr/bin/env python3
"""What speaks to the kernel by number compiles for aarch64 too: src/os/raw and the keeper, which is
also linked and run in an emulator.

The emulator makes a copy of the memory that a child should share with its parent (qemu-user), so
the start of a child in shared memory is compiled here and not run.
"""

import subprocess
import tempfile

import checks

COMPILER = "aarch64-linux-gnu-g++"
FLAGS = ["-std=c++23", "-O2", "-fno-exceptions", "-fno-rtti", "-mbranch-protection=standard",
         "-Wall", "-Wextra", "-Werror", "-I", "include", "-I", "src"]
FOLDERS = ("src/os/raw", "src/service/keeper")


def compile_all(root, folder):
    """The objects, and what is wrong with the sources."""
    sources = checks.files(root, FOLDERS, (".cpp", ".S"))
    commands = [{"argv": [COMPILER, *FLAGS, "-c", str(source), "-o", f"{folder}/{number}.o"],
                 "cwd": root} for number, source in enumerate(sources)]
    violations = [f"{source}: does not compile for aarch64:\n{output}"
                  for source, (status, output) in zip(sources, checks.run_parallel(commands))
                  if status != 0]
    return [f"{folder}/{number}.o" for number in range(len(sources))], violations


def run_keeper(folder, objects):
    keeper = f"{folder}/tend-keeper"
    linked = subprocess.run([COMPILER, "-static", *objects, "-o", keeper], capture_output=True,
                            text=True)
    if linked.returncode != 0:
        return [f"tend-keeper does not link for aarch64:\n{linked.stderr}"]
    ran = subprocess.run(["qemu-aarch64", keeper, "init", "--", "/bin/sh", "-c", "exit 7"],
                         timeout=60)
    return [] if ran.returncode == 7 else [
        f"tend-keeper for aarch64: init ended with {ran.returncode} where the program ended with 7"]


def check(root):
    with tempfile.TemporaryDirectory() as folder:
        objects, violations = compile_all(root, folder)
        if violations or not (root / "src/service/keeper/main.cpp").exists():
            return violations
        return run_keeper(folder, objects)


CASES = [
    ({"src/os/raw/a.cpp": "#include <asm/unistd.h>\nint number() { return __NR_open; }\n"},
     "src/os/raw/a.cpp"),
    ({"src/os/raw/a.cpp": "#include <asm/unistd.h>\nint number() { return __NR_openat; }\n"}, None),
    ({"src/service/keeper/main.cpp": "int main() { return 3; }\n"}, "ended with 3"),
]

if __name__ == "__main__":
    checks.main("aarch64", check, CASES)
