"""Namespaces, their operations and tags, through boto3 and by hand."""
import time

import botocore.exceptions

import harness
from harness import unique


class Namespaces(harness.Case):
    def setUp(self):
        self.client = self.server.boto3()

    def test_http(self):
        name = unique("http-")
        before = time.time()
        operation = self.client.create_http_namespace(Name=name, Description="for tests", CreatorRequestId=unique("r"),
                                                      Tags=[{"Key": "team", "Value": "blue"}])["OperationId"]
        self.assertRegex(operation, r"\A[a-z2-7]{32}-[a-z0-9]{8}\Z")
        done = self.client.get_operation(OperationId=operation)["Operation"]
        self.assertEqual(("CREATE_NAMESPACE", "SUCCESS", operation), (done["Type"], done["Status"], done["Id"]))
        namespace_id = done["Targets"]["NAMESPACE"]
        namespace = self.client.get_namespace(Id=namespace_id)["Namespace"]
        self.assertEqual({"HttpProperties": {"HttpName": name}, "DnsProperties": {}}, namespace["Properties"])
        self.assertEqual((name, "HTTP", "for tests", 0), tuple(namespace[k] for k in ("Name", "Type", "Description", "ServiceCount")))
        self.assertEqual(f"arn:aws:servicediscovery:us-east-1:000000000000:namespace/{namespace_id}", namespace["Arn"])
        self.assertTrue(namespace["CreatorRequestId"])
        self.assertLess(abs(namespace["CreateDate"].timestamp() - before), 60)
        self.assertEqual([{"Key": "team", "Value": "blue"}], self.client.list_tags_for_resource(ResourceARN=namespace["Arn"])["Tags"])
        updated = self.client.update_http_namespace(Id=namespace_id, Namespace={"Description": "changed"})["OperationId"]
        self.assertEqual("UPDATE_NAMESPACE", self.client.get_operation(OperationId=updated)["Operation"]["Type"])
        self.assertEqual("changed", self.client.get_namespace(Id=namespace_id)["Namespace"]["Description"])
        deleted = self.client.delete_namespace(Id=namespace_id)["OperationId"]
        self.assertEqual("DELETE_NAMESPACE", self.client.get_operation(OperationId=deleted)["Operation"]["Type"])
        with self.assertRaises(self.client.exceptions.NamespaceNotFound):
            self.client.get_namespace(Id=namespace_id)

    def test_private_dns(self):
        name = unique("private") + ".internal"
        operation = self.client.create_private_dns_namespace(Name=name, Vpc="vpc-1")["OperationId"]
        namespace_id = self.client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
        namespace = self.client.get_namespace(Id=namespace_id)["Namespace"]
        self.assertEqual("DNS_PRIVATE", namespace["Type"])
        self.assertEqual(15, namespace["Properties"]["DnsProperties"]["SOA"]["TTL"])
        self.assertRegex(namespace["Properties"]["DnsProperties"]["HostedZoneId"], r"\AZ[A-Z0-9]+\Z")
        self.assertEqual(name, namespace["Properties"]["HttpProperties"]["HttpName"])
        self.client.update_private_dns_namespace(
            Id=namespace_id, Namespace={"Description": "d", "Properties": {"DnsProperties": {"SOA": {"TTL": 77}}}})
        self.client.update_private_dns_namespace(Id=namespace_id, Namespace={"Description": "e"})
        namespace = self.client.get_namespace(Id=namespace_id)["Namespace"]
        self.assertEqual(("e", 77), (namespace["Description"], namespace["Properties"]["DnsProperties"]["SOA"]["TTL"]),
                         "what an update does not name stays")
        self.client.update_private_dns_namespace(
            Id=namespace_id, Namespace={"Properties": {"DnsProperties": {"SOA": {"TTL": 78}}}})
        self.assertEqual("e", self.client.get_namespace(Id=namespace_id)["Namespace"]["Description"])
        self.client.update_private_dns_namespace(Id=namespace_id, Namespace={"Description": ""})
        self.assertFalse(self.client.get_namespace(Id=namespace_id)["Namespace"].get("Description"))

    def test_public_dns(self):
        name = unique("public") + ".example"
        operation = self.client.create_public_dns_namespace(
            Name=name, Properties={"DnsProperties": {"SOA": {"TTL": 33}}})["OperationId"]
        namespace_id = self.client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
        namespace = self.client.get_namespace(Id=namespace_id)["Namespace"]
        self.assertEqual(("DNS_PUBLIC", 33), (namespace["Type"], namespace["Properties"]["DnsProperties"]["SOA"]["TTL"]))
        self.client.update_public_dns_namespace(
            Id=namespace_id, Namespace={"Properties": {"DnsProperties": {"SOA": {"TTL": 0}}}})
        self.assertEqual(0, self.client.get_namespace(Id=namespace_id)["Namespace"]["Properties"]["DnsProperties"]["SOA"]["TTL"])
        default = self.api.namespace(unique("public") + ".example")
        self.assertEqual(60, self.client.get_namespace(Id=default)["Namespace"]["Properties"]["DnsProperties"]["SOA"]["TTL"])

    def test_update_of_another_type_is_refused(self):
        http = self.api.namespace(unique("kind-"), "CreateHttpNamespace")
        private = self.api.namespace(unique("kind-"), "CreatePrivateDnsNamespace")
        for namespace, operation in ((http, "UpdatePublicDnsNamespace"), (http, "UpdatePrivateDnsNamespace"),
                                     (private, "UpdatePublicDnsNamespace"), (private, "UpdateHttpNamespace")):
            with self.subTest(operation=operation):
                with self.assertRaises(harness.ApiError) as caught:
                    self.api.call(operation, Id=namespace, Namespace={"Description": "x"})
                self.assertIn(caught.exception.code, ("InvalidInput", "NamespaceNotFound"))

    def test_same_name_again(self):
        for operation, name, more in (("CreateHttpNamespace", unique("dup-"), {}),
                                      ("CreatePublicDnsNamespace", unique("dup") + ".example", {}),
                                      ("CreatePrivateDnsNamespace", unique("dup") + ".internal", {"Vpc": "vpc-1"})):
            with self.subTest(operation=operation):
                token = unique("first-")
                namespace = self.api.target(self.api.call(operation, Name=name, CreatorRequestId=token, **more)["OperationId"], "NAMESPACE")
                body = self.fails("NamespaceAlreadyExists", operation, Name=name, CreatorRequestId=unique("second-"), **more)
                self.assertEqual((namespace, token), (body["NamespaceId"], body["CreatorRequestId"]))

    def test_public_names_are_the_same_without_regard_to_case(self):
        name = unique("case") + ".example"
        self.api.namespace(name)
        self.fails("NamespaceAlreadyExists", "CreatePublicDnsNamespace", Name=name.upper())

    def test_private_name_in_two_networks(self):
        name = unique("twice") + ".internal"
        first = self.api.namespace(name, "CreatePrivateDnsNamespace", Vpc="vpc-1")
        second = self.api.namespace(name, "CreatePrivateDnsNamespace", Vpc="vpc-2")
        names = {self.api.call("GetNamespace", Id=i)["Namespace"]["Properties"]["HttpProperties"]["HttpName"] for i in (first, second)}
        self.assertEqual(2, len(names), "HttpName stays unique")
        self.assertIn(name, names)

    def test_idempotent_by_creator_request_id(self):
        name, token = unique("again-"), unique("token-")
        first = self.api.call("CreateHttpNamespace", Name=name, CreatorRequestId=token, Description="a")["OperationId"]
        again = self.api.call("CreateHttpNamespace", Name=name, CreatorRequestId=token, Description="a")["OperationId"]
        self.assertEqual(first, again)
        self.assertEqual(1, len([n for n in self.api.everything("ListNamespaces", "Namespaces") if n["Name"] == name]))

    def test_delete_in_use(self):
        namespace = self.api.namespace(unique("used-"), "CreateHttpNamespace")
        service = self.api.service("s", namespace, records=())
        self.assertEqual(1, self.api.call("GetNamespace", Id=namespace)["Namespace"]["ServiceCount"])
        self.fails("ResourceInUse", "DeleteNamespace", Id=namespace)
        self.api.call("DeleteService", Id=service)
        self.api.call("DeleteNamespace", Id=namespace)
        self.fails("NamespaceNotFound", "DeleteNamespace", Id=namespace)

    def test_name_is_free_after_delete(self):
        name = unique("reborn") + ".example"
        first = self.api.namespace(name)
        self.api.call("DeleteNamespace", Id=first)
        second = self.api.namespace(name)
        self.assertNotEqual(first, second)

    def test_ids_and_arns_both_serve(self):
        namespace = self.api.namespace(unique("arn-"), "CreateHttpNamespace")
        arn = self.api.call("GetNamespace", Id=namespace)["Namespace"]["Arn"]
        self.assertEqual(namespace, self.api.call("GetNamespace", Id=arn)["Namespace"]["Id"])
        service = self.api.call("CreateService", Name="s", NamespaceId=arn)["Service"]
        self.assertEqual(service["Id"], self.api.call("GetService", Id=service["Arn"])["Service"]["Id"])
        self.api.register(service["Arn"], "i", a="b")
        self.assertEqual({"a": "b"}, self.api.call("GetInstance", ServiceId=service["Arn"], InstanceId="i")["Instance"]["Attributes"])
        self.api.deregister(service["Arn"], "i")
        self.api.call("DeleteService", Id=service["Arn"])
        self.api.call("DeleteNamespace", Id=arn)

    def test_unknown_ones(self):
        for operation, body in (("GetNamespace", {}), ("DeleteNamespace", {}), ("UpdateHttpNamespace", {"Namespace": {"Description": "x"}})):
            with self.subTest(operation=operation):
                self.fails("NamespaceNotFound", operation, Id="ns-aaaaaaaaaaaaaaaa", **body)
        self.fails("OperationNotFound", "GetOperation", OperationId="a" * 32 + "-" + "b" * 8)
        self.fails("NamespaceNotFound", "CreateService", Name="s", NamespaceId="ns-aaaaaaaaaaaaaaaa")

    def test_names_that_may_not_be(self):
        for operation, name in (("CreatePublicDnsNamespace", "nodot"), ("CreatePublicDnsNamespace", "under_score.example"),
                                ("CreatePublicDnsNamespace", "-a.example"), ("CreatePublicDnsNamespace", "a..example"),
                                ("CreatePublicDnsNamespace", "a" * 64 + ".example"), ("CreatePublicDnsNamespace", ("a" * 60 + ".") * 5 + "example"),
                                ("CreateHttpNamespace", ""), ("CreateHttpNamespace", "with space"), ("CreateHttpNamespace", "arn:aws:x"),
                                ("CreateHttpNamespace", "a" * 1025), ("CreatePrivateDnsNamespace", "a..b"),
                                ("CreatePrivateDnsNamespace", "a" * 64 + ".internal")):
            with self.subTest(operation=operation, name=name[:40]):
                more = {"Vpc": "vpc-1"} if "Private" in operation else {}
                self.invalid("Name", operation, Name=name, **more)
        self.api.namespace("a" * 1024, "CreateHttpNamespace")
        self.api.namespace("a" * 63 + ".example")
        self.invalid("Vpc", "CreatePrivateDnsNamespace", Name=unique("novpc") + ".internal")

    def test_tags(self):
        namespace = self.api.namespace(unique("tags-"), "CreateHttpNamespace")
        arn = self.api.call("GetNamespace", Id=namespace)["Namespace"]["Arn"]

        def tags():
            return {tag["Key"]: tag["Value"] for tag in self.client.list_tags_for_resource(ResourceARN=arn)["Tags"]}

        self.assertEqual({}, tags())
        self.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
        self.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}])
        self.assertEqual({"a": "2", "b": ""}, tags())
        self.client.untag_resource(ResourceARN=arn, TagKeys=["a", "not-there"])
        self.assertEqual({"b": ""}, tags())
        self.client.tag_resource(ResourceARN=arn, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(49)])
        self.assertEqual(50, len(tags()))
        with self.assertRaises(self.client.exceptions.TooManyTagsException) as caught:
            self.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "one-more", "Value": "v"}])
        self.assertEqual(arn, caught.exception.response.get("ResourceName", arn))
        self.assertEqual(50, len(tags()))
        self.fails("TooManyTagsException", "CreateHttpNamespace", Name=unique("tags-"),
                   Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(51)])
        for operation, body in (("ListTagsForResource", {}), ("TagResource", {"Tags": [{"Key": "a", "Value": "b"}]}),
                                ("UntagResource", {"TagKeys": ["a"]})):
            with self.subTest(operation=operation):
                self.fails("ResourceNotFoundException", operation, **body,
                           ResourceARN="arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-aaaaaaaaaaaaaaaa")

    def test_boto3_raises_modelled_errors(self):
        for error, call in ((self.client.exceptions.NamespaceNotFound, lambda: self.client.get_namespace(Id="ns-aaaaaaaaaaaaaaaa")),
                            (self.client.exceptions.ServiceNotFound, lambda: self.client.get_service(Id="srv-aaaaaaaaaaaaaaaa")),
                            (self.client.exceptions.OperationNotFound, lambda: self.client.get_operation(OperationId="x"))):
            with self.assertRaises(error) as caught:
                call()
            metadata = caught.exception.response["ResponseMetadata"]
            self.assertEqual(400, metadata["HTTPStatusCode"])
            self.assertRegex(metadata["RequestId"], r"\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
            self.assertTrue(caught.exception.response["Error"]["Message"])
            self.assertIsInstance(caught.exception, botocore.exceptions.ClientError)


if __name__ == "__main__":
    harness.main()
