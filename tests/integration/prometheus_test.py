"""A real Prometheus finds its targets at /v1/prometheus/sd and follows a failover. Without a prometheus binary all is skipped."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

import harness
from backends import HttpBackend
from health_case import HealthCase, quoted

BINARY = shutil.which("prometheus", path=os.environ.get("PATH", os.defpath) + ":/usr/bin:/usr/local/bin")
MISSING = "skipped: no prometheus binary here (Debian's package prometheus)"
CHECK = {"waypost:check-interval": "200ms", "waypost:check-timeout": "500ms"}
# Prometheus passes on what it found every 5 s at most, and asks every second; the rest is room for a busy machine.
PATIENCE = 40
START_SECONDS = 30
CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
- job_name: waypost
  http_sd_configs:
  - {{url: "{url}", refresh_interval: 1s}}
  relabel_configs:
  - {{source_labels: [__meta_waypost_namespace], target_label: namespace}}
  - {{source_labels: [__meta_waypost_service], target_label: service}}
  - {{source_labels: [__meta_waypost_instance_id], target_label: id}}
  - {{source_labels: [__meta_waypost_availability_zone], target_label: zone}}
  - {{source_labels: [__meta_waypost_attribute_team], target_label: team}}
"""


class Exporter(HttpBackend):
    """Always has metrics; the mode is what the path of the check gets."""

    def __init__(self):
        super().__init__(body=b"exporter_answers_total 1\n")

    def answer(self, connection, mode):
        first = connection.recv(16, socket.MSG_PEEK)
        super().answer(connection, "ok" if first.startswith(b"GET /metrics ") else mode)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Prometheus:
    """One process that scrapes what waypost says of one service."""

    def __init__(self, sd_url):
        self.folder = tempfile.mkdtemp(prefix="waypost-prometheus-")
        self.url = f"http://127.0.0.1:{free_port()}"
        file = os.path.join(self.folder, "prometheus.yml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIGURATION.format(url=sd_url))
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [BINARY, "--config.file", file, "--storage.tsdb.path", os.path.join(self.folder, "data"), "--web.listen-address",
                 self.url.removeprefix("http://"), "--log.level", "warn"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env=harness.clean_environment(self.folder), preexec_fn=harness._die_with_parent)
        if not harness.until(self.ready, START_SECONDS):
            said = self.logged()
            self.close()
            raise AssertionError(f"prometheus is not ready after {START_SECONDS} s:\n{said}")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logged(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def get(self, path):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path, timeout=10) as response:
            return response.read()

    def ready(self):
        if self.process.poll() is not None:
            return True  # the next request says why
        try:
            return self.get("/-/ready")
        except OSError:
            return False

    def api(self, path):
        answer = json.loads(self.get("/api/v1/" + path))
        assert answer["status"] == "success", answer
        return answer["data"]

    def targets(self):
        """Instance id → target."""
        return {target["labels"].get("id"): target for target in self.api("targets?state=active")["activeTargets"]}

    def query(self, expression):
        """Instance id → (labels, value)."""
        return {row["metric"].get("id"): (row["metric"], row["value"][1])
                for row in self.api("query?" + quoted(query=expression))["result"]}

    def up(self):
        return {id_: value for id_, (_, value) in self.query("up").items()}

    def failed_refreshes(self):
        """How often it could not read what waypost says."""
        names = "prometheus_sd_http_failures_total", 'prometheus_sd_refresh_failures_total{mechanism="http"'
        values = [float(line.split()[-1]) for line in self.get("/metrics").decode().splitlines() if line.startswith(names)]
        assert values, "prometheus counts this no longer by that name"
        return sum(values)


@unittest.skipUnless(BINARY, MISSING)
class Scraped(HealthCase):
    def follow(self):
        """A service of two exporters in zones of their own, and a Prometheus that scrapes both."""
        self.web = self.service("HTTP", 2, "/health", CHECK)
        self.exporters = {"a": self.backend(Exporter), "b": self.backend(Exporter)}
        for id_, team in (("a", "red"), ("b", "blue")):
            self.register(id_, team)
        prometheus = Prometheus(self.server.url + "/v1/prometheus/sd?" + quoted(namespace=self.web.zone, service=self.web.short))
        self.addCleanup(prometheus.close)
        self.await_up(prometheus, a="1", b="1")
        return prometheus

    def register(self, id_, team):
        self.web.register(id_, self.exporters[id_], AVAILABILITY_ZONE="zone-" + id_, team=team)

    def await_up(self, prometheus, **wanted):
        """Until the targets are these, all of them scraped with this result."""
        def seen():
            return set(prometheus.targets()), prometheus.up()
        if not harness.until(lambda: seen() == (set(wanted), wanted), PATIENCE, 0.1):
            self.assertEqual((set(wanted), wanted), seen(), prometheus.logged())

    def test_labels(self):
        stranger = self.service("HTTP", 2, "/health", CHECK)
        stranger.register("stranger", self.backend(Exporter))
        prometheus = self.follow()
        self.web.await_health(a="HEALTHY", b="HEALTHY")
        for id_, team in (("a", "red"), ("b", "blue")):
            door = f"{self.exporters[id_].host}:{self.exporters[id_].port}"
            labels, _ = prometheus.query("exporter_answers_total")[id_]
            self.assertEqual({"__name__": "exporter_answers_total", "job": "waypost", "instance": door, "id": id_, "team": team,
                              "namespace": self.web.zone, "service": self.web.short, "zone": "zone-" + id_}, labels)
            found = prometheus.targets()[id_]["discoveredLabels"]
            self.assertEqual((door, self.web.id, self.namespace),
                             (found["__address__"], found["__meta_waypost_service_id"], found["__meta_waypost_namespace_id"]))
        self.assertTrue(harness.until(lambda: {target["discoveredLabels"]["__meta_waypost_health"]
                                               for target in prometheus.targets().values()} == {"healthy"}, PATIENCE, 0.1))

    def test_a_bad_check_takes_the_target_away_though_it_could_be_scraped(self):
        prometheus = self.follow()
        self.exporters["a"].mode = 500
        self.await_up(prometheus, b="1")
        self.assertEqual({"b"}, set(prometheus.query("exporter_answers_total")), "its series ended")
        self.exporters["a"].mode = "ok"
        self.await_up(prometheus, a="1", b="1")
        self.assertEqual(0, prometheus.failed_refreshes())

    def test_a_dead_target_leaves_and_comes_back(self):
        prometheus = self.follow()
        self.exporters["a"].mode = "closed"
        self.await_up(prometheus, b="1")
        self.exporters["a"].mode = "ok"
        self.await_up(prometheus, a="1", b="1")

    def test_no_targets_are_an_answer(self):
        """`[]` empties the list; an error would keep it."""
        prometheus = self.follow()
        for id_ in self.exporters:
            self.api.deregister(self.web.id, id_)
        self.await_up(prometheus)
        self.register("a", "red")
        self.await_up(prometheus, a="1")
        self.assertEqual(0, prometheus.failed_refreshes())


if __name__ == "__main__":
    if not BINARY:
        print(MISSING)
    harness.main()
