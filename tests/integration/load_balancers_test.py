"""Load balancers that find their backends in DNS: HAProxy by SRV and by A records, nginx by A records. Waypost checks the backends; the
balancers check nothing. Load spreads, a dead backend gets none, a new one gets its share."""
import collections
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import backends
import harness
import health_case
from harness import until

ZONE = "kouzie.com"
CHECKS = [{"Key": key, "Value": value} for key, value in health_case.FAST.items()]
PATIENCE = 20
CLEAN_SECONDS = 8  # detection 0.2 s, TTL 1 s, the balancer's own time 1 s; the rest is for a busy machine
# A balancer that tries no second backend shows each request that it sends to a dead one.
STRICT = {"retries": "retries 0", "next": "proxy_next_upstream off;"}
# As one would run it.
FORGIVING = {"retries": "retries 2\n    option redispatch 1", "next": "proxy_next_upstream error timeout;"}
HAPROXY = """global
    maxconn 200
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    {retries}
    option http-server-close
resolvers waypost
    nameserver waypost {dns}
    accepted_payload_size 4096
    resolve_retries 3
    timeout resolve 200ms
    timeout retry 200ms
    hold valid 1s
    hold obsolete 0s
    hold nx 1s
    hold other 1s
frontend in
    bind 127.0.0.1:{port}
    default_backend found
backend found
    balance roundrobin
    server-template s 5 {name} resolvers waypost resolve-prefer ipv4 init-addr none
"""
NGINX = """daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log warn;
events {{ worker_connections 200; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    resolver {dns} valid=1s ipv6=off;
    resolver_timeout 2s;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            set $backend "{name}";
            proxy_connect_timeout 1s;
            {next}
            proxy_pass http://$backend;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Traffic:
    """Requests one after the other, without end: who answered each, and when."""

    def __init__(self, port):
        self.port, self.answers = port, []  # (when it was sent, body or None when it failed)
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        while not self._end.is_set():
            sent = time.monotonic()
            self.answers.append((sent, ask(self.port)))
            self._end.wait(0.01)  # a rate that two cores can bear

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def since(self, when):
        return collections.Counter(who for sent, who in list(self.answers) if sent >= when)

    def last(self, requests=60):
        """Who answered lately."""
        return {who for _, who in self.answers[-requests:]}

    def first(self, who, after):
        """Seconds until a request got this answer."""
        return next(sent - after for sent, answered in self.answers if sent >= after and answered == who)


def ask(port):
    """Who answered a request; None: it failed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read().decode()
        return body if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Balanced(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.namespace = cls.api.namespace(ZONE, Properties={"DnsProperties": {"SOA": {"TTL": 1}}})

    def backends(self, count, port=0):
        """Backends that answer with their own address, all on one port."""
        made = []
        for _ in range(count):
            host = backends.fresh_host()
            made.append(backends.HttpBackend(host, port, body=host.encode()))
            port = made[-1].port
            self.addCleanup(made[-1].close)
        return made

    def service(self, name, records):
        return self.api.service(name, self.namespace, [(records, 1)], Tags=CHECKS,
                                HealthCheckConfig={"Type": "TCP", "FailureThreshold": 2})

    def register(self, service, *added):
        for each in added:
            self.api.register(service, "at-" + each.host.replace(".", "-"), AWS_INSTANCE_IPV4=each.host, AWS_INSTANCE_PORT=str(each.port))

    def start(self, tool, configuration, command, **values):
        """Starts a balancer with this configuration; the port it listens on."""
        if not shutil.which(tool, path="/usr/sbin:" + os.environ["PATH"]):
            print(f"skipped: no {tool}", flush=True)
            self.skipTest(f"no {tool}")
        folder = tempfile.TemporaryDirectory(prefix="waypost-balancer-")
        os.chmod(folder.name, 0o755)  # nginx's worker is somebody else
        self.addCleanup(folder.cleanup)
        port, file, log = free_port(), os.path.join(folder.name, "configuration"), os.path.join(folder.name, "said")
        with open(file, "w", encoding="ascii") as out:
            out.write(configuration.format(dns=self.server.dns, port=port, folder=folder.name, **values))
        with open(log, "wb") as out:
            process = subprocess.Popen([shutil.which(tool, path="/usr/sbin:" + os.environ["PATH"]), *command, file], stdout=out, stderr=out,
                                       preexec_fn=harness._die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        if not until(lambda: process.poll() is not None or _listens(port), PATIENCE) or process.poll() is not None:
            with open(log, encoding="utf-8") as said:
                self.fail(f"{tool} does not listen: {said.read()}")
        return port

    def haproxy(self, name, manner):
        return self.start("haproxy", HAPROXY, ["-db", "-f"], name=name, **manner)

    def nginx(self, name, manner):
        return self.start("nginx", NGINX, ["-p", "/tmp", "-c"], name=name, **manner)

    def traffic(self, port):
        made = Traffic(port)
        self.addCleanup(made.stop)
        return made

    def failover(self, title, service, port, behind):
        """Three share the load, one dies and comes back, a fourth joins. `behind`: three registered backends."""
        traffic = self.traffic(port)
        everyone = {each.host for each in behind}
        self.settle(traffic, everyone)
        shared = self.shares(traffic, everyone)

        victim = behind[1]
        died = time.monotonic()
        victim.mode = "closed"
        self.settle(traffic, everyone - {victim.host})
        self.shares(traffic, everyone - {victim.host})
        failed = [sent - died for sent, who in list(traffic.answers) if who is None and sent > died - 0.5]
        clean = max(failed, default=0)
        self.assertLess(clean, CLEAN_SECONDS, "nobody is sent to a dead backend for long")

        returned = time.monotonic()
        victim.mode = "ok"
        self.settle(traffic, everyone)
        (fourth,) = self.backends(1, behind[0].port)
        joined = time.monotonic()
        self.register(service, fourth)
        self.settle(traffic, everyone | {fourth.host})
        last = self.shares(traffic, everyone | {fourth.host})
        traffic.stop()
        self.assertEqual(0, traffic.since(returned)[None], "coming back and joining cost nothing")
        print(f"\n{title}: {len(traffic.answers)} requests. Shares of three {shared}, of four {last}. After a death {len(failed)} failed,"
              f" the last after {clean:.2f} s. Back after {traffic.first(victim.host, returned):.2f} s, a fourth in after"
              f" {traffic.first(fourth.host, joined):.2f} s.", flush=True)

    def unnoticed(self, title, port, victim):
        """With a second try allowed, a death costs no request."""
        traffic = self.traffic(port)
        self.assertTrue(until(lambda: traffic.since(0)[victim.host] >= 10, PATIENCE))
        start = time.monotonic()
        victim.mode = "closed"
        self.assertTrue(until(lambda: sum(traffic.since(start).values()) >= 300, 2 * PATIENCE))
        traffic.stop()
        counted = traffic.since(start)
        print(f"\n{title}: {sum(counted.values())} requests after a death, {counted[None]} failed", flush=True)
        self.assertEqual(0, counted[None])

    def settle(self, traffic, wanted):
        """Waits until these answer, and only these."""
        if not until(lambda: traffic.last() == wanted, PATIENCE):
            self.assertEqual(wanted, traffic.last(), "who answers")

    def shares(self, traffic, wanted, requests=200):
        """Who answers the next requests; each has a fair share."""
        start = time.monotonic()
        self.assertTrue(until(lambda: sum(traffic.since(start).values()) >= requests, 2 * PATIENCE))
        counted = traffic.since(start)
        self.assertEqual(set(wanted), set(counted))
        self.assertGreater(min(counted.values()), requests / len(wanted) / 3, counted)
        return sorted(counted.values())

    def bed(self, name, records, count=3):
        """A service with backends. Under SRV each has a port of its own."""
        behind = self.backends(count) if records == "A" else [self.backends(1)[0] for _ in range(count)]
        service = self.service(name, records)
        self.register(service, *behind)
        return service, behind

    def test_haproxy_by_srv(self):
        service, behind = self.bed("backend", "SRV")
        self.failover("haproxy, SRV of _http._tcp.backend", service, self.haproxy(f"_http._tcp.backend.{ZONE}", STRICT), behind)

    def test_haproxy_by_a(self):
        service, behind = self.bed("web", "A")
        self.failover("haproxy, A", service, self.haproxy(f"web.{ZONE}:{behind[0].port}", STRICT), behind)

    def test_nginx_by_a(self):
        service, behind = self.bed("site", "A")
        self.failover("nginx, A", service, self.nginx(f"site.{ZONE}:{behind[0].port}", STRICT), behind)

    def test_haproxy_tries_again(self):
        _, behind = self.bed("again", "SRV")
        self.unnoticed("haproxy with redispatch, SRV", self.haproxy(f"_http._tcp.again.{ZONE}", FORGIVING), behind[0])

    def test_nginx_tries_again(self):
        _, behind = self.bed("next", "A")
        self.unnoticed("nginx with a next upstream, A", self.nginx(f"next.{ZONE}:{behind[0].port}", FORGIVING), behind[0])


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    harness.main()
