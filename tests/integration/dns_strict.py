"""A DNS message parser that forgives nothing: what a server sends must be well-formed to the last octet."""
import struct

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, NAPTR, DNAME, OPT, DS, TSIG, ANY = 1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 41, 43, 250, 255
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
NAME_OCTETS_MAX = 255

# Where names stand in RDATA: octets before them, how many. Only RFC 1035's types may compress them (RFC 3597 4).
COMPRESSED = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1), 12: (0, 1), 14: (0, 2), 15: (2, 1)}
PLAIN = {17: (0, 2), 18: (2, 1), 21: (2, 1), 33: (6, 1), 36: (2, 1), 39: (0, 1)}
# Octets behind the names; where nothing is said: none.
TAIL = {6: 20}
FIXED = {1: 4, 28: 16}
STRINGS = {13, 16, 99}
# Of options in responses.
OPTION_OCTETS = {10: 24, 11: 2}


class Malformed(Exception):
    """What is wrong with the message."""


class Record:
    """One record: owner and RDATA uncompressed, names in lower case in `rdata`, as they were sent in `spelled`; `octets` it had on the wire."""
    __slots__ = ("owner", "type", "ttl", "rdata", "spelled", "octets")

    def __init__(self, owner, kind, ttl, rdata, spelled, octets):
        self.owner, self.type, self.ttl, self.rdata, self.spelled, self.octets = owner, kind, ttl, rdata, spelled, octets

    def key(self):
        return self.owner, self.type, self.rdata


class Message:
    """A parsed message. `question` is (name as sent, type, class) or None; `opt` (payload, extended rcode, version, flags, options)."""
    __slots__ = ("ident", "flags", "question", "answer", "authority", "additional", "opt", "tsig", "octets")

    @property
    def rcode(self):
        return self.flags & 15 | (self.opt[1] << 4 if self.opt else 0)

    @property
    def is_transfer(self):
        """Transfers begin and end with the SOA, and may tell what an RRset was and what it is."""
        return self.question is not None and self.question[1] in (251, 252)

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    def option(self, code):
        """The value of the option, None when it is not there."""
        return next((value for number, value in self.opt[4] if number == code), None) if self.opt else None


def read_name(wire, at, compressed=True):
    """(name uncompressed as it is spelled, where it ends). Pointers lead backwards, to somewhere behind the header."""
    parts, octets, end, before = [], 1, 0, at
    try:
        while True:
            length = wire[at]
            if length == 0:
                parts.append(b"\0")
                return b"".join(parts), end or at + 1
            if length < 64:
                part = wire[at:at + length + 1]
                if len(part) <= length:
                    raise Malformed("a label is cut short")
                octets += length + 1
                if octets > NAME_OCTETS_MAX:
                    raise Malformed("a name is too long")
                parts.append(part)
                at += length + 1
            elif length >= 192:
                if not compressed:
                    raise Malformed("a name is compressed where that is not allowed")
                to = (length & 63) << 8 | wire[at + 1]
                if not 12 <= to < before:
                    raise Malformed("a pointer does not lead backwards")
                end = end or at + 2
                at = before = to
            else:
                raise Malformed("a label of an unknown kind")
    except IndexError:
        raise Malformed("a name is cut short") from None


def naptr_strings(wire, at, end):
    """Octets of an NAPTR's RDATA before its name: two numbers and three strings."""
    length = 4
    for _ in range(3):
        if at + length >= end:
            raise Malformed("an NAPTR is cut short")
        length += wire[at + length] + 1
    return length


def read_rdata(wire, at, end, kind):
    """(RDATA uncompressed with names in lower case, the same as it is spelled)."""
    where = COMPRESSED.get(kind) or PLAIN.get(kind)
    if kind == NAPTR:
        where = naptr_strings(wire, at, end), 1
    if where:
        before, count = where
        spelled = wire[at:at + before]
        at += before
        names = []
        for _ in range(count):
            name, at = read_name(wire, at, kind in COMPRESSED)
            names.append(name)
        if at > end or end - at != TAIL.get(kind, 0):
            raise Malformed(f"RDATA of type {kind} has another length than its names")
        names, tail = b"".join(names), wire[at:end]
        return spelled + names.lower() + tail, spelled + names + tail
    spelled = wire[at:end]
    if kind in FIXED and len(spelled) != FIXED[kind]:
        raise Malformed(f"RDATA of type {kind} has {len(spelled)} octets")
    if kind in STRINGS:
        step = 0
        while step < len(spelled):
            step += spelled[step] + 1
        if step != len(spelled) or not spelled:
            raise Malformed("character strings do not fill their RDATA")
    return spelled, spelled


def read_options(rdata):
    options, at = [], 0
    while at < len(rdata):
        if len(rdata) - at < 4:
            raise Malformed("an option is cut short")
        code, length = struct.unpack_from("!HH", rdata, at)
        if at + 4 + length > len(rdata):
            raise Malformed("an option is longer than its record")
        value = rdata[at + 4:at + 4 + length]
        options.append((code, value))
        at += 4 + length
    if len({code for code, _ in options}) != len(options):
        raise Malformed("an option is there twice")
    return options


def read_section(wire, at, count, message, additional):
    records, ttls = [], {}
    for left in range(count, 0, -1):
        begin = at
        owner, at = read_name(wire, at)
        if len(wire) - at < 10:
            raise Malformed("a record is cut short")
        kind, klass, ttl, length = struct.unpack_from("!HHIH", wire, at)
        at += 10
        if len(wire) - at < length:
            raise Malformed("RDATA is cut short")
        if kind == OPT:
            if not additional or message.opt or owner != b"\0":
                raise Malformed("OPT where it must not be")
            message.opt = klass, ttl >> 24, ttl >> 16 & 255, ttl & 0xffff, read_options(wire[at:at + length])
        elif kind == TSIG:
            if not additional or left != 1:
                raise Malformed("TSIG is not the last record")
            message.tsig = wire[at:at + length]
        else:
            if klass != 1 or ttl > 0x7fffffff:
                raise Malformed(f"class {klass}, TTL {ttl}")
            rdata, spelled = read_rdata(wire, at, at + length, kind)
            record = Record(owner.lower(), kind, ttl, rdata, spelled, at + length - begin)
            if ttls.setdefault((record.owner, kind), ttl) != ttl and not message.is_transfer:
                raise Malformed("an RRset has two TTLs")
            records.append(record)
        at += length
    return records, at


def parse(wire):
    """The message; raises Malformed."""
    if len(wire) < 12:
        raise Malformed("shorter than a header")
    message = Message()
    message.octets, message.opt, message.tsig, message.question = len(wire), None, None, None
    message.ident, message.flags, questions, answers, authority, additional = struct.unpack_from("!6H", wire)
    at = 12
    if questions > 1:
        raise Malformed(f"{questions} questions")
    if questions:
        name, at = read_name(wire, at, compressed=False)
        if len(wire) - at < 4:
            raise Malformed("the question is cut short")
        message.question = name, *struct.unpack_from("!HH", wire, at)
        at += 4
    message.answer, at = read_section(wire, at, answers, message, False)
    message.authority, at = read_section(wire, at, authority, message, False)
    message.additional, at = read_section(wire, at, additional, message, True)
    if at != len(wire):
        raise Malformed(f"{len(wire) - at} octets behind the last record")
    return message


def check_response(wire, query):
    """Parses what came back for `query` (octets), and checks what holds for every response; raises Malformed."""
    message = parse(wire)
    if wire[:2] != query[:2]:
        raise Malformed("another id")
    if not message.flags & QR:
        raise Malformed("QR is not set")
    if message.flags & (Z | AD):
        raise Malformed("Z or AD is set")
    asked = struct.unpack_from("!H", query, 2)[0]
    if (message.flags ^ asked) & (0x7800 | RD):
        raise Malformed("opcode or RD is another")
    if message.question and query[12:12 + len(message.question[0]) + 4] != wire[12:12 + len(message.question[0]) + 4]:
        raise Malformed("another question")
    for code, value in message.opt[4] if message.opt else ():
        if len(value) != OPTION_OCTETS.get(code, len(value)) or (code == 15 and len(value) < 2):
            raise Malformed(f"option {code} of {len(value)} octets")
    for section in () if message.is_transfer else (message.answer, message.authority, message.additional):
        if len({record.key() for record in section}) != len(section):
            raise Malformed("a record is there twice")
    return message
