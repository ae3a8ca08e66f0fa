#!/usr/bin/env python3
# label: fast
# timeout: 300
"""How a service tells, or is asked, whether it is ready; and what happens when it never is."""

import socket
import time

from tendlab import Lab, case, check, equal, read_bytes, run_cases, wait_until

# Sends its arguments to the notify socket, then whatever is written into the file NAME.say.
PUPPET = r"""
import os, socket, sys, time
name, first = sys.argv[1], sys.argv[2:]
address = os.environ["NOTIFY_SOCKET"]
if address.startswith("@"):
    address = "\0" + address[1:]
speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
speaker.connect(address)
for message in first:
    speaker.send(message.encode())
while True:
    try:
        with open(f"@LAB@/{name}.say") as file:
            text = file.read()
        os.unlink(f"@LAB@/{name}.say")
        if text.startswith("exit "):
            sys.exit(int(text[5:]))
        speaker.send(text.encode())
    except FileNotFoundError:
        time.sleep(0.01)
"""


def puppet_lab(*first, keys=""):
    """A lab with one service `web` with ready = "notify" that says what the test tells it to."""
    words = "".join(f', "{word}"' for word in first)
    lab = Lab('[service.web]\nrun = ["@PYTHON@", "@LAB@/puppet.py", "web"' + words + "]\n" + keys)
    lab.write("puppet.py", PUPPET.replace("@LAB@", lab.dir))
    return lab


NOTIFY = 'ready = "notify"\n'
NEVER = 'restart = { when = "never" }\n'


def begin(lab):
    lab.tend("up", "-d", "--wait", "0s")


@case
def a_newline_on_the_given_descriptor_is_ready():
    with Lab("""
[service.web]
run = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; echo >&5; exec 5>&-; exec sleep 1000.@TOKEN@"
ready = { fd = 5 }
""") as lab:
        begin(lab)
        equal(lab.wait_state("web", "starting")["ready"], False)
        lab.write("go", "")
        equal(lab.wait_ready("web")["state"], "up")
        lab.down_and_nothing_left()


@case
def ready_sent_first_thing_is_seen():
    with puppet_lab("READY=1", keys=NOTIFY) as lab:
        lab.up()
        equal((lab.status("web")["state"], lab.status("web")["ready"]), ("up", True))
        lab.down_and_nothing_left()


@case
def ready_from_a_child_that_exits_at_once_is_seen():
    # Twenty times, because whether the sender still lives when the message is read is a race.
    say = "import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); " \
          "a = os.environ['NOTIFY_SOCKET']; s.connect('\\0' + a[1:] if a[0] == '@' else a); " \
          "s.send(b'READY=1'); os._exit(0)"
    with Lab('[service.web]\nrun = "@PYTHON@ @LAB@/say.py; exec sleep 1000.@TOKEN@"\n' + NOTIFY) as lab:
        lab.write("say.py", say)
        lab.up()
        for _ in range(20):
            lab.tend("restart", "web", expect=0)
            equal(lab.status("web")["ready"], True)
        lab.down_and_nothing_left()


@case
def the_status_text_is_shown():
    with puppet_lab("STATUS=counting sheep, 100 %\\nREADY=1", keys=NOTIFY) as lab:
        lab.up()
        wait_until("the text is shown", lambda: lab.status("web")["status"] == "counting sheep, 100 %")
        lab.down_and_nothing_left()


@case
def reloading_is_a_state_until_ready_comes_again():
    with puppet_lab("READY=1", keys=NOTIFY) as lab:
        lab.up()
        pid = lab.status("web")["pid"]
        lab.write("web.say", f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        lab.wait_state("web", "reloading")
        lab.write("web.say", "READY=1")
        equal(lab.wait_state("web", "up")["pid"], pid)
        lab.down_and_nothing_left()


@case
def death_while_reloading_is_a_failure():
    with puppet_lab("READY=1", keys=NOTIFY + NEVER) as lab:
        lab.up()
        lab.write("web.say", "RELOADING=1")
        lab.wait_state("web", "reloading")
        lab.write("web.say", "exit 9")
        equal(lab.wait_state("web", "failed")["last_exit"]["code"], 9)
        lab.down_and_nothing_left()


@case
def extend_timeout_gives_more_time():
    with puppet_lab("EXTEND_TIMEOUT_USEC=50000000",
                    keys='ready = { notify = true, timeout = "1s" }\n' + NEVER) as lab:
        began = time.monotonic()
        begin(lab)
        lab.wait_state("web", "starting")
        wait_until("the first deadline has passed", lambda: time.monotonic() > began + 2)
        equal(lab.status("web")["state"], "starting")
        lab.write("web.say", "READY=1")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


def notify_address(pid):
    """Of a process; None while it has not executed its program yet."""
    for entry in read_bytes(f"/proc/{pid}/environ").split(b"\0"):
        if entry.startswith(b"NOTIFY_SOCKET="):
            address = entry.partition(b"=")[2].decode()
            return "\0" + address[1:] if address.startswith("@") else address
    return None


@case
def a_stranger_cannot_say_ready():
    with puppet_lab(keys=NOTIFY) as lab:
        begin(lab)
        lab.wait_state("web", "starting")
        # It is starting before it has a process.
        address = wait_until("the service has its environment",
                             lambda: notify_address(lab.status("web")["pid"]))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"READY=1", address)
            stranger.sendto(b"STATUS=from a stranger", address)
            # What comes from the service itself afterwards is dealt with later, so the stranger's
            # word has been dealt with when this one shows.
            lab.write("web.say", "STATUS=from the service")
            wait_until("its own text shows", lambda: lab.status("web")["status"] == "from the service")
            equal(lab.status("web")["state"], "starting")
        lab.write("web.say", "READY=1")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_barrier_is_lifted_and_its_descriptor_closed():
    barrier = r"""
import array, os, select, socket
address = os.environ["NOTIFY_SOCKET"]
speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
speaker.connect("\0" + address[1:] if address.startswith("@") else address)
for count in (1, 0, 2):  # One is the protocol; none and two must be survived.
    pipes = [os.pipe() for _ in range(count)]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w for _, w in pipes]))]
    speaker.sendmsg([b"BARRIER=1"], rights if count else [])
    for r, w in pipes:
        os.close(w)
        watched = select.poll()
        watched.register(r, 0)
        watched.poll()  # Returns when every copy of the write end is closed.
        os.close(r)
speaker.send(b"READY=1")
os.execvp("sleep", ["sleep", "1000.@TOKEN@"])
"""
    with Lab('[service.web]\nrun = ["@PYTHON@", "@LAB@/barrier.py"]\n' + NOTIFY) as lab:
        lab.write("barrier.py", barrier.replace("@TOKEN@", lab.token))
        lab.up()
        lab.down_and_nothing_left()


@case
def a_flood_and_giant_messages_are_survived():
    flood = r"""
import os, socket
address = os.environ["NOTIFY_SOCKET"]
speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
speaker.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
speaker.connect("\0" + address[1:] if address.startswith("@") else address)
for size in (1 << 20, 200_000, 100_000, 65_537):
    try:
        speaker.send(b"STATUS=" + b"x" * size)
    except OSError:
        pass
for garbage in (b"", b"\0", b"=", b"\n\n\n", b"READY", b"READY=", b"READY=11", b"\xff" * 100):
    speaker.send(garbage)
for number in range(20_000):
    speaker.send(b"STATUS=%d" % number)
speaker.send(b"STATUS=still here\nREADY=1\n")
os.execvp("sleep", ["sleep", "1000.@TOKEN@"])
"""
    with Lab('[service.web]\nrun = ["@PYTHON@", "@LAB@/flood.py"]\n' + NOTIFY) as lab:
        lab.write("flood.py", flood.replace("@TOKEN@", lab.token))
        lab.up()
        equal(lab.status("web")["status"], "still here")
        equal(lab.project()["director_starts"], 1)
        lab.down_and_nothing_left()


@case
def a_tcp_port_that_accepts_is_ready():
    listen = "import socket, time\nwhile not __import__('os').path.exists('@LAB@/go'): time.sleep(0.01)\n" \
             "s = socket.create_server(('127.0.0.1', @PORT@))\nwhile True: s.accept()[0].close()"
    with Lab() as lab:
        port = lab.port("web")
        lab.write("listen.py", listen.replace("@LAB@", lab.dir).replace("@PORT@", str(port)))
        lab.config('[service.web]\nrun = ["@PYTHON@", "@LAB@/listen.py"]\n'
                   f'ready = {{ tcp = "127.0.0.1:{port}", every = "20ms" }}')
        begin(lab)
        equal(lab.wait_state("web", "starting")["ready"], False)
        lab.write("go", "")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def an_http_answer_decides():
    # Answers with what is written in the file `answer`; 503 and silence are not ready.
    serve = r"""
import socket
listener = socket.create_server(("127.0.0.1", @PORT@))
while True:
    client = listener.accept()[0]
    asked = client.recv(4096)
    open("@LAB@/asked", "ab").write(asked)
    client.send(open("@LAB@/answer", "rb").read())
    client.close()
"""
    with Lab() as lab:
        port = lab.port("web")
        lab.write("serve.py", serve.replace("@LAB@", lab.dir).replace("@PORT@", str(port)))
        lab.config('[service.web]\nrun = ["@PYTHON@", "@LAB@/serve.py"]\n'
                   f'ready = {{ http = "http://127.0.0.1:{port}/health?deep=1", every = "20ms" }}')
        for not_ready in ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n",
                          "", "nonsense\r\n\r\n", "HTTP/1.1 2"):
            lab.write("answer", not_ready)
            lab.write("asked", "")
            lab.tend("up", "-d", "--wait", "0s")
            wait_until("it was asked five times", lambda: lab.text("asked").count("GET ") >= 5)
            equal(lab.status("web")["state"], "starting", f"after {not_ready!r}")
            check("GET /health?deep=1 HTTP/1." in lab.text("asked"), lab.text("asked"))
        lab.write("answer", "HTTP/1.1 204 No Content\r\n\r\n")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_command_with_exit_code_0_is_ready():
    with Lab("""
[service.web]
run = "exec sleep 1000.@TOKEN@"
ready = { exec = ["test", "-e", "@LAB@/go"], every = "20ms" }
""") as lab:
        begin(lab)
        lab.wait_state("web", "starting")
        lab.write("go", "")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_delay_is_ready_after_that_time_alive():
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"\nready = { delay = "700ms" }') as lab:
        began = time.monotonic()
        lab.up()
        check(time.monotonic() - began >= 0.7, "not before the delay")
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


@case
def a_probe_that_hangs_is_killed_with_its_children():
    with Lab("""
[service.web]
run = "exec sleep 1000.@TOKEN@"
ready = { exec = ["sh", "-c", "sleep 2000.@TOKEN@ & setsid sleep 2001.@TOKEN@ & wait"], timeout = "5s" }
restart = { when = "never" }
[service.clock]
run = "exec sleep 3000.@TOKEN@"
""") as lab:
        begin(lab)
        wait_until("the probe runs", lambda: len(lab.with_token(" 200")) >= 2)
        lab.wait_state("web", "failed")
        wait_until("the probe is gone", lambda: not lab.with_token(" 200"))
        equal(len(lab.with_token(" 1000.")), 0, "processes of web")
        equal(lab.status("clock")["state"], "up")
        lab.down_and_nothing_left()


@case
def the_timeout_leads_down_the_stop_ladder_and_the_reason_is_shown():
    with Lab("""
[service.web]
run = '''trap 'echo INT >> @LAB@/signals' INT; trap 'echo TERM >> @LAB@/signals; exit 0' TERM
while :; do sleep 0.02; done'''
ready = { tcp = "127.0.0.1:1", timeout = "300ms" }
stop = [["INT", "300ms"], ["TERM", "20s"], ["KILL"]]
restart = { when = "never" }
""") as lab:
        equal(lab.tend("up", "-d").returncode, 1)
        web = lab.wait_state("web", "failed")
        check("ready" in web["reason"], web["reason"])
        equal(lab.text("signals").split(), ["INT", "TERM"])
        check("ready" in lab.tend("why", "web", expect=0).stdout, "`tend why` tells it")
        lab.down_and_nothing_left()


@case
def an_end_before_ready_is_a_failure_even_with_exit_0():
    with Lab('[service.web]\nrun = "exit 0"\n' + NOTIFY + NEVER) as lab:
        lab.tend("up", "-d", expect=1)
        web = lab.wait_state("web", "failed")
        equal(web["last_exit"]["code"], 0)
        check("ready" in web["reason"], web["reason"])
        lab.down_and_nothing_left()


@case
def up_with_a_bound_returns_and_what_runs_stays():
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"\nready = { tcp = "127.0.0.1:1" }\n'
             '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"') as lab:
        done = lab.tend("up", "-d", "--wait", "500ms", expect=1)
        check("web" in done.stdout + done.stderr, f"it names who is not ready: {done}")
        equal((lab.status("web")["state"], lab.status("clock")["state"]), ("starting", "up"))
        lab.down_and_nothing_left()


run_cases()
