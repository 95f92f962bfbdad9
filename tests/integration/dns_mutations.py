"""Valid DNS messages of every kind, and what a seed makes of them: bits turned, octets cut out and put in, lengths and counts that lie, pointers."""
import random
import struct

import dns.message
import dns.name
import dns.opcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring

KEY = "malformed.", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="
MESSAGE_OCTETS_MAX = 4096  # of what is sent over UDP
INTERESTING = (0, 1, 2, 12, 29, 41, 46, 63, 64, 127, 128, 191, 192, 193, 250, 251, 252, 254, 255)
COUNTS = (0, 0, 1, 1, 2, 3, 255, 0x7fff, 0xffff)

RECORDS = (
    "x 60 IN A 192.0.2.1", "x 60 IN NS ns.x.", "x 60 IN CNAME y.x.", "x 60 IN SOA a. b. 1 2 3 4 5", "x 60 IN PTR y.x.", "x 60 IN HINFO a b",
    "x 60 IN MX 10 mail.x.", "x 60 IN TXT a b", "x 60 IN RP a. b.", "x 60 IN AFSDB 1 a.", "x 60 IN AAAA 2001:db8::1", "x 60 IN SRV 1 2 3 t.x.",
    'x 60 IN NAPTR 1 2 "u" "s" "!a!b!" r.x.', "x 60 IN DNAME z.x.", "x 60 IN DS 1 8 2 " + "ab" * 32, "x 60 IN SSHFP 1 1 " + "ab" * 20,
    "x 60 IN RRSIG A 8 1 60 20300101000000 20200101000000 1 x. AAAA", "x 60 IN NSEC y.x. A MX", "x 60 IN DNSKEY 256 3 8 AAAA", "x 60 IN TLSA 3 1 1 " + "ab" * 32,
    'x 60 IN CAA 0 issue "ca.x"', "x 60 IN TYPE65280 \\# 3 abcdef", "x 60 IN LOC 52 22 23 N 4 53 32 E 1m", "x 60 IN APL 1:192.0.2.0/24")
OPTIONS = (b"\x00\x03\x00\x00", b"\x00\x0a\x00\x08abcdefgh", b"\x00\x0a\x00\x18abcdefgh\x01\x00\x00\x00abcdefghijkl", b"\x00\x08\x00\x07\x00\x01\x18\x00\x0a\x00\x00",
           b"\x00\x09\x00\x00", b"\x00\x0b\x00\x00", b"\x00\x0b\x00\x02\x00\x10", b"\x00\x0c\x00\x04\x00\x00\x00\x00", b"\x00\x0f\x00\x02\x00\x16", b"\xff\xf0\x00\x03abc")


def header(flags=0, questions=1, answers=0, authority=0, additional=0):
    return struct.pack("!6H", 0, flags, questions, answers, authority, additional)


def opt(payload=1232, flags=0, rdata=b"", version=0):
    return struct.pack("!BHHBBHH", 0, 41, payload, 0, version, flags, len(rdata)) + rdata


def rrset(text):
    owner, ttl, klass, kind, rdata = text.split(" ", 4)
    return dns.rrset.from_text(owner + ".example.", int(ttl), klass, kind, rdata)


def seeds(names, zones):
    """Valid messages about these names and zones, in wire form."""
    made = []
    for name in names + zones:
        wire = dns.name.from_text(name).to_wire()
        for kind in (1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 43, 46, 255, 257, 1000):
            question = wire + struct.pack("!2H", kind, 1)
            made.append(header(0x0100) + question)
            made.append(header(additional=1) + question + opt(rdata=OPTIONS[kind % len(OPTIONS)]))
    wire = dns.name.from_text(zones[0]).to_wire()
    question = wire + struct.pack("!2H", 6, 1)
    made += [header(additional=1) + question + opt(flags=0x8000, rdata=option) for option in OPTIONS]
    made.append(header(additional=1) + question + opt(4096, rdata=b"".join(OPTIONS)))
    made.append(header(questions=0, additional=1) + opt(rdata=OPTIONS[1]))
    made += [header(opcode << 11) + question for opcode in range(1, 16)]
    for zone in zones:
        wire = dns.name.from_text(zone).to_wire()
        made.append(header() + wire + struct.pack("!2H", 252, 1))
        for serial in 0, 1, 0xffffffff:
            soa = b"\xc0\x0c" + struct.pack("!2HIH", 6, 1, 0, 22) + b"\x00\x00" + struct.pack("!5I", serial, 1, 2, 3, 4)
            made.append(header(authority=1) + wire + struct.pack("!2H", 251, 1) + soa)
            made.append(header(0x2400, answers=1) + wire + struct.pack("!2H", 6, 1) + soa)  # NOTIFY
    for text in RECORDS:  # questions with records behind them, their names compressed
        message = dns.message.make_query("x.example", "A", use_edns=0)
        message.answer.append(rrset(text))
        message.additional.append(rrset(text))
        made.append(message.to_wire())
        update = dns.message.make_query(zones[0], "SOA")
        update.set_opcode(dns.opcode.UPDATE)
        update.authority.append(rrset(text))
        made.append(update.to_wire())
    for name, secret in KEY, ("unknown.", KEY[1]):
        for kind in "SOA", "AXFR", "A":
            message = dns.message.make_query(zones[0], kind, use_edns=0)
            message.use_tsig(dns.tsigkeyring.from_text({name: ("hmac-sha256", secret)}), dns.name.from_text(name))
            made.append(message.to_wire())
    made.append(header() + b"\x01a" * 127 + b"\x00" + struct.pack("!2H", 1, 1))
    made.append(header() + (b"\x3f" + b"l" * 63) * 3 + b"\x3d" + b"l" * 61 + b"\x00" + struct.pack("!2H", 1, 1))
    return made


class Mutator:
    """Makes messages, one after the other, always the same for a seed."""

    def __init__(self, messages, seed):
        self.messages, self.drawn = messages, random.Random(seed)
        self.queries = [message for message in messages if not message[2] & 0x78]
        self.ways = [self.bit, self.octet, self.octet, self.cut, self.longer, self.double, self.remove, self.splice, self.count, self.flags, self.pointer,
                     self.pointer, self.length, self.more_opt, self.bad_opt]
        # These leave a message that can be read.
        self.ways += [self.kind, self.letter, self.more_opt] * 3

    def next(self):
        """A mutated message; now and then a valid one, or noise. Its first two octets are free to be the id."""
        drawn = self.drawn
        kind = drawn.random()
        if kind < 0.02:
            return bytearray(drawn.choice(self.messages))
        if kind < 0.05:
            return bytearray(drawn.randbytes(drawn.choice((0, 1, 2, 11, 12, 13, 17, 40, 200, 512, 1400))))
        message = bytearray(drawn.choice(self.queries if kind < 0.85 else self.messages))
        for _ in range(drawn.choice((1, 1, 1, 2, 2, 3, 5))):
            if len(message) > 12:
                drawn.choice(self.ways)(message)
        del message[MESSAGE_OCTETS_MAX:]
        return message

    def at(self, message):
        return self.drawn.randrange(len(message))

    def bit(self, message):
        message[self.at(message)] ^= 1 << self.drawn.randrange(8)

    def octet(self, message):
        message[self.at(message)] = self.drawn.choice(INTERESTING) if self.drawn.random() < 0.5 else self.drawn.randrange(256)

    def cut(self, message):
        del message[self.at(message):]

    def longer(self, message):
        message += self.drawn.randbytes(self.drawn.choice((1, 2, 10, 11, 100, 600)))

    def double(self, message):
        at = self.at(message)
        message[at:at] = message[at:at + self.drawn.randrange(1, 40)]

    def remove(self, message):
        at = self.at(message)
        del message[at:at + self.drawn.randrange(1, 8)]

    def splice(self, message):
        other = self.drawn.choice(self.messages)
        message[self.at(message):] = other[self.drawn.randrange(len(other)):]

    def count(self, message):
        at = self.drawn.choice((4, 6, 8, 10))
        message[at:at + 2] = struct.pack("!H", self.drawn.choice(COUNTS))

    def kind(self, message):
        """Another type, or class, where the question ends, when there is one."""
        at = message.find(0, 12) + 1
        if 0 < at <= len(message) - 4:
            message[at + 1 if self.drawn.random() < 0.9 else at + 3] = self.drawn.choice(INTERESTING)

    def letter(self, message):
        """Another octet inside the question's first label."""
        if 0 < message[12] < 64 and len(message) > 13 + message[12]:
            message[13 + self.drawn.randrange(message[12])] = self.drawn.randrange(256)

    def flags(self, message):
        message[2:4] = struct.pack("!H", self.drawn.getrandbits(16) & (0xffff if self.drawn.random() < 0.1 else 0x7fff))

    def pointer(self, message):
        at = self.drawn.randrange(12, len(message))
        to = self.drawn.choice((at, at - 1, 12, 0, len(message), self.drawn.randrange(0x4000), self.at(message)))
        message[at:at + 2] = struct.pack("!H", 0xc000 | to & 0x3fff)

    def length(self, message):
        at = self.at(message)
        value = int.from_bytes(message[at:at + 2], "big") + self.drawn.choice((-2, -1, 1, 2, 255, 0x7fff))
        message[at:at + 2] = struct.pack("!H", value & 0xffff)

    def more_opt(self, message):
        message += opt(self.drawn.choice((0, 511, 512, 1232, 65535)), self.drawn.getrandbits(16), b"".join(self.drawn.choices(OPTIONS, k=self.drawn.randrange(4))),
                       self.drawn.choice((0, 0, 0, 1, 255)))
        message[10:12] = struct.pack("!H", int.from_bytes(message[10:12], "big") + 1 & 0xffff)

    def bad_opt(self, message):
        rdata = bytearray(b"".join(self.drawn.choices(OPTIONS, k=2)))
        rdata[self.drawn.randrange(len(rdata))] = self.drawn.randrange(256)
        message += opt(rdata=bytes(rdata[:self.drawn.randrange(len(rdata) + 1)]))
        message[11] = message[11] + 1 & 0xff
