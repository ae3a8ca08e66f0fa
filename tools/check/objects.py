"""Object files of a build folder and the symbols in them, for the checks that look at `nm`."""

import pathlib
import re
import subprocess

import checks

LINE = re.compile(r"^[0-9a-f ]* ([A-Za-z?]) (.+)$")


def objects_of(build, target):
    """The objects of one CMake target: {source path relative to the root: object file}."""
    folder = build / "CMakeFiles" / f"{target}.dir"
    found = {}
    for path in sorted(folder.rglob("*.o")):
        source = str(path.relative_to(folder)).removesuffix(".o")
        if not source.startswith("cmake/") and (checks.ROOT / source).exists():
            found[source] = path
    return found


def nm(path, *options):
    """What nm prints for one object, as (type, name)."""
    out = subprocess.run(["nm", *options, str(path)], check=True, capture_output=True, text=True)
    found = []
    for line in out.stdout.splitlines():
        match = LINE.match(line)
        if match:
            found.append((match.group(1), match.group(2)))
    return found


def undefined(path):
    """What an object takes from elsewhere, as (symbol, readable name)."""
    raw = nm(path, "-u", "--without-symbol-versions")
    readable = nm(path, "-u", "-C", "--without-symbol-versions")
    return [(name, text) for (_, name), (_, text) in zip(raw, readable, strict=True)]


def defined(path):
    """The global names that an object gives to others."""
    return [name for _, name in nm(path, "--defined-only", "--extern-only")]


def compile_snippet(folder, text, *flags):
    """Compiles a few lines for a self-test; gives the object."""
    source = pathlib.Path(folder) / "planted.cpp"
    source.write_text(text)
    target = source.with_suffix(".o")
    subprocess.run(["g++", "-std=c++23", "-O1", *flags, "-c", source, "-o", target], check=True)
    return target


def build_dev():
    """The objects of build/dev, up to date."""
    build = checks.ROOT / "build/dev"
    subprocess.run(["cmake", "--preset", "dev"], cwd=checks.ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "--quiet", "-C", str(build), "tend_layers"], check=True)
    return build
