"""Following health from outside: the stream of events and how it goes on, long polls that only their own service wakes, and targets
for Prometheus."""
import contextlib
import http.client
import json
import socket
import threading

import harness
from backends import HttpBackend
from health_case import FAST, HealthCase, quoted, v1


class Events:
    """A client of GET /v1/events. Reads in a thread, so that tests can wait with a deadline."""

    def __init__(self, server, query="", since=None):
        host, port = harness.split_address(server.http)
        self.connection = http.client.HTTPConnection(host, port, timeout=60)
        self.connection.request("GET", "/v1/events" + ("?" + query if query else ""), headers={"Last-Event-ID": str(since)} if since is not None else {})
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        self.content_type = self.response.getheader("content-type")
        self.seen, self.last_id = [], since
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        try:
            for line in self.response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    self.last_id = int(value)
                elif name:
                    event[name] = value
                elif "data" in event:
                    self.seen.append((event.get("event"), json.loads(event["data"])))
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed

    def kinds(self):
        return [kind for kind, _ in self.seen]

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which holds what close() would wait for
        self.connection.close()


class Watching(HealthCase):
    def events(self, *arguments, **more):
        stream = Events(self.server, *arguments, **more)
        self.addCleanup(stream.close)
        return stream

    def pair(self, **more):
        service = self.service("custom", **more)
        for number in 1, 2:
            service.register(f"i{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}", AWS_INSTANCE_PORT="80")
        return service

    def test_events_tell_a_failover(self):
        backend, other = self.backend(HttpBackend), self.backend(HttpBackend)
        service = self.service("HTTP", 2, "/", FAST)
        stream = self.events(quoted(service=service.id))
        self.assertTrue(harness.until(lambda: stream.kinds() == ["hello"]))
        self.assertTrue(stream.content_type.startswith("text/event-stream"))
        service.register("a", backend)
        service.register("b", other)
        service.await_health(a="HEALTHY", b="HEALTHY")
        backend.mode = 500
        service.await_health(a="UNHEALTHY")

        def falls():
            return [data for kind, data in stream.seen if kind == "health" and data["to"] == "UNHEALTHY"]

        self.assertTrue(harness.until(falls))
        fall, row = falls()[0], service.history("a")[-1]
        self.assertEqual((service.id, "a", "HEALTHY", row["cause"], row["time"]),
                         (fall["service"], fall["instance"], fall["from"], fall["cause"], fall["time"]))
        self.assertEqual(["instance", "instance"], [kind for kind in stream.kinds() if kind == "instance"])
        revisions = [data["revision"] for _, data in stream.seen]
        self.assertEqual(sorted(revisions), revisions)

    def test_events_go_on_where_they_were_left(self):
        service = self.pair()
        stream = self.events(quoted(service=service.id, kind="health"))
        self.assertTrue(harness.until(lambda: stream.kinds() == ["hello"]))
        service.report("i1", "UNHEALTHY")
        self.assertTrue(harness.until(lambda: stream.kinds() == ["hello", "health"]))
        stream.close()
        for status in "HEALTHY", "UNHEALTHY", "HEALTHY":
            service.report("i1", status)
        again = self.events(quoted(service=service.id, kind="health"), since=stream.last_id)
        self.assertTrue(harness.until(lambda: len(again.seen) >= 3))
        self.assertEqual([("health", "HEALTHY"), ("health", "UNHEALTHY"), ("health", "HEALTHY")], [(kind, data["to"]) for kind, data in again.seen],
                         "all that was missed, once, in order")

    def test_events_that_are_no_longer_kept(self):
        stream = self.events(since=0)
        self.assertTrue(harness.until(stream.kinds))
        ahead = self.events(since=10**15)
        self.assertTrue(harness.until(lambda: ahead.kinds() == ["reset"]))

    def test_events_of_pins_and_shifts(self):
        service = self.pair()
        stream = self.events(quoted(service=service.id))
        self.assertTrue(harness.until(lambda: stream.kinds() == ["hello"]))
        service.pin("i1", "unhealthy", "10m")
        service.unpin("i1")
        v1(self.server, "POST", "/v1/shifts", {"zone": "somewhere", "for": "1m"})
        v1(self.server, "DELETE", "/v1/shifts/somewhere")
        self.assertTrue(harness.until(lambda: [kind for kind in stream.kinds() if kind != "health"] == ["hello", "pin", "unpin", "shift", "shift-ended"]),
                        stream.kinds())
        self.assertEqual(["UNHEALTHY", "HEALTHY"], [data["to"] for kind, data in stream.seen if kind == "health"], "a pin is a change of health")

    def poll(self, service, **query):
        answer, headers = v1(self.server, "GET", f"/v1/discover/{service.zone}/{service.short}" + ("?" + quoted(**query) if query else ""))
        return {instance["InstanceId"] for instance in answer["Instances"]}, int(headers["x-waypost-index"])

    def waiting(self, service, index, wait="30s"):
        """A long poll in a thread; a list that gets its answer."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.poll(service, index=index, wait=wait)), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 60)
        return answers

    def test_long_poll_is_woken_by_its_own_service_only(self):
        service, other = self.pair(), self.pair()
        found, index = self.poll(service)
        self.assertEqual({"i1", "i2"}, found)
        answers = self.waiting(service, index)
        for number in range(20):
            other.report("i1", "UNHEALTHY" if number % 2 == 0 else "HEALTHY")
            other.register(f"more{number}", AWS_INSTANCE_IPV4="10.0.0.9")
        # The other service's own poll does see them, which shows that they have passed by.
        self.assertGreater(self.poll(other, index=0, wait="10s")[1], index)
        self.assertEqual([], answers, "still asleep")
        service.report("i1", "UNHEALTHY")
        self.assertTrue(harness.until(lambda: answers))
        self.assertEqual({"i2"}, answers[0][0])
        self.assertGreater(answers[0][1], index)

    def test_long_poll_sees_checks(self):
        victim, other = self.backend(HttpBackend), self.backend(HttpBackend)
        service = self.service("HTTP", 2, "/", FAST)
        service.register("a", victim)
        service.register("b", other)
        service.await_history("a", "HEALTHY")
        service.await_history("b", "HEALTHY")
        answers = self.waiting(service, self.poll(service)[1])
        victim.mode = "closed"
        self.assertTrue(harness.until(lambda: answers, 15))
        self.assertEqual({"b"}, answers[0][0])

    def test_long_poll_ends_by_its_time(self):
        service = self.pair()
        _, index = self.poll(service)
        self.assertEqual(({"i1", "i2"}, index), self.poll(service, index=index, wait="100ms"))

    def test_long_poll_with_an_old_index_answers_at_once(self):
        service = self.pair()
        _, index = self.poll(service)
        service.report("i1", "UNHEALTHY")
        found, later = self.poll(service, index=index, wait="30s")
        self.assertEqual({"i2"}, found)
        self.assertGreater(later, index)

    def targets(self, **query):
        groups, headers = v1(self.server, "GET", "/v1/prometheus/sd?" + quoted(**query))
        self.assertTrue(headers["content-type"].startswith("application/json"))
        for group in groups:
            self.assertTrue(all(isinstance(value, str) for value in group.get("labels", {}).values()), group)
        return {target for group in groups for target in group["targets"]}

    def test_prometheus(self):
        service = self.service("custom")
        service.register("i1", AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_PORT="9100", team="red")
        service.register("i2", AWS_INSTANCE_IPV4="10.0.0.2", AWS_INSTANCE_PORT="9100", team="blue")
        self.assertEqual({"10.0.0.1:9100", "10.0.0.2:9100"}, self.targets(service=service.short, namespace=service.zone))
        self.assertEqual({"10.0.0.1:9100"}, self.targets(service=service.short, namespace=service.zone, team="red"))
        self.assertEqual(set(), self.targets(service=service.short, namespace=service.zone, team="green"))
        service.report("i1", "UNHEALTHY")
        self.assertEqual({"10.0.0.2:9100"}, self.targets(service=service.short, namespace=service.zone), "it follows a failover")
        service.report("i1", "HEALTHY")
        empty = self.service("custom")
        self.assertEqual([], v1(self.server, "GET", "/v1/prometheus/sd?" + quoted(service=empty.short, namespace=empty.zone))[0])
        self.api.deregister(service.id, "i1")
        self.assertEqual({"10.0.0.2:9100"}, self.targets(service=service.short, namespace=service.zone))


if __name__ == "__main__":
    harness.main()
