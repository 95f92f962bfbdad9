"""Read your writes: after every acknowledged write the next read on either door shows it, also under concurrent writers."""
import threading

import dns.rcode

import harness
from harness import unique


class Consistency(harness.Case):
    def test_every_write_is_seen_at_once(self):
        zone = unique("c") + ".example"
        namespace = self.api.namespace(zone)
        reader = self.server.api()  # another connection, so most likely another worker
        self.assertEqual("NOERROR", dns.rcode.to_text(self.server.ask(zone, "SOA").rcode()))
        for round_number in range(20):
            name = f"s{round_number}"
            service = self.api.service(name, namespace, HealthCheckCustomConfig={"FailureThreshold": 1})
            self.assertEqual([], reader.call("DiscoverInstances", NamespaceName=zone, ServiceName=name)["Instances"])
            self.assertEqual("NOERROR", dns.rcode.to_text(self.server.ask(f"{name}.{zone}").rcode()))
            for i in 1, 2:
                self.api.register(service, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i}", version="1")
                self.seen(reader, zone, name, service, {f"10.0.0.{j}" for j in range(1, i + 1)})
            self.api.register(service, "i1", AWS_INSTANCE_IPV4="10.0.0.9", version="2")
            self.seen(reader, zone, name, service, {"10.0.0.9", "10.0.0.2"})
            self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i2", Status="UNHEALTHY")
            self.seen(reader, zone, name, service, {"10.0.0.9"}, listed={"10.0.0.9", "10.0.0.2"})
            self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i2", Status="HEALTHY")
            self.api.deregister(service, "i1")
            self.seen(reader, zone, name, service, {"10.0.0.2"})
            self.api.deregister(service, "i2")
            self.seen(reader, zone, name, service, set())
            self.api.call("DeleteService", Id=service)
            self.assertEqual("NXDOMAIN", dns.rcode.to_text(self.server.ask(f"{name}.{zone}").rcode()))
            with self.assertRaises(harness.ApiError) as caught:
                reader.call("DiscoverInstances", NamespaceName=zone, ServiceName=name)
            self.assertEqual("ServiceNotFound", caught.exception.code)
        reader.close()

    def seen(self, reader, zone, name, service, healthy, listed=None):
        found = reader.call("DiscoverInstances", NamespaceName=zone, ServiceName=name)["Instances"]
        self.assertEqual(healthy, {instance["Attributes"]["AWS_INSTANCE_IPV4"] for instance in found})
        self.assertEqual(healthy, self.server.addresses(f"{name}.{zone}"))
        rows = reader.call("ListInstances", ServiceId=service)["Instances"]
        self.assertEqual(healthy if listed is None else listed, {row["Attributes"]["AWS_INSTANCE_IPV4"] for row in rows})
        self.assertEqual(len(rows), reader.call("GetService", Id=service)["Service"].get("InstanceCount", 0))

    def test_under_concurrent_writers(self):
        zone = unique("c") + ".example"
        namespace = self.api.namespace(zone)
        problems = []

        def write(number):
            api = self.server.api()
            try:
                name = f"w{number}"
                service = api.service(name, namespace)
                for i in range(60):
                    address = f"10.{number}.0.{i + 1}"
                    api.register(service, "only", AWS_INSTANCE_IPV4=address)
                    if self.server.addresses(f"{name}.{zone}") != {address}:
                        problems.append((number, i, "DNS"))
                    found = api.call("DiscoverInstances", NamespaceName=zone, ServiceName=name)["Instances"]
                    if [f["Attributes"]["AWS_INSTANCE_IPV4"] for f in found] != [address]:
                        problems.append((number, i, "API"))
            except Exception as error:
                problems.append((number, repr(error)))
            finally:
                api.close()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], problems)

    def test_many_writers_on_one_service(self):
        zone = unique("c") + ".example"
        service = self.api.service("s", self.api.namespace(zone))
        errors = []

        def write(number):
            api = self.server.api()
            try:
                for i in range(25):
                    api.register(service, f"w{number}-{i}", AWS_INSTANCE_IPV4=f"10.{number}.1.{i + 1}")
            except Exception as error:
                errors.append(repr(error))
            finally:
                api.close()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], errors)
        self.assertEqual(200, self.api.call("GetService", Id=service)["Service"]["InstanceCount"])
        self.assertEqual(200, len(self.api.everything("ListInstances", "Instances", ServiceId=service)))
        found = self.api.call("DiscoverInstances", NamespaceName=zone, ServiceName="s", MaxResults=1000)
        self.assertEqual(200, len(found["Instances"]))

    def test_one_of_many_creators_wins(self):
        namespace = self.api.namespace(unique("race-"), "CreateHttpNamespace")
        outcomes = []

        def create(number):
            api = self.server.api()
            try:
                outcomes.append(api.call("CreateService", Name="same", NamespaceId=namespace, CreatorRequestId=f"c{number}")["Service"]["Id"])
            except harness.ApiError as error:
                outcomes.append(error.code)
            finally:
                api.close()

        threads = [threading.Thread(target=create, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(7, outcomes.count("ServiceAlreadyExists"), outcomes)

    def test_min_revision(self):
        self.api.namespace(unique("rev-"), "CreateHttpNamespace")
        now = int(self.api.headers["x-waypost-revision"])
        status, headers, _ = self.api.send(harness.TARGET + "ListNamespaces", b"{}", {"x-waypost-min-revision": str(now)})
        self.assertEqual(200, status)
        self.assertGreaterEqual(int(headers["x-waypost-revision"]), now)
        self.assertEqual(503, self.api.send(harness.TARGET + "ListNamespaces", b"{}", {"x-waypost-min-revision": str(now + 10**6)})[0])


if __name__ == "__main__":
    harness.main()
