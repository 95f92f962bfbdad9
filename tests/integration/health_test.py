"""Checks that really check: instances on real backends die, hang, answer badly, flap and come back. Each leaves DNS and
DiscoverInstances and returns by itself, and the transition log, which is printed, says when and why."""
import os
import unittest

import backends
import harness
from backends import Backend, GrpcBackend, HttpBackend
from health_case import FAST, HealthCase

WHOLE = ["HEALTHY", "UNHEALTHY", "HEALTHY"]


class Failures(HealthCase):
    """One instance of three fails in some way and recovers."""

    def bed(self, victim, check="HTTP", path="/health", threshold=2, **tags):
        """A service with the victim and two that stay good."""
        kind = Backend if check == "TCP" else HttpBackend
        service = self.service(check, threshold, path if check != "TCP" else None, {**FAST, **tags})
        others = [self.backend(kind) for _ in range(2)]
        for instance, backend in (("victim", victim), ("good-1", others[0]), ("good-2", others[1])):
            service.register(instance, backend)
        service.await_health(**{"victim": "HEALTHY", "good-1": "HEALTHY", "good-2": "HEALTHY"})
        self.everyone = {victim.host, others[0].host, others[1].host}
        self.rest = {others[0].host, others[1].host}
        self.assertEqual(self.everyone, service.dns())
        return service

    def failover(self, title, service, victim, break_it, mend_it, cause):
        """Breaks and mends; checks both doors, health, and the log."""
        break_it()
        service.await_dns(*self.rest)
        service.await_found("good-1", "good-2")
        service.await_health(victim="UNHEALTHY")
        self.assertEqual({"victim"}, service.found(HealthStatus="UNHEALTHY"))
        service.await_history("victim", "HEALTHY", "UNHEALTHY")
        self.assertRegex(service.reasons("victim"), r"unhealthy since \S+Z because ")
        mend_it()
        service.await_dns(*self.everyone)
        service.await_found("victim", "good-1", "good-2")
        service.await_history("victim", *WHOLE)
        rows = self.show(title, service, "victim")
        self.assertRegex(rows[1]["cause"], cause)
        self.assertIn(f"{victim.host}:{victim.port}", rows[1]["cause"])
        self.assertIn("2nd failure", rows[1]["cause"])
        self.assertEqual("2nd good check", rows[2]["cause"])
        for good in "good-1", "good-2":
            self.assertEqual(["HEALTHY"], [row["to"] for row in service.history(good)], "nobody else changed")
        return rows

    def modes(self, title, mode, cause, kind=HttpBackend, check="HTTP", **more):
        victim = self.backend(kind, **more)
        service = self.bed(victim, check)

        def switch(to):
            victim.mode = to

        return self.failover(title, service, victim, lambda: switch(mode), lambda: switch("ok"), cause)

    def test_killed(self):
        rows = self.modes("killed (TCP)", "closed", r"^connect to \S+: connection refused, 2nd failure$", Backend, "TCP")
        self.assertLess(rows[1]["latency_ms"], 300)

    def test_killed_http(self):
        self.modes("killed (HTTP)", "closed", "connection refused")

    def test_hung(self):
        """Accepts, never answers: the check's time ends it."""
        rows = self.modes("hung: accepts, never answers (HTTP)", "hang", r"/health: no answer within 300ms, 2nd failure$")
        self.assertGreaterEqual(rows[1]["latency_ms"], 295)

    def test_slow(self):
        self.modes("slow: answers after 30 s", "slow", "within 300ms")

    def test_drip(self):
        self.modes("drip: an octet every 50 ms", "drip", "within 300ms")

    def test_answers_500(self):
        self.modes("answers 500", 500, r"GET http://\S+/health: status 500, 2nd failure$")

    def test_resets(self):
        self.modes("resets", "reset", "reset by peer")

    def test_garbage(self):
        self.modes("answers what is no HTTP", "garbage", "GET http://")

    @unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
    def test_black_hole(self):
        """SYNs vanish: no refusal, no answer."""
        there = backends.NetworkNamespace()
        self.addCleanup(there.close)
        victim = self.backend(Backend, host=there.host, namespace=there)
        service = self.bed(victim, "TCP")
        self.failover("SYN black-holed in a network namespace", service, victim, lambda: there.black_hole(True),
                      lambda: there.black_hole(False), r"no answer within 300ms")

    def test_flapping_below_the_threshold_changes_nothing(self):
        victim = self.backend(HttpBackend)
        service = self.bed(victim)
        before = victim.seen
        victim.mode = backends.cycle("ok", 500)
        self.assertTrue(harness.until(lambda: victim.seen >= before + 20), "checks go on")
        rows = self.show("flapping, every other check bad, threshold 2", service, "victim")
        self.assertEqual(["HEALTHY"], [row["to"] for row in rows])
        self.assertEqual(self.everyone, service.dns())

    def test_flapping_beyond_the_threshold_is_followed(self):
        victim = self.backend(HttpBackend)
        service = self.bed(victim)
        victim.mode = backends.cycle(*["ok"] * 4, *["reset"] * 4)
        self.assertTrue(harness.until(lambda: len(service.history("victim")) >= 6))
        rows = self.show("flapping, four good and four bad in turn, threshold 2", service, "victim")
        states = [row["to"] for row in rows]
        self.assertTrue(all(a != b for a, b in zip(states, states[1:])), "each row is a change")
        self.assertTrue(all(row["from"] == before["to"] for before, row in zip(rows, rows[1:])))

    def test_all_fail_all_are_answered(self):
        victim = self.backend(HttpBackend)
        service = self.service("HTTP", 2, "/", FAST)
        other = self.backend(HttpBackend)
        service.register("a", victim)
        service.register("b", other)
        service.await_health(a="HEALTHY", b="HEALTHY")
        victim.mode = 500
        service.await_dns(other.host)
        other.mode = 500
        service.await_health(a="UNHEALTHY", b="UNHEALTHY")
        self.assertEqual({victim.host, other.host}, service.dns(), "failing open")
        self.assertEqual({"a", "b"}, service.found())
        self.assertEqual(set(), service.found(HealthStatus="HEALTHY"))
        self.assertEqual({"a", "b"}, service.found(HealthStatus="UNHEALTHY"))
        self.assertEqual({"a", "b"}, service.found(HealthStatus="ALL"))
        self.assertIn("answered although unhealthy: no instance is healthy", service.reasons("a"))
        self.assertTrue(service.explain()["fail_open"])
        other.mode = "ok"
        service.await_dns(other.host)

    def test_srv(self):
        service = self.service("TCP", 2, tags=FAST, records=(("SRV", 30),))
        victim, other = self.backend(Backend), self.backend(Backend)
        service.register("a", victim)
        service.register("b", other)
        service.await_health(a="HEALTHY", b="HEALTHY")
        victim.mode = "closed"
        service.await_dns(f"1 1 {other.port} b.{service.name}.", kind="SRV")
        victim.mode = "ok"
        service.await_dns(f"1 1 {other.port} b.{service.name}.", f"1 1 {victim.port} a.{service.name}.", kind="SRV")


class Kinds(HealthCase):
    """What is asked, where, and what counts as good."""

    def one(self, backend, check="HTTP", path="/health", tags=None, others=True, **attributes):
        """A service whose instance `a` is this backend; `z` is a good one beside it."""
        service = self.service(check, 2, path, {**FAST, **(tags or {})})
        service.register("a", backend, **attributes)
        return service

    def test_request(self):
        backend = self.backend(HttpBackend)
        service = self.one(backend, path="/health?deep=1")
        service.await_health(a="HEALTHY")
        self.assertRegex(backend.requests[-1], r"^GET /health\?deep=1 HTTP/1\.1\r\n")
        self.assertIn(f"host: {backend.host}:{backend.port}\r\n".lower(), backend.requests[-1].lower())

    def test_redirects_are_good_and_not_followed(self):
        backend = self.backend(HttpBackend, mode=302)
        self.one(backend).await_health(a="HEALTHY")
        self.assertEqual({"/health"}, {request.split(" ")[1] for request in backend.requests})

    def test_endless_body(self):
        self.one(self.backend(HttpBackend, mode="endless")).await_health(a="HEALTHY")

    def test_status(self):
        backend = self.backend(HttpBackend, mode=404)
        service = self.one(backend, tags={"waypost:check-status": "200,404"})
        service.await_health(a="HEALTHY")
        backend.mode = 204
        service.await_health(a="UNHEALTHY")
        self.assertIn("status 204", service.cause("a"))

    def test_body(self):
        backend = self.backend(HttpBackend, body=b'{"state": "ready"}')
        service = self.one(backend, tags={"waypost:check-body": '"ready"'})
        service.await_health(a="HEALTHY")
        backend.body = b'{"state": "starting"}'
        service.await_health(a="UNHEALTHY")
        service.cause("a")
        self.show("body without what must be in it", service, "a")

    def test_check_port_of_the_service_and_of_the_instance(self):
        served, admin, own = self.backend(HttpBackend, mode="closed"), self.backend(HttpBackend), self.backend(HttpBackend)
        service = self.one(served, tags={"waypost:check-port": str(admin.port), "waypost:check-host": admin.host})
        service.await_health(a="HEALTHY")
        self.assertEqual(0, served.seen)
        service.register("b", served, WAYPOST_CHECK_PORT=str(own.port))
        # check-host holds for all; only the port is the instance's own. Nothing listens there.
        service.await_health(b="UNHEALTHY")
        self.assertIn(f"{admin.host}:{own.port}", service.cause("b"))
        service.api.call("UntagResource", ResourceARN=service.api.call("GetService", Id=service.id)["Service"]["Arn"], TagKeys=["waypost:check-host"])
        both = self.backend(HttpBackend, host=own.host, mode="closed")
        service.register("b", both, WAYPOST_CHECK_PORT=str(own.port))
        service.await_health(b="HEALTHY")

    def test_check_host_by_name(self):
        backend = self.backend(HttpBackend, host="127.0.0.1")
        elsewhere = self.backend(HttpBackend, mode="closed")
        service = self.one(elsewhere, tags={"waypost:check-host": "localhost", "waypost:check-port": str(backend.port)})
        service.await_health(a="HEALTHY")
        self.assertIn(f"host: localhost:{backend.port}", backend.requests[-1].lower())

    def test_ipv6(self):
        backend = self.backend(Backend, host="::1")
        service = self.service("TCP", 2, tags=FAST, records=(("AAAA", 30),))
        service.register("a", backend)
        service.await_health(a="HEALTHY")
        backend.mode = "closed"
        service.await_health(a="UNHEALTHY")
        self.assertIn(f"connect to [::1]:{backend.port}: connection refused", service.cause("a"))

    def https(self, **tags):
        host = backends.fresh_host()
        certificate = backends.Certificate(host)
        self.addCleanup(certificate.folder.cleanup)
        backend = self.backend(HttpBackend, host=host, context=certificate.context)
        return backend, self.one(backend, "HTTPS", tags=tags)

    def test_https_takes_any_certificate(self):
        backend, service = self.https()
        service.await_health(a="HEALTHY")
        backend.mode = 500
        service.await_health(a="UNHEALTHY")
        self.assertIn("https://", service.cause("a"))

    def test_https_with_a_valid_certificate_only(self):
        _, service = self.https(**{"waypost:check-certificate": "valid"})
        service.await_health(a="UNHEALTHY")
        self.assertIn("self-signed certificate", service.cause("a"))
        self.show("self-signed certificate where a valid one is asked for", service, "a")

    def test_https_without_tls(self):
        backend = self.backend(HttpBackend)
        service = self.one(backend, "HTTPS")
        service.await_health(a="UNHEALTHY")

    @unittest.skipUnless(backends.grpc, "python3-grpcio is not installed")
    def test_grpc(self):
        backend = self.backend(GrpcBackend)
        service = self.service("TCP", 2, tags={**FAST, "waypost:check-kind": "grpc"})
        service.register("a", backend)
        service.await_health(a="HEALTHY")
        backend.status = backends.NOT_SERVING
        service.await_health(a="UNHEALTHY")
        self.assertIn("NOT_SERVING", service.cause("a"))
        backend.status = backends.SERVING
        service.await_health(a="HEALTHY")
        backend.status = backends.grpc.StatusCode.UNIMPLEMENTED
        service.await_health(a="UNHEALTHY")
        service.await_history("a", "HEALTHY", "UNHEALTHY", "HEALTHY", "UNHEALTHY")
        rows = self.show("gRPC: SERVING, NOT_SERVING, SERVING, UNIMPLEMENTED", service, "a")
        self.assertRegex(rows[-1]["cause"], "(?i)unimplemented|status 12")
        self.assertEqual({b""}, set(backend.asked), "the server as a whole is asked about")

    @unittest.skipUnless(backends.grpc, "python3-grpcio is not installed")
    def test_grpc_against_what_does_not_speak_it(self):
        service = self.service("TCP", 2, tags={**FAST, "waypost:check-kind": "grpc"})
        service.register("a", self.backend(HttpBackend))
        service.await_health(a="UNHEALTHY")

    def test_rise(self):
        backend = self.backend(HttpBackend)
        service = self.one(backend, tags={"waypost:check-rise": "4"})
        service.await_health(a="HEALTHY")
        backend.mode = 500
        service.await_health(a="UNHEALTHY")
        backend.mode = "ok"
        service.await_health(a="HEALTHY")
        self.assertEqual("4th good check", service.cause("a", "HEALTHY"))

    def test_server_wide_interval_is_not_needed_for_tags(self):
        for key, value in (("waypost:check-interval", "99ms"), ("waypost:check-timeout", "fast"), ("waypost:check-kind", "icmp"),
                           ("waypost:check-port", "0"), ("waypost:check-status", "99"), ("waypost:check-rise", "11"), ("waypost:protect", "1.1"),
                           ("waypost:initial-health", "maybe"), ("waypost:check-colour", "red")):
            with self.assertRaises(harness.ApiError) as refused:
                self.service("TCP", tags={key: value})
            self.assertEqual("InvalidInput", refused.exception.code)
            self.assertIn(key, refused.exception.body["Message"])

    def test_tags_take_effect_at_once(self):
        backend = self.backend(HttpBackend, mode=404)
        service = self.one(backend)
        service.await_health(a="UNHEALTHY")
        arn = self.api.call("GetService", Id=service.id)["Service"]["Arn"]
        self.api.call("TagResource", ResourceARN=arn, Tags=[{"Key": "waypost:check-status", "Value": "404"}])
        service.await_health(a="HEALTHY")
        self.api.call("UntagResource", ResourceARN=arn, TagKeys=["waypost:check-status"])
        service.await_health(a="UNHEALTHY")


class Reports(HealthCase):
    """Health that is reported: custom health and heartbeats. And how instances begin."""

    def test_initial_health_unhealthy(self):
        """In no answer until the first good check, even when nothing else is there."""
        backend = self.backend(HttpBackend, mode=500)
        other = self.backend(HttpBackend)
        service = self.service("HTTP", 2, "/", {**FAST, "waypost:initial-health": "unhealthy"})
        service.register("a", backend)
        self.assertEqual(set(), service.dns())
        self.assertEqual(set(), service.found())
        self.assertIn("waits for its first good check", service.reasons("a"))
        service.register("b", other)
        service.await_dns(other.host)
        service.await_found("b")
        backend.mode = "ok"
        service.await_dns(backend.host, other.host)
        service.await_found("a", "b")

    def test_initial_health_is_healthy_by_default(self):
        backend, other = self.backend(HttpBackend), self.backend(HttpBackend)
        service = self.service("HTTP", 10, "/", {"waypost:check-interval": "1h"})
        service.register("a", backend)
        service.register("b", other)
        self.assertEqual({backend.host, other.host}, service.dns())

    def test_aws_init_health_status(self):
        service = self.service("custom")
        service.register("a", AWS_INSTANCE_IPV4="10.0.0.1")
        service.register("b", AWS_INSTANCE_IPV4="10.0.0.2", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
        self.assertEqual({"a": "HEALTHY", "b": "UNHEALTHY"}, service.health())
        self.assertEqual({"10.0.0.1"}, service.dns())
        self.assertEqual({"a"}, service.found())

    def test_custom_health(self):
        service = self.service("custom")
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
        service.report("i1", "UNHEALTHY")
        self.assertEqual({"10.0.0.2"}, service.dns())
        self.assertEqual({"i2"}, service.found())
        service.report("i1", "UNHEALTHY")
        service.report("i1", "HEALTHY")
        rows = self.show("custom health", service, "i1")
        self.assertEqual(["UNHEALTHY", "HEALTHY"], [row["to"] for row in rows], "a report of the same is no change")
        self.assertIn("UpdateInstanceCustomHealthStatus", rows[0]["cause"])

    def test_heartbeat(self):
        service = self.service("custom", tags={"waypost:check-kind": "heartbeat", "waypost:check-interval": "2s"})
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")

        def beat():
            service.heartbeat("i2")
            return "i1" not in service.found()

        self.assertTrue(harness.until(beat, 15), "one is silent, one is not")
        self.assertEqual({"10.0.0.2"}, service.dns())
        self.assertEqual("UNHEALTHY", service.health()["i1"])
        self.assertEqual([], [row for row in service.history("i2") if row["to"] == "UNHEALTHY"])
        service.heartbeat("i1")
        self.assertEqual({"10.0.0.1", "10.0.0.2"}, service.dns())
        rows = self.show("heartbeat: silence, then a heartbeat", service, "i1")
        self.assertEqual(["UNHEALTHY", "HEALTHY"], [row["to"] for row in rows][-2:])
        self.assertRegex(rows[-2]["cause"], r"^no heartbeat for 2s")

    def test_heartbeat_by_the_aws_api(self):
        service = self.service("custom", tags={"waypost:check-kind": "heartbeat", "waypost:check-interval": "2s"})
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")

        def beat():
            service.report("i2", "HEALTHY")
            return "i1" not in service.found()

        self.assertTrue(harness.until(beat, 15))
        self.assertEqual("HEALTHY", service.health()["i2"])
        service.report("i2", "UNHEALTHY")
        self.assertEqual("UNHEALTHY", service.health()["i2"], "it may say so itself")

    def test_boto3_and_the_aws_cli_see_it(self):
        backend, other = self.backend(Backend), self.backend(Backend)
        client = self.server.boto3()
        name = harness.unique("s")
        created = client.create_service(Name=name, NamespaceId=self.namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
                                        HealthCheckConfig={"Type": "TCP", "FailureThreshold": 2},
                                        Tags=[{"Key": key, "Value": value} for key, value in FAST.items()])["Service"]["Id"]
        for instance, each in (("a", backend), ("b", other)):
            self.server.aws("register-instance", "--service-id", created, "--instance-id", instance, "--attributes",
                            f"AWS_INSTANCE_IPV4={each.host},AWS_INSTANCE_PORT={each.port}")

        def states():
            return client.get_instances_health_status(ServiceId=created)["Status"]

        self.await_equal({"a": "HEALTHY", "b": "HEALTHY"}, states, "boto3")
        backend.mode = "closed"
        self.await_equal({"a": "UNHEALTHY", "b": "HEALTHY"}, states, "boto3")
        shown = self.server.aws("discover-instances", "--namespace-name", "health.example", "--service-name", name)
        self.assertEqual([("b", "HEALTHY")], [(each["InstanceId"], each["HealthStatus"]) for each in shown["Instances"]])
        shown = self.server.aws("discover-instances", "--namespace-name", "health.example", "--service-name", name, "--health-status", "ALL")
        self.assertEqual({("a", "UNHEALTHY"), ("b", "HEALTHY")}, {(each["InstanceId"], each["HealthStatus"]) for each in shown["Instances"]})
        self.assertEqual({"a": "UNHEALTHY"}, self.server.aws("get-instances-health-status", "--service-id", created, "--instances", "a")["Status"])
        self.assertIn(other.host, self.server.dig("+short", f"{name}.health.example", "A").split())


if __name__ == "__main__":
    harness.main()
