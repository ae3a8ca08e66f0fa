"""A private Slurm for tests: one slurmctld and a few slurmd on loopback, in a folder of its own.

It needs no systemd, no munge, no database and no root: it runs as whoever calls it, or as another
user that Slurm can find in the user database. Nothing of it is left when the lab is closed: each
daemon is ended by its recorded pid, and what it started goes with it.

    with SlurmLab() as slurm:
        slurm.run(["srun", "hostname"])
        slurm.set_down("n2")
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = ("slurmctld", "slurmd", "srun", "sinfo", "scontrol", "scancel", "squeue", "sbatch")
READY_WITHIN_S = 30
ATTEMPTS = 3  # A port may be taken between our asking and the daemon's.


class NoSlurm(Exception):
    """Slurm is not installed here; the text says what is missing."""


def search_path():
    """PATH with the folders where Debian puts daemons."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def missing():
    """What this machine lacks, or an empty text."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=search_path())]
    if absent:
        return "not installed: " + ", ".join(absent)
    return ""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


CONFIG = """\
ClusterName=tend
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
SlurmdTimeout=300
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
"""


class SlurmLab:
    """`cpus` are those of each node; `user` is whose daemons and jobs they are, by name."""

    def __init__(self, nodes=3, cpus=2, user=None):
        reason = missing()
        if reason:
            raise NoSlurm(reason)
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.cpus = cpus
        self.account = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
        self.folder = None
        self.daemons = []
        self.environment = {}

    # --- life ------------------------------------------------------------------------------------

    def __enter__(self):
        for attempt in range(ATTEMPTS):
            try:
                self._start()
                return self
            except RuntimeError:
                self.close()
                if attempt + 1 == ATTEMPTS:
                    raise
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self):
        self.folder = tempfile.mkdtemp(prefix="tend-slurm-")
        for name in ["state"] + [f"spool-{node}" for node in self.nodes]:
            os.mkdir(f"{self.folder}/{name}", 0o755)
        os.chmod(self.folder, 0o755)
        self._write_config()
        self._hand_over()
        self.environment = dict(os.environ, PATH=search_path(), HOME=self.folder,
                                SLURM_CONF=f"{self.folder}/slurm.conf")
        for name in list(self.environment):
            if name.startswith(("SLURM_", "SBATCH_")) and name != "SLURM_CONF":
                del self.environment[name]
        self._daemon(["slurmctld", "-D", "-i"])
        for node in self.nodes:
            self._daemon(["slurmd", "-D", "-N", node])
        self._wait_until_idle()

    def _write_config(self):
        ports = free_ports(1 + len(self.nodes))
        host = socket.gethostname().split(".")[0]
        with open(f"{self.folder}/slurm.conf", "w", encoding="ascii") as config:
            config.write(CONFIG.format(host=host, port=ports[0], user=self.account.pw_name,
                                       folder=self.folder))
            for node, port in zip(self.nodes, ports[1:]):
                config.write(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 "
                             f"Port={port} CPUs={self.cpus} RealMemory=2000 State=UNKNOWN\n")
            config.write("PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n")
        # Read at start, though no plugin for control groups is configured.
        with open(f"{self.folder}/cgroup.conf", "w", encoding="ascii") as config:
            config.write("CgroupPlugin=cgroup/v1\n")

    def _hand_over(self):
        if self.account.pw_uid == os.getuid():
            return
        for path in [self.folder] + [f"{self.folder}/{name}" for name in os.listdir(self.folder)]:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _identity(self):
        """For subprocess: as whom to run."""
        if self.account.pw_uid == os.getuid():
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _daemon(self, words):
        with open(f"{self.folder}/{words[0]}-{words[-1]}.out", "wb") as output:
            self.daemons.append(subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder,
                env=self.environment, start_new_session=True, **self._identity()))

    def _wait_until_idle(self):
        until = time.monotonic() + READY_WITHIN_S
        while True:
            seen = self.run(["sinfo", "-h", "-N", "-t", "idle", "-o", "%N"]).stdout.split()
            if sorted(seen) == self.nodes:
                return
            if time.monotonic() > until or any(one.poll() is not None for one in self.daemons):
                raise RuntimeError(f"Slurm did not come up:\n{self.logs()}")
            time.sleep(0.02)

    def close(self):
        """Ends jobs, steps and daemons."""
        if self.folder is None:
            return
        for daemon in self.daemons:
            daemon.send_signal(signal.SIGTERM)
        for daemon in self.daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self._end_steps()
        self.daemons = []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    def _end_steps(self):
        """slurmstepd lives on without its slurmd: each carries our folder in its environment."""
        mark = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            try:
                with open(f"/proc/{name}/environ", "rb") as environment:
                    if mark in environment.read().split(b"\0"):
                        os.kill(int(name), signal.SIGKILL)
            except OSError:
                continue

    # --- use -------------------------------------------------------------------------------------

    def run(self, words, **options):
        """A command of this Slurm, to its end, as its user; the streams are texts."""
        return subprocess.run(words, env=self.environment, cwd=self.folder, text=True,
                              errors="backslashreplace", stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False, **self._identity(),
                              **options)

    def popen(self, words, **options):
        return subprocess.Popen(words, env=self.environment, cwd=self.folder,
                                **self._identity(), **options)

    def set_down(self, node):
        self.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"])

    def set_up(self, node):
        self.run(["scontrol", "update", f"nodename={node}", "state=resume"])

    def logs(self):
        texts = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as log:
                    texts.append(f"--- {name}\n" + "".join(log.readlines()[-8:]))
        return "\n".join(texts)
