#!/usr/bin/env python3
"""The command line as people meet it, where no project runs: help, mistakes, exit codes, streams."""

import os
import subprocess
import sys
import tempfile

TEND = os.environ["TEND"]
SOURCE = os.environ["TEND_SOURCE"]
COMMANDS = ["up", "down", "status", "start", "stop", "restart", "logs", "why", "ps", "tree",
            "inspect", "maps", "fds", "signals", "limits", "top", "wait", "kill", "pause", "resume",
            "exec", "timeout", "lock", "check", "init", "doctor", "help", "completion"]

folder = tempfile.TemporaryDirectory(prefix="tend-usage-")
failures = []


def tend(*words, **options):
    environment = {"PATH": os.environ["PATH"], "TEND_STATE": folder.name + "/state",
                   "TEND_KEEPER": os.environ["TEND_KEEPER"], **options.pop("env", {})}
    return subprocess.run([TEND, *words], cwd=folder.name, env=environment, text=True,
                          capture_output=True, timeout=60, **options)


def expect(what, claim, detail=""):
    if not claim:
        failures.append(f"{what}: {detail}")


def expect_run(words, code, out=None, err=None, **options):
    done = tend(*words, **options)
    what = "tend " + " ".join(words)
    expect(what, done.returncode == code, f"exit code {done.returncode}, not {code}: {done.stderr}")
    if out is not None:
        expect(what, out in done.stdout, f"{out!r} is not in its output:\n{done.stdout}")
    if err is not None:
        expect(what, err in done.stderr, f"{err!r} is not in its messages:\n{done.stderr}")
    return done


def write(name, text, mode=0o644):
    path = os.path.join(folder.name, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def help_is_on_stdout():
    everything = expect_run(["--help"], 0, out="Usage: tend COMMAND").stdout
    for command in COMMANDS:
        expect("tend --help", f"\n  {command} " in everything, f"does not name {command}")
        page = expect_run([command, "--help"], 0, out=f"Usage: tend {command}")
        expect(f"tend {command} --help", page.stderr == "", page.stderr)
        same = tend("help", command)
        expect(f"tend help {command}", same.stdout == page.stdout, "differs from --help")
    expect_run(["--version"], 0, out="tend ")
    expect_run([], 2, err="Usage: tend COMMAND")


def the_page_is_up_to_date():
    with open(SOURCE + "/docs/cli.md") as file:
        expect("docs/cli.md", tend("help", "--markdown").stdout == file.read(),
               "is not what `tend help --markdown` prints")


def mistakes_are_explained():
    expect_run(["satus"], 2, err="did you mean `tend status`?")
    expect_run(["logs", "--folow"], 2, err="did you mean --follow?")
    expect_run(["why"], 2, err="needs NAME")
    expect_run(["--color=blue", "status"], 2, err="--color=blue")
    expect_run(["up", "--wait=5"], 2, err="--wait")
    expect_run(["status", "-p", "../etc"], 2, err="is not the name of a project")
    expect_run(["completion", "tcsh"], 2, err="bash, zsh and fish")
    expect_run(["logs", "-n", "x"], 2, err="is not a number")
    expect_run(["logs", "--since", "soon"], 2, err="--since")


def what_does_not_run_is_said_so():
    expect_run(["status"], 4, err="no project of yours is running")
    expect_run(["down", "-p", "shop"], 4, err="shop is not running")
    expect_run(["stop", "-p", "shop", "web"], 4, err="shop is not running")
    expect_run(["status"], 4, err="elsewhere is not running", env={"TEND_PROJECT": "elsewhere"})


def a_file_is_checked_as_a_whole():
    expect_run(["check"], 78, err="tend.toml: No such file")
    expect_run(["up"], 78, err="name one with -f FILE")
    done = expect_run(["up", "-f", "missing.toml"], 78, err="missing.toml: No such file")
    expect("up -f", "-f FILE" not in done.stderr, done.stderr)
    write("bad.toml", '[service.web]\nrunn = "x"\nrequires = ["dbb"]\n[service.db]\nrun = 3\n')
    for words in (["check", "bad.toml"], ["up", "-f", "bad.toml"], ["up", "-d", "-f", "bad.toml"]):
        done = expect_run(words, 78, err='bad.toml:2:1: unknown key "runn"')
        expect("check", "bad.toml:3:13" in done.stderr and "bad.toml:5:7" in done.stderr, done.stderr)
    write("good.toml", 'name = "shop"\n[service.web]\nrun = "x"\nrequires = ["db"]\n'
                       '[service.db]\nrun = "x"\n[task.prepare]\nrun = "x"\nbefore = ["db"]\n')
    done = expect_run(["check", "good.toml"], 0)
    expect("check", done.stdout == "good.toml: 2 services, 1 task: ok\norder of starting:\n"
           "  1. prepare\n  2. db\n  3. web\n", done.stdout)
    expect_run(["check"], 0, out="good.toml", env={"TEND_FILE": "good.toml"})
    expect_run(["status", "-f", "good.toml"], 4, err="shop is not running")
    expect_run(["up", "-f", "good.toml", "wbe"], 1, err="did you mean web?")


def init_gives_the_exit_code_of_its_command():
    for code in (0, 1, 77, 255):
        expect_run(["init", "--", "sh", "-c", f"exit {code}"], code)
    expect_run(["init", "sh", "-c", "kill -TERM $$"], 143)
    expect_run(["init", "--", "/nonexistent"], 127, err="not found")
    expect_run(["init", "--", "/etc/passwd"], 126)
    expect_run(["init", "sh", "-c", "exit 3"], 125, err="TEND_KEEPER",
               env={"TEND_KEEPER": "/nonexistent"})


def doctor_tells_what_is_there():
    done = tend("doctor", "--json")
    expect("doctor", done.returncode in (0, 1), done.stderr)
    expect("doctor", all(line.startswith('{"name":') for line in done.stdout.splitlines()), done.stdout)
    expect_run(["doctor"], done.returncode, out="starting processes")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("srun", "sbatch"):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\necho slurm-wlm 99.1\n")
            os.chmod(path, 0o755)
        with_slurm = tend("doctor", env={"PATH": f"{folder}:{os.environ['PATH']}"}).stdout
        expect("doctor with slurm", "slurm-wlm 99.1" in with_slurm, with_slurm)


def a_stream_that_fails_is_noticed():
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([TEND, "help", "--markdown"], stdout=full, text=True,
                                  stderr=subprocess.PIPE, timeout=60)
        expect("full disk", done.returncode == 1 and "No space left" in done.stderr, done.stderr)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([TEND, "help", "--markdown"], stdout=writer, text=True,
                          stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    expect("closed pipe", done.returncode == 141 and done.stderr == "", done.stderr)
    closed = subprocess.run(f'"{TEND}" --help <&- >&- 2>&-', shell=True, timeout=60)
    expect("closed streams", closed.returncode == 0, str(closed.returncode))


def colour_follows_the_conventions():
    plain = tend("doctor").stdout
    expect("doctor into a pipe", "\x1b[" not in plain, plain)
    forced = tend("doctor", env={"CLICOLOR_FORCE": "1"}).stdout
    expect("CLICOLOR_FORCE", "\x1b[" in forced, forced)
    never = tend("--color=never", "doctor", env={"CLICOLOR_FORCE": "1"}).stdout
    expect("--color=never", "\x1b[" not in never, never)


def completions_are_valid():
    for shell in ("bash", "zsh", "fish"):
        script = expect_run(["completion", shell], 0, out="restart").stdout
        known = subprocess.run(["which", shell], capture_output=True).returncode == 0
        if known:
            checked = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True)
            expect(f"completion {shell}", checked.returncode == 0, checked.stderr)


for case in (help_is_on_stdout, the_page_is_up_to_date, mistakes_are_explained,
             what_does_not_run_is_said_so, a_file_is_checked_as_a_whole,
             init_gives_the_exit_code_of_its_command, doctor_tells_what_is_there,
             a_stream_that_fails_is_noticed, colour_follows_the_conventions, completions_are_valid):
    before = len(failures)
    case()
    print(("FAILED " if len(failures) > before else "ok     ") + case.__name__)
for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
