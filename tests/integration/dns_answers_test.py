"""What DNS says of the registry: records, choice, negative answers, serials."""
import collections
import re

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype

import harness
from harness import unique

ZONE = "answers.example"


class Answers(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.namespace = cls.api.namespace(ZONE, Properties={"DnsProperties": {"SOA": {"TTL": 42}}})

    def service(self, records, instances=(), **more):
        """A fresh service with these instances' attributes; its DNS name and id."""
        name = unique("s")
        service = self.api.service(name, self.namespace, records=records, **more)
        for i, attributes in enumerate(instances):
            self.api.register(service, f"i{i}", **attributes)
        return f"{name}.{ZONE}", service

    def assert_negative(self, answer, rcode):
        self.assertEqual(rcode, dns.rcode.to_text(answer.rcode()))
        self.assertTrue(answer.flags & dns.flags.AA)
        self.assertEqual([], answer.answer)
        self.assertEqual([(dns.name.from_text(ZONE), dns.rdatatype.SOA, 42)], [(r.name, r.rdtype, r.ttl) for r in answer.authority])
        self.assertEqual(42, answer.authority[0][0].minimum)

    def serial(self, zone=ZONE):
        return self.server.ask(zone, "SOA").answer[0][0].serial

    def test_a(self):
        name, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.0.{i}"} for i in (1, 2, 3)])
        answer = self.server.ask(name)
        self.assertTrue(answer.flags & dns.flags.AA)
        self.assertEqual([(dns.name.from_text(name), 60, 3)], [(r.name, r.ttl, len(r)) for r in answer.answer])
        self.assertEqual({"10.0.0.1", "10.0.0.2", "10.0.0.3"}, self.server.addresses(name))
        self.assertEqual([], answer.authority)
        self.assert_negative(self.server.ask(name, "AAAA"), "NOERROR")
        self.assert_negative(self.server.ask("i0." + name), "NXDOMAIN")

    def test_a_and_aaaa(self):
        name, _ = self.service([("A", 10), ("AAAA", 20)], [{"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_IPV6": "2001:db8::1"}])
        self.assertEqual([10, 20], [self.server.ask(name, kind).answer[0].ttl for kind in ("A", "AAAA")])
        self.assertEqual({"2001:db8::1"}, self.server.addresses(name, "AAAA"))

    def test_srv(self):
        name, service = self.service([("SRV", 30)], [{"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "8080"},
                                                   {"AWS_INSTANCE_IPV6": "2001:db8::2", "AWS_INSTANCE_PORT": "8081"}])
        answer = self.server.ask(name, "SRV", use_edns=0)
        self.assertEqual({(1, 1, 8080, f"i0.{name}."), (1, 1, 8081, f"i1.{name}.")},
                         {(r.priority, r.weight, r.port, r.target.to_text()) for r in answer.answer[0]})
        self.assertEqual({(f"i0.{name}.", "A", "10.0.0.1"), (f"i1.{name}.", "AAAA", "2001:db8::2")},
                         {(r.name.to_text(), dns.rdatatype.to_text(r.rdtype), r[0].to_text()) for r in answer.additional})
        self.assertEqual({"10.0.0.1"}, self.server.addresses("i0." + name))
        self.assertEqual({"2001:db8::2"}, self.server.addresses("i1." + name, "AAAA"))
        self.assert_negative(self.server.ask("i0." + name, "AAAA"), "NOERROR")
        self.assert_negative(self.server.ask("i9." + name), "NXDOMAIN")
        self.assert_negative(self.server.ask(name, "A"), "NOERROR")
        self.api.deregister(service, "i0")
        self.assert_negative(self.server.ask("i0." + name), "NXDOMAIN")

    def test_srv_of_ids_that_are_no_host_names(self):
        name, service = self.service([("SRV", 30)])
        for instance in "arn:aws:x/y", "a@b", "x" * 64, "good.two-labels":
            self.api.register(service, instance, AWS_INSTANCE_IPV4="10.0.0.9", AWS_INSTANCE_PORT="80")
        targets = {r.target for r in self.server.ask(name, "SRV", tcp=True).answer[0]}
        self.assertEqual(4, len(targets))
        labels = [target.relativize(dns.name.from_text(name)).to_text() for target in targets]
        self.assertEqual(3, sum(bool(re.fullmatch(r"i-[a-z2-7]{16}", label)) for label in labels), labels)
        self.assertIn("good.two-labels", labels)
        for target in targets:
            self.assertEqual({"10.0.0.9"}, self.server.addresses(target.to_text()))

    def test_cname(self):
        name, _ = self.service([("CNAME", 25)], [{"AWS_INSTANCE_CNAME": "elsewhere.example.net"}], RoutingPolicy="WEIGHTED")
        for kind in "CNAME", "A":
            answer = self.server.ask(name, kind)
            self.assertEqual(dns.rcode.NOERROR, answer.rcode())
            self.assertEqual([(25, "elsewhere.example.net.")], [(r.ttl, r[0].target.to_text()) for r in answer.answer])

    def test_cname_into_our_own_zone(self):
        target, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": "10.0.0.7"}])
        name, _ = self.service([("CNAME", 25)], [{"AWS_INSTANCE_CNAME": target}], RoutingPolicy="WEIGHTED")
        answer = self.server.ask(name)
        self.assertEqual([dns.rdatatype.CNAME, dns.rdatatype.A], [r.rdtype for r in answer.answer])
        self.assertEqual({"10.0.0.7"}, self.server.addresses(name))
        missing, _ = self.service([("CNAME", 25)], [{"AWS_INSTANCE_CNAME": f"missing.{ZONE}"}], RoutingPolicy="WEIGHTED")
        answer = self.server.ask(missing)
        self.assertEqual("NXDOMAIN", dns.rcode.to_text(answer.rcode()), "the rcode speaks of the last name")
        self.assertEqual([[dns.rdatatype.CNAME], [dns.rdatatype.SOA]], [[r.rdtype for r in section] for section in (answer.answer, answer.authority)])

    def test_cname_loop_ends(self):
        first, second = unique("s"), unique("s")
        for name, to in ((first, second), (second, first)):
            service = self.api.service(name, self.namespace, records=[("CNAME", 5)], RoutingPolicy="WEIGHTED")
            self.api.register(service, "i", AWS_INSTANCE_CNAME=f"{to}.{ZONE}")
        self.assertEqual("NOERROR", dns.rcode.to_text(self.server.ask(f"{first}.{ZONE}").rcode()))

    def test_multivalue_draws_eight_anew(self):
        name, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.1.{i}"} for i in range(1, 21)])
        counts, orders = collections.Counter(), set()
        for _ in range(400):
            drawn = [r.to_text() for r in self.server.ask(name).answer[0]]
            self.assertEqual(8, len(set(drawn)))
            counts.update(drawn)
            orders.add(tuple(drawn))
        self.assertEqual(20, len(counts))
        # 160 expected of each, standard deviation 9.8: six of them either way.
        self.assertGreater(min(counts.values()), 100, counts)
        self.assertLess(max(counts.values()), 220, counts)
        self.assertGreater(len(orders), 390)

    def test_multivalue_shuffles_a_small_set(self):
        name, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.2.{i}"} for i in range(1, 4)])
        firsts = collections.Counter(self.server.ask(name).answer[0][0].to_text() for _ in range(150))
        self.assertEqual(3, len(firsts))
        self.assertGreater(min(firsts.values()), 20)

    def test_weighted_draws_one(self):
        name, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.3.{i}"} for i in (1, 2)], RoutingPolicy="WEIGHTED")
        seen = collections.Counter()
        for _ in range(200):
            rrset = self.server.ask(name).answer[0]
            self.assertEqual(1, len(rrset))
            seen[rrset[0].to_text()] += 1
        self.assertGreater(min(seen.values()), 60)
        self.assertEqual(2, len(seen))

    def test_weights(self):
        name, service = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": "10.0.4.1", "WAYPOST_WEIGHT": "0"},
                                                  {"AWS_INSTANCE_IPV4": "10.0.4.2", "WAYPOST_WEIGHT": "30"},
                                                  {"AWS_INSTANCE_IPV4": "10.0.4.3", "WAYPOST_WEIGHT": "10"}], RoutingPolicy="WEIGHTED")
        seen = collections.Counter(self.server.ask(name).answer[0][0].to_text() for _ in range(400))
        self.assertNotIn("10.0.4.1", seen)
        # 300 expected, standard deviation 8.7.
        self.assertGreater(seen["10.0.4.2"], 240)
        self.assertLess(seen["10.0.4.2"], 360)
        for bad in "-1", "65536", "x":
            self.invalid("WAYPOST_WEIGHT", "RegisterInstance", ServiceId=service, InstanceId="bad",
                         Attributes={"AWS_INSTANCE_IPV4": "10.0.4.9", "WAYPOST_WEIGHT": bad})

    def test_health(self):
        name, service = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.5.{i}"} for i in range(3)],
                                     HealthCheckCustomConfig={"FailureThreshold": 1})

        def flip(instance, status):
            self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId=instance, Status=status)

        flip("i0", "UNHEALTHY")
        self.assertEqual({"10.0.5.1", "10.0.5.2"}, self.server.addresses(name))
        flip("i1", "UNHEALTHY")
        flip("i2", "UNHEALTHY")
        self.assertEqual({"10.0.5.0", "10.0.5.1", "10.0.5.2"}, self.server.addresses(name), "none healthy: as if all were")
        flip("i1", "HEALTHY")
        self.assertEqual({"10.0.5.1"}, self.server.addresses(name))

    def test_health_of_srv_and_weighted(self):
        srv, service = self.service([("SRV", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.6.{i}", "AWS_INSTANCE_PORT": "1"} for i in range(2)],
                                    HealthCheckCustomConfig={"FailureThreshold": 1})
        self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i0", Status="UNHEALTHY")
        self.assertEqual([f"i1.{srv}."], [r.target.to_text() for r in self.server.ask(srv, "SRV").answer[0]])
        one, service = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": f"10.0.7.{i}"} for i in range(2)], RoutingPolicy="WEIGHTED",
                                    HealthCheckCustomConfig={"FailureThreshold": 1})
        self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i0", Status="UNHEALTHY")
        self.assertEqual({"10.0.7.1"}, {self.server.ask(one).answer[0][0].to_text() for _ in range(30)})

    def test_no_instances_and_no_such_name(self):
        name, _ = self.service([("A", 60)])
        for kind in "A", "AAAA", "SRV", "TXT", "MX":
            self.assert_negative(self.server.ask(name, kind), "NOERROR")
            self.assert_negative(self.server.ask(f"nowhere.{ZONE}", kind), "NXDOMAIN")
            self.assert_negative(self.server.ask(f"a.b.c.nowhere.{ZONE}", kind), "NXDOMAIN")

    def test_empty_non_terminals(self):
        service = self.api.service("_http._udp", self.namespace, records=[("SRV", 5)])
        self.assert_negative(self.server.ask(f"_udp.{ZONE}", "SRV"), "NOERROR")
        self.assert_negative(self.server.ask(f"_udp.{ZONE}", "A"), "NOERROR")
        self.assert_negative(self.server.ask(f"x._udp.{ZONE}", "A"), "NXDOMAIN")
        self.api.call("DeleteService", Id=service)
        self.assert_negative(self.server.ask(f"_udp.{ZONE}", "A"), "NXDOMAIN")

    def test_empty_non_terminals_of_instances(self):
        name, service = self.service([("SRV", 30)])
        self.api.register(service, "a.b", AWS_INSTANCE_IPV4="10.0.0.9", AWS_INSTANCE_PORT="80")
        self.assertEqual({"10.0.0.9"}, self.server.addresses("a.b." + name))
        self.assert_negative(self.server.ask("b." + name), "NOERROR")
        self.assert_negative(self.server.ask("c.b." + name), "NXDOMAIN")

    def test_case_is_kept_out(self):
        name, _ = self.service([("A", 60)], [{"AWS_INSTANCE_IPV4": "10.0.0.1"}])
        self.assertEqual({"10.0.0.1"}, self.server.addresses(name.upper()))

    def test_apex(self):
        soa = self.server.ask(ZONE, "SOA").answer[0]
        self.assertEqual((42, 42), (soa.ttl, soa[0].minimum))
        self.assertTrue(self.server.ask(ZONE, "NS").answer[0])
        self.assert_negative(self.server.ask(ZONE, "A"), "NOERROR")

    def test_soa_ttl_follows_the_namespace(self):
        zone = unique("soa") + ".example"
        namespace = self.api.namespace(zone)
        self.assertEqual(60, self.server.ask(zone, "SOA").answer[0].ttl)
        self.api.call("UpdatePublicDnsNamespace", Id=namespace, Namespace={"Properties": {"DnsProperties": {"SOA": {"TTL": 7}}}})
        answer = self.server.ask("nowhere." + zone)
        self.assertEqual((7, 7), (answer.authority[0].ttl, answer.authority[0][0].minimum))

    def test_serial_rises_with_what_dns_would_answer(self):
        zone = unique("serial") + ".example"
        namespace = self.api.namespace(zone)
        seen = [self.serial(zone)]

        def step(change):
            change()
            seen.append(self.serial(zone))

        service = self.api.service("s", namespace, HealthCheckCustomConfig={"FailureThreshold": 1})
        step(lambda: None)
        for change in (lambda: self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1"), lambda: self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.2"),
                       lambda: self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i", Status="UNHEALTHY"),
                       lambda: self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="i", Status="HEALTHY"),
                       lambda: self.api.call("UpdateService", Id=service, Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 9}]}}),
                       lambda: self.api.deregister(service, "i"), lambda: self.api.call("DeleteService", Id=service)):
            step(change)
        self.assertEqual(sorted(seen), seen)
        self.assertEqual(len(seen), len(set(seen)), "each change raised it")
        self.assertEqual(self.serial(zone), self.serial(zone))

    def test_private_namespaces_answer_loopback(self):
        zone = unique("private") + ".internal"
        service = self.api.service("s", self.api.namespace(zone, "CreatePrivateDnsNamespace"))
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assertEqual({"10.0.0.1"}, self.server.addresses("s." + zone))
        self.assertEqual(15, self.server.ask("nowhere." + zone).authority[0].ttl)

    def test_zone_below_a_zone(self):
        parent = unique("parent") + ".example"
        child = "child." + parent
        outer = self.api.service("s", self.api.namespace(parent))
        inner = self.api.service("s", self.api.namespace(child))
        self.api.register(outer, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.api.register(inner, "i", AWS_INSTANCE_IPV4="10.0.0.2")
        self.assertEqual(({"10.0.0.1"}, {"10.0.0.2"}), (self.server.addresses("s." + parent), self.server.addresses("s." + child)))
        self.assertEqual(dns.name.from_text(child), self.server.ask("nowhere." + child).authority[0].name, "the longest match answers")

    def test_http_namespaces_and_api_only_services_are_not_there(self):
        self.api.namespace("web.example", "CreateHttpNamespace")
        self.assertEqual("REFUSED", dns.rcode.to_text(self.server.ask("web.example").rcode()))
        name = unique("s")
        service = self.api.service(name, self.namespace, records=(), Type="HTTP")
        self.api.register(service, "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assert_negative(self.server.ask(f"{name}.{ZONE}"), "NXDOMAIN")

    def test_names_of_the_api(self):
        for name in "servicediscovery.waypost.internal", "data-servicediscovery.waypost.internal":
            self.assertEqual({"127.0.0.1"}, self.server.addresses(name), name)

    def test_long_names(self):
        zone = ".".join(["z" * 60] * 2) + ".example"
        service = ".".join(["s" * 60, "t" * 60])
        self.api.register(self.api.service(service, self.api.namespace(zone)), "i", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assertEqual(252, len(f"{service}.{zone}") + 1)
        self.assertEqual({"10.0.0.1"}, self.server.addresses(f"{service}.{zone}"))


if __name__ == "__main__":
    harness.main()
