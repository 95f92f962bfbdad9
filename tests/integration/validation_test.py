"""What is no request: protocol errors, and for every operation what is missing, too long, too big or of the wrong type."""
import json
import re

import harness

ID = "srv-aaaaaaaaaaaaaaaa"
NS = "ns-aaaaaaaaaaaaaaaa"
ARN = f"arn:aws:servicediscovery:us-east-1:000000000000:service/{ID}"
RECORDS = {"DnsRecords": [{"Type": "A", "TTL": 1}]}

# operation -> a body that is well formed, of which each member alone is then left out or spoilt.
VALID = {
    "CreateHttpNamespace": {"Name": "n", "CreatorRequestId": "r", "Description": "d", "Tags": [{"Key": "k", "Value": "v"}]},
    "CreatePrivateDnsNamespace": {"Name": "n.internal", "Vpc": "vpc-1", "CreatorRequestId": "r", "Description": "d",
                                  "Properties": {"DnsProperties": {"SOA": {"TTL": 1}}}},
    "CreatePublicDnsNamespace": {"Name": "n.example", "CreatorRequestId": "r", "Description": "d",
                                 "Properties": {"DnsProperties": {"SOA": {"TTL": 1}}}},
    "CreateService": {"Name": "s", "NamespaceId": NS, "CreatorRequestId": "r", "Description": "d", "DnsConfig": RECORDS},
    "DeleteNamespace": {"Id": NS},
    "DeleteService": {"Id": ID},
    "DeleteServiceAttributes": {"ServiceId": ID, "Attributes": ["a"]},
    "DeregisterInstance": {"ServiceId": ID, "InstanceId": "i"},
    "DiscoverInstances": {"NamespaceName": "n", "ServiceName": "s", "MaxResults": 1, "QueryParameters": {"a": "b"},
                          "OptionalParameters": {"a": "b"}, "HealthStatus": "ALL", "OwnerAccount": "000000000000"},
    "DiscoverInstancesRevision": {"NamespaceName": "n", "ServiceName": "s"},
    "GetInstance": {"ServiceId": ID, "InstanceId": "i"},
    "GetInstancesHealthStatus": {"ServiceId": ID, "Instances": ["i"], "MaxResults": 1},
    "GetNamespace": {"Id": NS},
    "GetOperation": {"OperationId": "o"},
    "GetService": {"Id": ID},
    "GetServiceAttributes": {"ServiceId": ID},
    "ListInstances": {"ServiceId": ID, "MaxResults": 1},
    "ListNamespaces": {"MaxResults": 1, "Filters": [{"Name": "TYPE", "Values": ["HTTP"]}]},
    "ListOperations": {"MaxResults": 1, "Filters": [{"Name": "STATUS", "Values": ["FAIL"]}]},
    "ListServices": {"MaxResults": 1, "Filters": [{"Name": "NAMESPACE_ID", "Values": [NS]}]},
    "ListTagsForResource": {"ResourceARN": ARN},
    "RegisterInstance": {"ServiceId": ID, "InstanceId": "i", "CreatorRequestId": "r", "Attributes": {"a": "b"}},
    "TagResource": {"ResourceARN": ARN, "Tags": [{"Key": "k", "Value": "v"}]},
    "UntagResource": {"ResourceARN": ARN, "TagKeys": ["k"]},
    "UpdateHttpNamespace": {"Id": NS, "UpdaterRequestId": "r", "Namespace": {"Description": "d"}},
    "UpdateInstanceCustomHealthStatus": {"ServiceId": ID, "InstanceId": "i", "Status": "HEALTHY"},
    "UpdatePrivateDnsNamespace": {"Id": NS, "UpdaterRequestId": "r", "Namespace": {"Properties": {"DnsProperties": {"SOA": {"TTL": 1}}}}},
    "UpdatePublicDnsNamespace": {"Id": NS, "UpdaterRequestId": "r", "Namespace": {"Properties": {"DnsProperties": {"SOA": {"TTL": 1}}}}},
    "UpdateService": {"Id": ID, "Service": {"Description": "d", "DnsConfig": RECORDS}},
    "UpdateServiceAttributes": {"ServiceId": ID, "Attributes": {"a": "b"}},
}

REQUIRED = {
    "CreateHttpNamespace": ["Name"], "CreatePrivateDnsNamespace": ["Name", "Vpc"], "CreatePublicDnsNamespace": ["Name"], "CreateService": ["Name"],
    "DeleteNamespace": ["Id"], "DeleteService": ["Id"], "DeleteServiceAttributes": ["ServiceId", "Attributes"],
    "DeregisterInstance": ["ServiceId", "InstanceId"], "DiscoverInstances": ["NamespaceName", "ServiceName"],
    "DiscoverInstancesRevision": ["NamespaceName", "ServiceName"], "GetInstance": ["ServiceId", "InstanceId"],
    "GetInstancesHealthStatus": ["ServiceId"], "GetNamespace": ["Id"], "GetOperation": ["OperationId"], "GetService": ["Id"],
    "GetServiceAttributes": ["ServiceId"], "ListInstances": ["ServiceId"], "ListTagsForResource": ["ResourceARN"],
    "RegisterInstance": ["ServiceId", "InstanceId", "Attributes"], "TagResource": ["ResourceARN", "Tags"],
    "UntagResource": ["ResourceARN", "TagKeys"], "UpdateHttpNamespace": ["Id", "Namespace"],
    "UpdateInstanceCustomHealthStatus": ["ServiceId", "InstanceId", "Status"], "UpdatePrivateDnsNamespace": ["Id", "Namespace"],
    "UpdatePublicDnsNamespace": ["Id", "Namespace"], "UpdateService": ["Id", "Service"], "UpdateServiceAttributes": ["ServiceId", "Attributes"],
}

# (operation, member, a value at the limit or None, a value past it)
LIMITS = [
    *((operation, "CreatorRequestId", "r" * 64, "r" * 65) for operation in
      ("CreateHttpNamespace", "CreatePrivateDnsNamespace", "CreatePublicDnsNamespace", "CreateService", "RegisterInstance")),
    *((operation, "UpdaterRequestId", "r" * 64, "r" * 65) for operation in
      ("UpdateHttpNamespace", "UpdatePrivateDnsNamespace", "UpdatePublicDnsNamespace")),
    *((operation, "Description", "d" * 1024, "d" * 1025) for operation in
      ("CreateHttpNamespace", "CreatePrivateDnsNamespace", "CreatePublicDnsNamespace", "CreateService")),
    ("CreatePrivateDnsNamespace", "Vpc", "v" * 64, "v" * 65),
    ("DeregisterInstance", "InstanceId", "i" * 64, "i" * 65),
    ("GetInstance", "InstanceId", "i" * 64, "i" * 65),
    ("GetNamespace", "Id", None, "n" * 256),
    ("GetService", "Id", None, "n" * 256),
    ("GetOperation", "OperationId", "o" * 255, "o" * 256),
    ("DiscoverInstances", "OwnerAccount", "0" * 12, "0" * 11),
    ("DiscoverInstances", "OwnerAccount", None, "0" * 13),
    ("DiscoverInstances", "NamespaceName", "n" * 1024, "n" * 1025),
    ("DiscoverInstances", "HealthStatus", "HEALTHY_OR_ELSE_ALL", "healthy"),
    ("DiscoverInstances", "QueryParameters", {"k" * 255: "v" * 1024}, {"k" * 256: "v"}),
    ("DiscoverInstances", "QueryParameters", None, {"k": "v" * 1025}),
    ("DiscoverInstances", "OptionalParameters", {"k": ""}, {"k k": "v"}),
    ("GetInstancesHealthStatus", "Instances", ["i"], []),
    ("DeleteServiceAttributes", "Attributes", ["a" * 255], ["a" * 256]),
    ("DeleteServiceAttributes", "Attributes", [f"a{i}" for i in range(30)], [f"a{i}" for i in range(31)]),
    ("UpdateServiceAttributes", "Attributes", {"k" * 255: "v" * 1024}, {"k" * 256: "v"}),
    ("UpdateServiceAttributes", "Attributes", None, {"k": "v" * 1025}),
    ("TagResource", "Tags", [{"Key": "k" * 128, "Value": "v" * 256}], [{"Key": "k" * 129, "Value": ""}]),
    ("TagResource", "Tags", [{"Key": "k", "Value": ""}], [{"Key": "k", "Value": "v" * 257}]),
    ("TagResource", "Tags", None, [{"Key": "", "Value": "v"}]),
    ("TagResource", "Tags", None, [{"Key": "k"}]),
    ("TagResource", "Tags", None, [{"Value": "v"}]),
    ("UntagResource", "TagKeys", ["k" * 128], ["k" * 129]),
    ("UntagResource", "TagKeys", None, [""]),
    ("ListTagsForResource", "ResourceARN", None, "a" * 1012),
    ("ListTagsForResource", "ResourceARN", None, ""),
    ("UpdateHttpNamespace", "Namespace", {"Description": "d" * 1024}, {"Description": "d" * 1025}),
    ("UpdateHttpNamespace", "Namespace", None, {}),
    ("UpdatePrivateDnsNamespace", "Namespace", {"Properties": {"DnsProperties": {"SOA": {"TTL": 2147483647}}}},
     {"Properties": {"DnsProperties": {"SOA": {"TTL": 2147483648}}}}),
    ("UpdatePrivateDnsNamespace", "Namespace", None, {"Properties": {"DnsProperties": {"SOA": {"TTL": -1}}}}),
    ("UpdatePrivateDnsNamespace", "Namespace", None, {"Properties": {"DnsProperties": {"SOA": {}}}}),
    ("UpdatePublicDnsNamespace", "Namespace", None, {"Properties": {"DnsProperties": {}}}),
    ("CreatePublicDnsNamespace", "Properties", None, {"DnsProperties": {"SOA": {"TTL": -1}}}),
    ("UpdateService", "Service", {"Description": "d" * 1024}, {"Description": "d" * 1025}),
]


class Validation(harness.Case):
    def test_all_thirty_are_here(self):
        self.assertEqual(30, len(VALID))

    def outcome(self, operation, body):
        """The error's code and text, or (None, '') when it was done."""
        try:
            self.api.call(operation, **body)
            return None, ""
        except harness.ApiError as error:
            return error.code, error.body.get("Message") or error.body.get("message") or ""

    def test_valid_bodies_are_not_invalid(self):
        for operation, body in VALID.items():
            with self.subTest(operation=operation):
                self.assertNotIn(self.outcome(operation, body)[0], ("InvalidInput", "SerializationException", "InternalFailure",
                                                                    "UnknownOperationException"))

    def test_required_members(self):
        for operation, members in REQUIRED.items():
            for member in members:
                for what, body in (("absent", {k: v for k, v in VALID[operation].items() if k != member}),
                                   ("null", {**VALID[operation], member: None})):
                    with self.subTest(operation=operation, member=member, what=what):
                        code, said = self.outcome(operation, body)
                        self.assertEqual("InvalidInput", code, said)
                        self.assertRegex(said.lower(), rf"\b{member.lower()}\b")

    def test_null_is_absent_and_unknown_is_ignored(self):
        for operation, body in VALID.items():
            with self.subTest(operation=operation):
                more = {**body, "NoSuchMember": {"a": [1, 2, {"b": None}]}}
                for optional in set(body) - set(REQUIRED.get(operation, [])) - {"DnsConfig", "NamespaceId", "Properties"}:
                    more[optional] = None
                self.assertNotIn(self.outcome(operation, more)[0], ("InvalidInput", "SerializationException"))

    def test_limits(self):
        for operation, member, at, past in LIMITS:
            with self.subTest(operation=operation, member=member, past=str(past)[:60]):
                if at is not None:
                    code, said = self.outcome(operation, {**VALID[operation], "Name": harness.unique("l") + ".example", member: at}
                                              if operation.startswith("Create") else {**VALID[operation], member: at})
                    self.assertNotIn(code, ("InvalidInput", "SerializationException"), said)
                code, said = self.outcome(operation, {**VALID[operation], member: past})
                self.assertEqual("InvalidInput", code, said)
                self.assertRegex(said.lower(), rf"\b{member.lower()}\b|\btags?\b|\bkey\b|\bvalue\b|\bttl\b|\bdescription\b")

    def test_wrong_types(self):
        wrong = {str: (7, True, ["x"], {"x": "y"}), int: ("7", True, [7], 1.5), list: ("x", 7, {"x": "y"}), dict: ("x", 7, ["x"])}
        for operation, body in VALID.items():
            for member, value in body.items():
                for other in wrong[type(value)]:
                    with self.subTest(operation=operation, member=member, other=other):
                        code, said = self.outcome(operation, {**body, member: other})
                        self.assertEqual("SerializationException", code, said)

    def test_bodies_that_are_no_request(self):
        for body in b"", b"{", b"[]", b'"x"', b"1", b"null", b"{}}", b"{'Id': 1}", b"\xff\xfe", b'{"Id": "\x80"}', b"{\"Id\": \"ns-a\",}", b"[" * 100000:
            with self.subTest(body=body[:20]):
                status, headers, data = self.api.send(harness.TARGET + "GetNamespace", body)
                self.assertEqual(400, status)
                said = json.loads(data)
                # An empty body may be taken as {}.
                self.assertIn(said["__type"], ("SerializationException", "InvalidInput") if body in (b"", b"null") else ("SerializationException",))
                self.assertEqual(said["__type"], headers["x-amzn-ErrorType"])
        self.assertEqual(200, self.api.send(harness.TARGET + "ListNamespaces", b"{}")[0], "the connection or the next one still serves")

    def test_unknown_operations(self):
        for target in "GetEverything", "getnamespace", "":
            status, headers, data = self.api.send(harness.TARGET + target, b"{}")
            self.assertEqual((400, "UnknownOperationException"), (status, json.loads(data)["__type"]))
        for target in "Route53AutoNaming_v20180101.GetNamespace", "DynamoDB_20120810.ListTables", "x", None:
            status, headers, data = self.api.send(target, b"{}")
            self.assertEqual((400, "UnknownOperationException"), (status, json.loads(data)["__type"]), target)
            self.assertEqual("UnknownOperationException", headers["x-amzn-ErrorType"])
            self.assertTrue(json.loads(data).get("message"))

    def test_success_looks_like_it_should(self):
        status, headers, data = self.api.send(harness.TARGET + "ListNamespaces", b"{}")
        self.assertEqual((200, harness.AMZ_JSON), (status, headers["Content-Type"]))
        self.assertTrue(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-amzn-RequestId"]))
        self.assertTrue(headers["x-waypost-revision"].isdigit())
        namespace = self.api.namespace(harness.unique("o-"), "CreateHttpNamespace")
        arn = self.api.call("GetNamespace", Id=namespace)["Namespace"]["Arn"]
        status, _, data = self.api.send(harness.TARGET + "TagResource", json.dumps({"ResourceARN": arn, "Tags": []}))
        self.assertEqual((200, b"{}"), (status, data.strip()))
        date = json.loads(self.api.send(harness.TARGET + "GetNamespace", json.dumps({"Id": namespace}))[2])["Namespace"]["CreateDate"]
        self.assertIsInstance(date, (int, float))
        self.assertLess(date, 1e11, "seconds, not milliseconds")


if __name__ == "__main__":
    harness.main()
