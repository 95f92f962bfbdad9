"""DiscoverInstances: every filter, health, order, revision."""
import harness
from harness import unique


class Discovery(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.server.boto3()
        cls.namespace = cls.api.namespace("shop", "CreateHttpNamespace")

    def fresh(self, instances, **more):
        """A service with instances of these attributes; its name and id."""
        name = unique("s")
        service = self.api.service(name, self.namespace, records=(), **more)
        for instance, attributes in instances.items():
            self.api.register(service, instance, **attributes)
        return name, service

    def ids(self, service, **query):
        found = self.client.discover_instances(NamespaceName="shop", ServiceName=service, **query)["Instances"]
        ids = [instance["InstanceId"] for instance in found]
        self.assertEqual(len(ids), len(set(ids)))
        return set(ids)

    def test_what_an_instance_says(self):
        name, _ = self.fresh({"i": {"a": 'quote"and\\', "b": "2"}})
        found = self.api.call("DiscoverInstances", NamespaceName="shop", ServiceName=name)
        self.assertEqual([{"InstanceId": "i", "NamespaceName": "shop", "ServiceName": name, "HealthStatus": "UNKNOWN",
                           "Attributes": {"a": 'quote"and\\', "b": "2"}}], found["Instances"])
        self.assertIsInstance(found["InstancesRevision"], int)

    def test_query_parameters(self):
        name, _ = self.fresh({"1": {"stage": "beta", "v": "1"}, "2": {"stage": "beta", "v": "2"}, "3": {"stage": "prod", "v": "1"}, "4": {}})
        for query, want in (({}, "1234"), ({"stage": "beta"}, "12"), ({"stage": "beta", "v": "2"}, "2"), ({"v": "1"}, "13"),
                            ({"stage": "gamma"}, ""), ({"none": "x"}, ""), ({"stage": "beta", "v": "3"}, ""), ({"stage": "Beta"}, "")):
            with self.subTest(query=query):
                self.assertEqual(set(want), self.ids(name, QueryParameters=query))

    def test_optional_parameters(self):
        name, _ = self.fresh({"1": {"stage": "beta", "zone": "a"}, "2": {"stage": "beta", "zone": "b"}, "3": {"stage": "prod", "zone": "c"}})
        for query, optional, want in (({"stage": "beta"}, {"zone": "a"}, "1"), ({"stage": "beta"}, {"zone": "c"}, "12"),
                                      ({}, {"zone": "c"}, "3"), ({}, {"zone": "z"}, "123"), ({"stage": "none"}, {"zone": "a"}, ""),
                                      ({"stage": "beta"}, {"zone": "a", "stage": "prod"}, "12")):
            with self.subTest(query=query, optional=optional):
                self.assertEqual(set(want), self.ids(name, QueryParameters=query, OptionalParameters=optional))

    def test_health(self):
        instances = {"1": {"k": "v"}, "2": {"k": "v"}, "3": {"k": "w"}}
        name, service = self.fresh(instances, HealthCheckCustomConfig={"FailureThreshold": 1})

        def all_ways():
            return {status: "".join(sorted(self.ids(name, HealthStatus=status)))
                    for status in ("HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL")} | {None: "".join(sorted(self.ids(name)))}

        self.assertEqual({"HEALTHY": "123", "UNHEALTHY": "", "ALL": "123", "HEALTHY_OR_ELSE_ALL": "123", None: "123"}, all_ways())
        self.client.update_instance_custom_health_status(ServiceId=service, InstanceId="1", Status="UNHEALTHY")
        self.assertEqual({"HEALTHY": "23", "UNHEALTHY": "1", "ALL": "123", "HEALTHY_OR_ELSE_ALL": "23", None: "23"}, all_ways())
        found = self.client.discover_instances(NamespaceName="shop", ServiceName=name, HealthStatus="ALL")["Instances"]
        self.assertEqual({"1": "UNHEALTHY", "2": "HEALTHY", "3": "HEALTHY"}, {i["InstanceId"]: i["HealthStatus"] for i in found})
        for i in "23":
            self.client.update_instance_custom_health_status(ServiceId=service, InstanceId=i, Status="UNHEALTHY")
        self.assertEqual({"HEALTHY": "", "UNHEALTHY": "123", "ALL": "123", "HEALTHY_OR_ELSE_ALL": "123", None: "123"}, all_ways())
        self.assertEqual({"1", "2"}, self.ids(name, QueryParameters={"k": "v"}), "an absent filter never empties a failed service")
        self.client.update_instance_custom_health_status(ServiceId=service, InstanceId="3", Status="HEALTHY")
        self.assertEqual({"3"}, self.ids(name))
        self.assertEqual(set(), self.ids(name, QueryParameters={"k": "v"}, HealthStatus="HEALTHY"))
        # Registering anew starts the health anew.
        self.api.register(service, "1", k="v")
        self.assertEqual({"1", "3"}, self.ids(name, HealthStatus="HEALTHY"))

    def test_health_is_ignored_without_a_check(self):
        name, _ = self.fresh({"1": {}, "2": {}})
        for status in "HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL":
            self.assertEqual({"1", "2"}, self.ids(name, HealthStatus=status))

    def test_max_results(self):
        name, _ = self.fresh({f"i{i}": {"all": "yes", "even": str(i % 2 == 0)} for i in range(130)})
        self.assertEqual(100, len(self.ids(name)), "100 unless asked")
        self.assertEqual(130, len(self.ids(name, MaxResults=1000)))
        self.assertEqual(1, len(self.ids(name, MaxResults=1)))
        self.assertEqual(65, len(self.ids(name, MaxResults=1000, QueryParameters={"even": "True"})))
        self.assertEqual(10, len(self.ids(name, MaxResults=10, QueryParameters={"even": "True"})))
        for bad in 0, 1001, -1:
            self.invalid("MaxResults", "DiscoverInstances", NamespaceName="shop", ServiceName=name, MaxResults=bad)

    def test_order_is_random(self):
        name, _ = self.fresh({f"i{i}": {"a": "b"} for i in range(20)})
        firsts = {next(iter(self.api.call("DiscoverInstances", NamespaceName="shop", ServiceName=name, MaxResults=1)["Instances"]))["InstanceId"]
                  for _ in range(300)}
        self.assertGreater(len(firsts), 15, "a short list spreads the load")

    def test_revision(self):
        name, service = self.fresh({})

        def revision():
            one, other = (self.api.call(operation, NamespaceName="shop", ServiceName=name)["InstancesRevision"]
                          for operation in ("DiscoverInstancesRevision", "DiscoverInstances"))
            self.assertEqual(one, other)
            return one

        seen = [revision()]
        for change in (lambda: self.api.register(service, "1", a="b"), lambda: self.api.register(service, "2", a="b"),
                       lambda: self.api.register(service, "1", a="c"), lambda: self.api.deregister(service, "2"),
                       lambda: self.api.deregister(service, "1")):
            change()
            seen.append(revision())
        self.assertEqual(sorted(set(seen)), seen, "it rises with every change")
        other, _ = self.fresh({"x": {}})
        before = revision()
        self.api.register(self.api.service(unique("s"), self.namespace, records=()), "y", a="b")
        self.assertEqual(before, revision(), "another service's changes are none of its own")

    def test_revision_does_not_follow_health(self):
        name, service = self.fresh({"1": {}}, HealthCheckCustomConfig={"FailureThreshold": 1})
        before = self.api.call("DiscoverInstancesRevision", NamespaceName="shop", ServiceName=name)
        self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="1", Status="UNHEALTHY")
        self.assertEqual(before, self.api.call("DiscoverInstancesRevision", NamespaceName="shop", ServiceName=name))

    def test_what_is_not_there(self):
        for operation in "DiscoverInstances", "DiscoverInstancesRevision":
            with self.subTest(operation=operation):
                self.fails("NamespaceNotFound", operation, NamespaceName="no-such", ServiceName="s")
                self.fails("ServiceNotFound", operation, NamespaceName="shop", ServiceName="no-such")
                self.invalid("ServiceName", operation, NamespaceName="shop")
                self.invalid("NamespaceName", operation, ServiceName="s")
        self.invalid("HealthStatus", "DiscoverInstances", NamespaceName="shop", ServiceName="s", HealthStatus="SICK")

    def test_dns_namespaces_too(self):
        namespace = self.api.namespace("shop.example")
        service = self.api.service("web", namespace)
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        found = self.client.discover_instances(NamespaceName="shop.example", ServiceName="web")["Instances"]
        self.assertEqual([("i", "shop.example", {"AWS_INSTANCE_IPV4": "10.0.0.1"})],
                         [(i["InstanceId"], i["NamespaceName"], i["Attributes"]) for i in found])
        only_api = self.api.service("hidden", namespace, records=(), Type="HTTP")
        self.api.register(only_api, "i", a="b")
        self.assertEqual(1, len(self.client.discover_instances(NamespaceName="shop.example", ServiceName="hidden")["Instances"]))
        self.assertEqual("NXDOMAIN", harness.dns.rcode.to_text(self.server.ask("hidden.shop.example").rcode()))


if __name__ == "__main__":
    harness.main()
