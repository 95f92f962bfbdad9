"""The rest of the internet: a recursive resolver that knows the names it was told, and what it was asked."""
import contextlib
import socket
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SOA = "outside.test. 30 IN SOA ns.outside.test. hostmaster.outside.test. 1 3600 600 86400 30"
CHAIN = 8  # CNAMEs followed


class Resolver:
    """UDP and TCP on one port. `records` are lines of a master file with full names; names not among them do not exist.
    `network`: a Host to stand in. `mode`: ok, silent, servfail."""

    def __init__(self, *records, address="127.0.0.1", port=0, network=None):
        self.mode, self.asked = "ok", []  # asked: (name, type, "udp" | "tcp")
        self._rrsets = {}
        for line in records:
            owner, ttl, _, kind, rdata = line.split(None, 4)
            key = dns.name.from_text(owner), dns.rdatatype.from_text(kind)
            self._rrsets.setdefault(key, dns.rrset.RRset(key[0], 1, key[1])).update(dns.rrset.from_text(owner, int(ttl), "IN", kind, rdata))
        self._soa = dns.rrset.from_text(*SOA.split(None, 4))
        with network or contextlib.nullcontext():
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._tcp = socket.socket(socket.AF_INET)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind((address, port))
        self._tcp.listen(64)
        self.address, self.port = self._tcp.getsockname()
        self._udp.bind((address, self.port))
        for loop in self._serve_udp, self._serve_tcp:
            threading.Thread(target=loop, daemon=True).start()

    def close(self):
        for door in self._udp, self._tcp:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()

    def count(self, name):
        """How often it was asked for a name."""
        return sum(1 for asked, _, _ in list(self.asked) if asked == name)

    def _serve_udp(self):
        while True:
            try:
                data, peer = self._udp.recvfrom(65535)
                answer = self._answer(data, "udp")
                if answer is not None:
                    self._udp.sendto(answer, peer)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, args=(connection,), daemon=True).start()

    def _serve_connection(self, connection):
        with connection, contextlib.suppress(OSError, EOFError):
            while True:
                (length,) = struct.unpack("!H", _exactly(connection, 2))
                answer = self._answer(_exactly(connection, length), "tcp")
                if answer is not None:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, data, transport):
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((question.name.to_text(omit_final_dot=True).lower(), kind, transport))
        if self.mode == "silent":
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if self.mode == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        self._fill(response, question)
        if transport == "tcp":
            return response.to_wire()
        room = max(512, query.payload) if query.edns >= 0 else 512
        try:
            return response.to_wire(max_size=room)
        except dns.exception.TooBig:
            response.answer, response.flags = [], response.flags | dns.flags.TC
            return response.to_wire()

    def _fill(self, response, question):
        name = question.name
        for _ in range(CHAIN):
            found = self._rrsets.get((name, question.rdtype))
            if found is not None:
                response.answer.append(found if found.name != question.name else _named(found, question.name))
                return
            alias = self._rrsets.get((name, dns.rdatatype.CNAME))
            if alias is None:
                break
            response.answer.append(alias)
            name = alias[0].target
        response.authority.append(self._soa)
        if not any(owner == name or owner.is_subdomain(name) for owner, _ in self._rrsets):
            response.set_rcode(dns.rcode.NXDOMAIN)


def _named(rrset, name):
    """The same records at this spelling of their name."""
    again = dns.rrset.RRset(name, rrset.rdclass, rrset.rdtype)
    again.update(rrset)
    return again


def _exactly(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
