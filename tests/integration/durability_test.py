"""kill -9 under concurrent writers loses nothing that was acknowledged; nothing ever goes back.

WAYPOST_KILL_ROUNDS (5) and WAYPOST_KILL_WRITERS (8) make it longer."""
import glob
import http.client
import ipaddress
import os
import random
import tempfile
import threading
import time
import unittest

import harness

ROUNDS = int(os.environ.get("WAYPOST_KILL_ROUNDS", "5"))
WRITERS = int(os.environ.get("WAYPOST_KILL_WRITERS", "8"))
SEED = int(os.environ.get("WAYPOST_SEED", "1"))
ZONE = "kill.example"


class Writer(threading.Thread):
    """Registers, replaces and deregisters in services of its own until the server dies. What was acknowledged is in `have`;
    the one operation under way at that moment may or may not have happened: `maybe`."""

    def __init__(self, server, namespace, label, seed):
        super().__init__(daemon=True)
        self.api, self.namespace, self.label = server.api(timeout=10), namespace, label
        self.random = random.Random(seed)
        self.services = []
        self.acknowledged = 0
        self.error = None

    def run(self):
        try:
            while True:
                name = f"{self.label}-{len(self.services)}"
                service = {"name": name, "id": None, "have": {}, "maybe": {}}
                self.services.append(service)
                service["id"] = self.api.service(name, self.namespace)
                for _ in range(10):
                    self.step(service)
        except (OSError, http.client.HTTPException):
            pass  # the server was killed, which is the point
        except Exception as error:
            self.error = repr(error)
        finally:
            self.api.close()

    def step(self, service):
        living = [k for k, v in service["have"].items() if v]
        drawn = self.random.random()
        address = str(ipaddress.ip_address(self.random.randrange(10 << 24, 11 << 24)))
        if len(living) >= 8 or (living and drawn < 0.15):
            instance, address = self.random.choice(living), None
        elif living and drawn < 0.3:
            instance = self.random.choice(living)
        else:
            instance = f"i{len(service['have'])}"
        service["maybe"] = {instance: address}
        if address:
            self.api.register(service["id"], instance, AWS_INSTANCE_IPV4=address)
        else:
            self.api.deregister(service["id"], instance)
        service["have"][instance], service["maybe"] = address, {}
        self.acknowledged += 1


class Durability(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="waypost-test-")
        self.addCleanup(self.folder.cleanup)
        self.server = harness.Server(data=os.path.join(self.folder.name, "data"))
        self.addCleanup(self.server.remove)

    def check(self, api, service):
        """Everything acknowledged is there, nothing else, and both doors agree."""
        if service["id"] is None:
            return
        rows = api.everything("ListInstances", "Instances", ServiceId=service["id"])
        there = {row["Id"]: row["Attributes"]["AWS_INSTANCE_IPV4"] for row in rows}
        for instance in set(service["have"]) | set(there) | set(service["maybe"]):
            allowed = [service["have"].get(instance)]
            if instance in service["maybe"]:
                allowed.append(service["maybe"][instance])
            self.assertIn(there.get(instance), allowed, f"{instance} of {service['name']}")
        self.assertEqual(set(there.values()), self.server.addresses(f"{service['name']}.{ZONE}"), "DNS says the same")
        found = api.call("DiscoverInstances", NamespaceName=ZONE, ServiceName=service["name"])["Instances"]
        self.assertEqual(there, {i["InstanceId"]: i["Attributes"]["AWS_INSTANCE_IPV4"] for i in found})
        service["have"], service["maybe"] = there, {}

    def test_kill(self):
        self.server.start()
        namespace = self.server.api().namespace(ZONE)
        drawn, total, services = random.Random(SEED), 0, []
        for round_number in range(ROUNDS):
            writers = [Writer(self.server, namespace, f"r{round_number}w{n}", SEED * 10007 + round_number * 101 + n) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(drawn.uniform(0.2, 1.0))
            self.server.kill()
            for writer in writers:
                writer.join(30)
            self.assertEqual([], [writer.error for writer in writers if writer.error])
            total += sum(writer.acknowledged for writer in writers)
            services += [service for writer in writers for service in writer.services]
            self.server.start()
            api = self.server.api()
            for service in services:
                self.check(api, service)
            api.close()
        self.assertGreater(total, ROUNDS * WRITERS, "the writers got somewhere")
        print(f"{ROUNDS} rounds, {WRITERS} writers, {total} acknowledged writes, {len(services)} services checked, seed {SEED}")
        self.assertEqual(0, self.server.stop())

    def test_everything_survives(self):
        """Every kind of record is the same after kill -9."""
        api = self.server.start().api()
        namespace = api.namespace("all.example", Description="d", Properties={"DnsProperties": {"SOA": {"TTL": 77}}}, Tags=[{"Key": "a", "Value": "b"}])
        service = api.service("s", namespace, records=[("A", 5)], Description="x", HealthCheckCustomConfig={"FailureThreshold": 1},
                              Tags=[{"Key": "waypost:answer-limit", "Value": "3"}])
        checked = api.service("checked", namespace, HealthCheckConfig={"Type": "HTTP", "ResourcePath": "/up", "FailureThreshold": 2})
        api.call("UpdateServiceAttributes", ServiceId=service, Attributes={"k": "v"})
        operation = None
        for i in range(5):
            operation = api.register(service, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i}", a="x")
        api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i0", Status="UNHEALTHY")

        def everything(api):
            arn = api.call("GetService", Id=service)["Service"]["Arn"]
            return [api.call("GetNamespace", Id=namespace), api.call("GetService", Id=service), api.call("GetService", Id=checked),
                    api.call("GetServiceAttributes", ServiceId=service), api.call("ListTagsForResource", ResourceARN=arn),
                    api.everything("ListInstances", "Instances", ServiceId=service), api.call("GetInstancesHealthStatus", ServiceId=service),
                    api.call("GetOperation", OperationId=operation), api.everything("ListOperations", "Operations"),
                    api.call("DiscoverInstancesRevision", NamespaceName="all.example", ServiceName="s"),
                    self.server.ask("all.example", "SOA").answer[0].to_text(), self.server.ask("s.all.example").answer[0].ttl]

        before = everything(api)
        for end in (self.server.kill, self.server.stop):
            end()
            self.assertEqual(before, everything(self.server.start().api()))

    def test_nothing_goes_back(self):
        api = self.server.start().api()
        service = api.service("s", api.namespace("back.example"))

        def numbers(api):
            return (api.call("DiscoverInstancesRevision", NamespaceName="back.example", ServiceName="s")["InstancesRevision"],
                    self.server.ask("back.example", "SOA").answer[0][0].serial, int(api.headers["x-waypost-revision"]))

        last = numbers(api)
        for i in range(4):
            for change in (lambda: api.register(service, f"i{i}", AWS_INSTANCE_IPV4="10.0.0.1"), lambda: api.deregister(service, f"i{i}")):
                change()
                now = numbers(api)
                self.assertTrue(all(a < b for a, b in zip(last, now)), (last, now))
                last = now
            (self.server.kill if i % 2 else self.server.stop)()
            api = self.server.start().api()
            now = numbers(api)
            self.assertTrue(all(a <= b for a, b in zip(last, now)), (last, now))
            last = now

    def test_nothing_goes_back_with_the_clock(self):
        """Days back and forth between restarts: ids stay unique, numbers rise, pages and idempotency hold."""
        library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
        if library is None:
            self.skipTest("libfaketime is not installed")
        if "asan" in harness.BINARY or "tsan" in harness.BINARY:
            self.skipTest("a preloaded library and a sanitizer exclude one another")
        last, services = (0, 0, 0), []
        for round_number, days in enumerate((0, -30, 10, -400, -401, 0)):
            self.server.environment.update(LD_PRELOAD=library, FAKETIME=f"{days:+d}d", FAKETIME_DONT_FAKE_MONOTONIC="1")
            api = self.server.start().api()
            if not services:
                namespace = api.namespace("clock.example")
            services.append(api.service(f"s{round_number}", namespace))
            seconds = api.call("GetService", Id=services[-1])["Service"]["CreateDate"]
            self.assertLess(abs(seconds - time.time() - days * 86400), 3600, "the server's clock was set")
            api.register(services[0], f"i{round_number}", AWS_INSTANCE_IPV4="10.0.0.1")
            now = (api.call("DiscoverInstancesRevision", NamespaceName="clock.example", ServiceName="s0")["InstancesRevision"],
                   self.server.ask("clock.example", "SOA").answer[0][0].serial, int(api.headers["x-waypost-revision"]))
            self.assertTrue(all(a < b for a, b in zip(last, now)), (days, last, now))
            last = now
            self.assertEqual(len(services), len({s["Id"] for s in api.everything("ListServices", "Services", MaxResults=2)}))
            self.assertEqual(round_number + 1, len(api.everything("ListInstances", "Instances", ServiceId=services[0], MaxResults=2)))
            api.close()
            self.server.kill()

    def test_idempotency_survives(self):
        api = self.server.start().api()
        body = {"Name": "again", "CreatorRequestId": "token", "Description": "d"}
        first = api.call("CreateHttpNamespace", **body)["OperationId"]
        self.server.kill()
        api = self.server.start().api()
        self.assertEqual(first, api.call("CreateHttpNamespace", **body)["OperationId"])

    def test_page_tokens_survive(self):
        api = self.server.start().api()
        service = api.service("s", api.namespace("tokens", "CreateHttpNamespace"), records=())
        for i in range(4):
            api.register(service, f"i{i}", a="b")
        page = api.call("ListInstances", ServiceId=service, MaxResults=2)
        self.server.kill()
        api = self.server.start().api()
        rest = api.call("ListInstances", ServiceId=service, MaxResults=2, NextToken=page["NextToken"])
        self.assertEqual(4, len({row["Id"] for row in page["Instances"] + rest["Instances"]}))


if __name__ == "__main__":
    harness.main()
