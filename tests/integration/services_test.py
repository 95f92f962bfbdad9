"""Services: records that may stand together, health checks, updates, attributes, tags of our own."""
import harness
from harness import unique


class Services(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.server.boto3()
        cls.http = cls.api.namespace("services", "CreateHttpNamespace")
        cls.public = cls.api.namespace("services.example")
        cls.private = cls.api.namespace("services.internal", "CreatePrivateDnsNamespace")

    def get(self, service):
        return self.api.call("GetService", Id=service)["Service"]

    def test_created_as_asked(self):
        name = unique("s")
        created = self.client.create_service(
            Name=name, NamespaceId=self.public, Description="words", CreatorRequestId="me-" + name,
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 60}, {"Type": "AAAA", "TTL": 61}]},
            HealthCheckCustomConfig={"FailureThreshold": 7}, Tags=[{"Key": "k", "Value": "v"}])["Service"]
        got = self.client.get_service(Id=created["Id"])["Service"]
        self.assertEqual(created, got)
        self.assertEqual({"Name": name, "NamespaceId": self.public, "Description": "words", "CreatorRequestId": "me-" + name,
                          "Type": "DNS_HTTP", "HealthCheckCustomConfig": {"FailureThreshold": 1}},
                         {k: got.get(k) for k in ("Name", "NamespaceId", "Description", "CreatorRequestId", "Type",
                                                  "HealthCheckCustomConfig")})
        self.assertEqual("MULTIVALUE", got["DnsConfig"]["RoutingPolicy"])
        self.assertEqual([{"Type": "A", "TTL": 60}, {"Type": "AAAA", "TTL": 61}], got["DnsConfig"]["DnsRecords"])
        self.assertEqual(f"arn:aws:servicediscovery:us-east-1:000000000000:service/{created['Id']}", got["Arn"])
        self.assertEqual(0, got.get("InstanceCount", 0))
        self.assertEqual([{"Key": "k", "Value": "v"}], self.client.list_tags_for_resource(ResourceARN=got["Arn"])["Tags"])

    def test_types(self):
        self.assertEqual("HTTP", self.get(self.api.service(unique("s"), self.http, records=()))["Type"])
        self.assertEqual("HTTP", self.get(self.api.service(unique("s"), self.public, records=(), Type="HTTP"))["Type"])
        self.assertEqual("DNS_HTTP", self.get(self.api.service(unique("s"), self.public))["Type"])

    def test_namespace_in_the_old_place(self):
        config = {"NamespaceId": self.public, "DnsRecords": [{"Type": "A", "TTL": 1}]}
        service = self.api.call("CreateService", Name=unique("s"), DnsConfig=config)["Service"]
        self.assertEqual(self.public, service["NamespaceId"])
        self.api.call("CreateService", Name=unique("s"), NamespaceId=self.public, DnsConfig=config)
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.private, DnsConfig=config)
        self.invalid("NamespaceId", "CreateService", Name=unique("s"), DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 1}]})

    def test_record_sets(self):
        good = (["A"], ["AAAA"], ["A", "AAAA"], ["SRV"])
        bad = (["A", "SRV"], ["AAAA", "SRV"], ["A", "CNAME"], ["SRV", "CNAME"], ["A", "A"], ["A", "AAAA", "SRV"], [], ["MX"])
        for kinds in good:
            with self.subTest(kinds=kinds):
                for policy in "MULTIVALUE", "WEIGHTED":
                    self.api.service(unique("s"), self.public, records=[(kind, 5) for kind in kinds], RoutingPolicy=policy)
        for kinds in bad:
            with self.subTest(kinds=kinds):
                self.invalid("Dns", "CreateService", Name=unique("s"), NamespaceId=self.public,
                             DnsConfig={"DnsRecords": [{"Type": kind, "TTL": 5} for kind in kinds]})
        self.api.service(unique("s"), self.public, records=[("CNAME", 5)], RoutingPolicy="WEIGHTED")
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.public,
                   DnsConfig={"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "CNAME", "TTL": 5}]})
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.public,
                   DnsConfig={"DnsRecords": [{"Type": "CNAME", "TTL": 5}]})
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.public, HealthCheckConfig={"Type": "TCP"},
                   DnsConfig={"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "CNAME", "TTL": 5}]})
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.http,
                   DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 5}]})

    def test_ttl_bounds(self):
        self.api.service(unique("s"), self.public, records=[("A", 0)])
        self.api.service(unique("s"), self.public, records=[("A", 2147483647)])
        for ttl in -1, 2147483648:
            self.invalid("TTL", "CreateService", Name=unique("s"), NamespaceId=self.public, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": ttl}]})

    def test_names(self):
        for name in "a", "_http._tcp", "A-1", "a" * 63, ".".join(["a" * 41] * 3)[:127]:
            with self.subTest(name=name):
                self.api.service(name, self.api.namespace(unique("n") + ".example"))
        for name in "", "-a", "a-", "a..b", ".a", "a.", "a b", "a" * 64, "a" * 128, ".".join(["a" * 42] * 3), "é":
            with self.subTest(name=name):
                self.invalid("Name", "CreateService", Name=name, NamespaceId=self.public)

    def test_health_checks(self):
        tcp = self.api.service(unique("s"), self.public, HealthCheckConfig={"Type": "TCP"})
        self.assertEqual({"Type": "TCP", "FailureThreshold": 3}, self.get(tcp)["HealthCheckConfig"])
        http = self.api.service(unique("s"), self.public, HealthCheckConfig={"Type": "HTTP", "FailureThreshold": 10})
        self.assertEqual({"Type": "HTTP", "ResourcePath": "/", "FailureThreshold": 10}, self.get(http)["HealthCheckConfig"])
        https = self.api.service(unique("s"), self.http, records=(), HealthCheckConfig={"Type": "HTTPS", "ResourcePath": "/up", "FailureThreshold": 1})
        self.assertEqual({"Type": "HTTPS", "ResourcePath": "/up", "FailureThreshold": 1}, self.get(https)["HealthCheckConfig"])
        self.api.service(unique("s"), self.private, HealthCheckConfig={"Type": "TCP"})
        base = {"NamespaceId": self.public, "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 5}]}}
        for config in ({"Type": "TCP", "ResourcePath": "/x"}, {"Type": "HTTP", "FailureThreshold": 0}, {"Type": "HTTP", "FailureThreshold": 11},
                       {"Type": "UDP"}, {}, {"Type": "HTTP", "ResourcePath": "a" * 256}):
            with self.subTest(config=config):
                self.invalid("HealthCheckConfig", "CreateService", Name=unique("s"), HealthCheckConfig=config, **base)
        self.invalid("HealthCheck", "CreateService", Name=unique("s"), HealthCheckConfig={"Type": "TCP"},
                     HealthCheckCustomConfig={"FailureThreshold": 1}, **base)

    def test_same_name_again(self):
        name = unique("Twice")
        body = {"Name": name, "NamespaceId": self.public, "CreatorRequestId": unique("t"),
                "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 5}]}}
        first = self.api.call("CreateService", **body)["Service"]
        self.assertEqual(first["Id"], self.api.call("CreateService", **body)["Service"]["Id"], "the same request is the same service")
        for changed in {"CreatorRequestId": unique("t")}, {"CreatorRequestId": unique("t"), "Name": name.upper()}:
            said = self.fails("ServiceAlreadyExists", "CreateService", **{**body, **changed})
            self.assertEqual((first["Id"], first["Arn"], body["CreatorRequestId"]),
                             (said["ServiceId"], said["ServiceArn"], said["CreatorRequestId"]))
        with self.assertRaises(self.client.exceptions.ServiceAlreadyExists) as caught:
            self.client.create_service(Name=name, NamespaceId=self.public, CreatorRequestId=unique("t"))
        self.assertEqual(first["Id"], caught.exception.response["ServiceId"])
        self.api.service(name, self.private)

    def test_names_of_api_only_services_differ_by_case(self):
        name = unique("Case")
        self.api.service(name, self.http, records=())
        self.api.service(name.lower(), self.http, records=())
        self.fails("ServiceAlreadyExists", "CreateService", Name=name, NamespaceId=self.http)

    def test_update(self):
        service = self.api.service(unique("s"), self.public, records=[("A", 60), ("AAAA", 60)], Description="old",
                                   HealthCheckCustomConfig={"FailureThreshold": 1})
        operation = self.client.update_service(
            Id=service, Service={"Description": "new", "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 7}, {"Type": "AAAA", "TTL": 8}]}})["OperationId"]
        done = self.client.get_operation(OperationId=operation)["Operation"]
        self.assertEqual(("UPDATE_SERVICE", service), (done["Type"], done["Targets"]["SERVICE"]))
        got = self.get(service)
        self.assertEqual("new", got["Description"])
        self.assertEqual([("A", 7), ("AAAA", 8)], [(r["Type"], r["TTL"]) for r in got["DnsConfig"]["DnsRecords"]])
        self.assertEqual({"FailureThreshold": 1}, got["HealthCheckCustomConfig"], "a custom config that is not named stays")

    def test_update_follows_at_once(self):
        name = unique("s")
        service = self.api.service(name, self.public)
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.api.call("UpdateService", Id=service, Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 9}]}})
        self.assertEqual([9], [rrset.ttl for rrset in self.server.ask(f"{name}.services.example").answer])

    def test_update_cannot(self):
        service = self.api.service(unique("s"), self.public, HealthCheckConfig={"Type": "HTTP"})
        records = {"DnsRecords": [{"Type": "A", "TTL": 5}]}
        self.fails("InvalidInput", "UpdateService", Id=service,
                   Service={"DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 5}]}, "HealthCheckConfig": {"Type": "HTTP"}})
        said = self.fails("InvalidInput", "UpdateService", Id=service, Service={"DnsConfig": records, "HealthCheckConfig": {"Type": "TCP"}})
        self.assertIn("Type of health check cannot be changed", said["Message"])
        http = self.api.service(unique("s"), self.http, records=())
        self.fails("InvalidInput", "UpdateService", Id=http, Service={"DnsConfig": records})
        self.fails("ServiceNotFound", "UpdateService", Id="srv-aaaaaaaaaaaaaaaa", Service={"Description": "x"})
        self.invalid("Service", "UpdateService", Id=service)

    def test_update_deletes_what_it_leaves_out(self):
        service = self.api.service(unique("s"), self.public, records=[("A", 5), ("AAAA", 5)], HealthCheckConfig={"Type": "TCP"})
        self.api.call("UpdateService", Id=service, Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 5}]},
                                                            "HealthCheckConfig": {"Type": "TCP"}})
        self.assertEqual(["A"], [r["Type"] for r in self.get(service)["DnsConfig"]["DnsRecords"]])
        self.api.call("UpdateService", Id=service, Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 5}]}})
        self.assertNotIn("HealthCheckConfig", self.get(service))

    def test_delete_in_use(self):
        service = self.api.service(unique("s"), self.public)
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.fails("ResourceInUse", "DeleteService", Id=service)
        with self.assertRaises(self.client.exceptions.ResourceInUse):
            self.client.delete_service(Id=service)
        self.api.deregister(service, "i")
        self.assertEqual({}, self.api.call("DeleteService", Id=service))
        self.fails("ServiceNotFound", "GetService", Id=service)

    def test_attributes(self):
        service = self.api.service(unique("s"), self.http, records=())
        arn = self.get(service)["Arn"]

        def attributes():
            got = self.api.call("GetServiceAttributes", ServiceId=service)["ServiceAttributes"]
            self.assertEqual(arn, got["ServiceArn"])
            return got.get("Attributes", {})

        self.assertEqual({}, attributes())
        self.api.call("UpdateServiceAttributes", ServiceId=service, Attributes={"Port": "80", "other": "x"})
        self.api.call("UpdateServiceAttributes", ServiceId=service, Attributes={"Port": "81"})
        self.assertEqual({"Port": "81", "other": "x"}, attributes())
        self.api.call("DeleteServiceAttributes", ServiceId=service, Attributes=["other"])
        self.assertEqual({"Port": "81"}, attributes())
        self.api.call("UpdateServiceAttributes", ServiceId=service, Attributes={f"k{i}": "v" for i in range(29)})
        self.assertEqual(30, len(attributes()))
        self.fails("ServiceAttributesLimitExceededException", "UpdateServiceAttributes", ServiceId=service, Attributes={"one-more": "v"})
        self.api.call("UpdateServiceAttributes", ServiceId=service, Attributes={"k1": "replaced"})
        self.assertEqual(30, len(attributes()))
        self.invalid("Attributes", "UpdateServiceAttributes", ServiceId=service, Attributes={})
        self.invalid("Attributes", "UpdateServiceAttributes", ServiceId=service, Attributes={f"x{i}": "v" for i in range(31)})
        self.invalid("Attributes", "DeleteServiceAttributes", ServiceId=service, Attributes=[])
        for operation, body in (("GetServiceAttributes", {}), ("UpdateServiceAttributes", {"Attributes": {"a": "b"}}),
                                ("DeleteServiceAttributes", {"Attributes": ["a"]})):
            self.fails("ServiceNotFound", operation, ServiceId="srv-aaaaaaaaaaaaaaaa", **body)

    def test_answer_limit_tag(self):
        name = unique("s")
        service = self.api.service(name, self.public, Tags=[{"Key": "waypost:answer-limit", "Value": "2"}])
        for i in range(12):
            self.api.register(service, f"i{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i + 1}")
        arn = self.get(service)["Arn"]

        def answered():
            return len(self.server.addresses(f"{name}.services.example"))

        self.assertEqual(2, answered())
        self.api.call("TagResource", ResourceARN=arn, Tags=[{"Key": "waypost:answer-limit", "Value": "all"}])
        self.assertEqual(12, answered())
        self.api.call("UntagResource", ResourceARN=arn, TagKeys=["waypost:answer-limit"])
        self.assertEqual(8, answered())
        for value in "0", "1001", "-1", "some", "":
            said = self.fails("InvalidInput", "TagResource", ResourceARN=arn, Tags=[{"Key": "waypost:answer-limit", "Value": value}])
            self.assertIn("waypost:answer-limit", said["Message"])
        said = self.fails("InvalidInput", "TagResource", ResourceARN=arn, Tags=[{"Key": "waypost:nonsense", "Value": "1"}])
        self.assertIn("waypost:nonsense", said["Message"])
        self.fails("InvalidInput", "CreateService", Name=unique("s"), NamespaceId=self.public,
                   Tags=[{"Key": "waypost:drain", "Value": "1s"}])


if __name__ == "__main__":
    harness.main()
