"""What the tables of DNS tests share: a server with static zones and a namespace, all its doors, and answers as text."""
import os
import random
import shutil
import socket
import struct
import tempfile

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

import dns_strict as strict
import harness

WAIT_SECONDS = 5


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


IPV6 = has_ipv6()


def header(ident=0x1234, flags=0, questions=1, answers=0, authority=0, additional=0):
    return struct.pack("!6H", ident, flags, questions, answers, authority, additional)


def question(name, kind=6, klass=1):
    return dns.name.from_text(name).to_wire() + struct.pack("!2H", kind, klass)


def option(code, value=b""):
    return struct.pack("!2H", code, len(value)) + value


def opt(payload=1232, version=0, flags=0, rdata=b"", owner=b"\x00"):
    return owner + struct.pack("!HHBBHH", strict.OPT, payload, 0, version, flags, len(rdata)) + rdata


def query(name, kind="A", edns=None, flags=0):
    """A question in wire form, with OPT where its RDATA, or True for an empty one, is given."""
    wire = header(flags=flags, additional=edns is not None) + question(name, dns.rdatatype.from_text(kind))
    return wire if edns is None else wire + opt(rdata=b"" if edns is True else edns)


def receive(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError(f"closed after {len(data)} of {count} octets")
        data += more
    return data


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


class Door:
    """One address and transport of the server."""

    def __init__(self, address, tcp):
        host, self.port = harness.split_address(address)
        self.host, self.tcp, self.is_v6 = host, tcp, ":" in host
        self.family = socket.AF_INET6 if self.is_v6 else socket.AF_INET
        self.name = ("TCP" if tcp else "UDP") + ("6" if self.is_v6 else "")

    def connect(self, timeout=WAIT_SECONDS):
        sock = socket.socket(self.family, socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM)
        sock.settimeout(timeout)
        sock.connect((self.host, self.port))
        return sock

    def exchange(self, wire, timeout=WAIT_SECONDS):
        """The answer's octets; None for silence."""
        with self.connect(timeout) as sock:
            sock.sendall(framed(wire) if self.tcp else wire)
            try:
                return receive(sock, struct.unpack("!H", receive(sock, 2))[0]) if self.tcp else sock.recv(65535)
            except socket.timeout:
                return None


def at_each_door(test):
    """Runs a test for each door, as a subtest."""
    def run(self):
        for door in self.doors:
            with self.subTest(door=door.name):
                test(self, door)

    return run


def rows(section, mark):
    lines = []
    for rrset in section:
        for rdata in rrset:
            text = rdata.to_text()
            if rrset.rdtype == dns.rdatatype.SOA:
                fields = text.split()
                text = " ".join(fields[:2] + ["#"] + fields[3:])
            lines.append(f"{mark}{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {text}".lower())
    return sorted(lines)


def as_text(wire):
    """A response: `NOERROR aa tc`, then its records, lower case and sorted, `>` before authority and `+` before additional; serials are `#`."""
    message = dns.message.from_wire(wire)
    flags = [name.lower() for name, bit in (("AA", dns.flags.AA), ("TC", dns.flags.TC), ("RA", dns.flags.RA)) if message.flags & bit]
    return "\n".join([" ".join([dns.rcode.to_text(message.rcode()), *flags]), *rows(message.answer, ""), *rows(message.authority, "> "),
                      *rows(message.additional, "+ ")])


def without(text, *marks):
    """The text without these sections' lines."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(marks))


def any_case(name, drawn):
    return "".join(c.upper() if drawn.random() < 0.5 else c.lower() for c in name)


class TableCase(harness.Case):
    """A server with the static zones ZONES (apex → master file) and the configuration CONFIG, on IPv4 and, where there is any, IPv6."""
    ZONES = {}
    CONFIG = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="waypost-table-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.mkdir(cls.folder + "/zones")
        for apex, text in cls.ZONES.items():
            cls.write(f"zones/{apex}.zone", text)
        cls.write("config.toml", cls.CONFIG)
        cls.prepare()
        if not IPV6:
            print("there is no IPv6 here: IPv4 alone is tested")
        more = ("--dns", "[::1]:0") if IPV6 else ()
        cls.server = harness.Server("--config", cls.folder + "/config.toml", "--zones", cls.folder + "/zones", *more, *cls.FLAGS).start()
        cls.api = cls.server.api()
        cls.doors = [Door(address, tcp) for address in cls.server.doors["dns"] for tcp in (False, True)]
        cls.udp, cls.tcp = cls.doors[0], cls.doors[1]
        cls.drawn = random.Random(4711)
        cls.fill()

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    @classmethod
    def prepare(cls):
        """Makes files that the configuration names."""

    @classmethod
    def fill(cls):
        """Makes namespaces and services."""

    def ask(self, wire, door=None):
        """The strictly checked message that answers these octets."""
        return self.checked(wire, door or self.udp)[0]

    def checked(self, wire, door):
        response = door.exchange(wire)
        self.assertIsNotNone(response, f"no answer at {door.name}")
        return strict.check_response(response, wire), response

    def text(self, name, kind="A", door=None, edns=None, flags=0):
        """The answer as text, to the question in any case."""
        wire = query(any_case(name, self.drawn), kind, edns, flags)
        return as_text(self.checked(wire, door or self.udp)[1])

    def check(self, table, ignore=(), doors=None, edns=None, **names):
        """Each row is name, type, text; with `names` put in. `ignore`: marks of sections that are not compared."""
        for door in doors or self.doors:
            for row in table:
                name, kind, want = (field.format(**names) for field in row)
                with self.subTest(name=name, kind=kind, door=door.name):
                    got = self.text(name, kind, door, edns)
                    self.assertEqual(without(want, *ignore) if ignore else want, without(got, *ignore) if ignore else got)
