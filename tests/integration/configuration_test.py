"""What the [dns] table changes in answers."""
import tempfile
import unittest

import dns.rcode

import harness


class Configuration(unittest.TestCase):
    def server(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".toml")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        server = harness.Server("--config", file.name)
        self.addCleanup(server.remove)
        return server.start()

    def rcode(self, server, name):
        return dns.rcode.to_text(server.ask(name).rcode())

    def test_outside(self):
        for value, want in (("refused", "REFUSED"), ("nxdomain", "NXDOMAIN")):
            server = self.server(f'[dns]\noutside = "{value}"\n')
            server.api().namespace("mine.example")
            self.assertEqual(["NXDOMAIN", want, want], [self.rcode(server, name) for name in ("x.mine.example", "x.other.example", "single")])

    def test_private_networks(self):
        server = self.server('[dns]\nprivate-networks = ["10.99.0.0/16"]\n')
        api = server.api()
        for operation, zone in (("CreatePrivateDnsNamespace", "closed.internal"), ("CreatePublicDnsNamespace", "open.example")):
            api.register(api.service("s", api.namespace(zone, operation)), "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assertEqual("REFUSED", self.rcode(server, "s.closed.internal"))
        self.assertEqual({"10.0.0.1"}, server.addresses("s.open.example"))

    def test_api_name(self):
        server = self.server('[dns]\napi-name = "api.corp.example"\n')
        self.assertEqual([{"127.0.0.1"}, {"127.0.0.1"}], [server.addresses(n) for n in ("api.corp.example", "data-api.corp.example")])
        self.assertEqual("REFUSED", self.rcode(server, "servicediscovery.waypost.internal"))

    def test_one_thread_does_everything(self):
        server = self.server("threads = 1\n")
        api = server.api()
        service = api.service("s", api.namespace("one.example"))
        api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assertEqual([{"10.0.0.1"}, {"10.0.0.1"}], [server.addresses("s.one.example", tcp=tcp) for tcp in (False, True)])
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    harness.main()
