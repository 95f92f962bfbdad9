"""Stub resolvers as programs have them (glibc, musl, Node, Java, curl), on a host of its own whose resolv.conf names waypost on port
53, against a resolver elsewhere for what is forwarded."""
import json
import os
import tempfile
import time
import unittest

import dns.flags

import backends
import harness
import health_case
import netns
import outside
import stubs
from harness import until
from stubs import NOTHING, STALL_MS, any_of

HTTP_PORT = 8080
WEB = {f"10.213.1.{i}" for i in (21, 22, 23)}
BIG = {f"192.0.2.{i}" for i in range(1, 41)}
WWW4 = {"198.51.100.1", "198.51.100.2"}
WWW = WWW4 | {"2001:db8:1::1"}

OUTSIDE = [
    "www.outside.test. 30 IN A 198.51.100.1", "www.outside.test. 30 IN A 198.51.100.2", "www.outside.test. 30 IN AAAA 2001:db8:1::1",
    "alias.outside.test. 30 IN CNAME www.outside.test.", "only4.outside.test. 30 IN A 198.51.100.4",
    "short.outside.test. 1 IN A 198.51.100.5", "once.outside.test. 600 IN A 198.51.100.6",
    *(f"big.outside.test. 30 IN A {address}" for address in sorted(BIG)),
    *(f"_http._tcp.svc.outside.test. 30 IN SRV 1 1 {8000 + i} a-host-with-quite-a-long-name-{i}.svc.outside.test." for i in range(12)),
]
CORP = """$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 15
@ NS ns
ns A 192.0.2.53
host A 192.0.2.80
host AAAA 2001:db8::80
shop CNAME web.kouzie.com.
out CNAME www.outside.test.
old DNAME kouzie.com.
*.wild A 192.0.2.81
""" + "".join(f"big A {address}\n" for address in sorted(BIG))

# What getaddrinfo finds with `search kouzie.com`, by all that go through libc.
NAMES = {
    "web.kouzie.com": WEB,
    "web.kouzie.com.": WEB,
    "wEb.KOUZIE.com": WEB,
    "web": WEB,
    "six.kouzie.com": {"fd13:1::66"},
    "both.kouzie.com": {"10.213.1.31", "fd13:1::31"},
    "both": {"10.213.1.31", "fd13:1::31"},
    "missing.kouzie.com": NOTHING,
    "missing": NOTHING,
    "host.corp.example": {"192.0.2.80", "2001:db8::80"},
    "any.thing.wild.corp.example": {"192.0.2.81"},
    "shop.corp.example": WEB,
    "web.old.corp.example": WEB,
    "missing.corp.example": NOTHING,
    "www.outside.test": WWW,
    "alias.outside.test": WWW,
    "only4.outside.test": {"198.51.100.4"},
    "missing.outside.test": NOTHING,
    "out.corp.example": WWW,
    "ext.kouzie.com": WWW,
    "ext": WWW,
    "elb.kouzie.com": WWW4,
}


def setUpModule():
    global client, world, resolver, built
    netns.move_in()
    client, world = netns.Host(1), netns.Host(2)
    for i in (21, 22, 23, 31, 41, 42, 43):
        client.add_near(f"10.213.1.{i}")
    resolver = outside.Resolver(*OUTSIDE, address=world.address, port=53, network=world)
    built = tempfile.TemporaryDirectory(prefix="waypost-stubs-")
    unittest.addModuleCleanup(built.cleanup)
    unittest.addModuleCleanup(world.close)
    unittest.addModuleCleanup(client.close)


class Stubs(stubs.Case):
    CONFIG = ""

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server(http="127.0.0.1:0", dns="0.0.0.0:53")
        folder = cls.server.folder
        zones = os.path.join(folder, "zones")
        os.mkdir(zones)
        for path, text in ((os.path.join(zones, "corp.example.zone"), CORP), (os.path.join(folder, "waypost.toml"), cls.CONFIG)):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        cls.server.flags += ["--dns", "[::]:53", "--zones", zones, "--config", os.path.join(folder, "waypost.toml")]
        cls.server.start()
        cls.server.dns = client.near + ":53"
        cls.addClassCleanup(cls.server.remove)
        cls.api = cls.server.api()
        cls.namespace = cls.api.namespace("kouzie.com", Properties={"DnsProperties": {"SOA": {"TTL": 5}}})
        cls.fill()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code != 0:
            raise AssertionError(f"waypost ended with {code}:\n{cls.server.logged()}")

    @classmethod
    def fill(cls):
        api = cls.api
        web = api.service("web", cls.namespace, [("A", 5)])
        for i, address in enumerate(sorted(WEB)):
            api.register(web, f"web-{i}", AWS_INSTANCE_IPV4=address, AWS_INSTANCE_PORT=str(HTTP_PORT))
        six = api.service("six", cls.namespace, [("AAAA", 5)])
        api.register(six, "six", AWS_INSTANCE_IPV6="fd13:1::66")
        both = api.service("both", cls.namespace, [("A", 5), ("AAAA", 5)])
        api.register(both, "both", AWS_INSTANCE_IPV4="10.213.1.31", AWS_INSTANCE_IPV6="fd13:1::31")
        many = api.service("many", cls.namespace, [("SRV", 5)])
        for i in range(12):
            api.register(many, f"an-instance-with-quite-a-long-name-{i}", AWS_INSTANCE_IPV4=f"10.213.3.{i + 1}",
                         AWS_INSTANCE_PORT=str(8000 + i))
        ext = api.service("ext", cls.namespace, [("CNAME", 5)], RoutingPolicy="WEIGHTED")
        api.register(ext, "ext", AWS_INSTANCE_CNAME="www.outside.test")
        elb = api.service("elb", cls.namespace, [("A", 5)], RoutingPolicy="WEIGHTED")
        api.register(elb, "elb", AWS_ALIAS_DNS_NAME="www.outside.test")

    def setUp(self):
        client.resolver(f"nameserver {client.near}", "search kouzie.com")
        resolver.mode = "ok"

    def run_client(self, kind, words):
        return client.do(*stubs.program(kind, built.name), *words, timeout=120, env=harness.clean_environment(built.name)).stdout

    def is_cut(self, name, kind):
        """It does not fit into UDP without EDNS: the client must come again by TCP, or live with what it got."""
        self.assertTrue(self.server.ask(name, kind).flags & dns.flags.TC, f"{name} {kind} must not fit into 512 octets for this test")


FORWARDING = """[dns]
private-networks = ["10.213.1.0/24"]
[forward]
enabled = true
clients = ["10.213.0.0/16", "fd13::/16", "127.0.0.0/8"]
upstreams = ["10.213.2.2"]
"""


class Forwarding(Stubs):
    CONFIG = FORWARDING

    def test_glibc(self):
        self.expect("glibc", any_of(NAMES))
        self.is_cut("big.corp.example", "A")
        self.is_cut("big.outside.test", "A")
        self.expect("glibc", any_of({"big.corp.example": BIG, "big.outside.test": BIG}))

    def test_musl(self):
        self.expect("musl", any_of(NAMES))

    def test_musl_without_tcp_takes_what_a_cut_answer_holds(self):
        for name in "big.corp.example", "big.outside.test":
            self.is_cut(name, "A")
            (found,) = self.look_up("musl", ("any", name))
            self.assertEqual("-", found.error, name)
            # 512 octets hold 29 A records behind such a name; a musl with TCP gets all.
            self.assertLessEqual(found.values, BIG)
            self.assertGreaterEqual(len(found.values), 25, name)
            self.assertLess(found.ms, STALL_MS)

    def test_one_family(self):
        """No data of the other family is not a failure, and costs no time."""
        wanted = {("v6", "web.kouzie.com"): NOTHING, ("v4", "six.kouzie.com"): NOTHING, ("v6", "only4.outside.test"): NOTHING,
                  ("v4", "web.kouzie.com"): WEB, ("v6", "six.kouzie.com"): {"fd13:1::66"}, ("v6", "both"): {"fd13:1::31"},
                  ("v6", "elb.kouzie.com"): NOTHING}
        for kind in "glibc", "musl":
            self.expect(kind, wanted)

    def test_resolv_conf(self):
        """All that resolv.conf may say, and other addresses of the server's."""
        names = {name: NAMES[name] for name in ("web", "web.kouzie.com", "both", "missing", "www.outside.test", "missing.outside.test")}
        ours = f"nameserver {client.near}"
        for lines in ((ours, "search kouzie.com", "options ndots:5"), (ours, "search first.test corp.example kouzie.com"),
                      (ours, "search first.test corp.example kouzie.com", "options ndots:5"),
                      (ours, "search kouzie.com", "options edns0 trust-ad"), (ours, "search kouzie.com", "options use-vc"),
                      (ours, "search kouzie.com", "options single-request timeout:1 attempts:1"),
                      (f"nameserver {client.near6}", "search kouzie.com"), ("nameserver 10.213.1.23", "search kouzie.com"),
                      ("nameserver 10.213.1.22", f"nameserver {client.near6}", ours, "search kouzie.com", "options rotate")):
            client.resolver(*lines)
            for kind in "glibc", "musl":
                with self.subTest(lines=lines):
                    self.expect(kind, any_of(names))

    def test_getent(self):
        client.resolver(f"nameserver {client.near}", "search kouzie.com")
        for name in "web", "both", "www.outside.test", "host.corp.example", "ext":
            found = {line.split()[0] for line in client.do("getent", "ahosts", name).stdout.splitlines()}
            self.assertEqual(NAMES[name], found, name)
        for name, wanted in (("web", WEB), ("six", {"fd13:1::66"}), ("out.corp.example", {"2001:db8:1::1"})):  # IPv6 first
            found = {line.split()[0] for line in client.do("getent", "hosts", name).stdout.splitlines()}
            self.assertEqual(wanted, found, name)
        start = time.monotonic()
        self.assertEqual(2, client.do("getent", "hosts", "missing", check=False).returncode)
        self.assertLess(time.monotonic() - start, STALL_MS / 1000)

    def test_python(self):
        script = "import json,socket,sys; print(json.dumps([i[4] for i in socket.getaddrinfo(sys.argv[1], 80, type=socket.SOCK_STREAM)]))"
        for name, wanted in (("web", WEB), ("alias.outside.test", WWW)):
            done = client.do("/usr/bin/python3", "-c", script, name)
            self.assertEqual(wanted, {address[0] for address in json.loads(done.stdout)})

    def test_node(self):
        lookups = {name: NAMES[name] for name in ("web", "both.kouzie.com", "www.outside.test", "shop.corp.example", "missing", "ext")}
        self.expect("node", any_of(lookups))
        self.expect("node", {
            ("a", "web.kouzie.com"): WEB, ("aaaa", "six.kouzie.com"): {"fd13:1::66"}, ("a", "elb.kouzie.com"): WWW4,
            ("a", "www.outside.test"): WWW4, ("a", "ext.kouzie.com"): WWW4, ("cname", "ext.kouzie.com"): {"www.outside.test"},
            ("cname", "alias.outside.test"): {"www.outside.test"}, ("a", "big.corp.example"): BIG, ("a", "big.outside.test"): BIG,
            ("aaaa", "web.kouzie.com"): "nodata", ("aaaa", "only4.outside.test"): "nodata", ("srv", "six.kouzie.com"): "nodata",
            ("a", "missing.kouzie.com"): "absent", ("aaaa", "missing.outside.test"): "absent", ("srv", "missing.kouzie.com"): "absent"})

    def test_java(self):
        names = {name: NAMES[name] for name in ("web", "both.kouzie.com", "shop.corp.example", "missing", "ext", "www.outside.test")}
        self.expect("java", any_of(names))

    def srv(self, kind):
        """A service of 12, 8 of which are drawn; an alias of its name after RFC 2782; a foreign one."""
        ours = {f"{8000 + i} an-instance-with-quite-a-long-name-{i}.many.kouzie.com" for i in range(12)}
        theirs = {f"{8000 + i} a-host-with-quite-a-long-name-{i}.svc.outside.test" for i in range(12)}
        asked = [("srv", name) for name in ("many.kouzie.com", "_http._tcp.many.kouzie.com", "_http._tcp.svc.outside.test")]
        self.is_cut(asked[0][1], "SRV")
        self.is_cut(asked[2][1], "SRV")
        found = self.look_up(kind, *asked)
        for pair, answer in zip(asked, found):
            with self.subTest(asked=pair):
                self.assertEqual("-", answer.error)
                self.assertLess(answer.ms, STALL_MS)
                self.assertLessEqual(answer.values, theirs if "outside" in pair[1] else ours)
                self.assertEqual(12 if "outside" in pair[1] else 8, len(answer.values))
        some = next(iter(found[0].values))
        number = int(some.split()[0]) - 8000
        self.expect(kind, {("a", some.split()[1]): {f"10.213.3.{number + 1}"}})

    def test_srv_of_node(self):
        self.srv("node")

    def test_srv_of_java(self):
        self.srv("java")

    def test_private_names_are_for_their_networks(self):
        private = self.api.namespace("internal.test", "CreatePrivateDnsNamespace")
        self.api.register(self.api.service("db", private, [("A", 5)]), "db", AWS_INSTANCE_IPV4="10.213.1.31")
        self.expect("glibc", any_of({"db.internal.test": {"10.213.1.31"}}))
        world.resolver(f"nameserver {world.near}", "options timeout:1 attempts:1")
        self.assertNotEqual(0, world.do("getent", "hosts", "db.internal.test", check=False).returncode)
        self.assertEqual(0, world.do("getent", "hosts", "web.kouzie.com", check=False).returncode)

    def test_what_was_found_is_remembered(self):
        """A and AAAA of a name are asked for elsewhere once, however many programs ask here."""
        names = any_of({"once.outside.test": {"198.51.100.6"}, "nowhere.outside.test": NOTHING})
        for kind in "glibc", "musl", "glibc":
            self.expect(kind, names)
        self.assertEqual([2, 2], [resolver.count(name) for name in ("once.outside.test", "nowhere.outside.test")])

    def test_upstream_falls_silent(self):
        """What was known goes on being answered, in less time than a stub waits; our own names notice nothing."""
        self.expect("glibc", any_of({"short.outside.test": {"198.51.100.5"}}))
        resolver.mode = "silent"
        stale = until(lambda: [rrset for rrset in self.server.ask("short.outside.test").answer if rrset.ttl == 30], 20)
        self.assertTrue(stale, "serves stale")
        for kind in "glibc", "musl":
            self.expect(kind, any_of({"short.outside.test": {"198.51.100.5"}, "web": WEB, "missing.kouzie.com": NOTHING}), 4000)

    def curl(self, url, *more):
        return client.do("curl", "-sS", "--noproxy", "*", "--max-time", "10", "-w", "%{time_namelookup}", *more, url, check=False)

    def backend(self, address, body):
        made = backends.HttpBackend(address, HTTP_PORT, body=body)
        self.addCleanup(made.__exit__, None, None, None)
        return made

    def test_curl(self):
        stubs.need("curl")
        for address in WEB:
            self.backend(address, address.encode() + b"\n")
        for url in f"http://web:{HTTP_PORT}/", f"http://web.kouzie.com:{HTTP_PORT}/", f"http://shop.corp.example:{HTTP_PORT}/":
            address, seconds = self.curl(url).stdout.split("\n")
            self.assertIn(address, WEB)
            self.assertLess(float(seconds), STALL_MS / 1000)
        done = self.curl("http://missing/")
        self.assertEqual(6, done.returncode, done)  # could not resolve host

    def test_failover(self):
        """One of three dies. Within detection + TTL nobody is sent there, until it is back."""
        addresses = [f"10.213.1.{i}" for i in (41, 42, 43)]
        service = self.api.service("fail", self.namespace, [("A", 1)], HealthCheckConfig={"Type": "TCP", "FailureThreshold": 2},
                                   Tags=[{"Key": key, "Value": value} for key, value in health_case.FAST.items()])
        made = {address: self.backend(address, address.encode() + b"\n") for address in addresses}
        for i, address in enumerate(addresses):
            self.api.register(service, f"fail-{i}", AWS_INSTANCE_IPV4=address, AWS_INSTANCE_PORT=str(HTTP_PORT))
        self.assertTrue(until(lambda: self.seen() == set(addresses), 20))
        victim = addresses[1]
        made[victim].mode = "closed"
        died = time.monotonic()
        self.assertTrue(until(lambda: victim not in self.seen(), 20))
        took = time.monotonic() - died
        for kind in "glibc", "musl":
            self.expect(kind, {("any", "fail"): set(addresses) - {victim}})
        answers = [self.curl(f"http://fail:{HTTP_PORT}/").stdout.split("\n")[0] for _ in range(10)]
        self.assertLessEqual(set(answers), set(addresses) - {victim})
        made[victim].mode = "ok"
        self.assertTrue(until(lambda: victim in self.seen(), 20))
        print(f"\nfailover seen by getent after {took:.2f} s (TTL 1 s, checks each 100 ms, threshold 2)", flush=True)

    def seen(self):
        return {line.split()[0] for line in client.do("getent", "ahostsv4", "fail").stdout.splitlines()}


OURS = {name: NAMES[name] for name in ("web", "web.kouzie.com", "both", "six.kouzie.com", "missing.kouzie.com", "host.corp.example",
                                       "shop.corp.example")}


class Nxdomain(Stubs):
    """Not forwarding, and the only nameserver of its clients."""
    CONFIG = '[dns]\noutside = "nxdomain"\n'

    def test_no_stub_stalls(self):
        for kind in "glibc", "musl":
            self.expect(kind, any_of({**OURS, "missing": NOTHING, "www.outside.test": NOTHING}))

    def test_node_and_java(self):
        self.expect("node", {("any", "web"): WEB, ("a", "www.outside.test"): "absent", ("any", "missing"): NOTHING})
        self.expect("java", any_of({"web": WEB, "www.outside.test": NOTHING}))


class Refused(Stubs):
    """Not forwarding, as it comes."""
    CONFIG = ""

    def test_our_names(self):
        for kind in "glibc", "musl", "node":
            self.expect(kind, any_of(OURS))

    def test_outside(self):
        """glibc gives up at once; musl stalls, which is what `outside = "nxdomain"` is for."""
        self.expect("glibc", {("any", "www.outside.test"): "again"})
        (found,) = self.look_up("musl", ("any", "www.outside.test"))
        self.assertEqual("again", found.error)
        self.assertGreater(found.ms, STALL_MS, "this test could not tell a stall")


if __name__ == "__main__":
    harness.main()
