"""Figures of health checks; asserts nothing. Takes about three minutes, most of it waiting.

    detection    from the death of an instance until each door no longer has it: 1 s interval, 3 failures
    many at once 10,000 instances die in one moment: until both doors agree, and what DNS clients see of it

health_figures.py [detection|many]…    WAYPOST_BINARY=… says which binary.
"""
import multiprocessing
import random
import re
import select
import socket
import struct
import sys
import threading
import time

import measured
from measured import address, harness, listener, quantile, say

ZONE = "health.bench"
VICTIMS = 100
KILLS_SECONDS = 10
SERVICES, DYING = 100, 100  # of each service
MANY_INTERVAL, MANY_FALL = "2s", 2
QUERIES_PER_SECOND = 2000
BEFORE_SECONDS = 5
DEADLINE_SECONDS = 60
PAUSE_SECONDS = 0.002  # between two looks at a door
DYING_NET, LIVING_NET = 20, 21
WHOLE = {"waypost:answer-limit": "all"}
SO_TIMESTAMPNS = 35
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1}
_fork = multiprocessing.get_context("fork")


class Backends:
    """A process whose listeners die on command: one for all that live on, one for each of the others, or for all of them."""

    def __init__(self, single):
        self.living = listener()
        hosts = [address(number, DYING_NET) for number in range(single)] or ["0.0.0.0"]
        self.dying = [listener(hosts[0], queue=8 if single else measured.LISTEN_QUEUE)]
        self.port = self.dying[0].getsockname()[1]
        self.dying += [listener(host, self.port, queue=8) for host in hosts[1:]]
        self.living_port = self.living.getsockname()[1]
        self.pipe, there = _fork.Pipe()
        self.process = _fork.Process(target=self._serve, args=(there,), daemon=True)
        self.process.start()
        for each in (self.living, *self.dying):
            each.close()  # here; the other process has them

    def kill(self, number=0, how="refused"):
        """The moment since when it is dead."""
        self.pipe.send((number, how))
        return self.pipe.recv()

    def close(self):
        self.process.kill()
        self.process.join()

    def _serve(self, pipe):
        loop = measured.Loop()
        for each in (self.living, *self.dying):
            loop.on(each, measured.accept_and_close)
        loop.on(pipe, lambda _: pipe.send(self._die(loop, *pipe.recv())))
        while True:
            loop.turn(None)

    def _die(self, loop, number, how):
        victim = self.dying[number]
        loop.off(victim)
        if how == "hung":
            return self._fill(victim.getsockname())
        victim.close()
        return time.monotonic()

    def _fill(self, door):
        """Connections that nobody accepts, until the queue is full and SYNs are dropped."""
        full = time.monotonic()
        while True:
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(door)
            if not select.select([], [filler], [], 0.02)[1]:
                filler.close()
                return full
            filler.detach()  # stays open
            full = time.monotonic()


class Doors:
    """What both doors still have of the dying. Not for several threads."""

    def __init__(self, server):
        self.server, self.api = server, server.api()
        self.tcp = socket.create_connection(harness.split_address(server.dns), timeout=30)
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def found(self, service):
        """Ids by DiscoverInstances."""
        body = '{"NamespaceName":"%s","ServiceName":"%s","MaxResults":1000,"HealthStatus":"HEALTHY"}' % (ZONE, service)
        _, _, data = self.api.send(harness.TARGET + "DiscoverInstances", body)
        return {int(number) for number in re.findall(rb'"InstanceId": ?"dying-(\d+)"', data)}

    def answered(self, service):
        """Addresses by DNS over TCP, as numbers; of services whose answers are whole."""
        query = question(service)
        self.tcp.sendall(struct.pack("!H", len(query)) + query)
        answer = self._read(struct.unpack("!H", self._read(2))[0])
        return {(high[0] << 8 | low[0]) - 1 for high, low in re.findall(rb"\x00\x04\x7f%c(.)(.)" % DYING_NET, answer, re.S)}

    def _read(self, octets):
        data = b""
        while len(data) < octets:
            piece = self.tcp.recv(octets - len(data))
            if not piece:
                raise ConnectionError("DNS over TCP was closed")
            data += piece
        return data


def question(service, number=0):
    labels = f"{service}.{ZONE}".encode().split(b".")
    return struct.pack("!6H", number, 0, 1, 0, 0, 0) + b"".join(bytes([len(label)]) + label for label in labels) + b"\0\0\1\0\1"


def started(configuration=""):
    server = harness.Server()
    if configuration:
        with open(server.folder + "/waypost.toml", "w", encoding="utf-8") as file:
            file.write(configuration)
        server.flags += ["--config", file.name]
    server.start()
    return server


def create(api, namespace, name, interval, fall, tags):
    tags = {"waypost:check-interval": interval, "waypost:check-timeout": "1s", **tags}
    return api.service(name, namespace, records=(("A", 5),), HealthCheckConfig={"Type": "TCP", "FailureThreshold": fall},
                       Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def dying(service, backends, number):
    return service, f"dying-{number}", address(number, DYING_NET), backends.port


def living(service, backends, number):
    return service, f"living-{number}", address(number, LIVING_NET), backends.living_port


def register(api, item):
    service, id_, host, port = item
    api.register(service, id_, AWS_INSTANCE_IPV4=host, AWS_INSTANCE_PORT=str(port))


def spread(times):
    values = ", ".join(f"{name} {value:.3f}" for name, value in (("min", min(times)), ("median", quantile(times, 0.5)),
                                                                 ("p99", quantile(times, 0.99)), ("max", max(times))))
    return f"{values} s ({len(times)} of {VICTIMS})" if times else "nothing was seen"


def detection(how):
    """Each dies at a moment of its own. More live on than die, so that the checker does not suspect itself."""
    backends, server = Backends(VICTIMS), started()
    try:
        api = server.api()
        namespace = api.namespace(ZONE)
        victims, others = (create(api, namespace, name, "1s", 3, WHOLE) for name in ("victims", "others"))
        items = [dying(victims, backends, number) for number in range(VICTIMS)]
        items += [living(victims if number == 0 else others, backends, number) for number in range(VICTIMS + 2)]
        measured.in_parallel(server, register, items)
        measured.await_healthy(server, len(items))
        killed, gone = {}, {"DiscoverInstances": {}, "DNS": {}}
        ended = threading.Event()

        def watch(door, look):
            while not ended.is_set():
                missing = set(range(VICTIMS)) - look("victims")
                now = time.monotonic()
                for number in missing - set(gone[door]):
                    gone[door][number] = now
                time.sleep(PAUSE_SECONDS)

        threads = [threading.Thread(target=watch, args=("DiscoverInstances", Doors(server).found)),
                   threading.Thread(target=watch, args=("DNS", Doors(server).answered))]
        for thread in threads:
            thread.start()
        for number in random.sample(range(VICTIMS), VICTIMS):
            time.sleep(random.expovariate(VICTIMS / KILLS_SECONDS))
            killed[number] = backends.kill(number, how)
        harness.until(lambda: all(len(seen) == VICTIMS for seen in gone.values()), DEADLINE_SECONDS)
        ended.set()
        for thread in threads:
            thread.join()
        say(f"detection, TCP {how}, interval 1 s, timeout 1 s, 3 failures:")
        for door, seen in gone.items():
            say(f"    {door:18} {spread([at - killed[number] for number, at in seen.items()])}")
        skew = [abs(gone["DNS"][number] - at) for number, at in gone["DiscoverInstances"].items() if number in gone["DNS"]]
        say(f"    between the doors  {spread(skew)}")
    finally:
        server.remove()
        backends.close()


class DnsClient:
    """Asks over UDP at a steady rate from a process of its own; arrivals are timed by the kernel."""

    def __init__(self, server, services):
        self.pipe, there = _fork.Pipe()
        self.process = _fork.Process(target=self._ask, args=(there, harness.split_address(server.dns), services), daemon=True)
        self.process.start()

    def stop(self):
        """Of each query (sent, seconds until answered or None), and how late it was sent; times since the epoch."""
        self.pipe.send(None)
        samples = self.pipe.recv()
        self.process.join()
        return samples

    @staticmethod
    def _ask(pipe, door, services):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        udp.connect(door)
        sent, took, late = [], [], []

        def receive(until):
            while select.select([udp], [], [], max(0, until - time.time()))[0]:
                answer, control, _, _ = udp.recvmsg(2048, 64)
                seconds, nanoseconds = struct.unpack("qq", control[0][2])
                back = len(sent) - ((len(sent) - struct.unpack("!H", answer[:2])[0]) & 0xffff)
                if took[back] is None:
                    took[back] = seconds + nanoseconds / 1e9 - sent[back]

        next_ = time.time()
        while not pipe.poll():
            next_ += 1 / QUERIES_PER_SECOND
            receive(next_)
            query = question(services[len(sent) % len(services)], len(sent) & 0xffff)
            late.append(time.time() - next_)
            took.append(None)
            sent.append(time.time())
            udp.send(query)
        receive(time.time() + 0.2)
        pipe.send(list(zip(sent, took, late)))


def latency(phase, samples):
    answered = [took for _, took, _ in samples if took is not None]
    micro = [f"{name} {quantile(answered, share) * 1e6:.0f}" for name, share in QUANTILES.items()]
    say(f"    {phase}; {len(samples)} DNS queries, {len(samples) - len(answered)} unanswered: {', '.join(micro)} µs "
        f"(client late: p99 {quantile([late for _, _, late in samples], 0.99) * 1e6:.0f} µs)")


def all_looks(server, names, whole):
    """(door, service, what it still has of the dying)."""
    doors = Doors(server)
    return [("DiscoverInstances", name, doors.found) for name in names] + [("DNS", name, doors.answered) for name in whole]


def look_on(looks, seconds):
    """What watch_until_clean costs, while nothing happens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for _, service, has in looks:
            has(service)
        time.sleep(PAUSE_SECONDS)


def watch_until_clean(looks):
    """(door, service) → when it had none of the dying any more; and how many looks still saw some at the deadline."""
    clean, deadline = {}, time.monotonic() + DEADLINE_SECONDS
    while looks and time.monotonic() < deadline:
        left = []
        for door, service, has in looks:
            if has(service):
                left.append((door, service, has))
            else:
                clean[door, service] = time.monotonic()
        looks = left
        time.sleep(PAUSE_SECONDS)
    return clean, len(looks)


def many(surviving, configuration, what):
    """Answers of every second service are whole, so that DNS shows every death; the client asks the others."""
    backends, server = Backends(0), started(configuration)
    try:
        api = server.api()
        namespace = api.namespace(ZONE)
        names = [f"s{number}" for number in range(SERVICES)]
        ids = [create(api, namespace, name, MANY_INTERVAL, MANY_FALL, WHOLE if name in names[0::2] else {}) for name in names]
        items = [dying(ids[number % SERVICES], backends, number) for number in range(SERVICES * DYING)]
        items += [living(ids[number % SERVICES], backends, number) for number in range(SERVICES * surviving)]
        begun = time.monotonic()
        measured.in_parallel(server, register, items)
        took = time.monotonic() - begun
        measured.await_healthy(server, len(items))
        say(f"many at once, {what}: {len(items)} instances, {SERVICES * DYING} die; TCP, interval {MANY_INTERVAL}, "
            f"{MANY_FALL} failures (registered at {len(items) / took:.0f}/s)")
        usage, client = measured.Usage(server.process.pid), DnsClient(server, names[1::2])
        looks = all_looks(server, names, names[0::2])
        marks, shares = [time.time()], []

        def mark():
            marks.append(time.time())
            shares.append(usage.cpu_share())

        time.sleep(BEFORE_SECONDS)
        mark()
        look_on(looks, BEFORE_SECONDS)
        mark()
        killed = backends.kill()
        clean, left = watch_until_clean(looks)
        mark()
        samples = client.stop()
        for door in "DiscoverInstances", "DNS":
            times = [at - killed for (which, _), at in clean.items() if which == door]
            say(f"    {door:18} {len(times)} services, the last had none of the dead after {max(times, default=0):.3f} s")
        say(f"    both doors agree after {max(clean.values(), default=killed) - killed:.3f} s; doors that never did: {left}")
        phases = "before, nobody else asks", "before, watched", "during, watched"
        for phase, first, last, share in zip(phases, marks, marks[1:], shares):
            latency(f"{phase}: server {share * 100:.0f} % of a core", [sample for sample in samples if first <= sample[0] < last])
        say(f"    server: {usage.resident_mb():.0f} MB resident")
    finally:
        server.remove()
        backends.close()


def main():
    measured.private_network()
    wanted = sys.argv[1:] or ["detection", "many"]
    if "detection" in wanted:
        detection("refused")
        detection("hung")
    if "many" in wanted:
        many(DYING + 1, "", "fewer than half")
        many(1, '[health]\nsuspect-hold = "0s"\n', 'nearly all, suspect-hold = "0s"')


if __name__ == "__main__":
    main()
