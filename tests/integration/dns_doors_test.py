"""Doors of several kinds: all addresses at once, and DNS over TLS."""
import socket
import ssl
import struct
import subprocess

import dns_case
import dns_strict as strict
import harness
from dns_case import framed, option, query, receive

FIXED_TEXT = "$TTL 60\n@ SOA ns host 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.80\nalias CNAME www\n"
KEEPALIVE, PADDING = 11, 12


class AskedAddress(harness.Case):
    """A server that listens on all addresses answers from the one that was asked; stubs drop all else."""

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server("--dns", "[::]:0", dns="0.0.0.0:0") if dns_case.IPV6 else harness.Server(dns="0.0.0.0:0")
        cls.server.start()
        cls.api = cls.server.api()

    def test_udp_and_tcp(self):
        hosts = [(address, host) for address in self.server.doors["dns"]
                 for host in (["::1"] if "::" in address else ["127.0.0.1", "127.0.0.2", "127.1.2.3"])]
        for address, host in hosts:
            port = harness.split_address(address)[1]
            for tcp in False, True:
                with self.subTest(host=host, tcp=tcp):
                    # Its UDP sockets are connected: nothing from another address or port gets through.
                    door = dns_case.Door(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", tcp)
                    message = strict.parse(door.exchange(query("servicediscovery.waypost.internal", "AAAA" if ":" in host else "A")))
                    packed = socket.inet_pton(door.family, host)
                    self.assertEqual([packed], [r.rdata for r in message.answer], "and the API's name is that address, too")


class Encrypted(dns_case.TableCase):
    """DNS over TLS: the same answers, padded when the question was."""
    ZONES = {"fixed.example": FIXED_TEXT}

    @classmethod
    def setUpClass(cls):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.port = free.getsockname()[1]
        cls.CONFIG = f'[tls]\ncertificate = "cert.pem"\nkey = "key.pem"\ndot = ["127.0.0.1:{cls.port}"]\n'
        super().setUpClass()

    @classmethod
    def prepare(cls):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", cls.folder + "/key.pem", "-out", cls.folder + "/cert.pem"], check=True, capture_output=True)

    def test_padding(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["dot"])
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain, context.wrap_socket(plain) as sock:
            self.assertEqual("dot", sock.selected_alpn_protocol())
            for edns, padded in ((None, False), (b"", False), (option(PADDING), True), (option(PADDING, bytes(100)), True), (option(KEEPALIVE), False)):
                wire = query("alias.fixed.example", "A", edns)
                sock.sendall(framed(wire))
                response = receive(sock, struct.unpack("!H", receive(sock, 2))[0])
                message = strict.check_response(response, wire)
                self.assertEqual(padded, len(response) % 468 == 0)
                self.assertEqual(padded, message.option(PADDING) is not None)


if __name__ == "__main__":
    harness.main()
