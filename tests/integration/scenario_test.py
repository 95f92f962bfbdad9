"""A stranger's first session, typed with the real AWS CLI and dig: register, resolve, discover, fail, restart, clean up."""
import re

import harness


class Scenario(harness.Case):
    def namespace_by_cli(self, *arguments):
        operation = self.server.aws(*arguments)["OperationId"]
        done = self.server.aws("get-operation", "--operation-id", operation)["Operation"]
        self.assertEqual("SUCCESS", done["Status"])
        self.assertEqual("CREATE_NAMESPACE", done["Type"])
        return done["Targets"]["NAMESPACE"]

    def refused(self, code, *arguments):
        done = self.server.aws(*arguments, check=False)
        self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertIn(f"({code})", done.stderr)

    def answer(self, *dig_arguments):
        """(status, flags, {(owner, ttl, type, data)}) as dig shows them."""
        text = self.server.dig(*dig_arguments)
        status = re.search(r"status: (\w+)", text).group(1)
        flags = re.search(r"flags: ([a-z ]*);", text).group(1).split()
        section = re.search(r";; ANSWER SECTION:\n(.*?)\n\n", text, re.S)
        rows = [re.split(r"\s+", line, maxsplit=4) for line in section.group(1).splitlines()] if section else []
        return status, flags, {(owner, int(ttl), kind, data) for owner, ttl, _, kind, data in rows}

    def test_dns_namespace(self):
        aws = self.server.aws
        namespace = self.namespace_by_cli("create-public-dns-namespace", "--name", "kouzie.com")
        service = aws("create-service", "--name", "backend", "--namespace-id", namespace,
                      "--dns-config", "DnsRecords=[{Type=A,TTL=60}]")["Service"]["Id"]
        self.assertRegex(namespace, r"\Ans-[a-z2-7]{16}\Z")
        self.assertRegex(service, r"\Asrv-[a-z2-7]{16}\Z")
        for i in 1, 2, 3:
            aws("register-instance", "--service-id", service, "--instance-id", f"web-{i}",
                "--attributes", f"AWS_INSTANCE_IPV4=10.0.0.{i},stage=beta,version=1.0,ready=yes")
        status, flags, rows = self.answer("backend.kouzie.com", "A")
        self.assertEqual("NOERROR", status)
        self.assertIn("aa", flags)
        self.assertEqual({("backend.kouzie.com.", 60, "A", f"10.0.0.{i}") for i in (1, 2, 3)}, rows)
        found = aws("discover-instances", "--namespace-name", "kouzie.com", "--service-name", "backend",
                    "--query-parameters", "stage=beta,version=1.0")["Instances"]
        self.assertEqual({"web-1", "web-2", "web-3"}, {instance["InstanceId"] for instance in found})
        self.assertEqual({"10.0.0.1", "10.0.0.2", "10.0.0.3"}, {instance["Attributes"]["AWS_INSTANCE_IPV4"] for instance in found})
        self.assertEqual([], aws("discover-instances", "--namespace-name", "kouzie.com", "--service-name", "backend",
                                 "--query-parameters", "stage=gamma")["Instances"])

        # In the order AWS demands, with its errors otherwise.
        self.refused("ResourceInUse", "delete-namespace", "--id", namespace)
        self.refused("ResourceInUse", "delete-service", "--id", service)
        for i in 1, 2, 3:
            aws("deregister-instance", "--service-id", service, "--instance-id", f"web-{i}")
        self.refused("InstanceNotFound", "deregister-instance", "--service-id", service, "--instance-id", "web-1")
        self.assertEqual(("NOERROR", set()), self.answer("backend.kouzie.com", "A")[::2])
        self.refused("ResourceInUse", "delete-namespace", "--id", namespace)
        aws("delete-service", "--id", service)
        self.refused("ServiceNotFound", "delete-service", "--id", service)
        self.assertEqual("NXDOMAIN", self.answer("backend.kouzie.com", "A")[0])
        aws("delete-namespace", "--id", namespace)
        self.refused("NamespaceNotFound", "get-namespace", "--id", namespace)
        self.assertEqual("REFUSED", self.answer("backend.kouzie.com", "A")[0])

    def test_http_namespace(self):
        aws = self.server.aws
        namespace = self.namespace_by_cli("create-http-namespace", "--name", "shared")
        service = aws("create-service", "--name", "logs", "--namespace-id", namespace)["Service"]["Id"]
        attributes = {"ARN": "arn:aws:s3:::testbucket", "stage": "beta", "shard": "s_1", "read_only": "no", "path": "/mylogs"}
        aws("register-instance", "--service-id", service, "--instance-id", "bucket-1",
            "--attributes", ",".join(f"{k}={v}" for k, v in attributes.items()))
        aws("register-instance", "--service-id", service, "--instance-id", "bucket-2", "--attributes", "stage=beta,shard=s_2")
        found = aws("discover-instances", "--namespace-name", "shared", "--service-name", "logs", "--query-parameters", "shard=s_1")
        self.assertEqual([{"InstanceId": "bucket-1", "NamespaceName": "shared", "ServiceName": "logs", "HealthStatus": "UNKNOWN",
                           "Attributes": attributes}], found["Instances"])
        self.assertEqual("REFUSED", self.answer("logs.shared", "A")[0], "HTTP namespaces are not in DNS")

    def test_custom_health(self):
        aws = self.server.aws
        namespace = self.namespace_by_cli("create-private-dns-namespace", "--name", "health.internal", "--vpc", "vpc-12345678")
        service = aws("create-service", "--name", "api", "--namespace-id", namespace, "--dns-config", "DnsRecords=[{Type=A,TTL=10}]",
                      "--health-check-custom-config", "FailureThreshold=1")["Service"]["Id"]
        for i in 1, 2:
            aws("register-instance", "--service-id", service, "--instance-id", f"i-{i}", "--attributes", f"AWS_INSTANCE_IPV4=10.1.0.{i}")

        def seen():
            found = aws("discover-instances", "--namespace-name", "health.internal", "--service-name", "api", "--health-status", "HEALTHY")
            return ({instance["InstanceId"] for instance in found["Instances"]},
                    {data for _, _, _, data in self.answer("api.health.internal", "A")[2]})

        self.assertEqual(({"i-1", "i-2"}, {"10.1.0.1", "10.1.0.2"}), seen())
        aws("update-instance-custom-health-status", "--service-id", service, "--instance-id", "i-1", "--status", "UNHEALTHY")
        self.assertEqual(({"i-2"}, {"10.1.0.2"}), seen())
        self.assertEqual({"i-1": "UNHEALTHY", "i-2": "HEALTHY"},
                         aws("get-instances-health-status", "--service-id", service)["Status"])
        aws("update-instance-custom-health-status", "--service-id", service, "--instance-id", "i-1", "--status", "HEALTHY")
        self.assertEqual(({"i-1", "i-2"}, {"10.1.0.1", "10.1.0.2"}), seen())

    def test_paginated_by_the_cli(self):
        namespace = self.api.namespace("pages", "CreateHttpNamespace")
        for i in range(7):
            self.api.service(f"s{i}", namespace, records=())
        got = self.server.aws("list-services", "--filters", f"Name=NAMESPACE_ID,Values={namespace},Condition=EQ", "--page-size", "2")
        self.assertEqual({f"s{i}" for i in range(7)}, {service["Name"] for service in got["Services"]})


if __name__ == "__main__":
    harness.main()
