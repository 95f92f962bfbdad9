"""Names outside our zones: refused, denied, or forwarded to an upstream that is slow, silent or wrong."""
import socket
import struct
import threading

import dns.message
import dns.name
import dns.rcode
import dns.rrset

import dns_case
import dns_strict as strict
import harness
from dns_case import at_each_door, framed, header, query, question, receive

FIXED_TEXT = "$TTL 60\n@ SOA ns host 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.80\naway CNAME www.fresh.test.\n"
EDE = 15


class OutsideIsNxdomain(dns_case.TableCase):
    ZONES = {"fixed.example": FIXED_TEXT}
    CONFIG = '[dns]\noutside = "nxdomain"\n'

    @at_each_door
    def test_foreign_names(self, door):
        for name in "elsewhere.invalid", "printer", ".", "example":
            message = self.ask(query(name, "A", flags=strict.RD), door)
            self.assertEqual((3, [], 0), (message.rcode, message.answer, message.flags & strict.RA), name)
        self.assertEqual(0, self.ask(query("www.fixed.example"), door).rcode)
        self.assertEqual(5, self.ask(header() + question("elsewhere.invalid", 1, klass=3), door).rcode)


class Upstream:
    """A resolver that answers as it is told: `answers` (name, type) → (rcode, TTL, RDATA), None: never. Others get NXDOMAIN."""

    def __init__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.udp.getsockname()[1]
        self.answers, self.asked, self.silent, self.held = {}, [], False, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                wire, client = self.udp.recvfrom(65535)
            except OSError:
                return
            asked = dns.message.from_wire(wire)
            name, kind = asked.question[0].name.to_text().lower(), asked.question[0].rdtype
            self.asked.append(name)
            rcode, ttl, rdata = self.answers.get((name, int(kind)), (dns.rcode.NXDOMAIN, 60, None))
            if self.silent or rcode is None:
                if rcode is None:
                    self.held.append((wire, client))
                continue
            self.udp.sendto(self.response(asked, rcode, ttl, rdata), client)

    @staticmethod
    def response(asked, rcode, ttl, rdata):
        reply = dns.message.make_response(asked, recursion_available=True)
        reply.set_rcode(rcode)
        name = asked.question[0].name
        if rdata is not None:
            reply.answer.append(dns.rrset.from_text(name, ttl, "IN", asked.question[0].rdtype, rdata))
        elif rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            reply.authority.append(dns.rrset.from_text(dns.name.from_text("test."), ttl, "IN", "SOA", f"ns.test. host.test. 1 2 3 4 {ttl}"))
        return reply.to_wire()

    def release(self, rdata):
        """Answers what was held back."""
        while self.held:
            wire, client = self.held.pop()
            self.udp.sendto(self.response(dns.message.from_wire(wire), dns.rcode.NOERROR, 60, rdata), client)


class Forwarded(dns_case.TableCase):
    ZONES = {"fixed.example": FIXED_TEXT}
    A = 1

    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.udp.close)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 0))
            dead = nobody.getsockname()[1]
        cls.CONFIG = (f'[forward]\nenabled = true\nclients = ["127.0.0.0/8"]\nupstreams = ["{cls.upstream.address}"]\ntimeout = "300ms"\nprefetch = false\n'
                      f'[[forward.domain]]\nname = "dead.test"\nupstreams = ["127.0.0.1:{dead}"]\n')
        cls.upstream.answers = {("www.fresh.test.", cls.A): (dns.rcode.NOERROR, 60, "198.51.100.1"), ("short.test.", cls.A): (dns.rcode.NOERROR, 1, "198.51.100.2"),
                                ("slow.test.", cls.A): (None, 0, None), ("gone.test.", cls.A): (dns.rcode.NXDOMAIN, 1, None),
                                ("fails.test.", cls.A): (dns.rcode.SERVFAIL, 0, None)}
        super().setUpClass()

    def forwarded(self, name, flags=strict.RD, door=None):
        return self.ask(query(name, "A", True, flags), door)

    @at_each_door
    def test_served_clients(self, door):
        if door.is_v6:  # not in the list
            message = self.forwarded("www.fresh.test", door=door)
            self.assertEqual((5, 0), (message.rcode, message.flags & (strict.RA | strict.AA)))
            self.assertEqual(0, self.forwarded("www.fixed.example", door=door).flags & strict.RA)
            return
        message = self.forwarded("www.fresh.test", door=door)
        self.assertEqual((0, strict.RA, [socket.inet_aton("198.51.100.1")]),
                         (message.rcode, message.flags & (strict.RA | strict.AA), [r.rdata for r in message.answer]))
        self.assertLessEqual(message.answer[0].ttl, 60)
        message = self.forwarded("www.fixed.example", door=door)
        self.assertEqual(strict.RA | strict.AA, message.flags & (strict.RA | strict.AA))
        message = self.forwarded("missing.test", door=door)
        self.assertEqual((3, strict.RA, [strict.SOA]), (message.rcode, message.flags & (strict.RA | strict.AA), [r.type for r in message.authority]))

    def test_a_cname_out_of_our_zones(self):
        message = self.forwarded("away.fixed.example")
        self.assertEqual((0, strict.AA, [strict.CNAME, strict.A]), (message.rcode, message.flags & strict.AA, [r.type for r in message.answer]))

    def test_no_recursion_desired(self):
        asked = len(self.upstream.asked)
        message = self.forwarded("never.asked.test", flags=0)
        self.assertIn(message.rcode, (0, 5))
        self.assertNotIn("never.asked.test.", self.upstream.asked[asked:])

    def test_answers_come_in_any_order(self):
        """A slow upstream holds up neither the questions behind it nor the answer when it comes, after the client's FIN even."""
        with self.tcp.connect() as sock:
            sock.sendall(framed(header(ident=1, flags=strict.RD) + question("slow.test", 1)) + framed(header(ident=2) + question("www.fixed.example", 1)))
            sock.shutdown(socket.SHUT_WR)
            first = strict.parse(receive(sock, struct.unpack("!H", receive(sock, 2))[0]))
            self.assertEqual((2, 0), (first.ident, first.rcode))
            harness.until(lambda: self.upstream.held)
            self.upstream.release("198.51.100.9")
            second = strict.parse(receive(sock, struct.unpack("!H", receive(sock, 2))[0]))
            self.assertEqual((1, 0, [socket.inet_aton("198.51.100.9")]), (second.ident, second.rcode, [r.rdata for r in second.answer]))

    def test_nobody_reached(self):
        message = self.forwarded("www.dead.test")
        self.assertEqual((2, b"\x00\x16"), (message.rcode, message.option(EDE)[:2]), "EDE 22")

    def test_failures_are_remembered_for_a_while(self):
        self.assertEqual(2, self.forwarded("fails.test").rcode)
        asked = len(self.upstream.asked)
        message = self.forwarded("fails.test")
        self.assertEqual((2, b"\x00\x0d"), (message.rcode, message.option(EDE)[:2]), "EDE 13")
        self.assertEqual(asked, len(self.upstream.asked))

    def test_stale_answers(self):
        self.assertEqual(0, self.forwarded("short.test").rcode)
        self.assertEqual(3, self.forwarded("gone.test").rcode)
        self.upstream.silent = True
        try:
            def stale(name):
                message = self.forwarded(name)
                return message if message.option(EDE) else None

            fresh = harness.until(lambda: stale("short.test"), 15, 0.2)
            self.assertEqual((0, b"\x00\x03", 30), (fresh.rcode, fresh.option(EDE)[:2], fresh.answer[0].ttl), "EDE 3")
            gone = harness.until(lambda: stale("gone.test"), 15, 0.2)
            self.assertEqual((3, b"\x00\x13"), (gone.rcode, gone.option(EDE)[:2]), "EDE 19")
        finally:
            self.upstream.silent = False


if __name__ == "__main__":
    harness.main()
