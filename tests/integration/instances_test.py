"""Instances: what may be registered where, replacing, health."""
import harness
from harness import unique


class Instances(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.server.boto3()
        cls.http = cls.api.namespace("instances", "CreateHttpNamespace")
        cls.public = cls.api.namespace("instances.example")

    def in_http(self, **more):
        return self.api.service(unique("s"), self.http, records=(), **more)

    def in_dns(self, *kinds, **more):
        return self.api.service(unique("s"), self.public, records=[(kind, 60) for kind in kinds], **more)

    def attributes(self, service, instance):
        return self.api.call("GetInstance", ServiceId=service, InstanceId=instance)["Instance"].get("Attributes", {})

    def test_registered_as_asked(self):
        service = self.in_dns("A")
        token = unique("t")
        operation = self.client.register_instance(ServiceId=service, InstanceId="web-1", CreatorRequestId=token,
                                                  Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"})["OperationId"]
        done = self.client.get_operation(OperationId=operation)["Operation"]
        self.assertEqual(("REGISTER_INSTANCE", "SUCCESS", "web-1"), (done["Type"], done["Status"], done["Targets"]["INSTANCE"]))
        self.assertEqual(service, done["Targets"].get("SERVICE", service))
        got = self.client.get_instance(ServiceId=service, InstanceId="web-1")["Instance"]
        self.assertEqual({"Id": "web-1", "CreatorRequestId": token, "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}},
                         {k: got[k] for k in ("Id", "CreatorRequestId", "Attributes")})
        self.assertEqual(1, self.api.call("GetService", Id=service)["Service"]["InstanceCount"])
        gone = self.client.deregister_instance(ServiceId=service, InstanceId="web-1")["OperationId"]
        self.assertEqual("DEREGISTER_INSTANCE", self.client.get_operation(OperationId=gone)["Operation"]["Type"])
        with self.assertRaises(self.client.exceptions.InstanceNotFound):
            self.client.deregister_instance(ServiceId=service, InstanceId="web-1")
        with self.assertRaises(self.client.exceptions.InstanceNotFound):
            self.client.get_instance(ServiceId=service, InstanceId="web-1")

    def test_idempotent_by_creator_request_id(self):
        service, token = self.in_http(), unique("t")
        body = {"ServiceId": service, "InstanceId": "i", "CreatorRequestId": token, "Attributes": {"a": "1"}}
        self.assertEqual(self.api.call("RegisterInstance", **body)["OperationId"], self.api.call("RegisterInstance", **body)["OperationId"])

    def test_registering_again_replaces_all(self):
        service = self.in_dns("A")
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1", a="1", b="2")
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.2", a="3")
        self.assertEqual({"AWS_INSTANCE_IPV4": "10.0.0.2", "a": "3"}, self.attributes(service, "i"))
        self.assertEqual(1, self.api.call("GetService", Id=service)["Service"]["InstanceCount"])

    def test_needed_attributes(self):
        four, six, port = {"AWS_INSTANCE_IPV4": "10.0.0.1"}, {"AWS_INSTANCE_IPV6": "2001:db8::1"}, {"AWS_INSTANCE_PORT": "80"}
        cases = (
            (("A",), {}, (four, {**four, **port}), ({}, six, port, {"AWS_INSTANCE_IPV4": "10.0.0.256"}, {"AWS_INSTANCE_IPV4": "10.0.0"},
                                                  {"AWS_INSTANCE_IPV4": "::1"}, {"AWS_INSTANCE_IPV4": ""})),
            (("AAAA",), {}, (six,), ({}, four, {"AWS_INSTANCE_IPV6": "10.0.0.1"}, {"AWS_INSTANCE_IPV6": "2001:db8:::1"})),
            (("A", "AAAA"), {}, ({**four, **six},), ({}, port)),
            (("SRV",), {}, ({**four, **port}, {**six, **port}, {**four, **six, **port}),
             ({}, four, port, {**four, "AWS_INSTANCE_PORT": "65536"}, {**four, "AWS_INSTANCE_PORT": "-1"}, {**four, "AWS_INSTANCE_PORT": "http"})),
            (("CNAME",), {"RoutingPolicy": "WEIGHTED"}, ({"AWS_INSTANCE_CNAME": "target.example.com"},), ({}, four, {"AWS_INSTANCE_CNAME": "a..b"})),
            (("A",), {"HealthCheckConfig": {"Type": "TCP"}}, ({**four, **port},), (four,)),
        )
        for kinds, more, good, bad in cases:
            service = self.in_dns(*kinds, **more)
            for attributes in good:
                with self.subTest(kinds=kinds, good=attributes):
                    self.api.register(service, unique("i"), **attributes)
            for attributes in bad:
                with self.subTest(kinds=kinds, bad=attributes):
                    self.fails("InvalidInput", "RegisterInstance", ServiceId=service, InstanceId="x", Attributes=attributes)
            self.assertEqual(len(good), self.api.call("GetService", Id=service)["Service"]["InstanceCount"], "what was refused is not there")

    def test_ports_at_the_bounds(self):
        service = self.in_dns("SRV")
        for port in "0", "65535":
            self.api.register(service, "p" + port, AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_PORT=port)

    def test_any_attributes_in_http_services(self):
        service = self.in_http()
        self.api.call("RegisterInstance", ServiceId=service, InstanceId="none", Attributes={})
        self.api.register(service, "i", a="b c\td", url="http://x/?a=b")
        self.assertEqual({"a": "b c\td", "url": "http://x/?a=b"}, self.attributes(service, "i"))

    def test_unknown_aws_attributes_are_refused(self):
        self.invalid("AWS_SOMETHING", "RegisterInstance", ServiceId=self.in_http(), InstanceId="i", Attributes={"AWS_SOMETHING": "x"})

    def test_attribute_bounds(self):
        service = self.in_http()
        self.api.register(service, "keys", **{f"k{i}": "v" for i in range(30)})
        self.api.register(service, "long", **{"k" * 255: "v" * 1024})
        self.api.register(service, "sum", **{f"k{i}": "v" * 998 for i in range(5)})
        for what, attributes in (("31 keys", {f"k{i}": "v" for i in range(31)}), ("key", {"k" * 256: "v"}), ("value", {"k": "v" * 1025}),
                                 ("sum", {**{f"k{i}": "v" * 998 for i in range(5)}, "x": ""}), ("key characters", {"k k": "v"}),
                                 ("value characters", {"k": " v"}), ("not ASCII", {"k": "é"}), ("no key", {"": "v"})):
            with self.subTest(what=what):
                self.invalid("Attributes", "RegisterInstance", ServiceId=service, InstanceId="x", Attributes=attributes)

    def test_instance_ids(self):
        service = self.in_http()
        for instance in "a", "A_/:.@-9", "x" * 64, "arn:aws:ecs:x/y":
            with self.subTest(instance=instance):
                self.api.register(service, instance, a="b")
                self.assertEqual({"a": "b"}, self.attributes(service, instance))
        for instance in "", "a b", "x" * 65, "ü", "a#b":
            with self.subTest(instance=instance):
                self.invalid("InstanceId", "RegisterInstance", ServiceId=service, InstanceId=instance, Attributes={"a": "b"})

    def test_alias(self):
        weighted = self.in_dns("A", RoutingPolicy="WEIGHTED")
        self.api.register(weighted, "i", AWS_ALIAS_DNS_NAME="lb.example.net")
        self.fails("InvalidInput", "RegisterInstance", ServiceId=weighted, InstanceId="j",
                   Attributes={"AWS_ALIAS_DNS_NAME": "lb.example.net", "AWS_INSTANCE_IPV4": "10.0.0.1"})
        self.fails("InvalidInput", "RegisterInstance", ServiceId=self.in_dns("A"), InstanceId="i", Attributes={"AWS_ALIAS_DNS_NAME": "lb.example.net"})

    def test_unknown_service(self):
        for operation, body in (("RegisterInstance", {"Attributes": {"a": "b"}}), ("DeregisterInstance", {}), ("GetInstance", {}),
                                ("UpdateInstanceCustomHealthStatus", {"Status": "HEALTHY"})):
            with self.subTest(operation=operation):
                self.fails("ServiceNotFound", operation, ServiceId="srv-aaaaaaaaaaaaaaaa", InstanceId="i", **body)
        self.fails("ServiceNotFound", "ListInstances", ServiceId="srv-aaaaaaaaaaaaaaaa")
        self.fails("ServiceNotFound", "GetInstancesHealthStatus", ServiceId="srv-aaaaaaaaaaaaaaaa")

    def test_custom_health(self):
        service = self.in_dns("A", HealthCheckCustomConfig={"FailureThreshold": 1})
        self.api.register(service, "a", AWS_INSTANCE_IPV4="10.0.0.1")
        self.api.register(service, "b", AWS_INSTANCE_IPV4="10.0.0.2", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
        self.api.register(service, "c", AWS_INSTANCE_IPV4="10.0.0.3", AWS_INIT_HEALTH_STATUS="HEALTHY")

        def status(**more):
            return self.client.get_instances_health_status(ServiceId=service, **more)["Status"]

        self.assertEqual({"a": "HEALTHY", "b": "UNHEALTHY", "c": "HEALTHY"}, status())
        self.assertEqual({"AWS_INSTANCE_IPV4": "10.0.0.2"}, self.attributes(service, "b"), "AWS_INIT_HEALTH_STATUS is no attribute")
        self.client.update_instance_custom_health_status(ServiceId=service, InstanceId="a", Status="UNHEALTHY")
        self.client.update_instance_custom_health_status(ServiceId=service, InstanceId="b", Status="HEALTHY")
        self.assertEqual({"a": "UNHEALTHY", "b": "HEALTHY"}, status(Instances=["a", "b"]))
        self.fails("InstanceNotFound", "GetInstancesHealthStatus", ServiceId=service, Instances=["a", "not-there"])
        self.fails("InstanceNotFound", "UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="not-there", Status="HEALTHY")
        self.invalid("Status", "UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="a", Status="UNKNOWN")
        self.invalid("AWS_INIT_HEALTH_STATUS", "RegisterInstance", ServiceId=service, InstanceId="d",
                     Attributes={"AWS_INSTANCE_IPV4": "10.0.0.4", "AWS_INIT_HEALTH_STATUS": "WELL"})

    def test_custom_health_only_where_configured(self):
        service = self.in_http()
        self.api.register(service, "i", a="b")
        self.fails("CustomHealthNotFound", "UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i", Status="HEALTHY")
        with self.assertRaises(self.client.exceptions.CustomHealthNotFound):
            self.client.update_instance_custom_health_status(ServiceId=service, InstanceId="i", Status="HEALTHY")
        self.invalid("AWS_INIT_HEALTH_STATUS", "RegisterInstance", ServiceId=service, InstanceId="j",
                     Attributes={"AWS_INIT_HEALTH_STATUS": "HEALTHY"})

    def test_health_status_pages(self):
        service = self.in_http(HealthCheckCustomConfig={"FailureThreshold": 1})
        for i in range(7):
            self.api.register(service, f"i{i}", a="b")
        pages = self.client.get_paginator("get_instances_health_status") if self.client.can_paginate("get_instances_health_status") else None
        seen, token, count = {}, None, 0
        while True:
            page = self.client.get_instances_health_status(ServiceId=service, MaxResults=3, **({"NextToken": token} if token else {}))
            self.assertLessEqual(len(page["Status"]), 3)
            self.assertFalse(set(seen) & set(page["Status"]))
            seen.update(page["Status"])
            count += 1
            token = page.get("NextToken")
            if not token:
                break
        self.assertEqual({f"i{i}": "HEALTHY" for i in range(7)}, seen)
        self.assertEqual(3, count)
        if pages is not None:
            self.assertEqual(7, sum(len(page["Status"]) for page in pages.paginate(ServiceId=service)))


if __name__ == "__main__":
    harness.main()
