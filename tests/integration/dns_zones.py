"""Zones made from a seed, as master files, and questions about them. The same seed always makes the same."""
import os
import random
import socket

import dns.exception
import dns.name

# Nested zones with and without a delegation above, a reverse zone, a wildcard right below an apex, an apex of upper case.
APEXES = ("alpha.test", "in.alpha.test", "bravo.test", "Charlie.Example", "delta.example", "deep.er.delta.example", "wild.test",
          "2.0.192.in-addr.arpa", "echo.co.test")
OUTSIDE = ("elsewhere.invalid", "www.foreign.net", "test", "example", "x.co.test", "zone.alpha.test.invalid")
TYPES = ("A", "AAAA", "NS", "SOA", "CNAME", "PTR", "MX", "TXT", "SRV", "DS", "DNAME", "CAA", "NAPTR", "TLSA", "SSHFP", "HINFO", "LOC", "RP", "AFSDB",
         "TYPE1000", "TYPE65280", "SPF")
NUMBERS = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "AAAA": 28, "LOC": 29, "SRV": 33,
           "NAPTR": 35, "DNAME": 39, "DS": 43, "SSHFP": 44, "TLSA": 52, "SPF": 99, "ANY": 255, "CAA": 257, "TYPE1000": 1000, "TYPE65280": 65280}


def to_wire(name):
    return dns.name.from_text(name).to_wire()


class Zone:
    """One zone while it is made: records by owner (relative, without regard to case), and names by what they are good for."""

    def __init__(self, apex, drawn):
        self.apex, self.drawn = apex, drawn
        self.lines, self.types = [], {}
        self.addresses = {}  # (owner in wire form, lower case; type number) -> RDATA
        self.hosts, self.aliases, self.cuts, self.dnames, self.wildcards, self.gaps = [], [], [], [], [], []
        self.count = 0

    def add(self, owner, kind, rdata, ttl=None):
        if ttl is None:
            ttl = 60 + 60 * (hash_of(owner.lower() + kind) % 50)  # one RRset, one TTL
        self.types.setdefault(owner.lower(), set()).add(kind)
        self.lines.append(f"{owner} {ttl} IN {kind} {rdata}")
        if kind in ("A", "AAAA") and not rdata.startswith("\\#"):
            key = to_wire(self.full(owner)).lower(), NUMBERS[kind]
            self.addresses.setdefault(key, set()).add(socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, rdata))

    def name(self, prefix):
        """A new relative name; most of one label, some deep, some with odd labels."""
        self.count += 1
        label = f"{prefix}{self.count}"
        kind = self.drawn.random()
        if kind < 0.1:
            label = label.title() + "X"
        elif kind < 0.13:
            label = (label + "-" + "l" * 63)[:63]
        elif kind < 0.16:
            label = self.drawn.choice([label + "\\.dot", label + "\\032space", label + "\\000\\255", "_" + label, label + "\\@"])
        if self.drawn.random() < 0.15:
            gap = f"gap{self.count}"
            self.gaps.append(gap)
            label = f"{label}.{gap}" if self.drawn.random() < 0.5 else f"{label}.empty.{gap}"
        elif self.hosts and self.drawn.random() < 0.1:
            label = f"{label}.{self.drawn.choice(self.hosts)}"
        return label if len(label) < 150 else f"{prefix}{self.count}"

    def full(self, owner):
        return f"{owner}.{self.apex}" if owner != "@" else self.apex


def hash_of(text):
    value = 5381
    for octet in text.encode():
        value = (value * 33 ^ octet) & 0xffffffff
    return value


class ZoneSet:
    """All zones of a seed: `names` is how many names there are, about."""

    def __init__(self, seed, names=3000):
        self.drawn = random.Random(seed)
        self.zones = [Zone(apex, self.drawn) for apex in APEXES]
        for zone in self.zones:
            self.begin(zone)
        makers = ([self.host] * 30 + [self.alias] * 18 + [self.exchange] * 8 + [self.service] * 8 + [self.texts] * 8 + [self.big] * 4 + [self.cut] * 12 +
                  [self.redirect] * 8 + [self.wildcard] * 10 + [self.others] * 8 + [self.pointer] * 3)
        for _ in range(names):
            self.drawn.choice(makers)(self.drawn.choice(self.zones))
        self.loops()

    def write(self, folder):
        for zone in self.zones:
            with open(os.path.join(folder, zone.apex.lower() + ".zone"), "w", encoding="ascii") as file:
                file.write(f"$ORIGIN {zone.apex}.\n" + "\n".join(zone.lines) + "\n")

    # What zones are made of.

    def begin(self, zone):
        low, high = self.drawn.choice([(60, 600), (600, 60), (300, 300)])
        zone.lines.append(f"@ {low} IN SOA Primary hostmaster.other.invalid. {self.drawn.randrange(1, 1 << 31)} 7200 900 1209600 {high}")
        zone.types["@"] = {"SOA", "NS"}
        zone.add("@", "NS", "ns1")
        zone.add("@", "NS", "NS.elsewhere.invalid.")
        for name in "ns1", "Primary", "first", "second":
            zone.add(name, "A", self.address())
            zone.hosts.append(name)
        zone.add("@", "MX", "10 first")
        if zone.apex == "wild.test":
            zone.add("*", "A", self.address())
            zone.add("*", "TXT", '"below the apex"')
            zone.add("sub.*", "TXT", '"this is not a wildcard"')
            zone.add("_ssh._tcp.first", "SRV", "1 2 22 first")
            zone.wildcards.append("@")
        if zone.apex == "alpha.test":
            zone.add("in", "NS", "ns1.in")
            zone.add("in", "DS", "1 8 2 " + "ab" * 32)
            zone.add("ns1.in", "A", self.address())
            zone.cuts.append("in")

    def address(self):
        return f"192.0.2.{self.drawn.randrange(1, 255)}"

    def address6(self):
        return f"2001:db8::{self.drawn.randrange(1, 65535):x}"

    def case(self, name):
        return "".join(c.upper() if self.drawn.random() < 0.5 else c for c in name) if self.drawn.random() < 0.2 and "\\" not in name else name

    def host(self, zone):
        owner = zone.name("host")
        for address in {self.address() for _ in range(self.drawn.choice([1, 1, 1, 2, 4]))}:
            zone.add(owner, "A", address)
        if self.drawn.random() < 0.5:
            zone.add(owner, "AAAA", self.address6())
        zone.hosts.append(owner)

    def target(self, zone, far=0.25):
        """A name that records may lead to, relative or whole: hosts here and in other zones, names that are missing, outside, below cuts and DNAMEs."""
        kind = self.drawn.random()
        there = self.drawn.choice(self.zones) if self.drawn.random() < far else zone
        if kind < 0.55:
            owner = self.drawn.choice(there.hosts)
        elif kind < 0.63:
            owner = f"missing{self.drawn.randrange(100)}"
        elif kind < 0.70:
            return self.drawn.choice(OUTSIDE) + "."
        elif kind < 0.78 and there.wildcards:
            owner = f"any{self.drawn.randrange(100)}.{self.drawn.choice(there.wildcards)}".removesuffix(".@")
        elif kind < 0.84 and there.cuts:
            owner = self.drawn.choice(["x.", "", "ns."]) + self.drawn.choice(there.cuts)
        elif kind < 0.92 and there.dnames:
            owner = self.drawn.choice(["first.", "missing.", "www.x.", ""]) + self.drawn.choice(there.dnames)
        elif kind < 0.97 and there.gaps:
            owner = self.drawn.choice(there.gaps)
        else:
            owner = "@"
        return self.case(there.full(owner) + "." if there is not zone or owner == "@" else owner)

    def alias(self, zone):
        owner = zone.name("alias")
        to = self.drawn.choice(zone.aliases) if zone.aliases and self.drawn.random() < 0.3 else self.target(zone, 0.4)
        zone.add(owner, "CNAME", to)
        zone.aliases.append(owner)

    def exchange(self, zone):
        owner = zone.name("mx")
        for i in range(self.drawn.choice([1, 2, 5])):
            zone.add(owner, "MX", f"{i * 10} {self.target(zone)}")

    def service(self, zone):
        base = self.drawn.choice([zone.name("svc"), self.drawn.choice(zone.hosts)])
        owner = f"_s{zone.count}._tcp.{base}"
        if len(owner) > 150:
            return
        for i in range(self.drawn.choice([1, 3, 12])):
            zone.add(owner, "SRV", f"{i} 5 {8000 + i} {self.target(zone)}")
        zone.gaps.append(f"_tcp.{base}")

    def texts(self, zone):
        owner = zone.name("text")
        for text in {self.drawn.choice(['"plain"', '"two" "strings"', '"quote \\" and back\\\\slash"', '"\\000\\255"', '""', f'"{"x" * 255}"'])
                     for _ in range(self.drawn.choice([1, 2]))}:
            zone.add(owner, "TXT", text)

    def big(self, zone):
        """RRsets about and beyond 512 and 1,232 octets."""
        owner, kind = zone.name("big"), self.drawn.choice(["A", "AAAA", "TXT", "MX", "TYPE65280"])
        count = self.drawn.choice([20, 28, 31, 40, 60, 75, 90])
        for i in range(count):
            zone.add(owner, kind, {"A": f"10.{count}.0.{i}", "AAAA": f"2001:db8:{count}::{i:x}", "TXT": f'"{i:03}{"t" * 20}"', "MX": f"{i} first",
                                   "TYPE65280": f"\\# 4 {i:08x}"}[kind])

    def cut(self, zone):
        owner = zone.name("cut")
        inside = 20 if self.drawn.random() < 0.02 else self.drawn.choice([0, 1, 1, 2, 2, 9])
        for i in range(inside):
            zone.add(owner, "NS", f"ns{i}.{owner}")
            zone.add(f"ns{i}.{owner}", "A", self.address())
            if self.drawn.random() < 0.6:
                zone.add(f"ns{i}.{owner}", "AAAA", self.address6())
        if not inside or self.drawn.random() < 0.4:
            zone.add(owner, "NS", self.drawn.choice(["ns.elsewhere.invalid.", self.drawn.choice(zone.hosts), self.drawn.choice(self.zones).full("first") + "."]))
        if self.drawn.random() < 0.4:
            zone.add(owner, "DS", f"{self.drawn.randrange(65536)} 13 2 " + "cd" * 32)
        if self.drawn.random() < 0.4:
            zone.add(f"hidden.{owner}", "A", self.address())
            zone.add(f"more.hidden.{owner}", "TXT", '"occluded"')
        zone.cuts.append(owner)

    def redirect(self, zone):
        owner = zone.name("dname")
        there = self.drawn.choice(self.zones)
        to = self.drawn.choice([self.drawn.choice(there.hosts), "@", "@", self.drawn.choice(there.gaps or ["@"]), "missing", "z" * 60 + "." + "y" * 60, "z" * 60 + "." + "y" * 60])
        zone.add(owner, "DNAME", self.drawn.choice(["sub.elsewhere.invalid.", there.full(to) + ".", there.full(to) + "."]))
        if self.drawn.random() < 0.3:
            zone.add(owner, "TXT", '"beside a DNAME"')
        zone.dnames.append(owner)  # nothing below it: NSD takes no such zone

    def wildcard(self, zone):
        base = zone.name("wild")
        star = f"*.{base}"
        kind = self.drawn.random()
        if kind < 0.25:
            zone.add(star, "CNAME", self.target(zone))
        elif kind < 0.4:
            zone.add(star, "MX", f"10 {self.target(zone)}")
        else:
            zone.add(star, "A", self.address())
            zone.add(star, "TXT", '"any"')
        if self.drawn.random() < 0.5:
            zone.add(f"there.{base}", "A", self.address())
            zone.add(f"a.deep.{base}", "A", self.address())
        zone.wildcards.append(base)

    def others(self, zone):
        owner = zone.name("other")
        for kind, rdata in self.drawn.sample([
                ("CAA", '0 issue "ca.example"'), ("NAPTR", f'10 20 "u" "E2U+sip" "!^.*$!sip:a@b!" {self.target(zone)}'), ("TLSA", "3 1 1 " + "ef" * 32),
                ("SSHFP", "4 2 " + "01" * 32), ("HINFO", '"cpu" "os"'), ("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
                ("RP", f"{self.target(zone)} {self.target(zone)}"), ("AFSDB", f"1 {self.target(zone)}"), ("TYPE1000", "\\# 3 abcdef"),
                ("TYPE65280", "\\# 0"), ("PTR", self.target(zone)), ("A", "\\# 4 c0000263")], 3):
            zone.add(owner, kind, rdata)

    def pointer(self, zone):
        zone.add(zone.name("ptr"), "PTR", self.target(zone))

    def loops(self):
        first, second = self.zones[0], self.zones[2]
        first.add("loop-self", "CNAME", "loop-self")
        first.add("loop-here", "CNAME", f"loop-there.{second.apex}.")
        second.add("loop-there", "CNAME", f"loop-here.{first.apex}.")
        first.aliases += ["loop-self", "loop-here"]
        second.aliases.append("loop-there")
        for i in range(6):
            first.add(f"chain{i}", "CNAME", f"chain{i + 1}.{second.apex}." if i % 2 else f"chain{i + 1}")
            second.add(f"chain{i}", "CNAME", f"chain{i + 1}.{first.apex}." if i % 2 else f"chain{i + 1}")
        first.aliases.append("chain0")

    # Questions

    def a_name(self):
        """(name, types that are there) of one drawn question."""
        drawn = self.drawn
        zone = drawn.choice(self.zones)
        kind = drawn.random()
        if kind < 0.40:
            owner = drawn.choice(list(zone.types))
            return zone.full(owner), zone.types[owner]
        if kind < 0.50:
            return zone.full(drawn.choice(zone.aliases or ["@"])), ()
        if kind < 0.58:
            return f"{drawn.choice(['x', 'x.y.z', '*', 'ns0', 'missing'])}.{zone.full(drawn.choice(list(zone.types)))}".replace(".@.", "."), ()
        if kind < 0.64:
            return zone.full(f"missing{drawn.randrange(1000)}" + drawn.choice(["", ".x.y"])), ()
        if kind < 0.71 and zone.wildcards:
            base = zone.full(drawn.choice(zone.wildcards))
            return drawn.choice(["any.", "a.b.c.", "*.", "there.", "x.there.", "deep.", "x.deep.", "", "x.*.", "sub.*."]) + base, ()
        if kind < 0.78 and zone.cuts:
            return drawn.choice(["", "x.", "ns0.", "hidden.", "more.hidden.", "a.b.hidden."]) + zone.full(drawn.choice(zone.cuts)), ("DS", "NS")
        if kind < 0.90 and zone.dnames:
            below = drawn.choice(["first", "second", "missing", "", "x.y", "hidden", "ns1", ".".join(["v" * 60] * drawn.choice([1, 2, 2, 3, 3]))])
            owner = zone.full(drawn.choice(zone.dnames))
            return f"{below}.{owner}".lstrip("."), ()
        if kind < 0.96 and zone.gaps:
            return drawn.choice(["", "", "x."]) + zone.full(drawn.choice(zone.gaps)), ()
        return drawn.choice(OUTSIDE + (".",) + APEXES), ()

    def question(self):
        """(name in wire form with a case of its own, type number); names that would be too long are drawn anew."""
        while True:
            name, there = self.a_name()
            try:
                wire = bytearray(to_wire(name))
            except dns.exception.DNSException:
                continue
            break
        drawn = self.drawn
        kind = drawn.choice(sorted(there)) if there and drawn.random() < 0.6 else drawn.choice(TYPES + ("A",) * 12 + ("AAAA", "MX", "TXT", "ANY"))
        if drawn.random() < 0.3:
            at = 0
            while wire[at]:
                for i in range(at + 1, at + 1 + wire[at]):
                    if chr(wire[i]).isalpha() and wire[i] < 128 and drawn.random() < 0.5:
                        wire[i] ^= 0x20
                at += wire[at] + 1
        return bytes(wire), NUMBERS[kind]
