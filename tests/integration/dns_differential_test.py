"""Our answers for generated zones against NSD's and Knot's over the same files. Every difference falls in a class that is explained, or fails.

  dns_differential_test.py [--questions N] [--names N] [--seed N]
"""
import argparse
import collections
import random
import re
import shutil
import socket
import struct
import sys
import tempfile
import unittest

import dns.message

import dns_peers
import dns_strict as strict
import dns_zones
import harness

OPTIONS = argparse.Namespace(questions=2000, names=3000, seed=20)
PAYLOAD_MAX = 1232  # of all three, as configured
REASON_OCTETS = 6   # which we keep free beside OPT, for an extended error
FAILURES_SHOWN = 12


class Door:
    """Asks one server, by UDP and by TCP, over one socket each."""

    def __init__(self, address, timeout=5):
        self.address, self.timeout = address, timeout
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(timeout)
        self.udp.connect(address)
        self.tcp = None

    def ask(self, wire, tcp=False):
        return self.by_tcp(wire) if tcp else self.by_udp(wire)

    def by_udp(self, wire):
        for _ in range(2):
            self.udp.send(wire)
            try:
                while True:
                    answer = self.udp.recv(65535)
                    if answer[:2] == wire[:2]:
                        return answer
            except socket.timeout:
                pass
        raise AssertionError(f"{self.address} does not answer {wire.hex()}")

    def by_tcp(self, wire):
        for last in False, True:
            try:
                if self.tcp is None:
                    self.tcp = socket.create_connection(self.address, self.timeout)
                self.tcp.sendall(struct.pack("!H", len(wire)) + wire)
                return self.receive(struct.unpack("!H", self.receive(2))[0])
            except (OSError, EOFError):
                self.tcp = None
                if last:
                    raise
        raise AssertionError("unreachable")

    def receive(self, count):
        data = b""
        while len(data) < count:
            more = self.tcp.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


class Question:
    """One question, and the octets it is asked with."""

    def __init__(self, ident, name, kind, flags=0, payload=None, do=False, tcp=False):
        self.name, self.kind, self.flags, self.payload, self.do, self.tcp = name, kind, flags, payload, do, tcp
        self.wire = struct.pack("!6H", ident, flags, 1, 0, 0, payload is not None) + name + struct.pack("!2H", kind, 1)
        if payload is not None:
            self.wire += struct.pack("!BHHIH", 0, strict.OPT, payload, 0x8000 if do else 0, 0)

    def room(self):
        if self.tcp:
            return 65535
        return min(max(512, self.payload), PAYLOAD_MAX) if self.payload is not None else 512

    def but(self, **other):
        values = {"name": self.name, "kind": self.kind, "flags": self.flags, "payload": self.payload, "do": self.do, "tcp": self.tcp} | other
        return Question(struct.unpack("!H", self.wire[:2])[0], **values)

    def __str__(self):
        edns = "" if self.payload is None else f" payload {self.payload}{' DO' if self.do else ''}"
        return f"{dns.message.from_wire(self.wire).question[0]}{edns}{' TCP' if self.tcp else ' UDP'} flags {self.flags:#06x}"


class Reply:
    """What is compared: flags, rcode, the three sections as sets of (owner, type, TTL, RDATA)."""

    def __init__(self, wire):
        message = strict.parse(wire)
        self.message, self.octets, self.wire = message, len(wire), wire
        self.rcode, self.flags = message.rcode, message.flags & ~15
        self.answer, self.authority, self.additional = (frozenset((r.owner, r.type, r.ttl, r.rdata) for r in section)
                                                        for section in (message.answer, message.authority, message.additional))

    def __str__(self):
        return dns.message.from_wire(self.wire).to_text()


class Differs(Exception):
    """A difference that nothing explains."""


def names_in(reply):
    """Targets of the NS, MX and SRV records: names whose addresses may be added."""
    skip = {strict.NS: 0, strict.MX: 2, strict.SRV: 6}
    return {rdata[skip[kind]:] for _, kind, _, rdata in reply.answer | reply.authority if kind in skip}


def is_below_or_at(name, apex):
    at = 0
    while len(name) - at > len(apex):
        at += name[at] + 1
    return name[at:] == apex


class Comparison:
    """Compares replies of waypost (`ours`) with those of one peer; `laws` counts what explained the differences."""

    def __init__(self, ours, peer, name, zones):
        self.ours, self.peer, self.name = ours, peer, name
        self.apexes = [dns_zones.to_wire(zone.apex).lower() for zone in zones.zones]
        self.known = {}
        for zone in zones.zones:
            self.known.update(zone.addresses)
        self.laws = collections.Counter()
        self.used = []

    def law(self, name):
        if name not in self.used:
            self.used.append(name)

    def compare(self, question, ours):
        """Counts laws; raises Differs."""
        self.used = []
        theirs = Reply(self.peer.ask(question.wire, question.tcp))
        first = theirs
        try:
            self.explain(question, ours, theirs)
        except Differs as why:
            raise Differs(f"{self.name}: {question}\n{why}\n--- ours\n{ours}\n--- {self.name}\n{first}\n") from None
        self.laws[" + ".join(self.used) or "the same"] += 1

    def explain(self, question, ours, theirs):
        if (ours.flags | theirs.flags) & strict.TC:
            ours, theirs = self.whole(question, ours, theirs)
        if question.kind == strict.ANY and ours.rcode == 0 and ours.answer:
            return self.any_type(question, ours)
        rcode, flags, answer, authority = self.chased(question, theirs)
        if authority != ours.authority and ours.flags & strict.AA and not ours.authority and all(kind == strict.NS for _, kind, _, _ in authority):
            self.law("the peer adds the zone's NS to an answer")
            authority = frozenset()
        if flags & strict.CD and not ours.flags & strict.CD:
            self.law("the peer copies CD")
            flags &= ~strict.CD
        if ours.rcode == 6 and rcode == 3 and self.too_long(question, ours):
            self.law("the peer says NXDOMAIN for a name that a DNAME makes too long (RFC 6672 2.2: YXDOMAIN)")
            rcode, authority = 6, ours.authority
        if ours.rcode == rcode == 6 and (answer, authority) != (ours.answer, ours.authority) and self.too_long(question, ours):
            targets = {rdata for _, kind, _, rdata in ours.answer if kind == strict.DNAME}
            if answer >= ours.answer and all(owner in targets for owner, _, _, _ in answer - ours.answer) and {r[1] for r in authority} <= {strict.SOA}:
                self.law("the peer goes on with the DNAME's target, which nobody asked for, after its YXDOMAIN")
                answer, authority = ours.answer, ours.authority
        if question.kind == strict.DS and rcode == 3 and ours.rcode == 0 and question.name.lower() in self.apexes:
            self.law("the peer says NXDOMAIN for the DS of a zone that the zone above does not delegate (RFC 8020: but there is one)")
            rcode = 0
        for what, mine, other in (("rcode", ours.rcode, rcode), ("flags", ours.flags, flags), ("answer", ours.answer, answer),
                                  ("authority", ours.authority, authority)):
            if mine != other:
                raise Differs(f"another {what}: {mine if isinstance(mine, int) else ''} {other if isinstance(other, int) else ''} after {self.used}")
        if bool(ours.message.opt) != bool(theirs.message.opt) or (ours.message.opt and (ours.message.opt[3] ^ theirs.message.opt[3])):
            raise Differs("another OPT")
        self.check_additional(ours)
        if ours.additional != theirs.additional:
            self.law("additional: other addresses, all of them right, none missing that is needed")

    def whole(self, question, ours, theirs):
        """Replies that are not cut, where one was; the cut itself is checked."""
        both = ours.flags & theirs.flags & strict.TC
        if both:
            self.law("TC: both")
        elif theirs.flags & strict.TC:
            self.law("TC: only the peer's, ours fits")
        if ours.flags & strict.TC:
            full = Reply(self.ours.ask(question.but(tcp=True).wire, True))
            if not ours.answer <= full.answer and question.kind != strict.ANY:
                raise Differs("TC: what is there is not of the whole answer")
            needed = full.octets - sum(r.octets for r in full.message.additional if not self.is_glue(full, r))
            if needed + (REASON_OCTETS if question.payload is not None else 0) <= question.room():
                raise Differs(f"TC, but {needed} octets fit into {question.room()}")
            if not both and any(self.is_glue(full, r) and (r.owner, r.type, r.ttl, r.rdata) not in theirs.additional for r in full.message.additional):
                self.law("TC: only ours, the peer leaves out glue that is needed (RFC 9471 3)")
            elif not both:
                self.law("TC: only ours, which has more to say or packs it less tightly")
            ours = full
        if theirs.flags & strict.TC:
            theirs = Reply(self.peer.ask(question.but(tcp=True).wire, True))
        return ours, theirs

    def is_glue(self, reply, record):
        """Whether the record is an address inside a cut that the reply refers to: that must not be missing (RFC 9471 3)."""
        return any(kind == strict.NS and rdata == record.owner and is_below_or_at(record.owner, owner) for owner, kind, _, rdata in reply.authority)

    def any_type(self, question, ours):
        """ANY: one RRset, or some; each must be the peer's for that type."""
        self.law("ANY: each RRset is the peer's for its type")
        types = {kind for _, kind, _, _ in ours.answer}
        if types == {strict.DNAME, strict.CNAME}:
            types = {strict.CNAME}  # made from the DNAME
        elif len(types) != 1 and not question.tcp:
            raise Differs("ANY: more than one RRset on UDP")
        for kind in types:
            theirs = Reply(self.peer.ask(question.but(kind=kind, tcp=True).wire, True))
            if theirs.answer != frozenset(r for r in ours.answer if r[1] == kind or kind == strict.CNAME):
                raise Differs(f"ANY: another RRset of type {kind}:\n{theirs}")
            if (theirs.flags ^ ours.flags) & strict.AA:
                raise Differs("ANY: another AA")

    def chased(self, question, theirs):
        """(rcode, flags, answer, authority) after the peer was asked again for where its CNAMEs lead, in any zone that it has."""
        rcode, flags, answer, authority = theirs.rcode, theirs.flags, theirs.answer, theirs.authority
        passed, name = set(), question.name.lower()
        while question.kind not in (strict.CNAME, strict.ANY):
            passed.add(name)
            target = next((rdata for owner, kind, _, rdata in answer if owner == name and kind == strict.CNAME), None)
            if target is None or target in passed:
                break
            name = target
            if any(owner == name and kind == strict.CNAME for owner, kind, _, _ in answer) or not any(is_below_or_at(name, apex) for apex in self.apexes):
                continue
            links = frozenset(r for r in answer if r[1] == strict.DNAME or (r[1] == strict.CNAME and r[0] in passed))
            again = Reply(self.peer.ask(question.but(name=name, tcp=True).wire, True))
            if (rcode, answer, authority) != (again.rcode, links | again.answer, again.authority):
                self.law("the peer stops where a CNAME leads into another of its zones")
                rcode, answer, authority = again.rcode, links | again.answer, again.authority
        return rcode, flags, answer, authority

    @staticmethod
    def too_long(question, ours):
        """Whether the answer ends with a DNAME that leads to a name of more than 255 octets."""
        name, passed = question.name.lower(), set()
        while name and name not in passed:
            passed.add(name)
            last, name = name, next((rdata for owner, kind, _, rdata in ours.answer if owner == name and kind == strict.CNAME), None)
        return any(kind == strict.DNAME and last != owner and is_below_or_at(last, owner) and len(last) - len(owner) + len(rdata) > strict.NAME_OCTETS_MAX
                   for owner, kind, _, rdata in ours.answer)

    def check_additional(self, ours):
        targets = names_in(ours)
        for owner, kind, ttl, rdata in ours.additional:
            if owner not in targets:
                raise Differs("additional: nobody named that")
            if rdata in self.known.get((owner, kind), ()):
                continue
            theirs = Reply(self.peer.ask(Question(1, owner, kind, tcp=True).wire, True))
            if (owner, kind, ttl, rdata) not in theirs.answer:
                raise Differs("additional: no such address")
        if ours.flags & strict.AA or ours.answer:
            return
        there = {(owner, kind, rdata) for owner, kind, _, rdata in ours.additional}
        for cut, kind, _, server in ours.authority:
            if kind != strict.NS or not is_below_or_at(server, cut):
                continue
            for address in strict.A, strict.AAAA:
                for rdata in self.known.get((server, address), ()):
                    if (server, address, rdata) not in there:
                        raise Differs("glue is missing")


class Differential(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not dns_peers.NSD or not dns_peers.KNOT:
            print("nsd and knotd are not both installed: nothing to compare with")
            raise unittest.SkipTest("no nsd and knotd")
        cls.folder = tempfile.mkdtemp(prefix="waypost-zones-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        zones = f"{cls.folder}/zones"
        harness.os.mkdir(zones)
        cls.zones = dns_zones.ZoneSet(OPTIONS.seed, OPTIONS.names)
        cls.zones.write(zones)
        cls.server = harness.Server("--zones", zones).start()
        cls.addClassCleanup(cls.server.remove)
        cls.ours = Door(harness.split_address(cls.server.dns))
        cls.comparisons = []
        for make in dns_peers.nsd, dns_peers.knot:
            peer = make(zones, cls.folder)
            cls.addClassCleanup(peer.stop)
            cls.comparisons.append(Comparison(cls.ours, Door(peer.address), peer.name, cls.zones))

    def questions(self):
        drawn = random.Random(OPTIONS.seed + 1)
        for number in range(OPTIONS.questions):
            name, kind = self.zones.question()
            yield Question(number & 0xffff, name, kind, flags=drawn.choice([0, 0, strict.RD, strict.RD | strict.CD, strict.AD]),
                           payload=drawn.choice([None, 512, 1232, 4096]), do=drawn.random() < 0.3, tcp=drawn.random() < 0.2)

    def test_same_answers(self):
        failures = []
        for question in self.questions():
            wire = self.ours.ask(question.wire, question.tcp)
            ours = Reply(wire)
            try:
                strict.check_response(wire, question.wire)
                if len(wire) > question.room():
                    raise strict.Malformed(f"{len(wire)} octets where {question.room()} are allowed")
            except strict.Malformed as why:
                failures.append(f"{question}\nmalformed: {why}\n{ours}")
                continue
            for comparison in self.comparisons:
                try:
                    comparison.compare(question, ours)
                except Differs as why:
                    failures.append(str(why))
        for comparison in self.comparisons:
            print(f"{OPTIONS.questions} questions (seed {OPTIONS.seed}), compared with {comparison.name}:")
            for law, count in comparison.laws.most_common():
                print(f"  {count:6}  {law}")
        kinds = collections.Counter(re.sub(r"\d+", "#", failure.split("\n")[1]) for failure in failures)
        self.assertEqual(0, len(failures), f"{len(failures)} differences are not explained: {dict(kinds)}\n" + "\n".join(failures[:FAILURES_SHOWN]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option, default in vars(OPTIONS).items():
        parser.add_argument("--" + option, type=int, default=default)
    OPTIONS, sys.argv[1:] = parser.parse_known_args()
    harness.main()
