"""NSD and Knot, serving master files on free loopback ports."""
import os
import shutil
import socket
import subprocess
import time

import harness

NSD = shutil.which("nsd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
KNOT = shutil.which("knotd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
START_SECONDS = 30

NSD_CONFIG = """server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "{zones}"
  logfile: "{folder}/nsd.log"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  minimal-responses: no
  rrl-ratelimit: 0
  tcp-count: 50
remote-control:
  control-enable: no
"""
NSD_ZONE = "zone:\n  name: {apex}\n  zonefile: \"{apex}.zone\"\n"

KNOT_CONFIG = """server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{folder}"
log:
  - target: "{folder}/knot.log"
    any: warning
template:
  - id: default
    storage: "{zones}"
    file: "%s.zone"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: soft
zone:
"""
KNOT_ZONE = "  - domain: {apex}\n"


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1, as good as that can be known."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


class Peer:
    """Another server, which answers for the zones of a folder. `folder` is for its own files."""

    def __init__(self, name, command, texts, zones, folder):
        self.name, self.folder = name, os.path.join(folder, name)
        os.mkdir(self.folder)
        self.address = "127.0.0.1", free_port()
        apexes = sorted(file.removesuffix(".zone") for file in os.listdir(zones) if file.endswith(".zone"))
        values = {"port": self.address[1], "zones": zones, "folder": self.folder}
        config = os.path.join(self.folder, "config")
        with open(config, "w", encoding="ascii") as file:
            file.write(texts[0].format(**values) + "".join(texts[1].format(apex=apex) for apex in apexes))
        self.log = os.path.join(self.folder, "output")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*command, "-c", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=harness._die_with_parent)
        harness._started.append(self.process)
        self.wait(apexes)

    def wait(self, apexes):
        """Until every zone is answered with its SOA."""
        deadline = time.monotonic() + START_SECONDS
        for apex in apexes:
            while True:
                try:
                    answer = harness.dns.query.udp(harness.dns.message.make_query(apex, "SOA"), self.address[0], 1, self.address[1])
                    if answer.answer:
                        break
                except (OSError, harness.dns.exception.Timeout):
                    pass
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{self.name} does not answer for {apex}:\n{self.logged()}")
                time.sleep(0.05)

    def logged(self):
        texts = []
        for file in self.log, os.path.join(self.folder, self.name + ".log"):
            if os.path.exists(file):
                with open(file, encoding="utf-8", errors="replace") as log:
                    texts.append(log.read()[-3000:])
        return "\n".join(texts)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nsd(zones, folder):
    return Peer("nsd", [NSD, "-d"], (NSD_CONFIG, NSD_ZONE), zones, folder)


def knot(zones, folder):
    return Peer("knot", [KNOT], (KNOT_CONFIG, KNOT_ZONE), zones, folder)
