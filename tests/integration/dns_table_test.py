"""How names are answered (RFC 1034 4.3.2 and what came after), row by row: in namespaces and in static zones, by UDP and TCP, IPv4 and IPv6."""
import struct

import dns.name
import dns.rdatatype

import dns_case
import dns_strict as strict
import harness
from dns_case import at_each_door, header, opt, option, query, question

SPACE, FIXED = "space.example", "fixed.example"
SOA = "> {z}. 42 soa ns1.{z}. hostmaster.{z}. # 7200 900 1209600 42"
OTHER_SOA = "> {o}. 42 soa ns1.{o}. hostmaster.{o}. # 7200 900 1209600 42"
WEB = "\nweb.{z}. 60 a 10.0.0.1\nweb.{z}. 60 a 10.0.0.2\nweb.{z}. 60 a 10.0.0.3"
OTHER_WEB = WEB.replace("{z}", "{o}")

# The same content as the namespace that `Alike.fill` makes.
FIXED_TEXT = """$TTL 42
@ SOA ns1 hostmaster 2026010100 7200 900 1209600 42
@ NS ns1
ns1 A 127.0.0.1
web 60 A 10.0.0.1
web 60 A 10.0.0.2
web 60 A 10.0.0.3
six 60 AAAA 2001:db8::1
_http._tcp 30 SRV 1 1 8080 i0._http._tcp
i0._http._tcp 30 A 10.0.0.9
a.b.c 60 A 10.0.0.4
alias 25 CNAME web
chain1 25 CNAME chain2
chain2 25 CNAME alias
away 25 CNAME www.elsewhere.invalid.
gone 25 CNAME missing
loop1 25 CNAME loop2
loop2 25 CNAME loop1
self 25 CNAME self
cross 25 CNAME web.space.example.
crossgone 25 CNAME missing.space.example.
pingpong 25 CNAME cross.space.example.
"""

# name, type, what is answered; {z} is the zone, {o} the other one
ALIKE = [
    ("{z}", "SOA", "NOERROR aa\n" + SOA[2:]),
    ("web.{z}", "A", "NOERROR aa" + WEB),
    ("web.{z}", "AAAA", "NOERROR aa\n" + SOA),
    ("web.{z}", "TYPE1000", "NOERROR aa\n" + SOA),
    ("web.{z}", "DS", "NOERROR aa\n" + SOA),
    ("six.{z}", "AAAA", "NOERROR aa\nsix.{z}. 60 aaaa 2001:db8::1"),
    ("{z}", "A", "NOERROR aa\n" + SOA),
    ("{z}", "DS", "NOERROR aa\n" + SOA),
    ("missing.{z}", "A", "NXDOMAIN aa\n" + SOA),
    ("x.y.missing.{z}", "TXT", "NXDOMAIN aa\n" + SOA),
    ("x.web.{z}", "A", "NXDOMAIN aa\n" + SOA),
    ("*.{z}", "A", "NXDOMAIN aa\n" + SOA),
    # Empty non-terminals are there (RFC 8020).
    ("_tcp.{z}", "SRV", "NOERROR aa\n" + SOA),
    ("_tcp.{z}", "A", "NOERROR aa\n" + SOA),
    ("c.{z}", "A", "NOERROR aa\n" + SOA),
    ("b.c.{z}", "A", "NOERROR aa\n" + SOA),
    ("a.b.c.{z}", "A", "NOERROR aa\na.b.c.{z}. 60 a 10.0.0.4"),
    ("x.b.c.{z}", "A", "NXDOMAIN aa\n" + SOA),
    ("_http._tcp.{z}", "SRV", "NOERROR aa\n_http._tcp.{z}. 30 srv 1 1 8080 i0._http._tcp.{z}.\n+ i0._http._tcp.{z}. 30 a 10.0.0.9"),
    # CNAME: the rcode speaks of the last name, AA of the first (RFC 6604).
    ("alias.{z}", "A", "NOERROR aa\nalias.{z}. 25 cname web.{z}." + WEB),
    ("alias.{z}", "CNAME", "NOERROR aa\nalias.{z}. 25 cname web.{z}."),
    ("alias.{z}", "MX", "NOERROR aa\nalias.{z}. 25 cname web.{z}.\n" + SOA),
    ("chain1.{z}", "A", "NOERROR aa\nalias.{z}. 25 cname web.{z}.\nchain1.{z}. 25 cname chain2.{z}.\nchain2.{z}. 25 cname alias.{z}." + WEB),
    ("gone.{z}", "A", "NXDOMAIN aa\ngone.{z}. 25 cname missing.{z}.\n" + SOA),
    ("gone.{z}", "CNAME", "NOERROR aa\ngone.{z}. 25 cname missing.{z}."),
    ("away.{z}", "A", "NOERROR aa\naway.{z}. 25 cname www.elsewhere.invalid."),
    ("loop1.{z}", "A", "NOERROR aa\nloop1.{z}. 25 cname loop2.{z}.\nloop2.{z}. 25 cname loop1.{z}."),
    ("self.{z}", "A", "NOERROR aa\nself.{z}. 25 cname self.{z}."),
    ("cross.{z}", "A", "NOERROR aa\ncross.{z}. 25 cname web.{o}." + OTHER_WEB),
    ("cross.{z}", "AAAA", "NOERROR aa\ncross.{z}. 25 cname web.{o}.\n" + OTHER_SOA),
    ("crossgone.{z}", "A", "NXDOMAIN aa\ncrossgone.{z}. 25 cname missing.{o}.\n" + OTHER_SOA),
    ("pingpong.{z}", "A", "NOERROR aa\ncross.{o}. 25 cname web.{z}.\npingpong.{z}. 25 cname cross.{o}." + WEB),
    # Outside: no upward referral.
    (".", "NS", "REFUSED"),
    ("example", "A", "REFUSED"),
    ("x{z}", "A", "REFUSED"),
    ("{z}.invalid", "A", "REFUSED"),
]


def everywhere(test):
    """Runs a test for each door and both zones."""
    @at_each_door
    def run(self, door):
        for zone in SPACE, FIXED:
            with self.subTest(zone=zone):
                test(self, door, zone)

    return run


class Alike(dns_case.TableCase):
    """One table for a namespace and for a static zone of the same content."""
    ZONES = {FIXED: FIXED_TEXT}

    @classmethod
    def fill(cls):
        space = cls.api.namespace(SPACE, Properties={"DnsProperties": {"SOA": {"TTL": 42}}})

        def add(name, *instances, records=(("A", 60),), **more):
            service = cls.api.service(name, space, records=records, **more)
            for i, attributes in enumerate(instances):
                cls.api.register(service, f"i{i}", **attributes)

        add("web", *({"AWS_INSTANCE_IPV4": f"10.0.0.{i}"} for i in (1, 2, 3)))
        add("six", {"AWS_INSTANCE_IPV6": "2001:db8::1"}, records=[("AAAA", 60)])
        add("_http._tcp", {"AWS_INSTANCE_IPV4": "10.0.0.9", "AWS_INSTANCE_PORT": "8080"}, records=[("SRV", 30)])
        add("a.b.c", {"AWS_INSTANCE_IPV4": "10.0.0.4"})
        for name, to in (("alias", f"web.{SPACE}"), ("chain1", f"chain2.{SPACE}"), ("chain2", f"alias.{SPACE}"), ("away", "www.elsewhere.invalid"),
                         ("gone", f"missing.{SPACE}"), ("loop1", f"loop2.{SPACE}"), ("loop2", f"loop1.{SPACE}"), ("self", f"self.{SPACE}"),
                         ("cross", f"web.{FIXED}"), ("crossgone", f"missing.{FIXED}"), ("pingpong", f"cross.{FIXED}")):
            add(name, {"AWS_INSTANCE_CNAME": to}, records=[("CNAME", 25)], RoutingPolicy="WEIGHTED")

    def test_namespace(self):
        self.check(ALIKE, z=SPACE, o=FIXED)

    def test_static_zone(self):
        self.check(ALIKE, z=FIXED, o=SPACE)

    @at_each_door
    def test_nameservers(self, door):
        for zone in SPACE, FIXED:
            text = self.text(zone, "NS", door)
            self.assertRegex(text.split("\n")[1], rf"^{zone}\. \d+ ns ns1\.{zone}\.$")
            self.assertIn("\n+ ns1." + zone, text)

    # The table of RFC 8906 8 and RFC 6891, as far as a response can show it.

    def soa(self, message, zone):
        self.assertEqual((0, strict.AA), (message.rcode, message.flags & strict.AA))
        self.assertEqual([(dns.name.from_text(zone).to_wire(), strict.SOA)], [(r.owner, r.type) for r in message.answer])

    @everywhere
    def test_plain_question(self, door, zone):
        message = self.ask(query(zone, "SOA"), door)
        self.soa(message, zone)
        self.assertIsNone(message.opt)
        self.assertEqual(0, message.flags & (strict.RD | strict.RA | strict.TC))

    @everywhere
    def test_flags(self, door, zone):
        for flag in strict.CD, strict.AD, strict.Z, strict.RD, strict.RD | strict.CD | strict.AD | strict.Z, strict.RA, strict.TC, strict.AA, 5:
            message = self.ask(query(zone, "SOA", flags=flag), door)
            self.soa(message, zone)
            self.assertEqual(flag & strict.RD, message.flags & (strict.RD | strict.RA | strict.Z | strict.AD | strict.TC))

    @everywhere
    def test_opcodes(self, door, zone):
        for opcode in list(range(1, 4)) + list(range(6, 16)):
            for edns in None, True:
                message = self.ask(query(zone, "SOA", edns, flags=opcode << 11), door)
                self.assertEqual((4, opcode, 0), (message.rcode, message.opcode, message.flags & strict.AA))
                self.assertEqual(edns is not None, message.opt is not None)
                if edns:
                    self.assertEqual(b"\x00\x15", message.option(15)[:2], "EDE 21")

    @everywhere
    def test_notify_and_update(self, door, zone):
        for opcode in 4, 5:
            for edns in None, True:
                message = self.ask(query(zone, "SOA", edns, flags=opcode << 11), door)
                self.assertIn(message.rcode, (4, 5, 9))
                self.assertEqual((opcode, 0), (message.opcode, message.flags & strict.AA))

    @everywhere
    def test_edns(self, door, zone):
        for what, tail, do in (("plain", opt(4096), 0), ("payload 0", opt(0), 0), ("payload 65535", opt(65535), 0), ("DO", opt(flags=0x8000), 0x8000),
                               ("unknown flags", opt(flags=0x7fff), 0), ("both", opt(flags=0xffff), 0x8000),
                               ("unknown option", opt(rdata=option(0xfff0, b"abc")), 0), ("the same twice", opt(rdata=option(0xfff0) * 2), 0),
                               ("ECS", opt(rdata=option(8, b"\x00\x01\x18\x00\x0a\x00\x00")), 0), ("EXPIRE", opt(rdata=option(9)), 0),
                               ("padding", opt(rdata=option(12, bytes(30))), 0), ("EDE", opt(rdata=option(15, b"\x00\x01")), 0)):
            with self.subTest(what=what):
                message = self.ask(header(additional=1) + question(zone) + tail, door)
                self.soa(message, zone)
                self.assertEqual((1232, 0, 0, do, []), message.opt)
        together = b"".join((option(10, b"abcdefgh"), option(3), option(8, b"\x00\x01\x18\x00\x0a\x00\x00"), option(9)))
        message = self.ask(query(zone, "SOA", together), door)
        self.soa(message, zone)
        self.assertLessEqual({code for code, _ in message.opt[4]}, {10, 3, 8, 9})

    @everywhere
    def test_edns_version(self, door, zone):
        for version in 1, 2, 255:
            for flags in 0, 0x4000, 0x8000:
                for rdata in b"", option(0xfff0), option(10, b"abcdefgh"), option(3):
                    message = self.ask(header(additional=1) + question(zone) + opt(version=version, flags=flags, rdata=rdata), door)
                    self.assertEqual((16, [], 0, flags & 0x8000), (message.rcode, message.answer, message.opt[2], message.opt[3]))

    @everywhere
    def test_broken_opt(self, door, zone):
        for what, tail, count in (("two", opt() + opt(), 2), ("owner", opt(owner=b"\x01a\x00"), 1), ("half a code", opt(rdata=b"\x00"), 1),
                                  ("no length", opt(rdata=b"\x00\x0a"), 1), ("short option", opt(rdata=b"\x00\x0a\x00\x08abc"), 1),
                                  ("behind a good one", opt(rdata=option(3) + b"\xff\xf0\x00\x01"), 1)):
            with self.subTest(what=what):
                self.assertEqual(1, self.ask(header(additional=count) + question(zone) + tail, door).rcode)
        wire = header(answers=1) + question(zone) + opt()
        self.assertEqual(1, self.ask(wire, door).rcode, "OPT in the answer section")

    @everywhere
    def test_opt_is_read_wherever_it_stands(self, door, zone):
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes(4)
        for tail in record + opt(), opt() + record:
            message = self.ask(header(additional=2) + question(zone) + tail, door)
            self.soa(message, zone)
            self.assertIsNotNone(message.opt)

    @everywhere
    def test_question_counts(self, door, zone):
        self.assertEqual(1, self.ask(header(questions=0), door).rcode)
        self.assertEqual(1, self.ask(header(questions=0, additional=1) + opt(), door).rcode)
        self.assertEqual(1, self.ask(header(questions=2) + question(zone) + question(zone, 1), door).rcode)
        self.assertEqual(1, self.ask(header(questions=2) + question(zone), door).rcode)
        message = self.ask(header(questions=0, additional=1) + opt(rdata=option(10, b"abcdefgh")), door)
        self.assertEqual((0, 24), (message.rcode, len(message.option(10))))

    @at_each_door
    def test_broken_questions(self, door):
        for what, body in (("cut name", b"\x05fixed"), ("no type", b"\x05fixed\x07example\x00"), ("cut class", b"\x05fixed\x07example\x00\x00\x06\x00"),
                           ("nothing", b""), ("pointer to itself", b"\xc0\x0c\x00\x06\x00\x01"), ("pointer forward", b"\xc0\x20\x00\x06\x00\x01"),
                           ("pointer into the header", b"\xc0\x00\x00\x06\x00\x01"), ("0x40", b"\x40a\x00\x00\x06\x00\x01"),
                           ("0x80", b"\x80a\x00\x00\x06\x00\x01"), ("256 octets", b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 3 + b"\x00\x00\x06\x00\x01")):
            with self.subTest(what=what, door=door.name):
                message = self.ask(header() + body, door)
                self.assertEqual((1, None, 12), (message.rcode, message.question, message.octets))

    @everywhere
    def test_trailing_octets(self, door, zone):
        self.assertIn(self.ask(query(zone, "SOA") + b"\x00", door).rcode, (0, 1))

    @everywhere
    def test_silence(self, door, zone):
        """What has no header, or is a response, is never answered: the first that comes back is for the question behind it."""
        good = query(zone, "SOA")
        for wire in header()[:11], b"x", header(flags=strict.QR) + question(zone), header(flags=strict.QR), header(flags=strict.QR | 4 << 11) + question(zone):
            with door.connect() as sock:
                sock.sendall(dns_case.framed(wire) + dns_case.framed(good) if door.tcp else wire)
                if not door.tcp:
                    sock.sendall(good)
                data = dns_case.receive(sock, struct.unpack("!H", dns_case.receive(sock, 2))[0]) if door.tcp else sock.recv(65535)
                self.soa(strict.check_response(data, good), zone)
                self.assertEqual(len(data), self.ask(good, door).octets)

    @everywhere
    def test_classes_and_types_that_are_none(self, door, zone):
        for klass in 0, 2, 3, 4, 254, 255, 0xffff:
            self.assertEqual((5, 0), self.refusal(header() + question(zone, klass=klass), door))
        for kind in 0, 41, 250, 249:
            self.assertIn(self.ask(header() + question(zone, kind), door).rcode, (1, 4))

    def refusal(self, wire, door):
        message = self.ask(wire, door)
        return message.rcode, message.flags & strict.AA

    @everywhere
    def test_transfers_of_strangers(self, door, zone):
        for kind in 252, 251:
            message = self.ask(header() + question(zone, kind), door)
            self.assertIn(message.rcode, (0, 1, 4, 5) if kind == 251 and not door.tcp else (1, 4, 5))
        self.assertIn(self.ask(header() + question("elsewhere.invalid", 252), door).rcode, (1, 4, 5, 9))

    @everywhere
    def test_any(self, door, zone):
        for name in "web." + zone, zone, "alias." + zone:
            message = self.ask(query(name, "ANY"), door)
            self.assertEqual(0, message.rcode)
            kinds = {r.type for r in message.answer}
            self.assertTrue(kinds)
            if not door.tcp:
                self.assertEqual(1, len(kinds))
        self.assertEqual(3, self.ask(query("missing." + zone, "ANY"), door).rcode)

    @at_each_door
    def test_outside_has_its_reason(self, door):
        for name in ".", "example", "elsewhere.invalid":
            self.assertEqual(b"\x00\x14", self.ask(query(name, "A", True), door).option(15)[:2], "EDE 20")
            self.assertIsNone(self.ask(query(name, "A"), door).opt)

    @everywhere
    def test_compression_and_case(self, door, zone):
        """The question goes back byte for byte (strict.check_response), and names of RFC 1035's types point to it."""
        message = self.ask(query("web." + zone.upper()), door)
        self.assertEqual(12 + len(zone) + 6 + 4 + 3 * 16, message.octets)
        message = self.ask(query("ALIAS." + zone), door)
        cname = next(r for r in message.answer if r.type == strict.CNAME)
        self.assertEqual(2 + 10 + 6, cname.octets, "web and a pointer")
        srv = self.ask(query("_http._tcp." + zone, "SRV"), door).answer[0]
        self.assertEqual(12 + 6 + len(f"i0._http._tcp.{zone}.") + 1, srv.octets, "whole")


if __name__ == "__main__":
    harness.main()
