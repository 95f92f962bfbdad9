"""What health makes of answers: protection, tiers, zones, holding, pins, drains, shifts, and a checker that is cut off itself."""
import harness
from backends import HttpBackend
from health_case import FAST, HealthCase, quoted, v1


class Selection(HealthCase):
    CONFIG = """
[[zone]]
name = "zone-a"
clients = ["127.0.0.1/32"]
[[zone]]
name = "zone-c"
clients = ["192.0.2.0/24"]
"""

    def custom(self, count, tags=None, attributes=None, **more):
        service = self.service("custom", tags=tags, **more)
        for number in range(1, count + 1):
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}", AWS_INSTANCE_PORT="80", **(attributes or {}).get(number, {}))
        return service

    @staticmethod
    def hosts(*numbers):
        return {f"10.0.0.{number}" for number in numbers}

    def test_four_filters(self):
        service = self.custom(3)
        service.report("i3", "UNHEALTHY")
        for status, wanted in (("HEALTHY", {"i1", "i2"}), ("UNHEALTHY", {"i3"}), ("ALL", {"i1", "i2", "i3"}), ("HEALTHY_OR_ELSE_ALL", {"i1", "i2"})):
            self.assertEqual(wanted, service.found(HealthStatus=status), status)
        for instance in "i1", "i2":
            service.report(instance, "UNHEALTHY")
        for status, wanted in (("HEALTHY", set()), ("UNHEALTHY", {"i1", "i2", "i3"}), ("ALL", {"i1", "i2", "i3"}),
                               ("HEALTHY_OR_ELSE_ALL", {"i1", "i2", "i3"})):
            self.assertEqual(wanted, service.found(HealthStatus=status), status)

    def test_protect(self):
        """Fewer than half healthy: all are answered."""
        service = self.custom(4, {"waypost:protect": "0.5"})
        service.report("i1", "UNHEALTHY")
        service.report("i2", "UNHEALTHY")
        self.assertEqual(self.hosts(3, 4), service.dns())
        service.report("i3", "UNHEALTHY")
        self.assertEqual(self.hosts(1, 2, 3, 4), service.dns())
        self.assertEqual({"i1", "i2", "i3", "i4"}, service.found())
        self.assertEqual({"i4"}, service.found(HealthStatus="HEALTHY"))
        self.assertIn("fewer than 50% are healthy (waypost:protect)", service.reasons("i1"))
        service.report("i2", "HEALTHY")
        self.assertEqual(self.hosts(2, 4), service.dns())

    def test_tiers(self):
        service = self.custom(3, attributes={2: {"WAYPOST_PRIORITY": "10"}, 3: {"WAYPOST_PRIORITY": "20"}})
        self.assertEqual(self.hosts(1), service.dns())
        self.assertIn("lower tier: WAYPOST_PRIORITY 10", service.reasons("i2"))
        service.report("i1", "UNHEALTHY")
        self.assertEqual(self.hosts(2), service.dns())
        service.report("i2", "UNHEALTHY")
        self.assertEqual(self.hosts(3), service.dns())
        service.report("i1", "HEALTHY")
        self.assertEqual(self.hosts(1), service.dns())

    def test_priority_of_srv(self):
        service = self.custom(2, attributes={1: {"WAYPOST_PRIORITY": "5"}, 2: {"WAYPOST_PRIORITY": "5"}}, records=(("SRV", 30),))
        self.assertEqual({f"5 1 80 i{number}.{service.name}." for number in (1, 2)}, service.dns("SRV"))

    def test_zone_affinity(self):
        """The tests ask from 127.0.0.1, which is in zone-a."""
        zones = {1: {"AVAILABILITY_ZONE": "zone-a"}, 2: {"AVAILABILITY_ZONE": "zone-b"}, 3: {"AVAILABILITY_ZONE": "zone-a"}}
        service = self.custom(3, {"waypost:zone-affinity": "prefer"}, zones)
        self.assertEqual(self.hosts(1, 3), service.dns())
        self.assertIn("in zone zone-b, the client's zone zone-a answers", service.reasons("i2", client="127.0.0.1"))
        self.assertNotIn("zone", service.reasons("i2", client="192.0.2.7"), "a zone without instances prefers nothing")
        service.report("i1", "UNHEALTHY")
        self.assertEqual(self.hosts(3), service.dns())
        service.report("i3", "UNHEALTHY")
        self.assertEqual(self.hosts(2), service.dns(), "nobody left in its own zone")
        off = self.custom(3, attributes=zones)
        self.assertEqual(self.hosts(1, 2, 3), off.dns())

    def test_hold_last(self):
        service = self.custom(1, {"waypost:hold-last": "4s"})
        self.api.deregister(service.id, "i1")
        self.assertEqual(self.hosts(1), service.dns())
        self.assertEqual({"i1"}, service.found())
        self.assertTrue(service.explain()["held"])
        service.await_dns()
        service.await_found()
        # A new instance ends it.
        service.register("i2", AWS_INSTANCE_IPV4="10.0.0.2", AWS_INSTANCE_PORT="80")
        self.api.deregister(service.id, "i2")
        service.register("i3", AWS_INSTANCE_IPV4="10.0.0.3", AWS_INSTANCE_PORT="80")
        self.assertEqual(self.hosts(3), service.dns())
        plain = self.custom(1)
        self.api.deregister(plain.id, "i1")
        self.assertEqual(set(), plain.dns())

    def test_explain_filters(self):
        service = self.custom(2, attributes={1: {"version": "1"}, 2: {"version": "2"}})
        self.assertIn('filtered: attribute version is "1", not "2"', service.reasons("i1", attr="version=2"))
        answered = {each["InstanceId"]: each["answered"] for each in service.explain(attr="version=2")["instances"]}
        self.assertEqual({"i1": False, "i2": True}, answered)


class FaultInjection(HealthCase):
    def pair(self):
        """Two instances that are checked and good."""
        service = self.service("HTTP", 2, "/", FAST)
        self.good = [self.backend(HttpBackend), self.backend(HttpBackend)]
        for number, backend in enumerate(self.good, 1):
            service.register(f"i{number}", backend)
        service.await_health(i1="HEALTHY", i2="HEALTHY")
        return service

    def test_pin_wins_over_good_checks_and_expires(self):
        service = self.pair()
        set_ = service.pin("i1", "unhealthy", "5s")
        self.assertEqual("unhealthy", set_["state"])
        self.assertEqual({self.good[1].host}, service.dns())
        self.assertEqual({"i2"}, service.found())
        self.assertEqual("UNHEALTHY", service.health()["i1"])
        self.assertIn("pinned unhealthy until " + set_["until"], service.reasons("i1"))
        pins = [pin for pin in v1(self.server, "GET", "/v1/health/pins")[0] if pin["service"] == service.id]
        self.assertEqual([("i1", "unhealthy", service.name)], [(pin["instance"], pin["state"], pin["name"]) for pin in pins])
        service.await_dns(*(backend.host for backend in self.good))
        self.assertEqual([], [pin for pin in v1(self.server, "GET", "/v1/health/pins")[0] if pin["service"] == service.id])
        self.assertEqual("HEALTHY", service.health()["i1"])

    def test_pin_healthy_wins_over_bad_checks(self):
        service = self.pair()
        service.pin("i1", "healthy", "10m")
        self.good[0].mode = 500
        before = self.good[0].seen
        self.assertTrue(harness.until(lambda: self.good[0].seen > before + 5))
        self.assertEqual({backend.host for backend in self.good}, service.dns())
        self.assertIn("without the pin: unhealthy", service.reasons("i1"))
        service.unpin("i1")
        service.await_dns(self.good[1].host)

    def test_unpin(self):
        service = self.pair()
        service.pin("i1", "unhealthy", "10m")
        service.unpin("i1")
        self.assertEqual({backend.host for backend in self.good}, service.dns())
        self.assertEqual("HEALTHY", service.health()["i1"])

    def test_drain(self):
        service = self.pair()
        service.pin("i1", "drained", "10m")
        self.assertEqual({self.good[1].host}, service.dns())
        self.assertEqual({"i2"}, service.found())
        self.assertIn("drained until", service.reasons("i1"))

    def test_pins_outlive_restarts_and_expire(self):
        service = self.pair()
        service.pin("i1", "unhealthy", "10m")
        service.pin("i2", "healthy", "6s")
        for how in "SIGTERM", "kill -9":
            self.restart(how)
            self.assertEqual({self.good[1].host}, service.dns(), how)
            self.assertIn("pinned unhealthy", service.reasons("i1"))
        self.await_equal({"i1"}, lambda: {pin["instance"] for pin in v1(self.server, "GET", "/v1/health/pins")[0]
                                          if pin["service"] == service.id}, "the other one expires")
        service.unpin("i1")
        service.await_dns(*(backend.host for backend in self.good))

    def zoned(self):
        service = self.service("custom")
        for number, zone in ((1, "east"), (2, "west"), (3, "west")):
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}", AVAILABILITY_ZONE=zone)
        return service

    def test_shift(self):
        service = self.zoned()
        alone = self.service("custom")
        alone.register("only", AWS_INSTANCE_IPV4="10.0.1.1", AVAILABILITY_ZONE="west")
        v1(self.server, "POST", "/v1/shifts", {"zone": "west", "for": "10m"})
        self.assertEqual({"10.0.0.1"}, service.dns())
        self.assertEqual({"i1"}, service.found())
        self.assertIn("zone west is shifted away", service.reasons("i2"))
        self.assertEqual({"10.0.1.1"}, alone.dns(), "no other zone has a healthy instance")
        self.assertIn("no other zone has a healthy instance", alone.reasons("only"))
        service.report("i1", "UNHEALTHY")
        self.assertEqual({"10.0.0.2", "10.0.0.3"}, service.dns())
        service.report("i1", "HEALTHY")
        self.assertEqual({"10.0.0.1"}, service.dns())
        for how in "SIGTERM", "kill -9":
            self.restart(how)
            self.assertEqual({"10.0.0.1"}, service.dns(), how)
        self.assertEqual(["west"], [shift["zone"] for shift in v1(self.server, "GET", "/v1/shifts")[0]])
        v1(self.server, "DELETE", "/v1/shifts/west")
        self.assertEqual({"10.0.0.1", "10.0.0.2", "10.0.0.3"}, service.dns())

    def test_shift_expires(self):
        service = self.zoned()
        v1(self.server, "POST", "/v1/shifts", {"zone": "west", "for": "4s"})
        self.assertEqual({"10.0.0.1"}, service.dns())
        service.await_dns("10.0.0.1", "10.0.0.2", "10.0.0.3")
        self.assertEqual([], v1(self.server, "GET", "/v1/shifts")[0])

    def test_recheck(self):
        """With an hour between checks only a recheck can find out."""
        backend = self.backend(HttpBackend)
        service = self.service("HTTP", 1, "/", {"waypost:check-interval": "1h", "waypost:check-timeout": "1s"})
        service.register("a", backend)
        service.register("b", self.backend(HttpBackend))

        def recheck():
            v1(self.server, "POST", "/v1/health/recheck", {"service": service.id, "instance": "a"})
            return True

        recheck()
        service.await_health(a="HEALTHY")
        backend.mode = 500
        recheck()
        service.await_health(a="UNHEALTHY")

    def test_commands(self):
        """The same through the command line."""
        service = self.pair()

        def run(*arguments):
            done = harness.waypost(*arguments, "--endpoint", self.server.url)
            self.assertEqual(0, done.returncode, done.stderr)
            return done.stdout

        run("health", "pin", service.name, "i1", "unhealthy", "--for", "10m")
        self.assertEqual({self.good[1].host}, service.dns())
        self.assertIn("pinned unhealthy", run("explain", service.name))
        run("health", "unpin", service.name, "i1")
        run("health", "drain", service.name, "i2", "--for", "10m")
        self.assertEqual({self.good[0].host}, service.dns())
        run("health", "unpin", service.name, "i2")
        run("health", "recheck", service.name, "i1")
        self.assertIn("HEALTHY", run("health", "history", service.name, "i1"))
        run("shift", "--zone", "nowhere", "--for", "1m")
        run("shift", "--zone", "nowhere", "--end")


class Restarts(HealthCase):
    def test_states_persist_and_nothing_flaps(self):
        service = self.service("HTTP", 2, "/", FAST)
        good, bad = self.backend(HttpBackend), self.backend(HttpBackend, mode=500)
        service.register("good", good)
        service.register("bad", bad)
        service.await_health(good="HEALTHY", bad="UNHEALTHY")
        custom = self.service("custom")
        for number in 1, 2:
            custom.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
        custom.report("i1", "UNHEALTHY")
        service.await_history("good", "HEALTHY")
        service.await_history("bad", "UNHEALTHY")
        before = service.history(), custom.history()
        for how in "SIGTERM", "kill -9":
            seen = good.seen, bad.seen
            self.restart(how)
            # The first answers after the start are the ones of before.
            self.assertEqual(({good.host}, {"10.0.0.2"}), (service.dns(), custom.dns()), how)
            self.assertEqual(({"good"}, {"i2"}), (service.found(), custom.found()), how)
            self.assertTrue(harness.until(lambda seen=seen: good.seen > seen[0] + 5 and bad.seen > seen[1] + 5), "checks go on")
            self.assertEqual(before, (service.history(), custom.history()), f"{how}: no transition came of it")
            self.assertEqual({good.host}, service.dns())
        bad.mode = "ok"
        service.await_dns(good.host, bad.host)
        self.show("over a SIGTERM and a kill -9", service)

    def test_a_fall_while_it_was_down(self):
        service = self.service("HTTP", 2, "/", FAST)
        victim, other = self.backend(HttpBackend), self.backend(HttpBackend)
        service.register("a", victim)
        service.register("b", other)
        service.await_health(a="HEALTHY", b="HEALTHY")
        self.api.close()
        self.assertEqual(0, self.server.stop())
        victim.mode = "closed"
        self.server.start()
        type(self).api = self.server.api()
        service.await_dns(other.host)
        service.await_history("a", "HEALTHY", "UNHEALTHY")


class Suspect(HealthCase):
    CONFIG = '[health]\nsuspect-hold = "3s"\n'

    def test_everything_fails_at_once(self):
        """10 services with 2 instances: falls are held, then carried out."""
        placed = []
        for _ in range(10):
            service = self.service("TCP", 2, tags=FAST)
            pair = [self.backend(HttpBackend), self.backend(HttpBackend)]
            for number, backend in enumerate(pair):
                service.register(f"i{number}", backend)
            placed.append((service, pair))
        for service, _ in placed:
            service.await_health(i0="HEALTHY", i1="HEALTHY")
        for _, pair in placed:
            for backend in pair:
                backend.mode = "closed"
        first = placed[0][0]
        self.assertTrue(harness.until(lambda: first.explain()["suspect"]), "the checker suspects itself")
        self.assertTrue(harness.until(lambda: "held: the checker is suspect" in first.reasons("i0"), 2), first.reasons("i0"))
        self.assertEqual({"i0": "HEALTHY", "i1": "HEALTHY"}, first.health(), "held")
        self.assertRegex(self.metrics(), r"(?m)^waypost_health_checker_suspect 1$")
        for service, _ in placed:
            service.await_health(i0="UNHEALTHY", i1="UNHEALTHY")
        self.assertIn("held while the checker was suspect", first.cause("i0"))
        self.assertIn("held while the checker was suspect", first.cause("i1"))
        self.show("20 instances of 10 services die at once, suspect-hold 3s", first)
        for _, pair in placed:
            for backend in pair:
                backend.mode = "ok"
        for service, _ in placed:
            service.await_health(i0="HEALTHY", i1="HEALTHY")
            for instance in "i0", "i1":  # before the backends go, which would look the same again
                self.api.deregister(service.id, instance)

    def test_one_that_fails_is_not_held(self):
        service = self.service("TCP", 2, tags=FAST)
        pair = [self.backend(HttpBackend), self.backend(HttpBackend)]
        for number, backend in enumerate(pair):
            service.register(f"i{number}", backend)
        service.await_health(i0="HEALTHY", i1="HEALTHY")
        pair[0].mode = "closed"
        service.await_health(i0="UNHEALTHY")
        self.assertNotIn("held", service.cause("i0"))

    def metrics(self):
        host, port = harness.split_address(self.server.http)
        connection = harness.http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text


class History(HealthCase):
    CONFIG = "[health]\nhistory-per-instance = 5\n"

    def test_is_bounded(self):
        service = self.service("custom")
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
        for _ in range(20):
            service.report("i1", "UNHEALTHY")
            service.report("i1", "HEALTHY")
        service.report("i2", "UNHEALTHY")
        self.assertLessEqual(len(service.history("i1")), 100, "bounded")
        self.assertEqual("HEALTHY", service.history("i1")[-1]["to"], "the newest stay")
        self.assertEqual(["UNHEALTHY"], [row["to"] for row in service.history("i2")], "no other instance's rows go")

    def test_by_name_and_unknown(self):
        service = self.service("custom")
        service.register("i1", AWS_INSTANCE_IPV4="10.0.0.1")
        service.report("i1", "UNHEALTHY")
        by_name = v1(self.server, "GET", "/v1/health/history?" + quoted(service=service.name))[0]
        self.assertEqual(service.history(), by_name)
        for query in quoted(service="no.such.example"), quoted(service="srv-aaaaaaaaaaaaaaaa"), "":
            with self.assertRaises(Exception) as refused:
                v1(self.server, "GET", "/v1/health/history?" + query)
            self.assertIn(refused.exception.status, (400, 404))


if __name__ == "__main__":
    harness.main()
