#!/usr/bin/env python3
# label: ci
# timeout: 300
"""`tend upgrade`: the project goes on as the new program; no service notices, and a broken program
changes nothing."""

import json
import os
import shutil
import socket
import threading

from numbered import check_log
from tendlab import Lab, case, check, equal, is_alive, need, run_cases, wait_until

LOADED = """
[service.lines]
run = ["@PROGRAMS@/numbered_lines", "lines", "2"]
restart = { when = "never" }
log = { max-size = "1MiB", keep = 500 }
[service.web]
run = ["@PYTHON@", "@LAB@/server.py", "@PORT@"]
[service.job]
run = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exit 17"
restart = { when = "never" }
"""

SERVER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"hello\\n")
"""


def loaded_lab(lab):
    lab.write("server.py", SERVER)
    lab.config(LOADED.replace("@PORT@", str(lab.port("web"))))
    lab.up()
    lab.wait_log("web", "ready")


def program_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None  # It is just being replaced.


class Load:
    """Asks the server again and again, and counts what went wrong."""

    def __init__(self, port):
        self.port, self.answers, self.failures, self.over = port, 0, [], threading.Event()
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                    equal(connection.recv(100), b"hello\n")
                self.answers += 1
            except (OSError, AssertionError) as error:
                self.failures.append(error)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def new_programs(lab, folder):
    """Copies of tend and tend-keeper: other files, so that it can be seen which ones run."""
    os.mkdir(lab.path(folder))
    copies = []
    for path in (lab.tend_path, lab.keeper_path):
        copies.append(shutil.copy2(path, lab.path(folder)))
    return copies


def upgrade_to(lab, tend, keeper, expect=0):
    old = lab.tend_path, lab.keeper_path
    lab.tend_path, lab.keeper_path = tend, keeper
    try:
        return lab.tend("upgrade", expect=expect)
    finally:
        if expect != 0:
            lab.tend_path, lab.keeper_path = old


@case(watchdog_s=200)
def five_upgrades_under_load_are_noticed_by_nobody():
    with Lab() as lab:
        loaded_lab(lab)
        before = {name: lab.status(name)["pid"] for name in ("lines", "web", "job")}
        keeper = lab.project()["keeper_pid"]
        with Load(lab.port("web")) as load:
            for number in range(5):
                answers = load.answers
                tend, new_keeper = new_programs(lab, f"v{number}")
                told = upgrade_to(lab, tend, new_keeper).stdout
                project = lab.project()
                check(f"keeper {keeper}" in told, told)
                equal(project["keeper_pid"], keeper, "the keeper is the same process")
                for who, program in (("keeper", new_keeper), ("director", tend), ("recorder", tend)):
                    equal(program_of(project[f"{who}_pid"]), program, f"the program of the {who}")
                for name, pid in before.items():
                    seen = lab.status(name)
                    equal((seen["state"], seen["pid"], seen["restarts"]), ("up", pid, 0), name)
                wait_until("the server answers on", lambda: load.answers > answers + 10)
        equal(load.failures, [], "connections that failed")
        lab.write("go", "")
        equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [before["lines"]])


@case(watchdog_s=120)
def a_database_and_its_connected_client_notice_nothing():
    need("redis-server")
    with Lab() as lab:
        lab.config(f'''[service.redis]
run = ["redis-server", "--port", "{lab.port("redis")}", "--bind", "127.0.0.1", "--save", "", "--dir", "{lab.dir}"]
ready = {{ tcp = "127.0.0.1:{lab.port("redis")}" }}
''')
        lab.up()
        redis = lab.status("redis")["pid"]
        with socket.create_connection(("127.0.0.1", lab.port("redis")), timeout=30) as client:
            answers = client.makefile("rb")
            for number in range(3):
                programs = new_programs(lab, f"v{number}")
                upgrade = threading.Thread(target=upgrade_to, args=(lab, *programs))
                upgrade.start()
                asked = 0
                while upgrade.is_alive() or asked < 100:
                    client.sendall(b"INCR counter\r\n")
                    check(answers.readline().startswith(b":"), "it is answered")
                    asked += 1
                upgrade.join()
                equal(program_of(lab.project()["director_pid"]), programs[0], "the program of the director")
        equal((lab.status("redis")["pid"], lab.status("redis")["restarts"]), (redis, 0))
        lab.down_and_nothing_left()


@case
def what_ends_around_an_upgrade_is_known_exactly():
    with Lab() as lab:
        loaded_lab(lab)
        job = lab.status("job")["pid"]
        programs = new_programs(lab, "new")
        # The end of the job waits for a director, and the upgrade replaces that one.
        upgrade = lab.start("upgrade")
        lab.write("go", "")
        wait_until("the job has ended", lambda: not is_alive(job))
        equal(upgrade.wait(), 0)
        equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
        upgrade_to(lab, *programs)
        equal(lab.status("job")["last_exit"]["code"], 17)
        lab.down_and_nothing_left()


@case
def a_broken_new_program_leaves_the_old_one_running_and_says_why():
    with Lab() as lab:
        loaded_lab(lab)
        before = {name: lab.status(name)["pid"] for name in ("lines", "web")}
        project = lab.project()
        tend, keeper = lab.tend_path, lab.keeper_path
        not_executable = shutil.copy(keeper, lab.path("not-executable"))
        os.chmod(not_executable, 0o644)
        broken = {
            "missing": lab.path("missing"),
            "not executable": not_executable,
            "crashes": lab.write("crashes", "#!/bin/sh\nkill -SEGV $$\n", 0o755),
            "another version": lab.write("version", "#!/bin/sh\nexit 3\n", 0o755),
            "something else": "/bin/true",
            # It says yes when it is asked, and cannot be executed when it comes to it.
            "no program": lab.write("script", "#!/bin/sh\nexit 86\n", 0o755),
        }
        for what, path in broken.items():
            told = upgrade_to(lab, tend, path, expect=1).stderr
            check(told.strip(), f"{what}: it says so")
            check(what == "missing" or "the running one goes on" in told, f"{what}: {told}")
            now = lab.project()
            for who in ("keeper_pid", "director_pid", "recorder_pid", "director_starts"):
                equal(now[who], project[who], f"{who} after {what}")
        for name, pid in before.items():
            equal((lab.status(name)["state"], lab.status(name)["pid"]), ("up", pid))
        # And a good one still works.
        upgrade_to(lab, *new_programs(lab, "good"))
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [before["lines"]])


@case
def a_program_whose_director_does_not_start_is_given_up_for_the_one_before():
    with Lab() as lab:
        loaded_lab(lab)
        lines = lab.status("lines")["pid"]
        control = next(os.path.join(root, name) for root, _, names in os.walk(f"{lab.state}/run")
                       for name in names if name == "control")
        # What `tend upgrade` would not do: it is itself the new program.
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(control)
            connection.sendall(json.dumps({"verb": "upgrade", "tend": "/bin/false",
                                           "keeper": lab.keeper_path}).encode() + b"\n")
            connection.recv(1000)
        wait_until("the old program is back", lambda: lab.project().get("director_pid"))
        wait_until("it is its director",
                   lambda: program_of(lab.project().get("director_pid")) == lab.tend_path)
        wait_until("its recorder too", lambda: program_of(lab.project().get("recorder_pid")) == lab.tend_path)
        equal((lab.status("lines")["state"], lab.status("lines")["pid"]), ("up", lines))
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


@case
def a_keeper_that_was_upgraded_can_be_killed_and_taken_over():
    with Lab() as lab:
        loaded_lab(lab)
        lines = lab.status("lines")["pid"]
        upgrade_to(lab, *new_programs(lab, "new"))
        lab.kill_and_wait(lab.project()["keeper_pid"])
        lab.up()
        equal((lab.status("lines")["state"], lab.status("lines")["pid"]), ("up", lines))
        upgrade_to(lab, *new_programs(lab, "newer"))
        equal((lab.status("lines")["state"], lab.status("lines")["pid"]), ("up", lines))
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


@case
def who_is_not_running_cannot_be_upgraded():
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"\n') as lab:
        check("not running" in lab.tend("upgrade", expect=4).stderr, "it says so")


run_cases()
