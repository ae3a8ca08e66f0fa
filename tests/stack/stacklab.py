"""The stack of examples/stack (redis, memcached, nginx before a small app) on free ports."""

import os
import socket
import urllib.request

from tendlab import EXAMPLES, SOURCE, Lab, check, descriptors_of, equal, need, wait_until

SERVICES = ("redis", "memcached", "app", "nginx")
PORTS = {"redis": "7101", "memcached": "7102", "app": "7103", "nginx": "7104"}


class StackLab(Lab):
    """A lab with a copy of the example: its own ports, our build of the app, nothing else changed."""

    def __init__(self, **options):
        need("redis-server", "memcached", "nginx")
        super().__init__(**options)
        for name in ("tend.toml", "nginx.conf"):
            with open(f"{SOURCE}/examples/stack/{name}") as file:
                text = file.read()
            for service, port in PORTS.items():
                check(port in text or name == "nginx.conf", f"port {port} is in {name}")
                text = text.replace(port, str(self.port(service)))
            text = text.replace("../../build/release/examples", os.path.abspath(EXAMPLES))
            if name == "tend.toml":
                self.config(text)
            else:
                self.write(name, text)

    # --- the services, as their users see them ---

    def ask(self, service, question):
        """One question over a plain connection, and the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port(service)), timeout=5) as connection:
            connection.sendall(question)
            return connection.recv(4096).split(b"\r\n")[0]

    def fetch(self, service):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port(service)}/", timeout=5) as answer:
            return answer.read()

    def all_answer(self):
        equal(self.ask("redis", b"PING\r\n"), b"+PONG")
        check(self.ask("memcached", b"version\r\n").startswith(b"VERSION "), "memcached answers")
        check(self.fetch("app").startswith(b"hello, visitor "), "the app answers")
        check(self.fetch("nginx").startswith(b"hello, visitor "), "nginx answers for the app")

    # --- what is done with it ---

    def kill_each_and_watch_it_return(self, host_pid=lambda pid: pid):
        """kill -9 of each main process: it alone comes back, with a new pid."""
        for victim in SERVICES:
            before = {name: self.status(name)["pid"] for name in SERVICES}
            self.kill(host_pid(before[victim]))
            seen = self.wait_ready(victim, not_pid=before[victim])
            equal(seen["last_exit"]["signal"], "SIGKILL")
            equal(seen["restarts"], 1)
            for name in SERVICES:
                if name != victim:
                    equal(self.status(name)["pid"], before[name], f"{name} after kill -9 of {victim}")
            self.all_answer()

    def kill_again_without_growing(self, keeper, host_pid=lambda pid: pid, rounds=3):
        """Nobody of tend's own holds more descriptors after more ends."""
        def held():
            project = self.project()
            return {name: descriptors_of(host_pid(project[f"{name}_pid"])) for name in ("director", "recorder")} \
                | {"keeper": descriptors_of(keeper)}

        before = held()
        for _ in range(rounds):
            for name in ("app", "memcached"):
                old = self.status(name)["pid"]
                self.kill(host_pid(old))
                self.wait_ready(name, not_pid=old)
        wait_until(f"no more descriptors than {before}",
                   lambda: all(now <= before[name] for name, now in held().items()))
