"""Runs one example and compares what it prints with what its first comment says it prints.

  run_example.py SOURCE PROGRAM...    PROGRAM is what SOURCE was built into, or SOURCE itself

The expected output stands behind a line `// output:` (`# output:` in a shell script), up to the end
of the comment. In it

  <pid> <n>    is a number                 <path>   is an absolute path, without its last part
  <hex>        is a hexadecimal number     <any>    is anything, on one line
  <pid:name>   is a number, and the same wherever it has this name
  ...          as a line of its own is any number of lines

It is also a failure when the example ends with another code than 0, writes to stderr, takes longer
than a generous deadline, or leaves a process behind.
"""

import ctypes
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

PATIENCE = int(os.environ.get("TEND_TEST_PATIENCE", "1"))
SECONDS_MAX = int(os.environ.get("TEND_EXAMPLE_SECONDS", 60 * PATIENCE))
SECONDS_FOR_ENDS = min(SECONDS_MAX, 20 * PATIENCE)
PR_SET_CHILD_SUBREAPER = 36

PLACES = {"pid": r"\d+", "n": r"\d+", "hex": r"[0-9a-f]+", "path": r"(?:/[^/\n]+)*",
          "any": r"[^\n]*"}
PLACE = re.compile(r"<(\w+)(?::(\w+))?>")
SKIPPED = 77


def head_comment(text):
    """The lines of the comment at the head of a source, without its marks."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#!"):
            continue
        if not line.startswith(("//", "#")):
            break
        lines.append(line.lstrip("/#").removeprefix(" ") if line != "//" else "")
    return lines


def expected_lines(source):
    lines = head_comment(source.read_text())
    if "output:" not in lines:
        sys.exit(f"{source}: its first comment has no line `output:`")
    return lines[lines.index("output:") + 1:]


def pattern_of(line, names):
    """One line as a regular expression; `names` holds the names that were seen before."""
    if line == "...":
        return r"(?:[^\n]*\n)*?"
    parts = []
    end = 0
    for place in PLACE.finditer(line):
        kind, name = place.groups()
        if kind not in PLACES:
            continue
        parts.append(re.escape(line[end:place.start()]))
        end = place.end()
        if name is None:
            parts.append(PLACES[kind])
        elif name in names:
            parts.append(f"(?P={name})")
        else:
            names.add(name)
            parts.append(f"(?P<{name}>{PLACES[kind]})")
    return "".join(parts) + re.escape(line[end:]) + r"\n"


def matches(lines, text):
    names = set()
    return re.fullmatch("".join(pattern_of(line, names) for line in lines), text) is not None


def left_behind():
    """Processes that the example started and left; each has time to end by itself. Orphans come to
    us, because we are a subreaper (prctl(2))."""
    deadline = time.monotonic() + SECONDS_FOR_ENDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            if time.monotonic() > deadline:
                return children()
            time.sleep(0.01)


def children():
    folder = pathlib.Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in folder.read_text().split()]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "?"


def end_all():
    """Kills everything that the example left; who is orphaned by that comes to us and is next."""
    for _ in range(1000):
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def run(words):
    """What it printed, its messages and its exit code; None for one that took too long."""
    environment = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace",
                          env=environment) as example:
        try:
            out, err = example.communicate(timeout=SECONDS_MAX)
            return out, err, example.returncode
        except subprocess.TimeoutExpired:
            example.kill()
            end_all()
            out, err = example.communicate()
            return out, err, None


def failures_of(source, out, err, code):
    if code is None:
        yield f"took longer than {SECONDS_MAX} s"
    elif code != 0:
        yield f"ended with {code}"
    if err:
        yield f"wrote to stderr:\n{err}"
    lines = expected_lines(source)
    if not matches(lines, out):
        difference = difflib.unified_diff(lines, out.splitlines(), "expected", "printed", lineterm="")
        yield "printed something else:\n" + "\n".join(difference)
    left = left_behind()
    if left:
        yield "left behind: " + ", ".join(f"{pid} ({name_of(pid)})" for pid in left)
        end_all()


def main():
    source = pathlib.Path(sys.argv[1])
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("cannot become a subreaper: " + os.strerror(ctypes.get_errno()))
    out, err, code = run(sys.argv[2:])
    if code == SKIPPED:
        print(out, end="")
        sys.exit(SKIPPED)
    failures = list(failures_of(source, out, err, code))
    for failure in failures:
        print(f"{source}: {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
