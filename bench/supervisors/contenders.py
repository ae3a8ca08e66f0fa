"""The supervisors that are compared. Each is given a folder, a number of services and the program
that each of them runs, and then three things are asked of it: to start, to stop, and to be gone.

A service script is a `#!` line without a shell, and `fast` asks for restarts without any pause
where a supervisor can be told so."""

import json
import os
import shutil
import signal
import subprocess

from supervisors import processes

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Supervisor:
    name = ""
    programs = ()  # That must be installed.

    def __init__(self, build, folder, count, program, arrivals, fast=False):
        self.build, self.folder, self.count, self.fast = build, folder, count, fast
        self.program, self.arrivals = program, arrivals
        self.roots, self.helpers = [], []
        os.mkdir(folder)
        self.prepare()

    @classmethod
    def missing(cls):
        """What is not installed, in words; empty when all is there."""
        absent = [program for program in cls.programs if not shutil.which(program, path=SBIN)]
        return f"{' and '.join(absent)} not installed" if absent else ""

    @property
    def command(self):
        return [self.program, self.arrivals]

    def path(self, name):
        return f"{self.folder}/{name}"

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def run(self, *command):
        """Begins a command in the folder; its words go to a file there."""
        with open(self.path("words"), "ab") as words:
            started = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                       stdout=words, stderr=words)
        self.helpers.append(started.pid)
        return started

    def begin(self):
        """Begins to start everything, and does not wait."""
        self.roots = [self.run(*self.start_command()).pid]

    def settle(self):
        """When all services have begun: whatever is left to be found out."""

    def tree(self):
        """Every process of it, services included."""
        return self.roots + processes.descendants_of(self.roots)

    def own(self):
        """Its processes without the services."""
        return [pid for pid in self.tree()
                if not os.path.exists(f"/proc/{pid}/exe") or
                os.readlink(f"/proc/{pid}/exe") != self.program]

    def last_words(self):
        with open(self.path("words"), errors="replace") as words:
            return words.read()[-300:].strip()

    # What each of them says for itself:

    def prepare(self):
        """Writes its files."""

    def start_command(self):
        raise NotImplementedError

    def stop(self):
        """Asks for the end of all services and of itself."""
        os.kill(self.roots[0], signal.SIGTERM)


class Floor(Supervisor):
    name = "floor"

    def start_command(self):
        return [f"{self.build}/bench-programs/minisup", str(self.count), *self.command]


class Tend(Supervisor):
    name = "tend"

    def prepare(self):
        restart = '\nrestart = { delay = "0s", limit = "60 in 1s" }' if self.fast else ""
        words = ", ".join(f'"{word}"' for word in self.command)
        self.write("tend.toml", "\n".join(f"[service.s{number}]\nrun = [{words}]{restart}"
                                          for number in range(self.count)))

    def tend(self, *words):
        return [f"{self.build}/tend", *words, "-f", self.path("tend.toml"), "--state",
                self.path("state")]

    def begin(self):
        self.known = processes.children_of(os.getpid())
        super().begin()

    def start_command(self):
        # Of services that never stay it waits for the end of all hope; a second is enough.
        patience = ["--wait", "1s"] if self.program.endswith("/crasher") else []
        return self.tend("up", "-d", *patience)

    def settle(self):
        processes.wait_gone(self.roots)  # `tend up -d` ends when all is up; its keeper comes to us.
        self.roots = sorted(processes.children_of(os.getpid()) - self.known)

    def ask(self):
        """The project, as `tend status` tells it."""
        answer = subprocess.run(self.tend("status", "--json"), capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(f"tend status: {answer.stderr} {self.last_words()}")
        return json.loads(answer.stdout.splitlines()[-1])

    def stop(self):
        self.run(*self.tend("down"))


class Runit(Supervisor):
    name = "runit"
    programs = ("runsvdir",)

    def prepare(self):
        write_run_scripts(self)

    def start_command(self):
        return ["runsvdir", "-P", self.path("services")]

    def stop(self):
        os.kill(self.roots[0], signal.SIGHUP)  # TERM leaves the services alone.


class S6(Supervisor):
    name = "s6"
    programs = ("s6-svscan",)

    def prepare(self):
        write_run_scripts(self)

    def start_command(self):
        return ["s6-svscan", "-c", str(self.count + 10), self.path("services")]


class Daemontools(Supervisor):
    name = "daemontools"
    programs = ("svscan", "svc")

    def prepare(self):
        write_run_scripts(self)

    def start_command(self):
        return ["svscan", self.path("services")]

    def stop(self):
        super().stop()  # svscan alone: else it starts anew what is ended here.
        self.run("svc", "-dx", *(f"services/s{number}" for number in range(self.count)))


class Supervisord(Supervisor):
    name = "supervisord"
    programs = ("supervisord",)

    def prepare(self):
        os.mkdir(self.path("logs"))
        self.write("supervisord.conf", f"""[supervisord]
nodaemon = true
logfile = {self.path("supervisord.log")}
pidfile = {self.path("supervisord.pid")}
childlogdir = {self.path("logs")}
minfds = {4 * self.count + 100}

[program:s]
command = {" ".join(self.command)}
process_name = s%(process_num)d
numprocs = {self.count}
autorestart = true
""")

    def start_command(self):
        return ["supervisord", "-c", self.path("supervisord.conf")]


class Dinit(Supervisor):
    name = "dinit"
    programs = ("dinit",)

    def prepare(self):
        delay = "restart-delay = 0\nrestart-limit-count = 0\n" if self.fast else ""
        for number in range(self.count):
            self.write(f"services/s{number}", f"type = process\nrestart = true\n{delay}"
                                              f"command = {' '.join(self.command)}\n")
            self.write(f"services/boot.d/s{number}", "")
        self.write("services/boot", "type = internal\nwaits-for.d = boot.d\n")

    def start_command(self):
        return ["dinit", "--user", "-d", self.path("services"), "-p", self.path("control")]


def write_run_scripts(supervisor):
    for number in range(supervisor.count):
        supervisor.write(f"services/s{number}/run", f"#!{' '.join(supervisor.command)}\n", 0o755)


ALL = (Floor, Tend, Runit, S6, Daemontools, Supervisord, Dinit)
