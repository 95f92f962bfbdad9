"""waypost failover-test: breaks instances of a real server, by pins, by commands and by hand, and is held to what it reports."""
import json
import os
import signal
import subprocess
import xml.etree.ElementTree

import harness
from backends import Backend, HttpBackend
from health_case import FAST, HealthCase, v1

KEYS = ["service", "instance", "address", "detected_ms", "dns_clean_ms", "api_clean_ms", "caches_clean_ms", "wrong_answers",
        "recovered_ms", "passed", "broken_bounds"]


class FailoverTest(HealthCase):
    def setUp(self):
        self.flag = os.path.join(self.server.folder, harness.unique("broken"))

    def bed(self, records=(("A", 30),), **more):
        """Two checked instances; `a` answers 500 while the file `flag` is there."""
        service = self.service("HTTP", 2, "/", FAST, records, **more)
        self.victim = self.backend(HttpBackend, mode=lambda _: 500 if os.path.exists(self.flag) else "ok")
        self.other = self.backend(HttpBackend)
        service.register("a", self.victim)
        service.register("b", self.other)
        service.await_health(a="HEALTHY", b="HEALTHY")
        return service

    def run_test(self, *arguments, code=0):
        done = harness.waypost("failover-test", *arguments, "--endpoint", self.server.url, timeout=90)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def measure(self, *arguments, code=0):
        done = self.run_test(*arguments, "--json", code=code)
        report = json.loads(done.stdout)
        self.assertEqual(KEYS, list(report))
        self.assertEqual(code == 0, report["passed"])
        return report

    def begin(self, *arguments):
        """Starts it and returns when the instance is to be broken."""
        process = subprocess.Popen([harness.BINARY, "failover-test", *arguments, "--endpoint", self.server.url], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=harness.clean_environment(self.server.folder))
        self.addCleanup(process.kill)
        self.said = process.stderr.readline()
        return process

    def hear(self, process, words):
        """Reads on until it says this."""
        for line in process.stderr:
            if words in line:
                return
        self.fail(f"it never said: {words}")

    def pins(self, service):
        return [pin["instance"] for pin in v1(self.server, "GET", "/v1/health/pins")[0] if pin["service"] == service.id]

    def test_pin(self):
        service = self.bed()
        report = self.measure(service.name, "--pin", "--for", "6s", "--max-detect", "3s", "--max-dns", "3s", "--max-api", "3s",
                              "--max-caches", "40s", "--max-wrong", "0", "--max-recovery", "3s")
        self.assertEqual((service.name, "a", self.victim.host, []), tuple(report[key] for key in ("service", "instance", "address", "broken_bounds")))
        self.assertEqual(0, report["wrong_answers"])
        # The TTL is 30 s, and the last answer with it was seen at most one question before the pin.
        self.assertGreater(report["caches_clean_ms"], 29_000)
        self.assertLess(report["caches_clean_ms"], 33_000)
        self.assertEqual([], self.pins(service))

    def test_run_and_recover(self):
        service = self.bed()
        junit = os.path.join(self.server.folder, "failover.xml")
        done = self.run_test(service.name, "--instance", "a", "--run", f"echo breaking; touch {self.flag}", "--recover", f"rm {self.flag}",
                             "--junit", junit, "--max-wrong", "0")
        print("\n" + done.stdout)
        self.assertRegex(done.stdout, r"detected +\d+ ms +GET http://\S+/: status 500, 2nd failure\n")
        self.assertTrue(done.stdout.endswith("passed\n"))
        self.assertNotIn("breaking", done.stdout, "what commands print is no part of the report")
        self.assertIn("breaking", done.stderr)
        suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite")
        self.assertEqual(("6", "0", "0", "0"), tuple(suite.get(key) for key in ("tests", "failures", "errors", "skipped")))
        self.assertEqual(["detected", "dns_clean", "api_clean", "caches_clean", "wrong_answers", "recovered"],
                         [case.get("name") for case in suite.findall("testcase")])

    def test_broken_bounds(self):
        service = self.bed()
        junit = os.path.join(self.server.folder, "broken.xml")
        report = self.measure(service.name, "--run", f"touch {self.flag}", "--no-recovery", "--max-detect", "1ms", "--max-caches", "1s",
                              "--max-dns", "50s", "--junit", junit, code=1)
        self.assertEqual(["max-detect", "max-caches"], report["broken_bounds"])
        self.assertIsNone(report["recovered_ms"])
        suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite")
        self.assertEqual("2", suite.get("failures"))
        self.assertEqual("1", suite.get("skipped"))

    def test_gives_up(self):
        service = self.bed()
        report = self.measure(service.name, "--run", "true", "--duration", "2s", code=1)
        self.assertEqual([None] * 2, [report[key] for key in ("detected_ms", "dns_clean_ms")])

    def test_by_hand(self):
        service = self.service("custom")
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
        process = self.begin(service.name, "--json")
        self.assertIn("break i1 (10.0.0.1) now", self.said)
        process.stdin.write("\n")
        process.stdin.flush()
        self.hear(process, "counting from now")
        service.report("i1", "UNHEALTHY")
        self.hear(process, "found unhealthy")
        self.hear(process, "answered by no door")
        service.report("i1", "HEALTHY")
        output, errors = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, errors)
        report = json.loads(output)
        self.assertEqual(0, report["wrong_answers"])
        self.assertIsNotNone(report["recovered_ms"])

    def test_interrupted(self):
        service = self.bed()
        for number in signal.SIGINT, signal.SIGTERM:
            process = self.begin(service.name, "--pin", "--for", "50s", "--json")
            self.assertEqual(["a"], self.pins(service))
            self.assertTrue(harness.until(lambda: "a" not in service.found()))
            process.send_signal(number)
            output, errors = process.communicate(timeout=30)
            self.assertEqual(1, process.returncode)
            self.assertIn("a is unpinned", errors)
            self.assertEqual([], self.pins(service))
            self.assertEqual(KEYS, list(json.loads(output)), "it reports what it has")
            service.await_health(a="HEALTHY")

    def test_no_recovery_unpins(self):
        service = self.bed()
        report = self.measure(service.id, "--pin", "--for", "50s", "--no-recovery")
        self.assertIsNone(report["recovered_ms"])
        self.assertEqual([], self.pins(service))

    def test_srv(self):
        service = self.bed(records=(("SRV", 5),))
        report = self.measure(service.name, "--pin", "--for", "5s", "--max-wrong", "0", "--max-dns", "3s")
        self.assertEqual(f"{self.victim.host}:{self.victim.port}", report["address"])
        self.assertLess(report["caches_clean_ms"], 9_000)

    def test_weighted(self):
        service = self.bed(RoutingPolicy="WEIGHTED")
        self.measure(service.name, "--pin", "--for", "6s", "--max-wrong", "0", "--max-dns", "3s")

    def test_in_the_api_only(self):
        service = self.bed(records=(), Type="HTTP")
        report = self.measure(service.id, "--pin", "--for", "5s", "--max-api", "3s", "--max-wrong", "0")
        self.assertEqual((None, None), (report["dns_clean_ms"], report["caches_clean_ms"]))
        self.assertIsNotNone(report["api_clean_ms"])
        self.assertIn("no record in DNS", self.run_test(service.id, "--pin", "--max-dns", "3s", code=1).stderr)

    def test_the_only_one(self):
        service = self.service("TCP", 2, tags=FAST)
        service.register("a", self.backend(Backend))
        service.await_health(a="HEALTHY")
        refused = self.run_test(service.name, "--pin", code=1)
        self.assertIn("only healthy one", refused.stderr)
        self.assertEqual("", refused.stdout)
        report = self.measure(service.name, "--pin", "--for", "2s", "--allow-fail-open", "--max-wrong", "0")
        self.assertEqual((None, 0), (report["dns_clean_ms"], report["wrong_answers"]))

    def test_more_than_an_answer_holds(self):
        service = self.service("custom", records=(("A", 5),))
        for number in range(20):
            service.register(f"i{number:02}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
        report = self.measure(service.name, "--pin", "--for", "8s", "--rate", "50", "--max-wrong", "0", "--max-dns", "3s")
        self.assertEqual("i00", report["instance"])

    def test_cannot_start(self):
        service = self.bed()
        for arguments, why in (([service.name, "--instance", "z", "--pin"], "no instance z"), (["no.such.example", "--pin"], "no.such.example"),
                               ([service.name, "--pin", "--dns", "127.0.0.1:1"], "DNS does not answer a"),
                               ([service.name, "--run", "exit 3"], "the command of --run ended with 3")):
            done = self.run_test(*arguments, code=1)
            self.assertIn(why, done.stdout + done.stderr)
        done = harness.waypost("failover-test", service.name, "--pin", "--endpoint", "http://127.0.0.1:1")
        self.assertEqual(1, done.returncode)
        self.assertIn("no server answers", done.stderr)
        self.assertEqual([], self.pins(service))

    def test_wrong_usage(self):
        for arguments in ([], ["s", "--pin", "--run", "true"], ["s", "--recover", "true"], ["s", "--rate", "0"], ["s", "--rate", "201"],
                          ["s", "--pin", "--for", "60s"], ["s", "--duration", "soon"], ["s", "--for", "3s"], ["s", "--endpoint", "x"],
                          ["s", "--no-recovery", "--max-recovery", "1s"]):
            done = harness.waypost("failover-test", *arguments)
            self.assertEqual(2, done.returncode, f"{arguments}: {done.stderr}")
            self.assertEqual(1, done.stderr.count("\n"), done.stderr)


if __name__ == "__main__":
    harness.main()
