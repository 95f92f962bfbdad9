"""What the figures of health share: a network of their own, a server to load, backends by the thousand, and what a process uses.
Nothing here asserts."""
import math
import os
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
import harness  # noqa: E402  after the path is known

CONNECTIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")
LISTEN_QUEUE = 4096


def private_network():
    """Goes on in a network namespace of its own, so that ports, counters and TIME_WAITs are nobody else's. Root only."""
    if os.environ.get("WAYPOST_PRIVATE_NETWORK") or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return
    os.environ["WAYPOST_PRIVATE_NETWORK"] = "1"
    os.execvp("unshare", ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, "-B", *sys.argv])


def say(text):
    print(text, flush=True)


def address(number, net=20):
    """127.NET.x.y, from 127.NET.0.1 on."""
    return f"127.{net}.{(number + 1) >> 8}.{(number + 1) & 255}"


def listener(host="0.0.0.0", port=0, queue=LISTEN_QUEUE):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(queue)
    made.setblocking(False)
    return made


def quantile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else float("nan")


def in_parallel(server, work, items, connections=CONNECTIONS):
    """work(api, item) for all items, over so many keep-alive connections; the results in order."""
    results, failures = [None] * len(items), []

    def part(first):
        api = server.api()
        try:
            for at in range(first, len(items), connections):
                results[at] = work(api, items[at])
        except Exception as failure:  # of a thread: raised below
            failures.append(failure)
        finally:
            api.close()

    threads = [threading.Thread(target=part, args=(first,)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def metrics(server):
    """Name with labels → value."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(server.url + "/metrics", timeout=30) as response:
        lines = response.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line and line[0] != "#")}


def checks(values):
    """How many checks these metrics count."""
    return sum(value for name, value in values.items() if name.startswith("waypost_health_checks_total"))


def await_healthy(server, count, seconds=60):
    """Until so many have been found good; how many have."""
    return harness.until(lambda: metrics(server)['waypost_health_transitions_total{to="healthy"}'] >= count, seconds, 0.2)


class Usage:
    """What a process uses, now and since it was last asked."""

    def __init__(self, pid):
        self.pid = pid
        self.at, self.cpu = time.monotonic(), self._cpu()

    def _cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_share(self):
        """Of one core, since the last call."""
        at, cpu = time.monotonic(), self._cpu()
        share = (cpu - self.cpu) / max(at - self.at, 1e-9)
        self.at, self.cpu = at, cpu
        return share

    def resident_mb(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def time_waits():
    """Of this network namespace."""
    with open("/proc/net/sockstat", encoding="ascii") as file:
        fields = next(line for line in file if line.startswith("TCP:")).split()
    return int(fields[fields.index("tw") + 1])


class Loop:
    """Backends in a loop: on(socket, handler) calls handler(socket) when it can be read."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()

    def on(self, sock, handler):
        self.selector.register(sock, selectors.EVENT_READ, handler)

    def off(self, sock):
        self.selector.unregister(sock)

    def turn(self, seconds):
        for key, _ in self.selector.select(seconds):
            key.data(key.fileobj)


def accept_all(listening):
    """Takes what waits at a listener; connections that were reset meanwhile are none."""
    for _ in range(256):
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        yield connection


def accept_and_close(listening):
    """A backend of TCP checks. The checker closes first, or resets; nothing is left behind here."""
    for connection in accept_all(listening):
        connection.close()
