"""What only static zones have: delegations and glue, DS, DNAME, wildcards, negative TTLs, big RRsets; and zones above, below and at namespaces."""
import struct

import dns.name
import dns.rdatatype

import dns_case
import dns_strict as strict
import harness
from dns_case import at_each_door, header, opt, query

PLAIN = "fixed.example"
NEGATIVE = "> fixed.example. 300 soa ns1.fixed.example. host.fixed.example. # 2 3 4 300"
LONG = "l" * 60
DS = "1 13 2 " + "ab" * 32

FIXED_TEXT = f"""$TTL 300
@ SOA ns1 host 1 2 3 4 300
@ NS ns1
@ NS ns.elsewhere.invalid.
@ MX 10 Mail.MiXed
ns1 A 192.0.2.1
mail.mixed A 192.0.2.25
mail.mixed AAAA 2001:db8::25
www A 192.0.2.80
; delegations
sub NS ns.sub
sub NS ns.elsewhere.invalid.
sub DS {DS}
sub TXT "occluded"
ns.sub A 192.0.2.53
ns.sub AAAA 2001:db8::53
hidden.sub A 192.0.2.54
*.sub A 192.0.2.55
alias.sub CNAME www
sibling NS ns.sub
lame NS ns.elsewhere.invalid.
a.b.ent NS ns.elsewhere.invalid.
tocut CNAME www.sub
toglue CNAME ns.sub
child NS ns.child
child DS {DS}
ns.child A 192.0.2.56
below NS ns1
{"".join(f"many NS n{i}.many{chr(10)}n{i}.many A 192.0.2.{i}{chr(10)}n{i}.many AAAA 2001:db8::{i}{chr(10)}" for i in range(1, 10))}
{"".join(f"far NS h{i}{chr(10)}h{i} A 192.0.2.{i}{chr(10)}h{i} AAAA 2001:db8::{i}{chr(10)}" for i in range(1, 10))}
{"".join(f"crowd NS n{i}.crowd{chr(10)}n{i}.crowd A 192.0.2.{i}{chr(10)}" for i in range(30))}
; DNAME
old 77 DNAME new
old TXT "beside"
hidden.old A 192.0.2.99
x.new A 192.0.2.90
*.w.new A 192.0.2.91
alias.new CNAME www
again.new CNAME x.old
over DNAME space.example.
leave DNAME sub.elsewhere.invalid.
incut DNAME sub
twice DNAME old
long DNAME {LONG}.{LONG}.fixed.example.
todname CNAME x.old
grow DNAME x.grow
; wildcards
*.wild A 192.0.2.100
*.wild TXT "any"
there.wild MX 5 there.wild
host.deep.wild A 192.0.2.101
sub.*.wild TXT "below a star"
*.cn CNAME www
*.cngone CNAME missing
*.ns A 192.0.2.102
cut.ns NS ns.elsewhere.invalid.
; RRsets
ttls 600 A 192.0.2.1
ttls 60 A 192.0.2.2
unknown TYPE65280 \\# 6 c0ffc0ffc00c
_http._tcp SRV 0 5 80 www
_http._tcp SRV 0 5 80 missing
_http._tcp SRV 0 5 80 back.space.example.
_none._tcp SRV 0 0 0 .
nullmx MX 0 .
srvcname SRV 0 5 80 tocname
tocname CNAME www
caa CAA 0 issue "ca.example"
ptr PTR www
naptr NAPTR 1 2 "u" "s" "!a!b!" www
"""

ROWS = [
    # 2. Delegations: AA=0, NS in authority, no SOA, glue; all below is occluded.
    *[(name, kind, "NOERROR\n> sub.fixed.example. 300 ns ns.elsewhere.invalid.\n> sub.fixed.example. 300 ns ns.sub.fixed.example."
                   "\n+ ns.sub.fixed.example. 300 a 192.0.2.53\n+ ns.sub.fixed.example. 300 aaaa 2001:db8::53")
      for name, kind in (("sub.fixed.example", "A"), ("sub.fixed.example", "NS"), ("sub.fixed.example", "TXT"), ("sub.fixed.example", "SOA"),
                         ("hidden.sub.fixed.example", "A"), ("ns.sub.fixed.example", "A"), ("ns.sub.fixed.example", "AAAA"), ("x.y.sub.fixed.example", "A"),
                         ("alias.sub.fixed.example", "A"), ("hidden.sub.fixed.example", "DS"), ("*.sub.fixed.example", "A"), ("sub.fixed.example", "ANY"))],
    ("lame.fixed.example", "A", "NOERROR\n> lame.fixed.example. 300 ns ns.elsewhere.invalid."),
    ("b.ent.fixed.example", "A", "NOERROR aa\n" + NEGATIVE),
    ("x.a.b.ent.fixed.example", "A", "NOERROR\n> a.b.ent.fixed.example. 300 ns ns.elsewhere.invalid."),
    # DS belongs to the parent (RFC 4035 3.1.4.1), whoever serves the child.
    ("sub.fixed.example", "DS", "NOERROR aa\nsub.fixed.example. 300 ds 1 13 2 " + "ab" * 32),
    ("lame.fixed.example", "DS", "NOERROR aa\n" + NEGATIVE),
    ("child.fixed.example", "DS", "NOERROR aa\nchild.fixed.example. 300 ds 1 13 2 " + "ab" * 32),
    ("below.fixed.example", "DS", "NOERROR aa\n" + NEGATIVE),
    # CNAME into a cut: AA speaks of the first name.
    ("tocut.fixed.example", "A", "NOERROR aa\ntocut.fixed.example. 300 cname www.sub.fixed.example.\n> sub.fixed.example. 300 ns ns.elsewhere.invalid."
                                 "\n> sub.fixed.example. 300 ns ns.sub.fixed.example.\n+ ns.sub.fixed.example. 300 a 192.0.2.53"
                                 "\n+ ns.sub.fixed.example. 300 aaaa 2001:db8::53"),
    # 1. The longest zone answers.
    ("child.fixed.example", "NS", "NOERROR aa\nchild.fixed.example. 60 ns ns.elsewhere.invalid."),
    ("www.child.fixed.example", "A", "NOERROR aa\nwww.child.fixed.example. 60 a 192.0.2.200"),
    ("missing.child.fixed.example", "A", "NXDOMAIN aa\n> child.fixed.example. 60 soa ns.elsewhere.invalid. host.child.fixed.example. # 2 3 4 60"),
    ("www.below.fixed.example", "A", "NOERROR aa\nwww.below.fixed.example. 60 a 10.0.0.2"),
    ("www.deep.space.example", "A", "NOERROR aa\nwww.deep.space.example. 60 a 192.0.2.201"),
    ("back.space.example", "A", "NOERROR aa\nback.space.example. 60 a 10.0.0.1"),
    # 4. DNAME: below its owner, never the owner.
    ("x.old.fixed.example", "A", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example.\nx.new.fixed.example. 300 a 192.0.2.90"
                                 "\nx.old.fixed.example. 77 cname x.new.fixed.example."),
    ("x.old.fixed.example", "CNAME", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example.\nx.old.fixed.example. 77 cname x.new.fixed.example."),
    ("x.old.fixed.example", "AAAA", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example.\nx.old.fixed.example. 77 cname x.new.fixed.example.\n" + NEGATIVE),
    ("any.w.old.fixed.example", "A", "NOERROR aa\nany.w.new.fixed.example. 300 a 192.0.2.91\nany.w.old.fixed.example. 77 cname any.w.new.fixed.example."
                                     "\nold.fixed.example. 77 dname new.fixed.example."),
    ("missing.old.fixed.example", "A", "NXDOMAIN aa\nmissing.old.fixed.example. 77 cname missing.new.fixed.example."
                                       "\nold.fixed.example. 77 dname new.fixed.example.\n" + NEGATIVE),
    ("alias.old.fixed.example", "A", "NOERROR aa\nalias.new.fixed.example. 300 cname www.fixed.example.\nalias.old.fixed.example. 77 cname alias.new.fixed.example."
                                     "\nold.fixed.example. 77 dname new.fixed.example.\nwww.fixed.example. 300 a 192.0.2.80"),
    ("hidden.old.fixed.example", "A", "NXDOMAIN aa\nhidden.old.fixed.example. 77 cname hidden.new.fixed.example."
                                      "\nold.fixed.example. 77 dname new.fixed.example.\n" + NEGATIVE),
    ("old.fixed.example", "DNAME", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example."),
    ("old.fixed.example", "TXT", 'NOERROR aa\nold.fixed.example. 300 txt "beside"'),
    ("old.fixed.example", "A", "NOERROR aa\n" + NEGATIVE),
    ("back.over.fixed.example", "A", "NOERROR aa\nback.over.fixed.example. 300 cname back.space.example.\nback.space.example. 60 a 10.0.0.1"
                                     "\nover.fixed.example. 300 dname space.example."),
    ("x.leave.fixed.example", "A", "NOERROR aa\nleave.fixed.example. 300 dname sub.elsewhere.invalid.\nx.leave.fixed.example. 300 cname x.sub.elsewhere.invalid."),
    ("x.twice.fixed.example", "A", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example.\ntwice.fixed.example. 300 dname old.fixed.example."
                                   "\nx.new.fixed.example. 300 a 192.0.2.90\nx.old.fixed.example. 77 cname x.new.fixed.example."
                                   "\nx.twice.fixed.example. 300 cname x.old.fixed.example."),
    ("todname.fixed.example", "A", "NOERROR aa\nold.fixed.example. 77 dname new.fixed.example.\ntodname.fixed.example. 300 cname x.old.fixed.example."
                                   "\nx.new.fixed.example. 300 a 192.0.2.90\nx.old.fixed.example. 77 cname x.new.fixed.example."),
    ("again.old.fixed.example", "A", "NOERROR aa\nagain.new.fixed.example. 300 cname x.old.fixed.example.\nagain.old.fixed.example. 77 cname again.new.fixed.example."
                                     "\nold.fixed.example. 77 dname new.fixed.example.\nx.new.fixed.example. 300 a 192.0.2.90"
                                     "\nx.old.fixed.example. 77 cname x.new.fixed.example."),
    # 5. Wildcards.
    ("a.wild.fixed.example", "A", "NOERROR aa\na.wild.fixed.example. 300 a 192.0.2.100"),
    ("a.b.c.wild.fixed.example", "TXT", 'NOERROR aa\na.b.c.wild.fixed.example. 300 txt "any"'),
    ("a.wild.fixed.example", "MX", "NOERROR aa\n" + NEGATIVE),
    ("*.wild.fixed.example", "A", "NOERROR aa\n*.wild.fixed.example. 300 a 192.0.2.100"),
    ("wild.fixed.example", "A", "NOERROR aa\n" + NEGATIVE),
    ("there.wild.fixed.example", "A", "NOERROR aa\n" + NEGATIVE),
    ("x.there.wild.fixed.example", "A", "NXDOMAIN aa\n" + NEGATIVE),
    ("deep.wild.fixed.example", "A", "NOERROR aa\n" + NEGATIVE),
    ("x.deep.wild.fixed.example", "A", "NXDOMAIN aa\n" + NEGATIVE),
    ("x.*.wild.fixed.example", "A", "NXDOMAIN aa\n" + NEGATIVE),
    ("sub.*.wild.fixed.example", "TXT", 'NOERROR aa\nsub.*.wild.fixed.example. 300 txt "below a star"'),
    ("a.b.cn.fixed.example", "A", "NOERROR aa\na.b.cn.fixed.example. 300 cname www.fixed.example.\nwww.fixed.example. 300 a 192.0.2.80"),
    ("x.cngone.fixed.example", "A", "NXDOMAIN aa\nx.cngone.fixed.example. 300 cname missing.fixed.example.\n" + NEGATIVE),
    ("x.cut.ns.fixed.example", "A", "NOERROR\n> cut.ns.fixed.example. 300 ns ns.elsewhere.invalid."),
    ("x.ns.fixed.example", "A", "NOERROR aa\nx.ns.fixed.example. 300 a 192.0.2.102"),
    # One RRset, one TTL (RFC 2181 5.2); data of all kinds; additional data.
    ("ttls.fixed.example", "A", "NOERROR aa\nttls.fixed.example. 60 a 192.0.2.1\nttls.fixed.example. 60 a 192.0.2.2"),
    ("unknown.fixed.example", "TYPE65280", "NOERROR aa\nunknown.fixed.example. 300 type65280 \\# 6 c0ffc0ffc00c"),
    ("caa.fixed.example", "CAA", 'NOERROR aa\ncaa.fixed.example. 300 caa 0 issue "ca.example"'),
    ("ptr.fixed.example", "PTR", "NOERROR aa\nptr.fixed.example. 300 ptr www.fixed.example."),
    ("naptr.fixed.example", "NAPTR", 'NOERROR aa\nnaptr.fixed.example. 300 naptr 1 2 "u" "s" "!a!b!" www.fixed.example.'),
    ("_none._tcp.fixed.example", "SRV", "NOERROR aa\n_none._tcp.fixed.example. 300 srv 0 0 0 ."),
    ("nullmx.fixed.example", "MX", "NOERROR aa\nnullmx.fixed.example. 300 mx 0 ."),
    ("fixed.example", "MX", "NOERROR aa\nfixed.example. 300 mx 10 mail.mixed.fixed.example.\n+ mail.mixed.fixed.example. 300 a 192.0.2.25"
                            "\n+ mail.mixed.fixed.example. 300 aaaa 2001:db8::25"),
    ("_http._tcp.fixed.example", "SRV", "NOERROR aa\n_http._tcp.fixed.example. 300 srv 0 5 80 back.space.example."
                                        "\n_http._tcp.fixed.example. 300 srv 0 5 80 missing.fixed.example.\n_http._tcp.fixed.example. 300 srv 0 5 80 www.fixed.example."
                                        "\n+ back.space.example. 60 a 10.0.0.1\n+ www.fixed.example. 300 a 192.0.2.80"),
    # 7. Negative TTL: the lesser of the SOA's TTL and MINIMUM (RFC 2308 5); the SOA itself keeps its own.
    ("missing.low.example", "A", "NXDOMAIN aa\n> low.example. 30 soa a.low.example. b.low.example. # 2 3 4 600"),
    ("missing.high.example", "A", "NXDOMAIN aa\n> high.example. 30 soa a.high.example. b.high.example. # 2 3 4 30"),
    ("high.example", "SOA", "NOERROR aa\nhigh.example. 600 soa a.high.example. b.high.example. # 2 3 4 30"),
    # One apex for both: one zone.
    ("web.both.example", "A", "NOERROR aa\nweb.both.example. 60 a 10.0.0.3"),
    ("printer.both.example", "A", "NOERROR aa\nprinter.both.example. 60 a 192.0.2.202"),
    ("any.rooms.both.example", "A", "NOERROR aa\nany.rooms.both.example. 60 a 192.0.2.203"),
    ("towed.both.example", "A", "NOERROR aa\ntowed.both.example. 60 cname web.both.example.\nweb.both.example. 60 a 10.0.0.3"),
]

# RFC 4592 2.2.1, "example" being stars.example here.
STARS_TEXT = """$TTL 3600
@ SOA ns.elsewhere.invalid. host 1 2 3 4 3600
@ NS ns.elsewhere.invalid.
* TXT "this is a wildcard"
* MX 10 host1
sub.* TXT "this is not a wildcard"
host1 A 192.0.2.1
_ssh._tcp.host1 SRV 1 2 22 host1
_ssh._tcp.host2 SRV 1 2 22 host1
subdel NS ns.elsewhere.invalid.
"""
STARS_NEGATIVE = "> stars.example. 3600 soa ns.elsewhere.invalid. host.stars.example. # 2 3 4 3600"
STARS_MX = "NOERROR aa\n{name} 3600 mx 10 host1.stars.example.\n+ host1.stars.example. 3600 a 192.0.2.1"
STARS = [
    ("host3.stars.example", "MX", STARS_MX.replace("{name}", "host3.stars.example.")),
    ("host3.stars.example", "A", "NOERROR aa\n" + STARS_NEGATIVE),
    ("foo.bar.stars.example", "TXT", 'NOERROR aa\nfoo.bar.stars.example. 3600 txt "this is a wildcard"'),
    ("host1.stars.example", "MX", "NOERROR aa\n" + STARS_NEGATIVE),
    ("sub.*.stars.example", "MX", "NOERROR aa\n" + STARS_NEGATIVE),
    ("_telnet._tcp.host1.stars.example", "SRV", "NXDOMAIN aa\n" + STARS_NEGATIVE),
    ("host.subdel.stars.example", "A", "NOERROR\n> subdel.stars.example. 3600 ns ns.elsewhere.invalid."),
    ("ghost.*.stars.example", "MX", "NXDOMAIN aa\n" + STARS_NEGATIVE),
    ("*.stars.example", "MX", STARS_MX.replace("{name}", "*.stars.example.")),
    ("host2.stars.example", "MX", "NOERROR aa\n" + STARS_NEGATIVE),
    ("x.host2.stars.example", "MX", "NXDOMAIN aa\n" + STARS_NEGATIVE),
    ("_tcp.host2.stars.example", "SRV", "NOERROR aa\n" + STARS_NEGATIVE),
]


def small_zone(more, ttl=60):
    return f"$TTL {ttl}\n@ SOA ns.elsewhere.invalid. host 1 2 3 4 {ttl}\n@ NS ns.elsewhere.invalid.\n{more}"


BIG_TEXT = small_zone("\n".join(
    [f'wide TXT "{i:04}{"t" * 240}"' for i in range(240)] + [f"exchangers MX {i} mail-{i}.exchangers" for i in range(1200)] +
    [f"middle A 10.0.{i // 250}.{i % 250}" for i in range(100)] + [f'one TXT "{"1" * 250}" "{"2" * 250}" "{"3" * 250}"'] +
    [f"servers SRV 0 {i} 80 a-target-with-a-name-of-some-length-{i}.servers" for i in range(20)] +
    [f"few SRV 0 {i} 80 a-target-with-a-name-of-some-length-{i}.servers" for i in range(6)] +
    [f"a-target-with-a-name-of-some-length-{i}.servers A 192.0.2.{i}\na-target-with-a-name-of-some-length-{i}.servers A 192.0.2.1{i:02}" for i in range(20)]))


class StaticZones(dns_case.TableCase):
    ZONES = {
        PLAIN: FIXED_TEXT, "child.fixed.example": small_zone("www A 192.0.2.200\n"), "deep.space.example": small_zone("www A 192.0.2.201\n"),
        "both.example": small_zone("printer A 192.0.2.202\n*.rooms A 192.0.2.203\ntowed CNAME web\n"), "stars.example": STARS_TEXT, "big.example": BIG_TEXT,
        "low.example": "@ 30 SOA a b 1 2 3 4 600\n@ 60 NS ns.elsewhere.invalid.\n", "high.example": "@ 600 SOA a b 1 2 3 4 30\n@ 60 NS ns.elsewhere.invalid.\n",
        "broken.example": small_zone("www A 192.0.2.300\n"),
    }

    @classmethod
    def fill(cls):
        for zone, name, address in (("space.example", "back", "10.0.0.1"), ("below.fixed.example", "www", "10.0.0.2"), ("both.example", "web", "10.0.0.3")):
            cls.api.register(cls.api.service(name, cls.api.namespace(zone)), "i", AWS_INSTANCE_IPV4=address)

    def test_rows(self):
        # EDNS, because some rows have more than 512 octets.
        self.check(ROWS, edns=True)

    def test_wildcards_of_the_rfc(self):
        self.check(STARS)

    @at_each_door
    def test_a_zone_that_cannot_be_read(self, door):
        for name in "broken.example", "www.broken.example":
            message = self.ask(query(name, "A", True), door)
            self.assertEqual((2, 0, [], b"\x00\x18"), (message.rcode, message.flags & strict.AA, message.answer, message.option(15)[:2]))

    def test_glue_that_does_not_fit(self):
        for payload in None, 512, 1232:
            wire = header(additional=payload is not None) + dns_case.question("x.many.fixed.example", 1) + (opt(payload) if payload else b"")
            for door in self.doors:
                with self.subTest(payload=payload, door=door.name):
                    message = self.ask(wire, door)
                    whole = door.tcp or payload == 1232
                    self.assertEqual(0 if whole else strict.TC, message.flags & (strict.TC | strict.AA))
                    self.assertEqual(9, len(message.authority))
                    self.assertEqual(payload is not None, message.opt is not None)
                    self.assertTrue(len(message.additional) == 18 if whole else message.octets <= 512)

    @at_each_door
    def test_glue_of_many_servers(self, door):
        message = self.ask(query("x.crowd.fixed.example", "A", True), door)
        self.assertEqual(30, len(message.authority))
        self.assertTrue(len(message.additional) == 30 or message.flags & strict.TC and not door.tcp)

    @at_each_door
    def test_glue_that_may_be_dropped(self, door):
        message = self.ask(query("x.far.fixed.example"), door)
        self.assertEqual((0, 9), (message.flags & (strict.TC | strict.AA), len(message.authority)))
        if door.tcp:
            self.assertEqual(18, len(message.additional))
        else:
            self.assertLessEqual(message.octets, 512)

    @at_each_door
    def test_sibling_glue(self, door):
        message = self.ask(query("sibling.fixed.example"), door)
        self.assertEqual(([], 1, 0), (message.answer, len(message.authority), message.flags & strict.AA))
        self.assertLessEqual({r.owner for r in message.additional}, {dns.name.from_text("ns.sub.fixed.example").to_wire()})

    def test_dname_makes_a_name_too_long(self):
        name = ".".join(["p" * 60] * 2) + ".long.fixed.example"
        for door in self.doors:
            for kind in "A", "CNAME":
                message = self.ask(query(name, kind), door)
                self.assertEqual((6, strict.AA, [strict.DNAME]), (message.rcode, message.flags & strict.AA, [r.type for r in message.answer]))
            self.assertEqual(3, self.ask(query("p.long.fixed.example"), door).rcode)

    @at_each_door
    def test_dname_that_never_ends(self, door):
        message = self.ask(query("a.grow.fixed.example"), door)
        self.assertIn(message.rcode, (0, 6))
        self.assertIn(strict.DNAME, {r.type for r in message.answer})

    @at_each_door
    def test_dname_into_a_cut(self, door):
        message = self.ask(query("x.incut.fixed.example", "A", True), door)
        self.assertEqual((0, strict.AA), (message.rcode, message.flags & strict.AA))
        self.assertEqual({strict.DNAME, strict.CNAME}, {r.type for r in message.answer})
        self.assertEqual({strict.NS}, {r.type for r in message.authority})

    @at_each_door
    def test_case_of_the_file_is_kept(self, door):
        mx = self.ask(query("fixed.example", "MX"), door).answer[0]
        self.assertIn(b"\x04Mail\x05MiXed", mx.spelled)

    @at_each_door
    def test_mail_exchangers_are_compressed(self, door):
        mx = self.ask(query("fixed.example", "MX"), door).answer[0]
        self.assertEqual(12 + 2 + 5 + 6 + 2, mx.octets)

    @at_each_door
    def test_any(self, door):
        message = self.ask(query("fixed.example", "ANY", True), door)
        self.assertEqual((0, strict.AA), (message.rcode, message.flags & strict.AA))
        if not door.tcp:
            self.assertEqual(1, len({r.type for r in message.answer}))
        self.assertIn(len({r.type for r in self.ask(query("old.fixed.example", "ANY"), door).answer}), (1, 2))

    # Sizes

    def test_truncation(self):
        for name, kind, records in (("middle.big.example", "A", 100), ("servers.big.example", "SRV", 20), ("wide.big.example", "TXT", 240)):
            for door in self.doors:
                for payload in None, 100, 512, 700, 1232, 4096, 65535:
                    with self.subTest(name=name, door=door.name, payload=payload):
                        wire = header(additional=payload is not None) + dns_case.question(name, dns.rdatatype.from_text(kind)) + (opt(payload) if payload else b"")
                        message = self.ask(wire, door)
                        limit = 65535 if door.tcp else min(max(payload or 512, 512), 1232)
                        self.assertLessEqual(message.octets, limit)
                        self.assertEqual(payload is not None, message.opt is not None)
                        self.assertEqual(0 if door.tcp else strict.TC, message.flags & strict.TC)
                        self.assertTrue(len(message.answer) == records if door.tcp else 0 < len(message.answer) < records, "whole records, some of them")

    @at_each_door
    def test_one_record_that_does_not_fit(self, door):
        message = self.ask(query("one.big.example", "TXT"), door)
        self.assertEqual((0, 1) if door.tcp else (strict.TC, 0), (message.flags & strict.TC, len(message.answer)))
        message = self.ask(query("one.big.example", "TXT", True), door)
        self.assertEqual((0, 1), (message.flags & strict.TC, len(message.answer)))

    def test_additional_is_dropped_without_a_word(self):
        """Whole RRsets at a time (RFC 2181 9)."""
        for door in self.doors:
            message = self.ask(query("few.big.example", "SRV"), door)
            owners = [r.owner for r in message.additional]
            self.assertEqual({2} if owners else set(), {owners.count(owner) for owner in owners})
            self.assertEqual((6, 0), (len(message.answer), message.flags & strict.TC))
            self.assertTrue(len(owners) == 12 if door.tcp else len(owners) < 12)

    def test_names_beyond_what_pointers_reach(self):
        """Pointers have 14 bits; this answer has some 75 kB, or as much of it as TCP takes."""
        door = self.tcp
        message = self.ask(query("wide.big.example", "TXT"), door)
        self.assertGreater(message.octets, 60000)
        message = self.ask(query("exchangers.big.example", "MX"), door)
        self.assertGreater(message.octets, 16384 + 1000)
        self.assertEqual(1200, len(message.answer))
        names = {r.rdata[2:] for r in message.answer}
        self.assertEqual({dns.name.from_text(f"mail-{i}.exchangers.big.example").to_wire() for i in range(1200)}, names)

    def test_pipelined(self):
        """Big and small answers over one connection, all by their ids."""
        with self.tcp.connect() as sock:
            names = ["wide.big.example", "www.fixed.example", "exchangers.big.example", "missing.fixed.example"] * 5
            kinds = [16, 1, 15, 1] * 5
            sock.sendall(b"".join(dns_case.framed(header(ident=i) + dns_case.question(name, kind)) for i, (name, kind) in enumerate(zip(names, kinds))))
            got = {}
            for _ in names:
                message = strict.parse(dns_case.receive(sock, struct.unpack("!H", dns_case.receive(sock, 2))[0]))
                got[message.ident] = len(message.answer)
            self.assertEqual({i: [240, 1, 1200, 0][i % 4] for i in range(20)}, got)


if __name__ == "__main__":
    harness.main()
