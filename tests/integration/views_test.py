"""Views: named queries of a service's instances, in DNS and in DiscoverInstances."""
import http.client
import json

import harness
from harness import until


def call(server, method, path, body=None):
    """(status, JSON) of one request to /v1."""
    connection = http.client.HTTPConnection(*harness.split_address(server.http), timeout=30)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class Views(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.server.boto3()
        cls.number = 0

    def setUp(self):
        Views.number += 1
        self.zone = f"views{Views.number}.example"
        self.namespace = self.api.namespace(self.zone)
        self.backend = self.api.service("backend", self.namespace, HealthCheckCustomConfig={"FailureThreshold": 1})
        self.spare = self.api.service("spare", self.namespace, HealthCheckCustomConfig={"FailureThreshold": 1})
        for instance, address, stage in ("b1", "10.0.0.1", "beta"), ("b2", "10.0.0.2", "beta"), ("p1", "10.0.0.3", "prod"):
            self.client.register_instance(ServiceId=self.backend, InstanceId=instance,
                                          Attributes={"AWS_INSTANCE_IPV4": address, "stage": stage})
        self.api.register(self.spare, "s1", AWS_INSTANCE_IPV4="10.0.9.1")

    def put(self, name="beta.backend", status=200, **more):
        body = {"name": f"{name}.{self.zone}", "service": f"backend.{self.zone}", "attributes": {"stage": "beta"}, **more}
        got, answer = call(self.server, "PUT", "/v1/views", body)
        self.assertEqual(status, got, answer)
        return answer

    def report(self, instance, status, service=None):
        self.client.update_instance_custom_health_status(ServiceId=service or self.backend, InstanceId=instance, Status=status)

    def dug(self, name="beta.backend"):
        return set(self.server.dig("+short", f"{name}.{self.zone}", "A").split())

    def discovered(self, name="beta.backend", **more):
        found = self.client.discover_instances(NamespaceName=self.zone, ServiceName=name, **more)["Instances"]
        return {instance["InstanceId"] for instance in found}

    def test_attributes_are_reachable_by_dns(self):
        self.put()
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, self.dug())
        self.assertEqual({"10.0.0.1", "10.0.0.2", "10.0.0.3"}, self.dug("backend"))
        self.assertEqual({"b1", "b2"}, self.discovered())
        found = self.client.discover_instances(NamespaceName=self.zone, ServiceName="beta.backend")["Instances"]
        self.assertEqual({"beta.backend"}, {instance["ServiceName"] for instance in found})
        # Registered anew with other attributes, instances come and go.
        self.api.register(self.backend, "p1", AWS_INSTANCE_IPV4="10.0.0.3", stage="beta")
        self.api.register(self.backend, "b1", AWS_INSTANCE_IPV4="10.0.0.1", stage="prod")
        self.assertEqual({"10.0.0.2", "10.0.0.3"}, self.dug())
        self.assertEqual({"b2"}, self.discovered(QueryParameters={"stage": "beta", "AWS_INSTANCE_IPV4": "10.0.0.2"}))
        self.api.deregister(self.backend, "b2")
        self.assertEqual({"10.0.0.3"}, self.dug())

    def test_is_in_no_list(self):
        self.put()
        self.assertEqual({"backend", "spare"}, {service["Name"] for service in self.client.list_services(
            Filters=[{"Name": "NAMESPACE_ID", "Values": [self.namespace]}])["Services"]})

    def test_health_rules_are_the_services(self):
        self.put()
        self.report("b1", "UNHEALTHY")
        self.assertEqual({"10.0.0.2"}, self.dug())
        self.assertEqual({"b2"}, self.discovered())
        self.assertEqual({"b1"}, self.discovered(HealthStatus="UNHEALTHY"))
        self.report("b2", "UNHEALTHY")
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, self.dug(), "none healthy: all of the view's, as Route 53")
        self.assertEqual({"10.0.0.3"}, self.dug("backend"))
        self.report("b1", "HEALTHY")
        self.assertEqual({"10.0.0.1"}, self.dug())

    def test_fallback(self):
        self.put(fallback=f"spare.{self.zone}")
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, self.dug())
        for instance in "b1", "b2":
            self.report(instance, "UNHEALTHY")
        self.assertEqual({"10.0.9.1"}, self.dug())
        self.assertEqual({"s1"}, self.discovered())
        explained = json.loads(harness.waypost("explain", f"beta.backend.{self.zone}", "--json", "--endpoint", self.server.url).stdout)
        self.assertTrue(explained["view"]["falls_back"])
        self.assertIn("spare", explained["summary"])
        self.report("s1", "UNHEALTHY", self.spare)
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, self.dug(), "nobody is healthy anywhere: its own")
        self.report("s1", "HEALTHY", self.spare)
        self.report("b2", "HEALTHY")
        self.assertEqual({"10.0.0.2"}, self.dug())
        for instance in "b1", "b2":
            self.api.deregister(self.backend, instance)
        self.assertEqual({"10.0.9.1"}, self.dug(), "none at all")
        # The fallback goes, the view stays.
        self.api.deregister(self.spare, "s1")
        self.client.delete_service(Id=self.spare)
        self.assertNotIn("fallback", call(self.server, "GET", f"/v1/views/beta.backend.{self.zone}")[1])
        self.assertEqual(set(), self.dug())

    def test_a_long_poll_wakes(self):
        self.put()
        path = f"/v1/discover/{self.zone}/beta.backend"
        connection = http.client.HTTPConnection(*harness.split_address(self.server.http), timeout=30)
        connection.request("GET", path)
        first = connection.getresponse()
        first.read()
        connection.request("GET", f"{path}?index={first.headers['x-waypost-index']}&wait=20s")
        self.api.register(self.backend, "b3", AWS_INSTANCE_IPV4="10.0.0.4", stage="beta")
        second = json.loads(connection.getresponse().read())
        self.assertEqual({"b1", "b2", "b3"}, {instance["InstanceId"] for instance in second["Instances"]})
        connection.close()

    def test_commands(self):
        def views(*arguments, code=0):
            done = harness.waypost("views", *arguments, "--endpoint", self.server.url)
            self.assertEqual(code, done.returncode, done.stdout + done.stderr)
            return done
        name = f"beta.{self.zone}"
        views("put", name, "--service", f"backend.{self.zone}", "--attr", "stage=beta", "--fallback", f"spare.{self.zone}")
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, self.dug("beta"))
        self.assertIn(name, views("list").stdout)
        listed = [view for view in json.loads(views("list", "--json").stdout) if view["name"] == name]
        self.assertEqual([({"stage": "beta"}, self.backend, self.spare, 2)],
                         [(v["attributes"], v["service"], v["fallback"], v["instances"]) for v in listed])
        views("delete", name)
        self.assertIn("NXDOMAIN", self.server.dig(name, "A"))
        self.assertEqual(1, len(views("delete", name, code=1).stderr.splitlines()))
        views("put", name, "--service", "none.example", "--attr", "a=b", code=1)
        views("put", name, "--service", f"backend.{self.zone}", "--attr", "nonsense", code=2)
        views("put", name, "--service", f"backend.{self.zone}", code=2)

    def test_names_are_of_one_thing(self):
        self.put("beta")
        self.invalid("view", "CreateService", Name="beta", NamespaceId=self.namespace)
        self.put("backend", status=400)

    def test_who_knows_no_views_is_not_held_up(self):
        self.put()
        for instance in "b1", "b2", "p1":
            self.api.deregister(self.backend, instance)
        self.client.delete_service(Id=self.backend)
        self.assertIn("NXDOMAIN", self.server.dig(f"beta.backend.{self.zone}", "A"))
        self.fails("ServiceNotFound", "DiscoverInstances", NamespaceName=self.zone, ServiceName="beta.backend")
        self.api.deregister(self.spare, "s1")
        self.client.delete_service(Id=self.spare)
        self.client.delete_namespace(Id=self.namespace)
        self.assertNotIn(self.zone, json.dumps(call(self.server, "GET", "/v1/views")[1]))


class Restart(harness.unittest.TestCase):
    def test_views_survive_kill_9(self):
        server = harness.Server().start()
        self.addCleanup(server.remove)
        api = server.api()
        namespace = api.namespace("kept.example")
        backend = api.service("backend", namespace)
        for i in range(100):
            api.register(backend, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i}", stage="beta" if i == 7 else "prod")
        self.assertEqual(200, call(server, "PUT", "/v1/views", {
            "name": "beta.backend.kept.example", "service": backend, "attributes": {"stage": "beta"}})[0])
        before = call(server, "GET", "/v1/views")
        api.close()
        server.kill()
        server.start()
        self.assertEqual(before, call(server, "GET", "/v1/views"))
        self.assertEqual({"10.0.0.7"}, server.addresses("beta.backend.kept.example"))
        self.assertEqual({}, call(server, "DELETE", "/v1/views/beta.backend.kept.example")[1])
        server.kill()
        server.start()
        self.assertEqual([], call(server, "GET", "/v1/views")[1])
        self.assertEqual("NXDOMAIN", harness.dns.rcode.to_text(server.ask("beta.backend.kept.example").rcode()))
        self.assertTrue(until(lambda: server.stop() == 0))


if __name__ == "__main__":
    harness.main()
