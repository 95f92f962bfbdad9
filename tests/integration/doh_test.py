"""DNS over HTTPS as real clients ask it: curl by HTTP/2 and 1.1, kdig, Python; and certificates that change under way."""
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import unittest

import dns.message
import dns.rcode

import harness

MESSAGE = "application/dns-message"


def make_certificate(folder, name):
    """A self-signed certificate for 127.0.0.1 in cert.pem and key.pem, in place of what was there."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1",
                    "-keyout", os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")],
                   check=True, capture_output=True, timeout=60)


def configured(server):
    make_certificate(server.folder, "one.example")
    path = os.path.join(server.folder, "waypost.toml")
    with open(path, "w", encoding="ascii") as file:
        file.write('[tls]\ncertificate = "cert.pem"\nkey = "key.pem"\nhttps = ["127.0.0.1:0"]\ndoh = true\n')
    server.flags += ["--config", path]
    return server


def query(name, kind="A"):
    return dns.message.make_query(name, kind, id=0).to_wire()


def text_of(message):
    return base64.urlsafe_b64encode(message).rstrip(b"=").decode()


class DohTest(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = configured(harness.Server()).start()
        cls.api = cls.server.api()
        cls.https = cls.server.doors["https"][0]
        cls.host, cls.port = harness.split_address(cls.https)
        cls.ca = os.path.join(cls.server.folder, "cert.pem")
        namespace = cls.api.namespace("doh.example")
        cls.service = cls.api.service("backend", namespace, records=(("A", 15),))
        cls.api.register(cls.service, "i-1", AWS_INSTANCE_IPV4="127.0.0.1")
        cls.name = "backend.doh.example"

    def connection(self):
        return http.client.HTTPSConnection(self.host, self.port, context=ssl.create_default_context(cafile=self.ca), timeout=10)

    def send(self, method, target, body=None, **fields):
        connection = self.connection()
        try:
            connection.request(method, target, body, {name.replace("_", "-"): value for name, value in fields.items()})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def post(self, body):
        return self.send("POST", "/dns-query", body, content_type=MESSAGE)

    def curl(self, *arguments, data=None):
        done = subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--cacert", self.ca, *arguments],
                              input=data, capture_output=True, timeout=60, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def holds_the_address(self, wire):
        answer = dns.message.from_wire(wire)
        self.assertEqual(["127.0.0.1"], [rdata.to_text() for rrset in answer.answer for rdata in rrset])

    def test_get_and_post(self):
        for answer, body in (self.post(query(self.name)), self.send("GET", f"/dns-query?dns={text_of(query(self.name))}")):
            self.assertEqual((200, MESSAGE), (answer.status, answer.headers["content-type"]))
            self.assertEqual("max-age=15", answer.headers["cache-control"])
            self.holds_the_address(body)

    def test_errors_of_dns_are_good_http(self):
        answer, body = self.post(query("nothing.doh.example"))
        self.assertEqual((200, dns.rcode.NXDOMAIN), (answer.status, dns.message.from_wire(body).rcode()))
        self.assertRegex(answer.headers["cache-control"], r"^max-age=\d+$")
        answer, body = self.post(query("elsewhere.invalid"))
        self.assertEqual((200, dns.rcode.REFUSED), (answer.status, dns.message.from_wire(body).rcode()))
        self.assertEqual("no-store", answer.headers["cache-control"])

    def test_bad_requests(self):
        message = text_of(query(self.name))
        self.assertEqual(400, self.send("GET", "/dns-query")[0].status)
        self.assertEqual(400, self.send("GET", f"/dns-query?dns={message}=")[0].status)
        self.assertEqual(400, self.post(b"short")[0].status)
        self.assertEqual(415, self.send("POST", "/dns-query", query(self.name), content_type="text/plain")[0].status)
        self.assertEqual(413, self.post(b"x" * 65536)[0].status)
        answer = self.send("DELETE", "/dns-query")[0]
        self.assertEqual((405, "GET, HEAD, POST"), (answer.status, answer.headers["allow"]))

    def test_not_without_tls(self):
        connection = http.client.HTTPConnection(*harness.split_address(self.server.http), timeout=10)
        connection.request("POST", "/dns-query", query(self.name), {"Content-Type": MESSAGE})
        self.assertEqual(403, connection.getresponse().status)
        connection.close()

    def test_the_api_answers_by_tls_too(self):
        answer, body = self.send("GET", "/readyz")
        self.assertEqual(200, answer.status, body)
        answer, body = self.send("POST", "/", "{}", x_amz_target=harness.TARGET + "ListNamespaces", content_type=harness.AMZ_JSON)
        self.assertEqual(200, answer.status, body)
        self.assertIn("doh.example", [namespace["Name"] for namespace in json.loads(body)["Namespaces"]])

    def test_curl(self):
        url = f"https://{self.https}/dns-query"
        for version, number in (("--http2", "2"), ("--http1.1", "1.1")):
            said = self.curl(version, "--header", f"content-type: {MESSAGE}", "--data-binary", "@-", "--write-out", "%{http_version} %{http_code}",
                             url, data=query(self.name))
            self.assertTrue(said.endswith(f"{number} 200".encode()), said)
            self.holds_the_address(said[:-len(f"{number} 200")])
            self.holds_the_address(self.curl(version, f"{url}?dns={text_of(query(self.name))}"))

    def test_curl_resolves_by_it(self):
        port = harness.split_address(self.server.http)[1]
        said = self.curl("--doh-url", f"https://{self.https}/dns-query", f"http://{self.name}:{port}/healthz")
        self.assertIn(b"alive", said)

    @unittest.skipUnless(shutil.which("kdig"), "there is no kdig")
    def test_kdig(self):
        for way in ("+https", "+https-get"):
            done = subprocess.run(["kdig", f"@{self.host}", "-p", str(self.port), "+https=/dns-query", way, f"+tls-ca={self.ca}",
                                   "+tls-hostname=localhost", "+short", self.name, "A"], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((0, "127.0.0.1\n"), (done.returncode, done.stdout), done.stderr)

    def test_old_versions_of_tls_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((self.host, self.port), timeout=10) as plain, self.assertRaises(OSError):
            context.wrap_socket(plain)


class ReloadTest(unittest.TestCase):
    def subject(self, server):
        context = ssl.create_default_context(cafile=os.path.join(server.folder, "cert.pem"))
        host, port = harness.split_address(server.doors["https"][0])
        try:
            with socket.create_connection((host, port), timeout=10) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
                return dict(pair[0] for pair in tls.getpeercert()["subject"])["commonName"]
        except ssl.SSLCertVerificationError:
            return None

    def test_sighup_reads_the_certificate_again(self):
        server = configured(harness.Server()).start()
        try:
            self.assertEqual("one.example", self.subject(server))
            make_certificate(server.folder, "two.example")
            self.assertIsNone(self.subject(server), "nobody has said so yet")
            server.process.send_signal(signal.SIGHUP)
            self.assertTrue(harness.until(lambda: self.subject(server) == "two.example"), server.logged())
            os.rename(os.path.join(server.folder, "key.pem"), os.path.join(server.folder, "away.pem"))
            server.process.send_signal(signal.SIGHUP)
            self.assertTrue(harness.until(lambda: "key.pem" in server.logged()), server.logged())
            self.assertEqual("two.example", self.subject(server), "the old pair stays")
            self.assertEqual(0, server.stop(), server.logged())
        finally:
            server.remove()


if __name__ == "__main__":
    harness.main()
