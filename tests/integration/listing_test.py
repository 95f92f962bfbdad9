"""Lists: pages, tokens, filters; stable while things come and go."""
import json
import time

import harness
from harness import unique


class Listing(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.server.boto3()

    def pages(self, operation, member, size, between=lambda page: None, **body):
        """The lists of all pages, each of at most `size`."""
        result, token = [], None
        while True:
            page = self.api.call(operation, MaxResults=size, **body, **({"NextToken": token} if token else {}))
            self.assertLessEqual(len(page[member]), size)
            result.append(page[member])
            token = page.get("NextToken")
            if not token:
                return result
            between(len(result))

    def test_every_paginator(self):
        namespace = self.api.namespace(unique("p-"), "CreateHttpNamespace")
        services = {self.api.service(f"s{i}", namespace, records=()) for i in range(5)}
        for i in range(5):
            self.api.namespace(unique("p-"), "CreateHttpNamespace")
        service = next(iter(services))
        for i in range(5):
            self.api.register(service, f"i{i}", a="b")
        for name, member, arguments, want in (
                ("list_namespaces", "Namespaces", {}, lambda n: n >= 6),
                ("list_services", "Services", {"Filters": [{"Name": "NAMESPACE_ID", "Values": [namespace]}]}, lambda n: n == 5),
                ("list_instances", "Instances", {"ServiceId": service}, lambda n: n == 5),
                ("list_operations", "Operations", {}, lambda n: n >= 11)):
            with self.subTest(paginator=name):
                self.assertTrue(self.client.can_paginate(name))
                sizes = [len(page[member]) for page in self.client.get_paginator(name).paginate(PaginationConfig={"PageSize": 2}, **arguments)]
                self.assertLessEqual(max(sizes), 2)
                self.assertTrue(want(sum(sizes)), sizes)

    def test_exact_pages(self):
        service = self.api.service("s", self.api.namespace(unique("p-"), "CreateHttpNamespace"), records=())
        for i in range(6):
            self.api.register(service, f"i{i}", a="b")
        self.assertEqual([3, 3], [len(page) for page in self.pages("ListInstances", "Instances", 3, ServiceId=service)], "no empty page at the end")
        self.assertEqual([6], [len(page) for page in self.pages("ListInstances", "Instances", 6, ServiceId=service)])
        self.assertEqual([1] * 6, [len(page) for page in self.pages("ListInstances", "Instances", 1, ServiceId=service)])

    def test_default_and_bounds(self):
        service = self.api.service("s", self.api.namespace(unique("p-"), "CreateHttpNamespace"), records=())
        for i in range(101):
            self.api.register(service, f"i{i}", a="b")
        first = self.api.call("ListInstances", ServiceId=service)
        self.assertEqual(100, len(first["Instances"]))
        self.assertEqual(1, len(self.api.call("ListInstances", ServiceId=service, NextToken=first["NextToken"])["Instances"]))
        for operation, body in (("ListInstances", {"ServiceId": service}), ("ListServices", {}), ("ListNamespaces", {}), ("ListOperations", {}),
                                ("GetInstancesHealthStatus", {"ServiceId": service})):
            for size in 0, 101, -1:
                with self.subTest(operation=operation, size=size):
                    self.invalid("MaxResults", operation, MaxResults=size, **body)

    def test_tokens_that_are_none(self):
        namespace = self.api.namespace(unique("p-"), "CreateHttpNamespace")
        for i in range(3):
            self.api.service(f"s{i}", namespace, records=())
        service = self.api.service("s", namespace, records=())
        mine = [{"Name": "NAMESPACE_ID", "Values": [namespace]}]
        token = self.api.call("ListServices", MaxResults=2, Filters=mine)["NextToken"]
        for operation, body in (("ListServices", {"NextToken": "garbage"}), ("ListServices", {"NextToken": token[:-2] + "zz", "Filters": mine}),
                                ("ListServices", {"NextToken": token}), ("ListNamespaces", {"NextToken": token}),
                                ("ListServices", {"NextToken": token, "Filters": [{"Name": "NAMESPACE_ID", "Values": ["ns-aaaaaaaaaaaaaaaa"]}]}),
                                ("ListInstances", {"NextToken": "AAAA", "ServiceId": service}), ("ListOperations", {"NextToken": "%%%"}),
                                ("ListServices", {"NextToken": "x" * 4097})):
            with self.subTest(operation=operation, body=str(body)[:60]):
                self.invalid("NextToken", operation, **body)

    def test_stable_while_things_come_and_go(self):
        service = self.api.service("s", self.api.namespace(unique("p-"), "CreateHttpNamespace"), records=())
        stays = {f"m{i:02}" for i in range(30)}
        for instance in stays | {f"d{i}" for i in range(5)} | {f"x{i}" for i in range(5)}:
            self.api.register(service, instance, a="b")

        def change(page):
            if page <= 5:
                self.api.deregister(service, f"d{page - 1}")
                self.api.deregister(service, f"x{page - 1}")
                self.api.register(service, f"a{page}", a="b")
                self.api.register(service, f"z{page}", a="b")

        seen = [instance["Id"] for page in self.pages("ListInstances", "Instances", 4, between=change, ServiceId=service) for instance in page]
        self.assertEqual(len(seen), len(set(seen)), "none twice")
        self.assertLessEqual(stays, set(seen), "no gap of what stayed")

    def test_namespace_filters(self):
        prefix = unique("filter") + "-"
        http = self.api.namespace(prefix + "http", "CreateHttpNamespace")
        private = self.api.namespace(prefix + "private", "CreatePrivateDnsNamespace")
        public = self.api.namespace(prefix + "public.example")
        mine = {http, private, public}

        def found(*filters):
            rows = self.api.everything("ListNamespaces", "Namespaces", Filters=[
                {"Name": name, "Values": values, **({"Condition": condition} if condition else {})} for name, values, condition in filters])
            return {row["Id"] for row in rows} & mine

        for filters, want in (
                ((), mine),
                ((("TYPE", ["HTTP"], None),), {http}), ((("TYPE", ["DNS_PRIVATE"], "EQ"),), {private}), ((("TYPE", ["DNS_PUBLIC"], "EQ"),), {public}),
                ((("NAME", [prefix + "http"], None),), {http}), ((("NAME", [prefix], "BEGINS_WITH"),), mine), ((("NAME", [prefix], "EQ"),), set()),
                ((("HTTP_NAME", [prefix + "p"], "BEGINS_WITH"),), {private, public}), ((("HTTP_NAME", [prefix + "public.example"], "EQ"),), {public}),
                ((("RESOURCE_OWNER", ["SELF"], "EQ"),), mine),
                ((("TYPE", ["HTTP"], "EQ"), ("NAME", [prefix], "BEGINS_WITH")), {http}), ((("TYPE", ["HTTP"], "EQ"), ("NAME", [prefix + "private"], "EQ")), set())):
            with self.subTest(filters=filters):
                self.assertEqual(want, found(*filters))
        for bad in ({"Name": "NAME", "Values": ["a", "b"]}, {"Name": "COLOR", "Values": ["a"]}, {"Name": "NAME", "Values": ["a"], "Condition": "LIKE"},
                    {"Name": "NAME"}, {"Values": ["a"]}, {"Name": "NAME", "Values": []}, {"Name": "TYPE", "Values": ["HTTP"], "Condition": "BETWEEN"}):
            with self.subTest(bad=bad):
                self.invalid("Filters", "ListNamespaces", Filters=[bad])

    def test_summaries(self):
        namespace = self.api.namespace(unique("sum") + ".example", Description="words")
        service = self.api.service("s", namespace, Description="more words", HealthCheckCustomConfig={"FailureThreshold": 1})
        row = next(r for r in self.api.everything("ListNamespaces", "Namespaces") if r["Id"] == namespace)
        full = self.api.call("GetNamespace", Id=namespace)["Namespace"]
        self.assertEqual({k: full[k] for k in ("Id", "Arn", "Name", "Type", "Description", "Properties", "CreateDate", "ServiceCount")},
                         {k: row.get(k) for k in ("Id", "Arn", "Name", "Type", "Description", "Properties", "CreateDate", "ServiceCount")})
        row = next(r for r in self.api.everything("ListServices", "Services") if r["Id"] == service)
        full = self.api.call("GetService", Id=service)["Service"]
        keys = ("Id", "Arn", "Name", "Type", "Description", "DnsConfig", "HealthCheckCustomConfig", "CreateDate")
        self.assertEqual({k: full[k] for k in keys}, {k: row.get(k) for k in keys})

    def test_operation_filters(self):
        namespace = self.api.namespace(unique("ops-"), "CreateHttpNamespace")
        start = time.time() - 1
        service = self.api.service("s", namespace, records=())
        registered = self.api.register(service, "i", a="b")
        gone = self.api.deregister(service, "i")

        def found(*filters):
            return {row["Id"] for row in self.api.everything("ListOperations", "Operations", Filters=list(filters))}

        def row(name, *values, condition=None):
            return {"Name": name, "Values": list(values), **({"Condition": condition} if condition else {})}

        mine = row("SERVICE_ID", service)
        self.assertEqual({registered, gone}, found(mine))
        self.assertEqual({registered}, found(mine, row("TYPE", "REGISTER_INSTANCE")))
        self.assertEqual({registered, gone}, found(mine, row("TYPE", "REGISTER_INSTANCE", "DEREGISTER_INSTANCE", condition="IN")))
        self.assertEqual(set(), found(mine, row("STATUS", "FAIL")))
        self.assertEqual({registered, gone}, found(mine, row("STATUS", "FAIL", "SUCCESS", condition="IN")))
        for scale in 1, 1000:
            with self.subTest(scale=scale):
                now = time.time() + 5
                self.assertEqual({registered, gone}, found(mine, row("UPDATE_DATE", str(int(start * scale)), str(int(now * scale)), condition="BETWEEN")))
                self.assertEqual(set(), found(mine, row("UPDATE_DATE", str(int((start - 100) * scale)), str(int((start - 50) * scale)), condition="BETWEEN")))
        self.assertTrue(found(row("NAMESPACE_ID", namespace)))
        self.assertTrue(found())
        for bad in (row("UPDATE_DATE", "1", condition="BETWEEN"), row("UPDATE_DATE", "x", "y", condition="BETWEEN"), row("COLOR", "x")):
            with self.subTest(bad=bad):
                self.invalid("Filters", "ListOperations", Filters=[bad])

    def test_service_filters(self):
        first, second = (self.api.namespace(unique("f-"), "CreateHttpNamespace") for _ in range(2))
        mine = self.api.service("s", first, records=())
        self.api.service("s", second, records=())
        rows = self.api.everything("ListServices", "Services", Filters=[{"Name": "NAMESPACE_ID", "Values": [first], "Condition": "EQ"}])
        self.assertEqual([mine], [row["Id"] for row in rows])
        arn = self.api.call("GetNamespace", Id=first)["Namespace"]["Arn"]
        rows = self.api.everything("ListServices", "Services", Filters=[{"Name": "NAMESPACE_ID", "Values": [arn]}])
        self.assertEqual([mine], [row["Id"] for row in rows])

    def test_instances_show_their_attributes(self):
        service = self.api.service("s", self.api.namespace(unique("l") + ".example"))
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1", a="b")
        rows = self.api.call("ListInstances", ServiceId=service)["Instances"]
        self.assertEqual([("i", {"AWS_INSTANCE_IPV4": "10.0.0.1", "a": "b"})], [(row["Id"], row["Attributes"]) for row in rows])
        self.assertNotIn("NextToken", json.dumps(self.api.call("ListInstances", ServiceId=service)))


if __name__ == "__main__":
    harness.main()
