"""What the tests of health share: services whose instances stand on real backends, and what is seen of them on all doors."""
import http.client
import json
import re
import urllib.parse

import harness
from harness import unique, until

ZONE = "health.example"
FAST = {"waypost:check-interval": "100ms", "waypost:check-timeout": "300ms"}
# How long a state may take to be reached: much more than it needs, on a machine that does something else at the same time.
PATIENCE = 20
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Error(Exception):
    def __init__(self, status, body):
        self.status, self.body = status, body
        super().__init__(f"{status} {body}")


def v1(server, method, path, body=None, headers=None, timeout=30):
    """(parsed body, headers) of one request to /v1; Error unless 2xx."""
    host, port = harness.split_address(server.http)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        data = response.read()
    finally:
        connection.close()
    parsed = json.loads(data) if data.strip() else None
    if response.status // 100 != 2:
        raise Error(response.status, parsed)
    return parsed, response.headers


def quoted(**parameters):
    return urllib.parse.urlencode(parameters)


class Service:
    """A service and what is seen of it."""

    def __init__(self, case, id_, name, zone=ZONE):
        self.case, self.id, self.short, self.name, self.zone = case, id_, name, f"{name}.{zone}", zone

    @property
    def server(self):
        return self.case.server

    @property
    def api(self):
        return self.case.api

    def register(self, instance, backend=None, **attributes):
        if backend is not None:
            address = "AWS_INSTANCE_IPV6" if ":" in backend.host else "AWS_INSTANCE_IPV4"
            attributes = {address: backend.host, "AWS_INSTANCE_PORT": str(backend.port), **attributes}
        self.api.register(self.id, instance, **attributes)

    def dns(self, kind="A"):
        return self.server.addresses(self.name, kind)

    def found(self, **query):
        """Ids of DiscoverInstances."""
        answer = self.api.call("DiscoverInstances", NamespaceName=self.zone, ServiceName=self.short, **query)
        return {instance["InstanceId"] for instance in answer["Instances"]}

    def health(self):
        return self.api.call("GetInstancesHealthStatus", ServiceId=self.id)["Status"]

    def report(self, instance, status):
        self.api.call("UpdateInstanceCustomHealthStatus", ServiceId=self.id, InstanceId=instance, Status=status)

    def history(self, instance=None):
        query = {"service": self.id, **({"instance": instance} if instance else {})}
        return v1(self.server, "GET", "/v1/health/history?" + quoted(**query))[0]

    def explain(self, **query):
        return v1(self.server, "GET", "/v1/explain?" + quoted(name=self.name, **query))[0]

    def reasons(self, instance, **query):
        """All reasons of one instance in one text, for a search."""
        return "; ".join(next(each["reasons"] for each in self.explain(**query)["instances"] if each["InstanceId"] == instance))

    def pin(self, instance, state, lasting):
        return v1(self.server, "POST", "/v1/health/pins", {"service": self.id, "instance": instance, "state": state, "for": lasting})[0]

    def unpin(self, instance):
        return v1(self.server, "DELETE", f"/v1/health/pins/{self.id}/{urllib.parse.quote(instance, safe='')}")[0]

    def heartbeat(self, instance, **more):
        return v1(self.server, "POST", "/v1/health/heartbeats", {"service": self.id, "instance": instance, **more})[0]

    def cause(self, instance, to="UNHEALTHY"):
        """Why it went into this state last. A state is answered before its row is written."""
        rows = until(lambda: [row for row in self.history(instance)[-1:] if row["to"] == to], PATIENCE)
        self.case.assertTrue(rows, f"{instance} never became {to}")
        return rows[0]["cause"]

    # Conditions with a deadline.

    def await_health(self, **wanted):
        self.case.await_equal(wanted, lambda: {k: v for k, v in self.health().items() if k in wanted}, f"health of {self.name}")

    def await_dns(self, *wanted, kind="A"):
        self.case.await_equal(set(wanted), lambda: self.dns(kind), f"{kind} records of {self.name}")

    def await_found(self, *wanted, **query):
        self.case.await_equal(set(wanted), lambda: self.found(**query), f"instances of {self.name}")

    def await_history(self, instance, *wanted):
        """The states that the instance went through, once there are so many."""
        self.case.await_equal(list(wanted), lambda: [row["to"] for row in self.history(instance)], f"history of {instance}")


class HealthCase(harness.Case):
    CONFIG = ""  # of the server, TOML

    @classmethod
    def setUpClass(cls):
        cls.configuration = None
        cls.server = harness.Server(*cls.FLAGS)
        if cls.CONFIG:
            cls.configuration = cls.server.folder + "/waypost.toml"
            with open(cls.configuration, "w", encoding="utf-8") as file:
                file.write(cls.CONFIG)
            cls.server.flags += ["--config", cls.configuration]
        cls.server.start()
        cls.api = cls.server.api()
        cls.namespace = cls.api.namespace(ZONE)

    def restart(self, how):
        self.api.close()
        self.assertEqual(0, self.server.stop()) if how == "SIGTERM" else self.server.kill()
        self.server.start()
        type(self).api = self.server.api()

    def backend(self, kind, *arguments, **more):
        made = kind(*arguments, **more)
        self.addCleanup(made.__exit__, None, None, None)
        return made

    def service(self, check=None, threshold=2, path=None, tags=None, records=(("A", 30),), **more):
        """`check`: TCP, HTTP, HTTPS; None: none; "custom": reported health."""
        name = unique("s")
        if check == "custom":
            more["HealthCheckCustomConfig"] = {"FailureThreshold": 1}
        elif check:
            more["HealthCheckConfig"] = {"Type": check, "FailureThreshold": threshold, **({"ResourcePath": path} if path else {})}
        if tags is not None:
            more["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return Service(self, self.api.service(name, self.namespace, records=records, **more), name)

    def await_equal(self, wanted, get, what):
        value = until(lambda: (get(),) if get() == wanted else None, PATIENCE)
        if value is None:
            self.assertEqual(wanted, get(), what)

    def show(self, title, service, instance=None):
        """Prints a transition log, and says so when a row is not of the promised form."""
        rows = service.history(instance)
        print(f"\n--- {title}")
        for row in rows:
            self.assertRegex(row["time"], TIME)
            self.assertEqual(service.id, row["service"])
            latency = f" ({row['latency_ms']:.1f} ms)" if "latency_ms" in row else ""
            print(f"    {row['time']} {row['instance']}: {row['from']} -> {row['to']}: {row['cause']}{latency}")
        self.assertEqual(sorted(row["time"] for row in rows), [row["time"] for row in rows], "oldest first")
        return rows
