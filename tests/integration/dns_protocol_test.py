"""The DNS door as a protocol: flags, EDNS, broken messages, UDP and TCP manners (RFC 8906, 6891, 7766)."""
import random
import socket
import struct

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

import harness

ZONE = "wire.example"
APEX = b"\x04wire\x07example\x00"


def header(ident=0x1234, flags=0, questions=1, answers=0, authority=0, additional=0):
    return struct.pack("!6H", ident, flags, questions, answers, authority, additional)


def question(name=APEX, kind=6, klass=1):
    return name + struct.pack("!2H", kind, klass)


def opt(payload=1232, version=0, flags=0, rdata=b"", owner=b"\x00"):
    return owner + struct.pack("!HHBBHH", 41, payload, 0, version, flags, len(rdata)) + rdata


class Protocol(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = harness.split_address(cls.server.dns)
        namespace = cls.api.namespace(ZONE)
        web = cls.api.service("web", namespace)
        for i in range(3):
            cls.api.register(web, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i + 1}")
        big = cls.api.service("_big._tcp", namespace, records=[("SRV", 30)])
        for i in range(8):
            cls.api.register(big, f"instance-with-a-rather-long-name-for-a-target-{i}", AWS_INSTANCE_IPV4=f"10.0.1.{i + 1}", AWS_INSTANCE_PORT="80")

    def raw(self, wire, timeout=5):
        """Sends octets over UDP; the answer's octets, None for silence."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout)
            sock.connect(self.address)
            sock.send(wire)
            try:
                return sock.recv(65535)
            except socket.timeout:
                return None

    def parsed(self, wire):
        answer = self.raw(wire)
        self.assertIsNotNone(answer, "no answer")
        self.assertEqual(wire[:2], answer[:2], "another id")
        self.assertTrue(answer[2] & 0x80, "QR")
        return dns.message.from_wire(answer)

    def rcode(self, wire):
        return dns.rcode.to_text(self.parsed(wire).rcode())

    def check_soa_only(self, message, section):
        self.assertEqual([dns.rdatatype.SOA], [rrset.rdtype for rrset in section])
        self.assertEqual(dns.name.from_text(ZONE), section[0].name)
        self.assertEqual(dns.rcode.NOERROR, message.rcode())
        self.assertTrue(message.flags & dns.flags.AA)

    def test_plain_soa(self):
        answer = self.parsed(header() + question())
        self.check_soa_only(answer, answer.answer)
        self.assertEqual(-1, answer.edns, "no OPT unless asked with one")
        self.assertFalse(answer.flags & (dns.flags.RD | dns.flags.RA))

    def test_unknown_type(self):
        answer = self.parsed(header() + question(kind=1000))
        self.assertEqual([], answer.answer)
        self.check_soa_only(answer, answer.authority)

    def test_flags(self):
        for name, flag in (("CD", 0x0010), ("AD", 0x0020), ("Z", 0x0040), ("RD", 0x0100)):
            with self.subTest(flag=name):
                answer = self.parsed(header(flags=flag) + question())
                self.check_soa_only(answer, answer.answer)
                self.assertEqual(flag & 0x0100, answer.flags & 0x0100, "RD is copied")
                self.assertFalse(answer.flags & (dns.flags.AD | 0x0040 | dns.flags.RA))

    def test_unknown_opcodes(self):
        for opcode in 1, 2, 3, 15:
            with self.subTest(opcode=opcode):
                wire = self.raw(header(flags=opcode << 11) + question())
                self.assertIsNotNone(wire)
                flags = struct.unpack("!H", wire[2:4])[0]
                self.assertEqual((4, opcode, 0x8000, 0), (flags & 15, flags >> 11 & 15, flags & 0x8000, flags & 0x0400), "NOTIMP, opcode, QR, AA")

    def test_notify_and_update_from_strangers(self):
        for opcode, body in ((4, question()), (5, question())):
            with self.subTest(opcode=opcode):
                self.assertIn(self.raw(header(flags=opcode << 11) + body)[3] & 15, (4, 5, 9))

    def test_edns(self):
        answer = self.parsed(header(additional=1) + question() + opt(4096))
        self.check_soa_only(answer, answer.answer)
        self.assertEqual((0, 1232), (answer.edns, answer.payload))
        self.assertEqual((), tuple(answer.options))

    def test_edns_version_1(self):
        for more in {}, {"flags": 0x4000}, {"flags": 0x8000}, {"rdata": b"\xff\xf0\x00\x00"}:
            with self.subTest(more=more):
                answer = self.parsed(header(additional=1) + question() + opt(version=1, **more))
                self.assertEqual(("BADVERS", 0, []), (dns.rcode.to_text(answer.rcode()), answer.edns, answer.answer))

    def test_edns_unknown_option_and_flags(self):
        answer = self.parsed(header(additional=1) + question() + opt(flags=0x4001, rdata=b"\xff\xf0\x00\x03abc"))
        self.check_soa_only(answer, answer.answer)
        self.assertEqual((0, 0), (answer.edns, answer.ednsflags & 0x7fff))
        self.assertNotIn(0xfff0, [int(option.otype) for option in answer.options])

    def test_do_is_copied(self):
        self.assertTrue(self.parsed(header(additional=1) + question() + opt(flags=0x8000)).ednsflags & dns.flags.DO)
        self.assertFalse(self.parsed(header(additional=1) + question() + opt()).ednsflags & dns.flags.DO)

    def test_options_together(self):
        options = b"\x00\x0a\x00\x08abcdefgh" + b"\x00\x03\x00\x00" + b"\x00\x08\x00\x07\x00\x01\x18\x00\x0a\x00\x00" + b"\x00\x09\x00\x00"
        answer = self.parsed(header(additional=1) + question() + opt(rdata=options))
        self.check_soa_only(answer, answer.answer)
        self.assertEqual(0, answer.edns)

    def test_broken_opt(self):
        for what, tail, count in (("two", opt() + opt(), 2), ("owner", opt(owner=b"\x01a\x00"), 1), ("short option", opt(rdata=b"\x00\x0a\x00\x08abc"), 1),
                                  ("half an option", opt(rdata=b"\x00"), 1)):
            with self.subTest(what=what):
                self.assertEqual(1, self.raw(header(additional=count) + question() + tail)[3] & 15, "FORMERR")

    def test_question_counts(self):
        self.assertEqual("FORMERR", self.rcode(header(questions=0)))
        self.assertEqual("FORMERR", self.rcode(header(questions=2) + question() + question(kind=1)))

    def test_broken_questions(self):
        for what, body in (("cut name", b"\x04wi"), ("cut type", APEX + b"\x00"), ("nothing", b""), ("loop", b"\xc0\x0c\x00\x06\x00\x01"),
                           ("forward", b"\xc0\xff\x00\x06\x00\x01"), ("bad label", b"\x80a\x00\x00\x06\x00\x01"),
                           ("long name", b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 4 + b"\x00\x00\x06\x00\x01")):
            with self.subTest(what=what):
                wire = self.raw(header() + body)
                self.assertIsNotNone(wire, "no answer")
                self.assertEqual((1, 0), (wire[3] & 15, struct.unpack("!H", wire[4:6])[0]), "FORMERR, question empty")
                self.assertEqual(12, len(wire))

    def test_silence(self):
        for what, wire in (("11 octets", header()[:11]), ("one octet", b"x"), ("a response", header(flags=0x8000) + question())):
            with self.subTest(what=what):
                self.assertIsNone(self.raw(wire, timeout=0.4))
        self.assertEqual("NOERROR", self.rcode(header() + question()), "and it still serves")

    def test_transfers_over_udp(self):
        for kind in 251, 252:
            with self.subTest(kind=kind):
                self.assertIn(self.raw(header() + question(kind=kind))[3] & 15, (0, 1, 4, 5) if kind == 251 else (1, 4, 5))

    def test_meta_types_as_question(self):
        for kind in 0, 41, 250:
            with self.subTest(kind=kind):
                self.assertIn(self.raw(header() + question(kind=kind))[3] & 15, (1, 4))

    def test_class(self):
        for klass in 3, 4, 254:
            self.assertEqual("REFUSED", self.rcode(header() + question(klass=klass)))

    def test_any(self):
        for name in b"\x03web" + APEX, APEX:
            answer = self.parsed(header() + question(name=name, kind=255))
            self.assertEqual(1, len(answer.answer))
            if answer.answer[0].rdtype == dns.rdatatype.HINFO:
                self.assertIn("RFC8482", answer.answer[0][0].to_text())

    def test_foreign_names(self):
        for name in b"\x00", b"\x03com\x00", b"\x07example\x00", b"\x05other\x07example\x00", b"\x05xwire\x07example\x00":
            with self.subTest(name=name):
                answer = self.parsed(header() + question(name=name, kind=1))
                self.assertEqual(("REFUSED", 0, [], []), (dns.rcode.to_text(answer.rcode()), answer.flags & dns.flags.AA, answer.answer, answer.authority))

    def test_question_comes_back_as_it_was_asked(self):
        name = b"\x03wEb\x04WiRe\x07eXaMpLe\x00"
        wire = self.raw(header() + question(name=name, kind=1))
        self.assertEqual(question(name=name, kind=1), wire[12:12 + len(name) + 4])
        self.assertEqual(3, struct.unpack("!H", wire[6:8])[0])

    def test_names_are_compressed(self):
        wire = self.raw(header() + question(name=b"\x03web" + APEX, kind=1))
        self.assertEqual(12 + len(b"\x03web" + APEX) + 4 + 3 * 16, len(wire), "three A records of 16 octets")

    def test_truncation_and_tcp(self):
        name = "_big._tcp." + ZONE
        for what, how, limit in (("no EDNS", {}, 512), ("512", {"use_edns": 0, "payload": 512}, 512), ("100 counts as 512", {"use_edns": 0, "payload": 100}, 512)):
            with self.subTest(what=what):
                query = dns.message.make_query(name, "SRV", **({"use_edns": -1} | how))
                wire = self.raw(query.to_wire())
                self.assertLessEqual(len(wire), limit)
                cut = dns.message.from_wire(wire)
                self.assertTrue(cut.flags & dns.flags.TC)
                self.assertEqual(how.get("use_edns", -1), cut.edns, "OPT is kept")
                whole = self.server.ask(None, tcp=True, query=query)
                self.assertFalse(whole.flags & dns.flags.TC)
                self.assertEqual(8, len(whole.answer[0]))
        answer = self.server.ask(name, "SRV", use_edns=0, payload=4096)
        self.assertFalse(answer.flags & dns.flags.TC, "1232 octets carry the answer")
        self.assertEqual(8, len(answer.answer[0]))

    # TCP

    def connection(self, timeout=5):
        return socket.create_connection(self.address, timeout)

    @staticmethod
    def framed(wire):
        return struct.pack("!H", len(wire)) + wire

    @staticmethod
    def receive(sock, count):
        data = b""
        while len(data) < count:
            more = sock.recv(count - len(data))
            if not more:
                raise EOFError(f"closed after {len(data)} of {count} octets")
            data += more
        return data

    def message(self, sock):
        return self.receive(sock, struct.unpack("!H", self.receive(sock, 2))[0])

    def test_tcp_pipelined(self):
        with self.connection() as sock:
            sock.sendall(b"".join(self.framed(header(ident=i) + question()) for i in range(200)))
            self.assertEqual(set(range(200)), {struct.unpack("!H", self.message(sock)[:2])[0] for _ in range(200)})

    def test_tcp_in_any_segments(self):
        wire = self.framed(header(ident=7) + question()) + self.framed(header(ident=8) + question())
        with self.connection() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(wire)):
                sock.sendall(wire[i:i + 1])
            self.assertEqual([7, 8], sorted(struct.unpack("!H", self.message(sock)[:2])[0] for _ in range(2)))

    def test_tcp_after_fin(self):
        with self.connection() as sock:
            sock.sendall(b"".join(self.framed(header(ident=i) + question()) for i in range(20)))
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(set(range(20)), {struct.unpack("!H", self.message(sock)[:2])[0] for _ in range(20)})
            self.assertEqual(b"", sock.recv(1))

    def test_tcp_half_a_message_holds_up_nobody(self):
        idle = [self.connection() for _ in range(20)]
        try:
            for sock in idle:
                sock.sendall(b"\x00\x40abc")
            for _ in range(5):
                with self.connection() as sock:
                    sock.sendall(self.framed(header() + question()))
                    self.assertEqual(0, self.message(sock)[3] & 15)
            self.assertEqual("NOERROR", self.rcode(header() + question()))
        finally:
            for sock in idle:
                sock.close()

    def test_tcp_keepalive_only_when_asked(self):
        asked = header(additional=1) + question() + opt(rdata=b"\x00\x0b\x00\x00")
        with self.connection() as sock:
            for wire in header(additional=1) + question() + opt(), asked:
                sock.sendall(self.framed(wire))
                answer = dns.message.from_wire(self.message(sock))
                if wire is not asked:
                    self.assertNotIn(11, [int(option.otype) for option in answer.options])
        self.assertNotIn(11, [int(option.otype) for option in self.parsed(asked).options], "never on UDP")

    def test_tcp_broken_message(self):
        with self.connection() as sock:
            sock.sendall(self.framed(header() + b"\x04wi"))
            try:
                self.assertEqual(1, self.message(sock)[3] & 15)
            except (EOFError, ConnectionResetError):
                pass  # closing is an answer too
        with self.connection() as sock:
            sock.sendall(b"\x00\x00")
            try:
                sock.recv(10)
            except (ConnectionResetError, socket.timeout):
                pass
        self.assertEqual("NOERROR", self.rcode(header() + question()))

    def test_same_over_both(self):
        for kind in "SOA", "NS", "A", "TXT":
            udp, tcp = (self.server.ask(ZONE, kind, tcp=tcp) for tcp in (False, True))
            self.assertEqual((udp.rcode(), udp.answer, udp.authority), (tcp.rcode(), tcp.answer, tcp.authority))

    def test_random_octets(self):
        drawn = random.Random(4711)
        for _ in range(2000):
            wire = bytearray(header(additional=1) + question(name=b"\x03web" + APEX, kind=1) + opt())
            for _ in range(drawn.randint(1, 6)):
                wire[drawn.randrange(len(wire))] = drawn.randrange(256)
            wire = wire[:drawn.randint(0, len(wire))]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(wire, self.address)
        self.assertEqual("NOERROR", self.rcode(header() + question()))


if __name__ == "__main__":
    harness.main()
