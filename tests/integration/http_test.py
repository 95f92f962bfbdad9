"""HTTP manners of the API door: keep-alive, pipelining, 100-continue, absolute-form, limits, slow and broken clients."""
import gzip
import json
import socket

import harness

LIST = b"{}"


def request(body=LIST, target="ListNamespaces", first=b"POST / HTTP/1.1", host=b"localhost", length=None, more=b""):
    return (first + b"\r\nHost: " + host + b"\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: " + (harness.TARGET + target).encode() +
            b"\r\nContent-Length: " + str(len(body) if length is None else length).encode() + b"\r\n" + more + b"\r\n" + body)


class Http(harness.Case):
    def connect(self, timeout=10):
        sock = socket.create_connection(harness.split_address(self.server.http), timeout)
        self.addCleanup(sock.close)
        return sock, sock.makefile("rb")

    def answer(self, stream, head=False):
        """(status, fields, body) of the next response."""
        line = stream.readline()
        if not line:
            raise EOFError("closed")
        status = int(line.split()[1])
        fields = {}
        while True:
            line = stream.readline().rstrip(b"\r\n")
            if not line:
                break
            name, value = line.split(b":", 1)
            fields[name.decode().lower()] = value.strip().decode()
        if status == 100 or head:
            return status, fields, b""
        return status, fields, stream.read(int(fields.get("content-length", 0)))

    def once(self, wire):
        sock, stream = self.connect()
        sock.sendall(wire)
        return self.answer(stream)

    def test_keep_alive(self):
        sock, stream = self.connect()
        for _ in range(50):
            sock.sendall(request())
            self.assertEqual(200, self.answer(stream)[0])

    def test_pipelined(self):
        sock, stream = self.connect()
        names = [harness.unique("pipe-") for _ in range(20)]
        sock.sendall(b"".join(request(json.dumps({"Name": name}).encode(), "CreateHttpNamespace") + request(target="ListNamespaces") for name in names))
        for name in names:
            self.assertIn("OperationId", json.loads(self.answer(stream)[2]), "answers come in order")
            self.assertIn("Namespaces", json.loads(self.answer(stream)[2]))

    def test_in_any_segments(self):
        sock, stream = self.connect()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = request()
        for i in range(len(wire)):
            sock.sendall(wire[i:i + 1])
        self.assertEqual(200, self.answer(stream)[0])

    def test_continue(self):
        sock, stream = self.connect()
        sock.sendall(request(b"", length=2, more=b"Expect: 100-continue\r\n"))
        self.assertEqual(100, self.answer(stream)[0])
        sock.sendall(b"{}")
        self.assertEqual(200, self.answer(stream)[0])

    def test_absolute_form(self):
        for first in (b"POST http://data-servicediscovery.eu-west-1.amazonaws.com/ HTTP/1.1", b"POST http://x.invalid:8000/ HTTP/1.1", b"POST http://x.invalid HTTP/1.1"):
            with self.subTest(first=first):
                self.assertEqual(200, self.once(request(first=first, host=b"x.invalid"))[0])

    def test_any_host(self):
        for host in b"data-localhost:1", b"data-servicediscovery.us-east-1.amazonaws.com", b"[::1]:5380", b"":
            with self.subTest(host=host):
                self.assertEqual(200, self.once(request(host=host))[0])

    def test_any_signature_or_none(self):
        more = (b"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20200101/us-east-1/servicediscovery/aws4_request, SignedHeaders=host, Signature=00\r\n"
                b"X-Amz-Date: 20200101T000000Z\r\n")
        self.assertEqual(200, self.once(request(more=more))[0])

    def test_close_when_asked(self):
        sock, stream = self.connect()
        sock.sendall(request(more=b"Connection: close\r\n"))
        status, fields, _ = self.answer(stream)
        self.assertEqual((200, "close"), (status, fields["connection"].lower()))
        self.assertEqual(b"", stream.read(1))
        sock, stream = self.connect()
        sock.sendall(request(first=b"POST / HTTP/1.0"))
        self.assertEqual(200, self.answer(stream)[0])
        self.assertEqual(b"", stream.read(1))

    def test_chunked(self):
        sock, stream = self.connect()
        head = request(b"", length=0).replace(b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n")
        sock.sendall(head + b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n" + request())
        self.assertEqual([200, 200], [self.answer(stream)[0] for _ in range(2)])

    def test_body_limit(self):
        padding = b'{"x": "' + b"a" * ((1 << 20) - 9) + b'"}'
        self.assertEqual(1 << 20, len(padding))
        self.assertEqual(200, self.once(request(padding))[0])
        status, fields, _ = self.once(request(b"", length=(1 << 20) + 1))
        self.assertEqual((413, "close"), (status, fields["connection"].lower()))

    def test_body_limit_chunked(self):
        sock, stream = self.connect()
        head = request(b"", length=0).replace(b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n")
        try:
            sock.sendall(head + (b"10000\r\n" + b" " * 0x10000 + b"\r\n") * 17)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertEqual(413, self.answer(stream)[0])

    def test_body_limit_with_continue(self):
        sock, stream = self.connect()
        sock.sendall(request(b"", length=(1 << 20) + 1, more=b"Expect: 100-continue\r\n"))
        self.assertEqual(413, self.answer(stream)[0], "said before the body is sent")

    def test_head_limit(self):
        self.assertEqual(200, self.once(request(more=b"X-Big: " + b"a" * 32000 + b"\r\n"))[0])
        sock, stream = self.connect()
        try:
            sock.sendall(request(more=b"X-Big: " + b"a" * 80000 + b"\r\n"))
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            self.assertEqual(431, self.answer(stream)[0])
        except ConnectionResetError:
            self.fail("cut off without a word")

    def test_broken_requests(self):
        for wire in (b"nonsense\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"POST /\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n",
                     request().replace(b"Content-Length: 2", b"Content-Length: two"), request().replace(b"Content-Length: 2", b"Content-Length: -2"),
                     request(more=b"Content-Length: 3\r\n"), request(more=b"bad header\r\n"), request(more=b"Transfer-Encoding: chunked\r\n")):
            with self.subTest(wire=wire[:40]):
                sock, stream = self.connect()
                sock.sendall(wire)
                try:
                    self.assertIn(self.answer(stream)[0], (400, 501, 505))
                    self.assertEqual(b"", stream.read(1), "and the connection is closed")
                except (EOFError, ConnectionResetError):
                    pass  # closing is an answer too
        self.assertEqual(200, self.once(request())[0])

    def test_methods_and_paths(self):
        status, _, body = self.once(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(404, status)
        self.assertTrue(json.loads(body)["error"]["message"])
        self.assertIn(self.once(b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n")[0], (400, 404, 405))
        self.assertIn(self.once(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0], (404, 405))
        sock, stream = self.connect()
        sock.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(self.answer(stream, head=True)[0], (200, 405))

    def test_gone_clients(self):
        for cut in 1, 20, 100, -1:
            sock, _ = self.connect()
            sock.sendall(request()[:cut])
            sock.close()
        sock, _ = self.connect()
        sock.sendall(request() * 200)
        sock.close()
        self.assertEqual(200, self.once(request())[0])

    def test_many_connections(self):
        streams = []
        for _ in range(200):
            sock, stream = self.connect()
            sock.sendall(request())
            streams.append(stream)
        self.assertEqual([200] * 200, [self.answer(stream)[0] for stream in streams])

    def test_bodies_in_other_clothes(self):
        status, _, body = self.once(request(gzip.compress(b"{}"), more=b"Content-Encoding: gzip\r\n"))
        self.assertIn((status, json.loads(body)["__type"]), ((400, "SerializationException"), (415, "SerializationException")))
        status, _, _ = self.once(request().replace(b"application/x-amz-json-1.1", b"application/x-amz-json-1.1; charset=utf-8"))
        self.assertEqual(200, status)


if __name__ == "__main__":
    harness.main()
