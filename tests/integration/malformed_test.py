"""Broken DNS messages, by UDP and TCP. The server stays alive and right, its memory flat, and all it says is well-formed.

  malformed_test.py [--packets N] [--seed N]     a million takes minutes; the server may be one with sanitizers
"""
import argparse
import collections
import os
import shutil
import socket
import struct
import sys
import tempfile
import time

import dns_mutations
import dns_strict as strict
import harness

OPTIONS = argparse.Namespace(packets=20000, seed=1)
ZONE, FIXED = "malformed.example", "fixed.example"
BATCH = 64
SENTINEL = 0xffff  # the id of a good question behind each batch: once it is answered, all before it are
WAIT_SECONDS = 20
WARM_SHARE = 0.3   # of the packets, before memory is looked at for the first time
GROWTH_MAX = 8 << 20
GROWTH_MAX_SANITIZED = 24 << 20
FAILURES_MAX = 20
PLAIN_UDP, PAYLOAD_MAX = 512, 1232
ZONE_TEXT = """$TTL 60
@ SOA ns host 1 2 3 4 5
@ NS ns
ns A 192.0.2.1
www A 192.0.2.80
alias CNAME www
old DNAME new
*.wild TXT "any"
sub NS ns.sub
ns.sub A 192.0.2.53
_web._tcp SRV 1 2 3 www
big TXT "{0}" "a"
big TXT "{0}" "b"
big TXT "{0}" "c"
big TXT "{0}" "d"
big TXT "{0}" "e"
big TXT "{0}" "f"
""".format("t" * 250)


def good_question(ident=SENTINEL):
    return struct.pack("!6H", ident, 0, 1, 0, 0, 0) + b"\x03www\x05fixed\x07example\x00" + struct.pack("!2H", 1, 1)


def wants_answer(wire):
    """Every message with a header is answered, unless it is a response itself."""
    return len(wire) >= 12 and not wire[2] & 0x80


def allowed_octets(wire, response):
    """How long a UDP response may be; a question's own words count only where they are well-formed."""
    if response.opt is None:
        return PLAIN_UDP
    try:
        asked = strict.parse(bytes(wire))
    except strict.Malformed:
        return PAYLOAD_MAX
    return min(PAYLOAD_MAX, max(PLAIN_UDP, asked.opt[0])) if asked.opt else PLAIN_UDP


class Sender:
    """Sends batches and looks at what comes back; what is wrong is noted in `failures`."""

    def __init__(self, address, mutator):
        self.address, self.mutator = address, mutator
        self.sent = collections.Counter()
        self.rcodes = collections.Counter()
        self.failures = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(address)
        self.udp.settimeout(WAIT_SECONDS)
        self.tcp = None

    def fail(self, why, wire, response=b""):
        if len(self.failures) < FAILURES_MAX:
            self.failures.append(f"{why}\n  sent {bytes(wire).hex()}\n  got  {bytes(response).hex()}")

    def batch(self):
        made = []
        for i in range(BATCH):
            message = self.mutator.next()
            message[0:2] = struct.pack("!H", i)[:len(message)]
            made.append(bytes(message))
        return made

    def check(self, wire, response, udp):
        try:
            message = strict.check_response(response, wire)
            if udp and len(response) > allowed_octets(wire, message):
                raise strict.Malformed(f"{len(response)} octets, {allowed_octets(wire, message)} at most")
            if not udp and message.flags & strict.TC:
                raise strict.Malformed("TC on TCP")
        except strict.Malformed as why:
            return self.fail(f"{'UDP' if udp else 'TCP'}: {why}", wire, response)
        self.rcodes[message.rcode] += 1
        return None

    def by_udp(self):
        self.udp.settimeout(WAIT_SECONDS)
        self.exchange(self.batch(), last=False)

    def exchange(self, batch, last):
        """Sends all and the sentinel; what is silent is sent once more by itself, since UDP may lose."""
        for wire in batch:
            self.udp.send(wire)
        self.udp.send(good_question())
        self.sent["UDP"] += len(batch)
        answered = set()
        while True:
            response = self.udp.recv(65535)
            ident = int.from_bytes(response[:2], "big")
            if ident == SENTINEL:
                break
            if ident >= len(batch) or ident in answered:
                self.fail("UDP: nobody asked for that", batch[ident % len(batch)], response)
                continue
            answered.add(ident)
            if not wants_answer(batch[ident]):
                self.fail("UDP: silence was wanted", batch[ident], response)
            else:
                self.check(batch[ident], response, True)
        for i, wire in enumerate(batch):
            if i not in answered and wants_answer(wire):
                if last:
                    self.fail("UDP: not answered", wire)
                else:
                    self.exchange([b"\0\0" + wire[2:]], last=True)

    def connection(self):
        if self.tcp is None:
            self.tcp = socket.create_connection(self.address, WAIT_SECONDS)
            self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tcp

    def receive(self, count):
        data = b""
        while len(data) < count:
            more = self.tcp.recv(count - len(data))
            if not more:
                raise EOFError(f"closed after {len(data)} of {count} octets")
            data += more
        return data

    def by_tcp(self):
        """A batch in any segments over one connection, which lives on."""
        batch = self.batch()
        drawn = self.mutator.drawn
        stream = b"".join(struct.pack("!H", len(wire)) + wire for wire in batch + [good_question()])
        sock = self.connection()
        at = 0
        while at < len(stream):
            step = drawn.choice((1, 2, 3, 100, 5000, len(stream)))
            sock.sendall(stream[at:at + step])
            at += step
        self.sent["TCP"] += len(batch)
        answered = set()
        try:
            while True:
                response = self.receive(int.from_bytes(self.receive(2), "big"))
                ident = int.from_bytes(response[:2], "big")
                if ident == SENTINEL:
                    break
                if ident >= len(batch):
                    self.fail("TCP: nobody asked for that", b"", response)
                    continue
                answered.add(ident)
                if not wants_answer(batch[ident]):
                    self.fail("TCP: silence was wanted", batch[ident], response)
                else:
                    self.check(batch[ident], response, False)
        except (EOFError, OSError) as why:
            self.fail(f"TCP: the connection broke: {why!r}", stream)
            self.tcp = None
            return
        for i, wire in enumerate(batch):
            if i not in answered and wants_answer(wire):
                self.fail("TCP: not answered", wire)

    def abuse_framing(self):
        """Connections that lie about lengths, stop anywhere, never read, or vanish."""
        drawn = self.mutator.drawn
        wire = good_question(7)
        framed = struct.pack("!H", len(wire)) + wire
        stream = drawn.choice((b"", b"\0", b"\0\0", b"\0\0" * 50, b"\0\x01x", b"\xff\xff" + wire, b"\0\x05abcde" * 20, framed[:-1], framed * 300, framed + b"\xff",
                               drawn.randbytes(300), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + drawn.randbytes(60)))
        with socket.create_connection(self.address, WAIT_SECONDS) as sock:
            self.sent["framing"] += 1
            try:
                sock.sendall(stream)
                end = drawn.random()
                if end < 0.3:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                elif end < 0.5 and stream.endswith(framed):
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65535):
                        pass
            except OSError:
                pass  # closed by the server, which may


def sanitized():
    with open(harness.BINARY, "rb") as file:
        return b"__asan_init" in file.read()


class MalformedMessages(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="waypost-malformed-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.mkdir(cls.folder + "/zones")
        for name, text in (("zones/fixed.example.zone", ZONE_TEXT), ("key", dns_mutations.KEY[1]),
                           ("config.toml", '[dns]\nnsid = "malformed"\nerror-rate-limit = 0\n[[tsig-key]]\nname = "malformed."\nsecret-file = "key"\n'
                                           f'[[secondary]]\naddress = "127.0.0.1:{cls.quiet_port()}"\nzones = ["*"]\n')):
            with open(os.path.join(cls.folder, name), "w", encoding="ascii") as file:
                file.write(text)
        cls.sanitized = sanitized()
        options = os.environ.get("ASAN_OPTIONS", "")
        environment = {"ASAN_OPTIONS": ":".join(filter(None, [options, "quarantine_size_mb=4"]))}
        cls.server = harness.Server("--config", cls.folder + "/config.toml", "--zones", cls.folder + "/zones", environment=environment).start()
        cls.api = cls.server.api()
        namespace = cls.api.namespace(ZONE)
        web = cls.api.service("web", namespace)
        for i in range(12):
            cls.api.register(web, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i + 1}", AWS_INSTANCE_PORT="80")
        srv = cls.api.service("_big._tcp", namespace, records=[("SRV", 30)])
        for i in range(8):
            cls.api.register(srv, f"instance-with-a-rather-long-name-for-a-target-{i}", AWS_INSTANCE_IPV4=f"10.0.1.{i + 1}", AWS_INSTANCE_PORT="80")

    @classmethod
    def quiet_port(cls):
        """A port at which NOTIFY finds nobody who answers."""
        cls.secondary = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.addClassCleanup(cls.secondary.close)
        cls.secondary.bind(("127.0.0.1", 0))
        return cls.secondary.getsockname()[1]

    def memory(self):
        with open(f"/proc/{self.server.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def check_right(self):
        self.assertIsNone(self.server.process.poll(), f"the server is gone:\n{self.server.logged()}")
        for tcp in False, True:
            self.assertEqual({"192.0.2.80"}, self.server.addresses("alias." + FIXED, tcp=tcp))
            answer = self.server.ask("web." + ZONE, tcp=tcp)
            self.assertEqual(8, len(answer.answer[0]))
            self.assertEqual("NXDOMAIN", harness.dns.rcode.to_text(self.server.ask("missing." + FIXED, tcp=tcp).rcode()))

    def test_nothing_hurts(self):
        names = [f"web.{ZONE}", f"_big._tcp.{ZONE}", f"missing.{ZONE}", f"_80._tcp.web.{ZONE}", f"_status.web.{ZONE}", "elsewhere.invalid"]
        names += [f"{label}.{FIXED}" for label in ("www", "alias", "x.old", "any.wild", "x.sub", "big", "_tcp", "_web._tcp")]
        sender = Sender(harness.split_address(self.server.dns), dns_mutations.Mutator(dns_mutations.seeds(names, [FIXED, ZONE]), OPTIONS.seed))
        self.check_right()
        warm, began = None, time.monotonic()
        while sum(sender.sent.values()) < OPTIONS.packets and len(sender.failures) < FAILURES_MAX:
            drawn = sender.mutator.drawn.random()
            try:
                if drawn < 0.6:
                    sender.by_udp()
                elif drawn < 0.9:
                    sender.by_tcp()
                else:
                    sender.abuse_framing()
            except OSError as why:
                sender.failures.append(f"the server does not answer any more: {why!r}")
                break
            if warm is None and sum(sender.sent.values()) >= OPTIONS.packets * WARM_SHARE:
                warm = self.memory()
        seconds = time.monotonic() - began
        self.assertEqual([], sender.failures, "\n".join(sender.failures))
        self.check_right()
        grown = self.memory() - warm
        print(f"{dict(sender.sent)} in {seconds:.0f} s (seed {OPTIONS.seed}); rcodes {dict(sorted(sender.rcodes.items()))}; "
              f"memory {warm >> 20} MiB when warm, {grown / (1 << 20):+.1f} MiB since")
        self.assertLess(grown, GROWTH_MAX_SANITIZED if self.sanitized else GROWTH_MAX)
        log = self.server.logged(200000)
        self.assertNotIn("runtime error", log)
        self.assertNotIn("Sanitizer", log)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option, default in vars(OPTIONS).items():
        parser.add_argument("--" + option, type=int, default=default)
    OPTIONS, sys.argv[1:] = parser.parse_known_args()
    harness.main()
