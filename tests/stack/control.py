#!/usr/bin/env python3
# label: fast
# timeout: 300
"""Speaking to a running project, and what a service inherits from the one who started it."""

import json
import os
import socket
import subprocess
import time

from tendlab import (Lab, case, check, check_that_it_does_not_spin, connect_many, equal, is_root, need_root,
                     read_text, run_cases, stat_of, wait_until)

WEB = '[service.web]\nrun = "exec sleep 1000.@TOKEN@"\n'


# --- status and its neighbours ---------------------------------------------------------------------

@case
def status_json_has_the_promised_keys():
    with Lab(WEB + '[service.gone]\nrun = "exit 4"\nrestart = { when = "never" }') as lab:
        lab.tend("up", "-d")
        lab.wait_state("gone", "failed")
        web, gone = lab.status("web"), lab.status("gone")
        promised = {"name", "state", "ready", "pid", "since", "uptime_ms", "restarts", "last_exit",
                    "reason", "tree"}
        for seen in (web, gone):
            check(promised <= seen.keys(), f"missing: {promised - seen.keys()}")
        check(isinstance(web["pid"], int) and isinstance(web["uptime_ms"], int), "numbers")
        check(web["ready"] is True and web["last_exit"] is None, "absent is null")
        equal((gone["pid"], gone["uptime_ms"], gone["last_exit"]["code"]), (None, None, 4))
        time.strptime(web["since"][:19], "%Y-%m-%dT%H:%M:%S")  # RFC 3339
        lab.down_and_nothing_left()


@case
def status_for_people_names_each_service_and_our_own_processes():
    with Lab(WEB) as lab:
        lab.up()
        text, project = lab.tend("status", expect=0).stdout, lab.project()
        for word in ("web", "up", str(lab.status("web")["pid"]), str(project["keeper_pid"]),
                     str(project["director_pid"]), str(project["recorder_pid"])):
            check(word in text, f"{word!r} in\n{text}")
        check("\x1b" not in text, "no colour into a pipe")
        lab.down_and_nothing_left()


@case
def the_three_processes_have_their_names():
    with Lab(WEB) as lab:
        lab.up()
        project = lab.project()
        for helper in ("keeper", "director", "recorder"):
            name = lab.processes()[project[f"{helper}_pid"]]
            check(f"tend-{helper}" in name.split()[0], f"{helper}: {name}")
        lab.down_and_nothing_left()


@case
def nothing_running_is_exit_code_4():
    with Lab(WEB) as lab:
        for verb in ("status", "stop", "restart", "down", "start"):
            names = [] if verb in ("status", "down") else ["web"]
            done = lab.tend(verb, *names, expect=4)
            check(done.stderr.strip(), f"tend {verb} says so")


@case
def an_unknown_name_is_told_with_the_nearest_one():
    with Lab('[service.database]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        lab.up()
        for verb in ("start", "stop", "restart", "why", "logs"):
            done = lab.tend(verb, "databse")
            check(done.returncode in (1, 2), f"tend {verb}: exit code {done.returncode}")
            check("databse" in done.stderr and "database" in done.stderr, f"tend {verb}: {done.stderr}")
        equal(lab.status("database")["state"], "up")
        lab.down_and_nothing_left()


@case
def wrong_usage_is_exit_code_2():
    with Lab(WEB) as lab:
        for words in (("status", "--no-such-option"), ("up", "--wait", "soon"), ("no-such-command",)):
            done = lab.tend(*words)
            equal(done.returncode, 2, " ".join(words))
            check(done.stderr.strip(), "it says what is wrong")
        equal(lab.processes(), {})


@case
def a_broken_file_starts_nothing():
    for toml in ("[service.web\n", WEB + 'redy = "notify"\n', WEB + "requires = 7\n", '[service."a/b"]\nrun = "x"'):
        with Lab(toml) as lab:
            done = lab.tend("up", "-d", expect=78)
            check("tend.toml:" in done.stderr, f"file and line: {done.stderr}")
            equal(lab.processes(), {})
            check(subprocess.run([lab.tend_path, "check", lab.file], capture_output=True).returncode == 78,
                  "tend check agrees")


# --- one project, one owner ------------------------------------------------------------------------

@case
def a_second_up_of_the_same_file_says_so_and_of_a_changed_one_refuses():
    with Lab(WEB) as lab:
        lab.up()
        keeper, pid = lab.project()["keeper_pid"], lab.status("web")["pid"]
        done = lab.tend("up", "-d", expect=0)
        check("already running" in done.stdout + done.stderr, f"{done}")
        lab.config(WEB + '[service.more]\nrun = "exec sleep 1001.@TOKEN@"')
        done = lab.tend("up", "-d", expect=1)
        check("changed" in done.stderr, f"it says that the file has changed: {done.stderr}")
        check(str(keeper) in done.stderr, f"the owner's pid is named: {done.stderr}")
        equal((lab.project()["keeper_pid"], lab.status("web")["pid"]), (keeper, pid))
        lab.down_and_nothing_left()


@case
def eight_ups_at_once_make_one_project():
    with Lab(WEB) as lab:
        for _ in range(3):
            clients = [lab.start("up", "-d") for _ in range(8)]
            answers = [(client.wait(), client.stdout.read()) for client in clients]
            check(0 in [code for code, _ in answers], f"one of them started it: {answers}")
            for code, said in answers:
                # Who comes while the first one is at work is told whom to blame.
                check(code == 0 or code == 1 and "another tend" in said and "pid" in said, said)
            lab.wait_ready("web")
            equal(len(lab.copies("1000.")), 1, "copies of web")
            keepers = [pid for pid, command in lab.processes().items() if "keeper" in command]
            equal(keepers, [lab.project()["keeper_pid"]])
            lab.down_and_nothing_left()


@case
def up_and_down_a_dozen_times_leaves_nothing():
    with Lab(WEB) as lab:
        for _ in range(12):
            lab.up()
            lab.down_and_nothing_left()


@case
def other_users_are_refused():
    need_root()
    with Lab(WEB) as lab:
        lab.up()
        runtime = lab.project()["runtime_dir"]
        equal(oct(os.stat(runtime).st_mode & 0o777), "0o700")
        # Even with all doors open, the one who knocks is asked who it is.
        for path in (lab.state, os.path.dirname(runtime), runtime):
            os.chmod(path, 0o755)
        os.chmod(f"{runtime}/control", 0o666)
        knock = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10)\n"
                 "s.connect(sys.argv[1])\n"
                 "try:\n"
                 "    s.sendall(b'{\"verb\":\"status\"}\\n')\n"
                 "    print(s.makefile().read())\n"
                 "except (BrokenPipeError, ConnectionResetError): pass\n")
        done = subprocess.run(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups",
                               "python3", "-c", knock, f"{runtime}/control"],
                              capture_output=True, text=True, timeout=30)
        equal(done.returncode, 0, done.stderr)
        check('"web"' not in done.stdout, f"nothing is told: {done.stdout}")
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


def control_path(lab):
    return f"{lab.project()['runtime_dir']}/control"


@case
def rude_clients_harm_nobody():
    with Lab(WEB) as lab:
        lab.up()
        path = control_path(lab)
        clients = []
        rude = [b"", b"{", b"\n" * 100, b"\xff\xfe\n", b"[" * 5000 + b"\n", b"x" * 200_000,
                b'{"verb":"no-such-verb"}\n', b'{"verb":"stop","names":["no-such-service"]}\n',
                b'{"verb":"watch"}\n', b'{"verb":"status"}\n' * 5000]
        for number in range(60):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            try:
                client.connect(path)
                client.send(rude[number % len(rude)])
            except OSError:
                pass  # Refused or cut off: its right.
            clients.append(client)
        # They all stay connected and never read; the others are served nevertheless.
        for client in clients[:30]:
            client.close()
        for _ in range(20):
            equal(lab.status("web")["state"], "up")
        for client in clients:
            client.close()
        project = lab.project()
        equal((project["director_starts"], project["recorder_starts"]), (1, 1))
        lab.down_and_nothing_left()


@case
def more_clients_than_descriptors_do_not_spin_the_director():
    with Lab(WEB) as lab:
        lab.up()
        path, director = control_path(lab), lab.project()["director_pid"]
        clients = connect_many(path, 300)
        check_that_it_does_not_spin(director)
        for client in clients:
            client.close()
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


def switches_of(pid):
    return sum(int(line.split()[1]) for line in read_text(f"/proc/{pid}/status").splitlines()
               if "ctxt_switches" in line)


@case
def two_hundred_idle_services_wake_nobody():
    toml = "".join(f'[service.s{number}]\nrun = ["sleep", "1000.@TOKEN@"]\n' for number in range(200))
    with Lab(toml) as lab:
        lab.up()
        project = lab.project()
        pids = [project[f"{name}_pid"] for name in ("keeper", "director", "recorder")]

        def quiet_for_a_second():
            before, end = [switches_of(pid) for pid in pids], time.monotonic() + 1
            wait_until("a second has passed", lambda: time.monotonic() > end)
            return [switches_of(pid) for pid in pids] == before

        wait_until("no process of tend wakes for a whole second", quiet_for_a_second)
        lab.down_and_nothing_left()


# --- what a service inherits -----------------------------------------------------------------------

SHOW = """
[service.show]
run = '''exec > @LAB@/shown.part 2>&1; grep -E '^(SigBlk|SigIgn|SigCgt|Umask):' /proc/self/status
echo session $(ps -o sid= -p $$) pid $$; ls -l /proc/$$/fd | grep -o '[0-9]* -> .*' > @LAB@/fds
env > @LAB@/env; pwd; mv @LAB@/shown.part @LAB@/shown; exec sleep 1000.@TOKEN@'''
"""


def launched_oddly(lab, shell):
    """`tend up -d` from a shell that has prepared an odd environment for it."""
    command = " ".join(lab.command("up", "-d"))
    return subprocess.run(["bash", "-c", shell.replace("@UP@", command)], env=lab.environment,
                          cwd=lab.dir, timeout=60)


@case
def an_odd_start_is_not_passed_on():
    with Lab(SHOW) as lab:
        lab.write("stray", "")
        launched_oddly(lab, "umask 077; trap '' HUP PIPE USR1; exec 7<stray 8>>stray 200<stray; "
                            "exec env --block-signal=TERM --block-signal=INT @UP@")
        wait_until("it is shown", lambda: lab.exists("shown"))
        shown = lab.text("shown")
        for line in ("SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "Umask:\t0022"):
            check(line in shown, f"{line!r} in\n{shown}")
        words = shown.split()
        equal(words[words.index("session") + 1], words[words.index("pid") + 1], "a session of its own")
        equal(shown.splitlines()[-1], lab.dir, "the folder of the file is the working directory")
        fds = {line.split()[0]: line.split()[2] for line in lab.text("fds").splitlines()}
        equal({number for number in fds if int(number) < 3}, {"0", "1", "2"})
        equal(fds["0"], "/dev/null")
        equal([target for target in fds.values() if "stray" in target], [], "stray descriptors")
        lab.down_and_nothing_left()


@case
def a_start_without_0_1_and_2_works():
    for closed in ("<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"):
        with Lab(SHOW) as lab:
            equal(launched_oddly(lab, f"exec @UP@ {closed}").returncode, 0, f"exit code with {closed}")
            wait_until("it is shown", lambda: lab.exists("shown"))
            check("/dev/null" in lab.text("fds").splitlines()[0], lab.text("fds"))
            lab.down_and_nothing_left()


@case
def the_environment_is_that_of_up_without_what_is_meant_for_others():
    with Lab(SHOW + 'env = { GREETING = "two  words $HOME %d \'q\'" }') as lab:
        launched_oddly(lab, "export NOTIFY_SOCKET=/x LISTEN_FDS=1 LISTEN_PID=1 WATCHDOG_USEC=1 "
                            "TEND_ODD=1 KEPT='as it is'; exec @UP@")
        wait_until("it is shown", lambda: lab.exists("shown"))
        env = dict(line.partition("=")[::2] for line in lab.text("env").splitlines())
        for name in ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "TEND_ODD"):
            check(name not in env, f"{name} is not passed on")
        equal((env["KEPT"], env["GREETING"]), ("as it is", "two  words $HOME %d 'q'"))
        check("TEND_RUN" in env, "each run has its mark")
        lab.down_and_nothing_left()


@case
def env_clear_starts_from_a_short_list():
    with Lab(SHOW + "env-clear = true\nenv = { OWN = 'x' }") as lab:
        launched_oddly(lab, "export SECRET=1; exec @UP@")
        wait_until("it is shown", lambda: lab.exists("shown"))
        names = {line.partition("=")[0] for line in lab.text("env").splitlines()}
        names -= {"PWD", "OLDPWD", "SHLVL", "_"}  # The shell's own.
        names = {name for name in names if not name.startswith("TEND_")}
        check("OWN" in names and names <= {"PATH", "HOME", "USER", "LANG", "TZ", "OWN"}, names)
        lab.tend("down", expect=0)  # Without its mark the lab finds it by its token.
        lab.assert_nothing_left()


@case
def arguments_arrive_byte_for_byte():
    odd = ["two  words", "$HOME", "%d%%", "'", '\\"', "\\n", "ä€", "", "*", "-n", ";", "#"]
    words = ", ".join(json.dumps(word, ensure_ascii=False) for word in odd)
    with Lab(f'[task.show]\nrun = ["@PYTHON@", "@LAB@/show.py", {words}]') as lab:
        lab.write("show.py", "import json, sys\nprint(json.dumps(sys.argv[1:]))")
        lab.up()
        lab.wait_log("show", "\n")
        equal(json.loads(lab.log("show")), odd)
        lab.down_and_nothing_left()


@case
def a_service_runs_as_its_user():
    need_root()
    with Lab('[service.web]\nrun = "id; grep Groups /proc/self/status; echo hi > /dev/stdout; exec sleep 1000.@TOKEN@"\n'
             'user = "nobody"') as lab:
        lab.up()
        lab.wait_log("web", "hi")
        check("uid=65534(nobody)" in lab.log("web").decode(), lab.log("web"))
        lab.down_and_nothing_left()


run_cases()
