"""A document whose last part is what a benchmark has measured."""

import datetime
import os
import platform

MARKER = "<!-- from here on"


def machine():
    """When and where was measured."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return (f"{datetime.date.today()}, {model} ({os.cpu_count()} processors), "
            f"Linux {platform.release()} {platform.machine()}")


def heading(is_quick, not_measured):
    """The first lines of the generated part; `not_measured` tells what was left out and why."""
    text = f"Measured, not promised: {machine()}"
    text += ", with `--quick`, so without meaning.\n" if is_quick else ".\n"
    if not_measured:
        text += "Not measured: " + "; ".join(not_measured) + ".\n"
    return text


def write_document(path, generated):
    """Replaces what follows the line that begins with the marker."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    at = text.find(MARKER)
    if at < 0:
        raise SystemExit(f"{path} has no line that begins with `{MARKER}`")
    head = text[:text.index("\n", at) + 1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}\n{generated}")
