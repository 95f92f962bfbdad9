"""Stock NSD and Knot follow a namespace and a static zone under churn: TSIG, IXFR, NOTIFY, and a server that is killed on the way.
`--seconds N` churns that long (20)."""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring

import harness

SECONDS = 20
ZONE, STATIC = "follow.example", "static.example"
SECRET = "c29tZSBzZWNyZXQgdGhhdCBub2JvZHkga25vd3M="
KEYRING = dns.tsigkeyring.from_text({"transfer.": SECRET})
CATCH_UP_SECONDS = 30

CONFIGURATION = """
[[tsig-key]]
name = "transfer."
algorithm = "hmac-sha256"
secret-file = "{secret_file}"
{secondaries}
"""
SECONDARY = """
[[secondary]]
address = "127.0.0.1:{port}"
zones = ["{zone}", "{static}"]
tsig-key = "transfer."
"""
STATIC_ZONE = """$TTL 300
@ 300 IN SOA ns.{zone}. hostmaster.{zone}. {serial} 5 2 3600 60
@ IN NS ns
ns IN A 192.0.2.1
sub IN NS ns.sub
ns.sub IN A 192.0.2.2
hidden.sub IN TXT "below a cut"
{more}
"""
NSD = """
server:
  ip-address: 127.0.0.1
  port: {port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  logfile: "{folder}/nsd.log"
  verbosity: 2
  server-count: 1
  hide-version: no
remote-control:
  control-enable: no
key:
  name: "transfer."
  algorithm: hmac-sha256
  secret: "{secret}"
"""
NSD_ZONE = """
zone:
  name: "{zone}"
  zonefile: "{zone}.copy"
  request-xfr: 127.0.0.1@{primary} transfer.
  allow-notify: 127.0.0.1 transfer.
  provide-xfr: 127.0.0.1 NOKEY
  min-retry-time: 1
  max-retry-time: 2
  min-refresh-time: 1
"""
KNOT = """
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
log:
  - target: "{folder}/knot.log"
    any: info
key:
  - id: transfer.
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
    key: transfer.
acl:
  - id: notify
    address: 127.0.0.1
    key: transfer.
    action: notify
  - id: look
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: "{folder}"
zone:
"""
KNOT_ZONE = """
  - domain: {zone}
    master: primary
    acl: [notify, look]
    retry-min-interval: 2
    retry-max-interval: 3
    refresh-min-interval: 2
"""


def free_port():
    """A port that is free for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def fetch(port, zone, key=False):
    """(serial, all records as text) by AXFR."""
    name = dns.name.from_text(zone)
    signed = {"keyring": KEYRING, "keyname": dns.name.from_text("transfer.")} if key else {}
    messages = dns.query.xfr("127.0.0.1", name, port=port, timeout=10, lifetime=30, relativize=False, **signed)
    records, serial = set(), None
    for message in messages:
        for rrset in message.answer:
            for rdata in rrset:
                if rrset.rdtype == dns.rdatatype.SOA:
                    serial = rdata.serial
                    records.add((rrset.name.canonicalize(), rrset.ttl, "SOA", rdata.to_text().lower()))
                else:
                    records.add((rrset.name.canonicalize(), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype),
                                 rdata.to_text().lower()))
    return serial, records


class Secondary:
    """A stock name server in a folder of its own."""

    def __init__(self, program, port, primary):
        self.port, self.folder = port, tempfile.mkdtemp(prefix="waypost-secondary-")
        self.program, values = program, dict(folder=self.folder, port=port, primary=primary, secret=SECRET)
        head, part, self.log = {"nsd": (NSD, NSD_ZONE, "nsd.log"), "knotd": (KNOT, KNOT_ZONE, "knot.log")}[os.path.basename(program)]
        self.configuration = os.path.join(self.folder, "configuration")
        with open(self.configuration, "w", encoding="ascii") as file:
            file.write(head.format(**values) + "".join(part.format(zone=zone, **values) for zone in (ZONE, STATIC)))
        self.process = None

    def start(self):
        foreground = ["-d"] if self.program.endswith("nsd") else []
        with open(os.path.join(self.folder, "output"), "wb") as output:
            self.process = subprocess.Popen([self.program, "-c", self.configuration, *foreground], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, cwd=self.folder, start_new_session=True)

    def stop(self):
        # With its children: NSD has some.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logged(self, name=None):
        try:
            with open(os.path.join(self.folder, name or self.log), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def serial(self, zone):
        query = dns.message.make_query(zone, "SOA")
        try:
            answer = dns.query.udp(query, "127.0.0.1", 1, self.port)
        except (dns.exception.Timeout, OSError):
            return None
        return answer.answer[0][0].serial if answer.rcode() == dns.rcode.NOERROR and answer.answer else None


def programs():
    return [path for path in (shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("nsd", "knotd")) if path]


@unittest.skipUnless(len(programs()) == 2, "nsd and knotd are not both installed")
class Followers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="waypost-transfer-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.zones = os.path.join(self.folder, "zones")
        os.mkdir(self.zones)
        self.write_static(1, "")
        secret = os.path.join(self.folder, "transfer.key")
        with open(secret, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")
        primary = free_port()
        self.secondaries = [Secondary(program, free_port(), primary) for program in programs()]
        configuration = os.path.join(self.folder, "waypost.toml")
        with open(configuration, "w", encoding="ascii") as file:
            blocks = "".join(SECONDARY.format(port=secondary.port, zone=ZONE, static=STATIC) for secondary in self.secondaries)
            file.write(CONFIGURATION.format(secret_file=secret, secondaries=blocks))
        self.server = harness.Server("--config", configuration, "--zones", self.zones, data=os.path.join(self.folder, "data"),
                                     dns=f"127.0.0.1:{primary}")
        self.addCleanup(self.server.remove)
        self.server.start()
        self.primary = primary
        self.random = random.Random(5)

    def write_static(self, serial, more):
        path = os.path.join(self.zones, STATIC + ".zone")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(STATIC_ZONE.format(zone=STATIC, serial=serial, more=more))
        os.rename(path + ".new", path)

    def fill(self):
        api = self.server.api()
        namespace = api.namespace(ZONE)
        self.services = {
            "a": api.service("a", namespace, [("A", 30), ("AAAA", 30)], HealthCheckCustomConfig={}),
            "srv": api.service("_s._tcp", namespace, [("SRV", 20)], HealthCheckCustomConfig={}),
            "cname": api.service("c", namespace, [("CNAME", 10)], RoutingPolicy="WEIGHTED"),
        }
        for i in range(200):
            api.register(self.services["a"], f"base{i}", AWS_INSTANCE_IPV4=f"10.9.{i // 256}.{i % 256}",
                         AWS_INSTANCE_IPV6=f"2001:db8:9::{i:x}")
        return api

    def churn_once(self, api):
        kind = self.random.choice(("a", "a", "srv", "cname"))
        service, instance = self.services[kind], f"i{self.random.randrange(30)}"
        attributes = {"AWS_INSTANCE_CNAME": f"t{self.random.randrange(9)}.example"} if kind == "cname" else {
            "AWS_INSTANCE_IPV4": f"10.0.{self.random.randrange(4)}.{self.random.randrange(256)}", "AWS_INSTANCE_PORT": "80"}
        if kind == "a":
            attributes["AWS_INSTANCE_IPV6"] = f"2001:db8::{self.random.randrange(4096):x}"
        try:
            if self.random.random() < 0.6:
                api.register(service, instance, **attributes)
            elif kind != "cname" and self.random.random() < 0.5:
                api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId=instance,
                         Status=self.random.choice(("HEALTHY", "UNHEALTHY")))
            else:
                api.deregister(service, instance)
        except harness.ApiError as error:
            self.assertIn(error.code, ("InstanceNotFound", "CustomHealthNotFound", "ResourceInUse", "DuplicateRequest"), error)

    def watch(self, seen):
        """No serial that a secondary shows is earlier than one it showed before."""
        for i, secondary in enumerate(self.secondaries):
            serial = secondary.serial(ZONE)
            if serial is None:
                continue
            before = seen.get(i, serial)
            self.assertLess((serial - before) % 2**32, 2**31, f"{secondary.program}: {before} → {serial}")
            seen[i] = serial

    def churn(self, api, seconds, seen):
        end, next_look = time.monotonic() + seconds, 0
        changes = 0
        while time.monotonic() < end:
            self.churn_once(api)
            changes += 1
            if time.monotonic() > next_look:
                self.watch(seen)
                next_look = time.monotonic() + 0.5
            time.sleep(0.008)
        return changes

    def check_equal(self, zone):
        """All secondaries come to what the primary has."""
        want = fetch(self.primary, zone, key=True)

        def same():
            now = fetch(self.primary, zone, key=True)
            return all(secondary.serial(zone) == now[0] for secondary in self.secondaries)
        if not harness.until(same, CATCH_UP_SECONDS, 0.2):
            said = "\n".join(f"--- {s.program} {s.serial(zone)}\n{s.logged()[-3000:]}{s.logged('output')[-2000:]}" for s in self.secondaries)
            self.fail(f"{zone}: the primary is at {want[0]}\n{said}\n{self.server.logged()}")
        want = fetch(self.primary, zone, key=True)
        for secondary in self.secondaries:
            got = fetch(secondary.port, zone)
            self.assertEqual(want[0], got[0], secondary.program)
            self.assertEqual(set(), want[1] ^ got[1], f"{secondary.program}: {zone}")
        return want

    def test_followed_through_churn_and_a_kill(self):
        api = self.fill()
        for secondary in self.secondaries:
            secondary.start()
            self.addCleanup(secondary.stop)
        self.check_equal(ZONE)
        self.check_equal(STATIC)
        seen = {}
        changes = self.churn(api, SECONDS / 2, seen)
        before = self.check_equal(ZONE)[0]
        api.close()
        self.server.kill()
        self.server.start()
        api = self.server.api()
        after = fetch(self.primary, ZONE, key=True)[0]
        self.assertLess((after - before) % 2**32, 2**31, "the serial went back by a kill")
        changes += self.churn(api, SECONDS / 2, seen)
        self.write_static(2, "more IN A 192.0.2.9\n")
        self.server.process.send_signal(signal.SIGHUP)
        serial, records = self.check_equal(ZONE)
        self.assertTrue(harness.until(lambda: fetch(self.primary, STATIC, key=True)[0] == 2, 20))
        self.check_equal(STATIC)
        incremental = sum(s.logged().upper().count("IXFR") for s in self.secondaries if s.program.endswith("knotd"))
        self.assertGreater(incremental, 0, "Knot never spoke of IXFR")
        print(f"\n{changes} changes in {SECONDS} s, serial {serial}, {len(records)} records, equal on both secondaries", file=sys.stderr)

    def test_strangers_get_nothing(self):
        self.fill()
        with self.assertRaises(dns.exception.DNSException):
            fetch(self.primary, ZONE)  # without the key


if __name__ == "__main__":
    if "--seconds" in sys.argv:
        at = sys.argv.index("--seconds")
        SECONDS = float(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    harness.main()
