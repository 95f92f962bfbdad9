"""1,000 instances checked every 100 ms, some flapping, some coming and going, while an events stream and a long poll are open.
Prints what the server uses every 30 s, and whether that grows. Asserts nothing.

health_soak.py [SECONDS=600]    WAYPOST_BINARY=… says which binary.
"""
import http.client
import json
import multiprocessing
import socket
import statistics
import sys
import threading
import time

import measured
from measured import address, harness, listener, say

ZONE = "soak.bench"
SERVICES, OF_EACH = 20, 50
INTERVAL = "100ms"
FLAP_SECONDS = 3
CHURN_SECONDS = 0.25  # between two registrations; each instance stays for CHURN_STAY of them
CHURN_STAY = 20
ROW_SECONDS = 30
WARM_UP_SECONDS = 60
REPORTS = 70_000  # more than the 65,536 events that the server keeps for streams to resume
# More than this is no noise.
GROWTH, GROWTH_MB, GROWTH_DESCRIPTORS = 1.10, 4, 20
HEADS = ("seconds", "RSS MB", "fds", "TIME_WAIT", "checks/s", "% of a core", "late max ms", "machine's ms",
         "transitions", "events", "polls", "churned")
_fork = multiprocessing.get_context("fork")


class Backends:
    """A process of listeners: TCP, HTTP, and of both those that are down for FLAP_SECONDS and up for as long."""

    def __init__(self):
        self.loop = measured.Loop()
        self.doors = {"tcp": listener(), "http": listener(), "tcp-flaps": listener(), "http-flaps": listener()}
        self.ports = {kind: door.getsockname()[1] for kind, door in self.doors.items()}
        self.process = _fork.Process(target=self._serve, daemon=True)
        self.process.start()
        for door in self.doors.values():
            door.close()

    def close(self):
        self.process.kill()
        self.process.join()

    def _serve(self):
        self.loop.on(self.doors["tcp"], measured.accept_and_close)
        self.loop.on(self.doors["tcp-flaps"], measured.accept_and_close)
        self.loop.on(self.doors["http"], lambda door: self._accept(door, lambda _: True))
        self.loop.on(self.doors["http-flaps"], lambda door: self._accept(door, self._is_up))
        up = True
        while True:
            self.loop.turn(0.05)
            if up != (int(time.monotonic() / FLAP_SECONDS) % 2 == 0):
                up = not up
                self._switch(up)

    def _switch(self, up):
        door = self.doors["tcp-flaps"]
        if up:
            door = self.doors["tcp-flaps"] = listener(port=self.ports["tcp-flaps"])
            self.loop.on(door, measured.accept_and_close)
        else:
            self.loop.off(door)
            door.close()

    @staticmethod
    def _is_up(connection):
        """Not all at the same time: by the last octet of the address."""
        octet = int(connection.getsockname()[0].rpartition(".")[2])
        return int(time.monotonic() / FLAP_SECONDS + octet / 7) % 2 == 0

    def _accept(self, door, is_up):
        for connection in measured.accept_all(door):
            connection.setblocking(False)
            self.loop.on(connection, lambda asked: self._answer(asked, is_up))

    def _answer(self, connection, is_up):
        """The connection stays until the checker closes it, so that a TIME_WAIT is the checker's."""
        try:
            if connection.recv(4096):
                status = b"200 OK" if is_up(connection) else b"503 Down"
                connection.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")
                return
        except OSError:
            pass
        self.loop.off(connection)
        connection.close()


class Pacemaker:
    """A process that only wakes up, every few milliseconds: how late it ever was is the machine's doing, not the server's."""

    def __init__(self):
        self.late_max = _fork.Value("d", 0.0)
        self.process = _fork.Process(target=self._beat, daemon=True)
        self.process.start()

    def close(self):
        self.process.kill()
        self.process.join()

    def _beat(self):
        while True:
            due = time.monotonic() + 0.005
            time.sleep(0.005)
            self.late_max.value = max(self.late_max.value, time.monotonic() - due)


class Background:
    """Threads that go on until the end; what they count."""

    def __init__(self, server):
        self.server, self.ended = server, threading.Event()
        self.counts = {"events": 0, "polls": 0, "churned": 0}
        self.streams, self.threads = [], []

    def start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def stop(self):
        self.ended.set()
        for stream in self.streams:
            stream.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)

    def connection(self):
        return http.client.HTTPConnection(*harness.split_address(self.server.http), timeout=60)

    def events(self):
        connection = self.connection()
        connection.request("GET", "/v1/events")
        self.streams.append(connection.sock)
        for line in connection.getresponse():
            self.counts["events"] += line.startswith(b"data:")

    def long_polls(self, service):
        connection, index = self.connection(), 0
        while not self.ended.is_set():
            connection.request("GET", f"/v1/discover/{ZONE}/{service}?index={index}&wait=1s")
            answer = connection.getresponse()
            json.loads(answer.read())
            index = int(answer.getheader("x-waypost-index"))
            self.counts["polls"] += 1

    def churn(self, service, port):
        """Registers one, deregisters the one of some time ago."""
        api, number = self.server.api(), 0
        while not self.ended.wait(CHURN_SECONDS):
            api.register(service, f"guest-{number}", AWS_INSTANCE_IPV4=address(number % 60000, 22), AWS_INSTANCE_PORT=str(port))
            if number >= CHURN_STAY:
                api.deregister(service, f"guest-{number - CHURN_STAY}")
            number += 1
            self.counts["churned"] += 1


def fill(server, ports):
    """SERVICES × OF_EACH instances; the ids of the services. A quarter of the services is HTTP; one in ten instances flaps."""
    api = server.api()
    namespace = api.namespace(ZONE)
    services = []
    for number in range(SERVICES):
        kind = "HTTP" if number % 4 == 0 else "TCP"
        config = {"Type": kind, "FailureThreshold": 2, **({"ResourcePath": "/health"} if kind == "HTTP" else {})}
        services.append((api.service(f"s{number}", namespace, HealthCheckConfig=config,
                                     Tags=[{"Key": "waypost:check-interval", "Value": INTERVAL}]), kind.lower()))
    items = [(services[number % SERVICES], number) for number in range(SERVICES * OF_EACH)]

    def register(connection, item):
        (service, kind), number = item
        port = ports[kind + ("-flaps" if number // SERVICES % 10 == 0 else "")]
        connection.register(service, f"i{number}", AWS_INSTANCE_IPV4=address(number), AWS_INSTANCE_PORT=str(port))

    measured.in_parallel(server, register, items)
    return [service for service, _ in services]


def fill_the_ring(server):
    """Makes the server keep as many events as it ever will, so that this is not mistaken for a leak later."""
    api = server.api()
    service = api.service("reports", api.namespace("ring." + ZONE), HealthCheckCustomConfig={"FailureThreshold": 1})
    for number in range(measured.CONNECTIONS):
        api.register(service, f"i{number}", AWS_INSTANCE_IPV4=address(number, 23))

    def report(connection, number):
        at, instance = divmod(number, measured.CONNECTIONS)  # the same instance by the same connection: in order
        connection.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId=f"i{instance}",
                        Status="HEALTHY" if at % 2 else "UNHEALTHY")

    measured.in_parallel(server, report, range(REPORTS))


class Rows:
    """Looks every second; a row of medians every ROW_SECONDS."""

    def __init__(self, server, background, pacemaker):
        self.server, self.background, self.pacemaker = server, background, pacemaker
        self.usage = measured.Usage(server.process.pid)
        self.begun, self.kept = time.monotonic(), []
        say("  ".join(HEADS))

    def row(self):
        before, begun, looks = measured.metrics(self.server), time.monotonic(), []
        while time.monotonic() - begun < ROW_SECONDS:
            time.sleep(1)
            looks.append((self.usage.resident_mb(), self.usage.descriptors(), measured.time_waits()))
        after, took = measured.metrics(self.server), time.monotonic() - begun
        resident, descriptors, waits = (statistics.median(column) for column in zip(*looks))
        rate = (measured.checks(after) - measured.checks(before)) / took
        at, late = time.monotonic() - self.begun, after["waypost_health_check_lateness_microseconds_max"] / 1000
        changes = sum(value for name, value in after.items() if name.startswith("waypost_health_transitions_total"))
        self.kept.append((at, resident, descriptors))
        values = (f"{at:.0f}", f"{resident:.1f}", f"{descriptors:.0f}", f"{waits:.0f}", f"{rate:.0f}",
                  f"{self.usage.cpu_share() * 100:.1f}", f"{late:.1f}", f"{self.pacemaker.late_max.value * 1000:.1f}",
                  f"{changes:.0f}", *(str(count) for count in self.background.counts.values()))
        say("  ".join(value.rjust(len(head)) for value, head in zip(values, HEADS)))

    def summary(self):
        warm = [row for row in self.kept if row[0] > WARM_UP_SECONDS] or self.kept[-1:]
        (begun, first_mb, first_fds), (ended, last_mb, last_fds) = warm[0], warm[-1]
        if len(warm) < 2:
            return f"SOAK too short to tell: RSS {last_mb:.1f} MB, {last_fds:.0f} fds"
        grows = last_mb > first_mb * GROWTH + GROWTH_MB or last_fds > first_fds * GROWTH + GROWTH_DESCRIPTORS
        return (f"SOAK from {begun:.0f} s to {ended:.0f} s: RSS {first_mb:.1f} -> {last_mb:.1f} MB, "
                f"fds {first_fds:.0f} -> {last_fds:.0f}: {'grows' if grows else 'flat'}")


def main():
    measured.private_network()
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    backends, pacemaker, server = Backends(), Pacemaker(), harness.Server().start()
    background = Background(server)
    try:
        fill_the_ring(server)
        services = fill(server, backends.ports)
        background.start(background.events)
        background.start(background.long_polls, "s1")
        background.start(background.churn, services[1], backends.ports["tcp"])
        rows = Rows(server, background, pacemaker)
        while time.monotonic() - rows.begun < seconds:
            rows.row()
        say(rows.summary())
    finally:
        background.stop()
        server.remove()
        pacemaker.close()
        backends.close()


if __name__ == "__main__":
    main()
