"""Options: cookies, NSID, keepalive, extended errors, who may ask what; and the manners of TCP (RFC 7766)."""
import select
import socket
import struct
import time

import dns_case
import dns_strict as strict
import harness
from dns_case import at_each_door, framed, header, opt, option, query, question, receive

FIXED_TEXT = "$TTL 60\n@ SOA ns host 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.80\nalias CNAME www.space.example.\n"
SECRET = bytes(range(16))
COOKIE, NSID, KEEPALIVE, PADDING, EDE = 10, 3, 11, 12, 15
MASK = 0xffffffffffffffff


def siphash(key, data):
    """SipHash-2-4."""
    def turn(value, by):
        return (value << by | value >> (64 - by)) & MASK

    first, second = struct.unpack("<2Q", key)
    a, b, c, d = first ^ 0x736f6d6570736575, second ^ 0x646f72616e646f6d, first ^ 0x6c7967656e657261, second ^ 0x7465646279746573
    words = list(struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8]))
    words.append(int.from_bytes(data[len(data) // 8 * 8:], "little") | (len(data) & 255) << 56)
    for word in words + [None]:
        if word is None:
            c ^= 0xff
        else:
            d ^= word
        for _ in range(4 if word is None else 2):
            a = (a + b) & MASK
            b, a = turn(b, 13) ^ a, turn(a, 32)
            c = (c + d) & MASK
            d = turn(d, 16) ^ c
            a = (a + d) & MASK
            d = turn(d, 21) ^ a
            c = (c + b) & MASK
            b, c = turn(b, 17) ^ c, turn(c, 32)
        if word is not None:
            a ^= word
    return struct.pack("<Q", a ^ b ^ c ^ d)


def make_cookie(host, made, client=b"abcdefgh", secret=SECRET):
    """What a server with this secret gives to this client at that time (RFC 9018 4)."""
    head = client + b"\x01\0\0\0" + struct.pack("!I", made)
    address = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    return head + siphash(secret, head + address)


def at_each_tcp_door(test):
    """Runs a test for each door for TCP, with a connection to it."""
    @at_each_door
    def run(self, door):
        if door.tcp:
            with door.connect() as sock:
                test(self, sock)

    return run


class Options(dns_case.TableCase):
    ZONES = {"fixed.example": FIXED_TEXT}
    CONFIG = """[dns]
nsid = "site-7"
cookie-secret-file = "secret"
private-networks = ["203.0.113.0/24"]
"""

    @classmethod
    def prepare(cls):
        cls.write("secret", SECRET.hex())

    @classmethod
    def fill(cls):
        space = cls.api.namespace("space.example")
        web = cls.api.service("www", space)
        for i in range(8):
            cls.api.register(web, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i + 1}")
        private = cls.api.namespace("private.example", "CreatePrivateDnsNamespace")
        cls.api.register(cls.api.service("www", private), "i", AWS_INSTANCE_IPV4="10.0.0.1")

    def cookie(self, value, door):
        message = self.ask(query("www.fixed.example", "A", option(COOKIE, value)), door)
        return message.rcode, message.option(COOKIE)

    @at_each_door
    def test_lengths_of_cookies(self, door):
        for length in range(43):
            with self.subTest(length=length, door=door.name):
                rcode, answered = self.cookie(b"c" * length, door)
                if length == 8 or 16 <= length <= 40:
                    self.assertEqual((0, 24, b"c" * 8), (rcode, len(answered), answered[:8]))
                else:
                    self.assertEqual(1, rcode)

    @at_each_door
    def test_server_cookies(self, door):
        _, answered = self.cookie(b"abcdefgh", door)
        self.assertEqual(b"abcdefgh\x01\0\0\0", answered[:12])
        made = struct.unpack("!I", answered[12:16])[0]
        self.assertLess(abs(made - time.time()), 5)
        self.assertEqual(make_cookie(door.host, made), answered)

    @at_each_door
    def test_age_of_cookies(self, door):
        """Kept while they are young, renewed after half an hour, and whatever is old, foreign or forged is answered with a fresh one."""
        now = int(time.time())
        other = "127.0.0.9" if not door.is_v6 else "::2"
        for what, value, kept in (("young", make_cookie(door.host, now - 60), True), ("some minutes ahead", make_cookie(door.host, now + 200), True),
                                  ("40 minutes", make_cookie(door.host, now - 2400), False), ("2 hours", make_cookie(door.host, now - 7200), False),
                                  ("far ahead", make_cookie(door.host, now + 600), False), ("another client's", make_cookie(other, now - 60), False),
                                  ("another secret's", make_cookie(door.host, now - 60, secret=bytes(16)), False),
                                  ("another version", b"abcdefgh\x02" + make_cookie(door.host, now - 60)[9:], False),
                                  ("longer", make_cookie(door.host, now - 60) + b"x", False), ("shorter", make_cookie(door.host, now - 60)[:23], False)):
            with self.subTest(what=what, door=door.name):
                rcode, answered = self.cookie(value, door)
                self.assertEqual(0, rcode)
                self.assertEqual(kept, answered == value)
                if not kept:
                    self.assertLess(abs(struct.unpack("!I", answered[12:16])[0] - time.time()), 5)
                    self.assertEqual(b"abcdefgh\x01\0\0\0", answered[:12])

    @at_each_door
    def test_cookie_without_a_question(self, door):
        message = self.ask(header(questions=0, additional=1) + opt(rdata=option(COOKIE, b"abcdefgh")), door)
        self.assertEqual((0, None, 24), (message.rcode, message.question, len(message.option(COOKIE))))

    @at_each_door
    def test_cookies_come_with_errors_too(self, door):
        for what, wire in (("REFUSED", query("elsewhere.invalid", "A", option(COOKIE, b"abcdefgh"))),
                           ("NXDOMAIN", query("missing.fixed.example", "A", option(COOKIE, b"abcdefgh"))),
                           ("BADVERS", header(additional=1) + question("fixed.example") + opt(version=1, rdata=option(COOKIE, b"abcdefgh")))):
            with self.subTest(what=what):
                self.assertEqual(24, len(self.ask(wire, door).option(COOKIE)))

    @at_each_door
    def test_nsid_only_when_asked(self, door):
        for name in "www.fixed.example", "www.space.example", "elsewhere.invalid":
            self.assertEqual(b"site-7", self.ask(query(name, "A", option(NSID)), door).option(NSID))
            self.assertIsNone(self.ask(query(name, "A", True), door).option(NSID))

    @at_each_door
    def test_keepalive_only_on_tcp_when_asked(self, door):
        asked = self.ask(query("www.fixed.example", "A", option(KEEPALIVE)), door).option(KEEPALIVE)
        self.assertIsNone(self.ask(query("www.fixed.example", "A", True), door).option(KEEPALIVE))
        if door.tcp:
            self.assertIn(struct.unpack("!H", asked)[0], range(10, 6000), "seconds, in units of 100 ms")
        else:
            self.assertIsNone(asked)

    @at_each_door
    def test_no_padding_in_the_clear(self, door):
        self.assertIsNone(self.ask(query("www.fixed.example", "A", option(PADDING, bytes(20))), door).option(PADDING))

    @at_each_door
    def test_client_subnet_is_ignored(self, door):
        got = self.ask(query("www.fixed.example", "A", option(8, b"\x00\x01\x18\x00\x0a\x00\x00")), door).option(8)
        self.assertTrue(got is None or got[3] == 0, "scope 0")

    @at_each_door
    def test_private_namespaces(self, door):
        message = self.ask(query("www.private.example", "A", True), door)
        self.assertEqual((5, 0, b"\x00\x12"), (message.rcode, message.flags & strict.AA, message.option(EDE)[:2]), "EDE 18")
        self.assertEqual(5, self.ask(query("private.example", "SOA"), door).rcode)
        self.assertEqual(0, self.ask(query("www.space.example"), door).rcode, "a public one answers everyone")

    @at_each_door
    def test_errors_without_opt_give_no_reason(self, door):
        for name in "www.private.example", "elsewhere.invalid":
            self.assertIsNone(self.ask(query(name), door).opt)

    def test_options_and_truncation(self):
        """They count: an answer never grows beyond what was allowed, and they are kept."""
        options = option(COOKIE, b"abcdefgh") + option(NSID)
        for door in self.doors:
            message = self.ask(header(additional=1) + question("www.space.example", 1) + opt(512, rdata=options), door)
            self.assertEqual((8, 24, b"site-7"), (len(message.answer), len(message.option(COOKIE)), message.option(NSID)))
            self.assertLessEqual(message.octets, 512)

    # TCP

    @staticmethod
    def message(sock):
        return strict.parse(receive(sock, struct.unpack("!H", receive(sock, 2))[0]))

    @at_each_tcp_door
    def test_length_and_message_in_one_write(self, sock):
        sock.sendall(framed(query("www.fixed.example")))
        data = sock.recv(65535)
        self.assertEqual(len(data) - 2, struct.unpack("!H", data[:2])[0])

    @at_each_tcp_door
    def test_pipelined_then_closed_for_writing(self, sock):
        names = ["www.fixed.example", "www.space.example", "alias.fixed.example", "elsewhere.invalid"] * 25
        sock.sendall(b"".join(framed(header(ident=i) + question(name, 1)) for i, name in enumerate(names)))
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(set(range(100)), {self.message(sock).ident for _ in names})
        self.assertEqual(b"", sock.recv(1))

    @at_each_tcp_door
    def test_half_a_message_at_the_end(self, sock):
        wire = framed(query("www.fixed.example"))
        sock.sendall(wire + wire[:-5])
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(0, self.message(sock).rcode)
        self.assertEqual(b"", sock.recv(1))

    def test_half_sent_messages_hold_nobody_up(self):
        door, wire, held = self.tcp, framed(query("www.fixed.example")), []
        try:
            for i in range(100):
                sock = door.connect()
                held.append(sock)
                sock.sendall((b"\xff\xff" + wire * 3, b"\x00", wire[:-1], wire + wire[:7])[i % 4])
            for _ in range(20):
                self.assertEqual(0, self.ask(query("www.fixed.example"), door).rcode)
            for sock in held[2::4]:
                sock.sendall(wire[-1:])
                self.assertEqual(0, self.message(sock).rcode, "the rest came")
        finally:
            for sock in held:
                sock.close()

    def test_idle_connections_are_closed(self):
        door = self.tcp
        seconds = struct.unpack("!H", self.ask(query("www.fixed.example", "A", option(KEEPALIVE)), door).option(KEEPALIVE))[0] / 10
        with door.connect(seconds + 10) as idle, door.connect(seconds + 10) as half:
            half.sendall(b"\x00\x30abc")
            began = time.monotonic()
            self.assertEqual(b"", half.recv(1))
            self.assertEqual(b"", idle.recv(1))
            self.assertLess(time.monotonic() - began, seconds + 8)

    def test_who_does_not_read_is_left_alone(self):
        """Answers that nobody takes fill one connection's buffer, and nothing else."""
        with self.tcp.connect() as sock:
            sock.setblocking(False)
            wire = framed(query("www.space.example", "A", True)) * 100
            for _ in range(1000):
                if not select.select([], [sock], [], 0.2)[1]:
                    break
                try:
                    sock.send(wire)
                except BlockingIOError:
                    break
            self.assertEqual(0, self.ask(query("www.fixed.example"), self.tcp).rcode)
            self.assertEqual(0, self.ask(query("www.fixed.example"), self.udp).rcode)

    # MULTIVALUE answers fit wherever they must.

    def test_eight_addresses_fit_512_octets(self):
        """With the longest names, too."""
        zone = ".".join(["z" * 63, "z" * 60]) + ".example"
        name = ".".join(["s" * 60, "t" * 56]) + "."
        service = self.api.service(name[:-1], self.api.namespace(zone), records=[("A", 60), ("AAAA", 60)])
        for i in range(20):
            self.api.register(service, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i}", AWS_INSTANCE_IPV6=f"2001:db8::{i:x}")
        alike = 0
        for _ in range(40):
            drawn = []
            for kind in "A", "AAAA":
                message = self.ask(query(name + zone, kind))
                self.assertEqual((8, 0), (len(message.answer), message.flags & strict.TC))
                self.assertLessEqual(message.octets, 512)
                drawn.append({r.rdata[-1] for r in message.answer})
            alike += drawn[0] == drawn[1]
        self.assertLess(alike, 3, "A and AAAA are drawn independently")


if __name__ == "__main__":
    harness.main()
