"""Random operations against the server and against a model of the registry in a few lines of Python; after each step all that can be
read must agree. Restarts and kill -9 in between. A failure prints the seed: WAYPOST_SEED=… repeats it, WAYPOST_STEPS (400) makes it longer."""
import os
import random
import tempfile
import unittest

import dns.name
import dns.rcode
import dns.rdatatype

import harness

SEED = int(os.environ.get("WAYPOST_SEED") or random.randrange(1 << 32))
STEPS = int(os.environ.get("WAYPOST_STEPS", "400"))
NAMES = ["alpha", "beta", "_http._tcp", "Gamma", "_x._tcp"]
INSTANCES = ["i-1", "i-2", "web.1", "a:b", "x"]
KINDS = {"CreateHttpNamespace": "HTTP", "CreatePrivateDnsNamespace": "DNS_PRIVATE", "CreatePublicDnsNamespace": "DNS_PUBLIC"}
ZONES = ["one.example", "two.example", "sub.one.example", "three.internal"]


class Model:
    """What the registry must hold. Keys are the server's ids, so that nothing is computed twice."""

    def __init__(self):
        self.namespaces = {}  # id -> {name, kind}
        self.services = {}    # id -> {namespace, name, kinds, custom, instances: id -> {attributes, healthy}, revision}

    def services_of(self, namespace):
        return {i: s for i, s in self.services.items() if s["namespace"] == namespace}


class Random(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="waypost-test-")
        self.addCleanup(folder.cleanup)
        self.server = harness.Server(data=os.path.join(folder.name, "data")).start()
        self.addCleanup(self.server.remove)
        self.api = self.server.api()
        self.random = random.Random(SEED)
        self.model = Model()
        self.history = []

    def test_random_operations(self):
        print(f"seed {SEED}, {STEPS} steps")
        steps = [(self.create_namespace, 6), (self.delete_namespace, 2), (self.create_service, 12), (self.delete_service, 5), (self.register, 40),
                 (self.deregister, 15), (self.flip_health, 15), (self.tag, 3), (self.restart, 2)]
        try:
            for number in range(STEPS):
                step = self.random.choices([s for s, _ in steps], [w for _, w in steps])[0]
                step()
                self.compare_some()
                if number % 20 == 19:
                    self.compare_all()
            self.compare_all()
        except AssertionError as error:
            raise AssertionError(f"{error}\nseed {SEED}; the last steps:\n" + "\n".join(self.history[-12:]) + f"\n{self.server.logged(1500)}") from None
        self.assertEqual(0, self.server.stop())

    def expect(self, code, operation, **body):
        """Calls; the answer must be this error, or success when code is None."""
        self.history.append(f"{operation} {body} -> {code or 'done'}")
        try:
            answer = self.api.call(operation, **body)
            self.assertIsNone(code, f"{operation} {body} was done")
            return answer
        except harness.ApiError as error:
            self.assertEqual(code, error.code, error)
            return None

    def any_namespace(self):
        return self.random.choice(list(self.model.namespaces)) if self.model.namespaces else None

    def any_service(self):
        return self.random.choice(list(self.model.services)) if self.model.services else None

    # Steps

    def create_namespace(self):
        operation = self.random.choice(list(KINDS))
        name = self.random.choice(ZONES)
        body = {"Name": name, "CreatorRequestId": f"c{self.random.randrange(1 << 40)}"}
        if operation == "CreatePrivateDnsNamespace":
            body["Vpc"] = "vpc-1"
        taken = any(n["name"] == name for n in self.model.namespaces.values())
        if taken and not any(n["name"] == name and n["kind"] == KINDS[operation] for n in self.model.namespaces.values()):
            return  # two kinds of one name: whether that may be is another test's business
        done = self.expect("NamespaceAlreadyExists" if taken else None, operation, **body)
        if done:
            namespace = self.api.target(done["OperationId"], "NAMESPACE")
            self.assertNotIn(namespace, self.model.namespaces)
            self.model.namespaces[namespace] = {"name": name, "kind": KINDS[operation]}

    def delete_namespace(self):
        namespace = self.any_namespace()
        if namespace is None:
            return
        used = bool(self.model.services_of(namespace))
        if self.expect("ResourceInUse" if used else None, "DeleteNamespace", Id=namespace):
            del self.model.namespaces[namespace]

    def create_service(self):
        namespace = self.any_namespace()
        if namespace is None:
            return
        in_dns = self.model.namespaces[namespace]["kind"] != "HTTP"
        name = self.random.choice(NAMES)
        kinds = self.random.choice([("A",), ("A", "AAAA"), ("SRV",), ()]) if in_dns else ()
        custom = self.random.random() < 0.5
        body = {"Name": name, "NamespaceId": namespace, "CreatorRequestId": f"c{self.random.randrange(1 << 40)}"}
        if kinds:
            body["DnsConfig"] = {"DnsRecords": [{"Type": kind, "TTL": 30} for kind in kinds]}
        elif in_dns:
            body["Type"] = "HTTP"
        if custom:
            body["HealthCheckCustomConfig"] = {"FailureThreshold": 1}
        taken = any(s["name"].lower() == name.lower() for s in self.model.services_of(namespace).values())
        done = self.expect("ServiceAlreadyExists" if taken else None, "CreateService", **body)
        if done:
            self.model.services[done["Service"]["Id"]] = {"namespace": namespace, "name": name, "kinds": kinds, "custom": custom, "instances": {},
                                                          "revision": 0}

    def delete_service(self):
        service = self.any_service()
        if service is None:
            return
        self.history.append(f"DeleteService {service}")
        used = bool(self.model.services[service]["instances"])
        if self.expect("ResourceInUse" if used else None, "DeleteService", Id=service) is not None:
            del self.model.services[service]

    def attributes(self, kinds):
        drawn = {}
        if "A" in kinds or ("SRV" in kinds and self.random.random() < 0.7):
            drawn["AWS_INSTANCE_IPV4"] = f"10.0.{self.random.randrange(256)}.{self.random.randrange(256)}"
        if "AAAA" in kinds or ("SRV" in kinds and "AWS_INSTANCE_IPV4" not in drawn):
            drawn["AWS_INSTANCE_IPV6"] = f"2001:db8::{self.random.randrange(1, 1 << 16):x}"
        if "SRV" in kinds:
            drawn["AWS_INSTANCE_PORT"] = str(self.random.randrange(1 << 16))
        if self.random.random() < 0.7:
            drawn["stage"] = self.random.choice(["beta", "prod"])
        if self.random.random() < 0.3:
            drawn["version"] = self.random.choice(["1", "2"])
        return drawn

    def register(self):
        service = self.any_service()
        if service is None:
            return
        held = self.model.services[service]
        instance, attributes = self.random.choice(INSTANCES), self.attributes(held["kinds"])
        sent, healthy = dict(attributes), True
        if held["custom"] and self.random.random() < 0.3:
            healthy = self.random.random() < 0.5
            sent["AWS_INIT_HEALTH_STATUS"] = "HEALTHY" if healthy else "UNHEALTHY"
        if held["kinds"] and self.random.random() < 0.1:
            self.expect("InvalidInput", "RegisterInstance", ServiceId=service, InstanceId=instance, Attributes={"stage": "beta"})
            return
        self.expect(None, "RegisterInstance", ServiceId=service, InstanceId=instance, Attributes=sent)
        held["instances"][instance] = {"attributes": attributes, "healthy": healthy}

    def deregister(self):
        service = self.any_service()
        if service is None:
            return
        held, instance = self.model.services[service], self.random.choice(INSTANCES)
        there = instance in held["instances"]
        self.expect(None if there else "InstanceNotFound", "DeregisterInstance", ServiceId=service, InstanceId=instance)
        held["instances"].pop(instance, None)

    def flip_health(self):
        service = self.any_service()
        if service is None:
            return
        held, instance = self.model.services[service], self.random.choice(INSTANCES)
        healthy = self.random.random() < 0.5
        code = "CustomHealthNotFound" if not held["custom"] else None if instance in held["instances"] else "InstanceNotFound"
        if not held["custom"] and instance not in held["instances"]:
            return  # two reasons at once
        self.expect(code, "UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId=instance, Status="HEALTHY" if healthy else "UNHEALTHY")
        if code is None:
            held["instances"][instance]["healthy"] = healthy

    def tag(self):
        service = self.any_service()
        if service is None:
            return
        arn = self.api.call("GetService", Id=service)["Service"]["Arn"]
        self.expect(None, "TagResource", ResourceARN=arn, Tags=[{"Key": "k", "Value": str(self.random.randrange(100))}])

    def restart(self):
        hard = self.random.random() < 0.6
        self.history.append("kill -9" if hard else "SIGTERM")
        self.api.close()
        if hard:
            self.server.kill()
        else:
            self.assertEqual(0, self.server.stop())
        self.api = self.server.start().api()
        self.compare_all()

    # Comparing

    def compare_some(self):
        service = self.any_service()
        if service is not None:
            self.compare_service(service)

    def compare_all(self):
        namespaces = {n["Id"]: (n["Name"], n["Type"], n.get("ServiceCount", 0)) for n in self.api.everything("ListNamespaces", "Namespaces")}
        self.assertEqual({i: (n["name"], n["kind"], len(self.model.services_of(i))) for i, n in self.model.namespaces.items()}, namespaces)
        services = {s["Id"]: s["Name"] for s in self.api.everything("ListServices", "Services")}
        self.assertEqual({i: s["name"] for i, s in self.model.services.items()}, services)
        for service in services:
            self.compare_service(service)
        self.compare_missing_names()

    def compare_service(self, service):
        held = self.model.services[service]
        namespace = self.model.namespaces[held["namespace"]]
        instances = held["instances"]
        where = f"{held['name']} of {namespace['name']}"
        got = self.api.call("GetService", Id=service)["Service"]
        self.assertEqual((held["name"], len(instances)), (got["Name"], got.get("InstanceCount", 0)), where)
        rows = self.api.everything("ListInstances", "Instances", ServiceId=service)
        self.assertEqual({i: x["attributes"] for i, x in instances.items()}, {row["Id"]: row.get("Attributes", {}) for row in rows}, where)
        healthy = {i for i, x in instances.items() if x["healthy"]}
        for status, want in (("ALL", set(instances)), ("HEALTHY", healthy), ("UNHEALTHY", set(instances) - healthy),
                             ("HEALTHY_OR_ELSE_ALL", healthy or set(instances)), (None, healthy or set(instances))):
            query = {"HealthStatus": status} if status else {}
            if not held["custom"]:
                want = set(instances)
            found = self.api.call("DiscoverInstances", NamespaceName=namespace["name"], ServiceName=held["name"], **query)
            self.assertEqual({i: instances[i]["attributes"] for i in want},
                             {i["InstanceId"]: i.get("Attributes", {}) for i in found["Instances"]}, f"{where} {status}")
            self.assertGreaterEqual(found["InstancesRevision"], held["revision"], where)
            held["revision"] = found["InstancesRevision"]
        for query in {"stage": "beta"}, {"stage": "prod", "version": "1"}:
            found = self.api.call("DiscoverInstances", NamespaceName=namespace["name"], ServiceName=held["name"], HealthStatus="ALL", QueryParameters=query)
            self.assertEqual({i for i, x in instances.items() if query.items() <= x["attributes"].items()},
                             {i["InstanceId"] for i in found["Instances"]}, f"{where} {query}")
        self.compare_dns(held, namespace, healthy or set(instances))

    def compare_dns(self, held, namespace, answering):
        if namespace["kind"] == "HTTP":
            return
        name = f"{held['name']}.{namespace['name']}"
        instances = held["instances"]
        for kind, attribute in (("A", "AWS_INSTANCE_IPV4"), ("AAAA", "AWS_INSTANCE_IPV6")):
            want = {instances[i]["attributes"][attribute] for i in answering} if kind in held["kinds"] else set()
            self.assertEqual(want, self.server.addresses(name, kind), f"{kind} {name}")
        if "SRV" in held["kinds"]:
            answer = self.server.ask(name, "SRV", tcp=True)
            data = [rdata for rrset in answer.answer for rdata in rrset]
            self.assertEqual(sorted(int(instances[i]["attributes"]["AWS_INSTANCE_PORT"]) for i in answering), sorted(r.port for r in data), f"SRV {name}")
            for rdata in data:
                target = rdata.target.to_text()
                addresses = self.server.addresses(target, "A") | self.server.addresses(target, "AAAA")
                self.assertTrue(addresses, target)
                self.assertLessEqual(addresses, {v for x in instances.values() for k, v in x["attributes"].items() if k.startswith("AWS_INSTANCE_IPV")})
        answer = self.server.ask(name, "TXT")
        self.assertEqual([], answer.answer)
        if held["kinds"]:
            self.assertEqual("NOERROR", dns.rcode.to_text(answer.rcode()), name)

    def compare_missing_names(self):
        """Names that must not exist, and those that only stand between."""
        zones = {n["name"] for n in self.model.namespaces.values() if n["kind"] != "HTTP"}
        names = {dns.name.from_text(f"{s['name']}.{self.model.namespaces[s['namespace']]['name']}") for s in self.model.services.values()
                 if s["kinds"] and self.model.namespaces[s["namespace"]]["kind"] != "HTTP"}
        for zone in ZONES:
            apex = dns.name.from_text(zone)
            ours = next((dns.name.from_text(z) for z in sorted(zones, key=len, reverse=True) if apex.is_subdomain(dns.name.from_text(z))), None)
            for label in [*NAMES, "_tcp", "nowhere"]:
                name = dns.name.from_text(f"{label}.{zone}")
                answer = self.server.ask(name.to_text(), "TXT")
                if ours is None:
                    want = "REFUSED"
                else:
                    exists = any(n.is_subdomain(name) for n in names) or any(dns.name.from_text(z).is_subdomain(name) for z in zones)
                    want = "NOERROR" if exists else "NXDOMAIN"
                self.assertEqual(want, dns.rcode.to_text(answer.rcode()), name)
                if ours is not None:
                    self.assertEqual([(ours, dns.rdatatype.SOA)], [(r.name, r.rdtype) for r in answer.authority], name)


if __name__ == "__main__":
    harness.main()
