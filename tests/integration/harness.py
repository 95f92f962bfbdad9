"""What the integration tests share: a real waypost process on free loopback ports, and the clients that speak to it."""
import atexit
import ctypes
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
import botocore.config
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.path.abspath(os.environ.get("WAYPOST_BINARY") or os.path.join(ROOT, "build", "release", "waypost"))
# Debian's own, where there is one: PATH may lead to a Python environment's.
AWS = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")
START_SECONDS = 60
TARGET = "Route53AutoNaming_v20170314."
AMZ_JSON = "application/x-amz-json-1.1"

_started = []
_names = itertools.count(1)


def _end_all():
    for process in _started:
        if process.poll() is None:
            process.kill()
            process.wait()


atexit.register(_end_all)


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def clean_environment(home, **more):
    """The environment of a stranger: nothing of AWS, of waypost or of proxies from outside."""
    kept = {k: v for k, v in os.environ.items()
            if not k.upper().startswith(("AWS_", "WAYPOST_", "XDG_")) and not k.upper().endswith("_PROXY")}
    kept.update(HOME=home, LC_ALL="C.UTF-8")
    kept.update(more)
    return kept


AWS_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}


def unique(prefix):
    """A name no other test of this process uses."""
    return f"{prefix}{next(_names)}"


def until(condition, seconds=10, step=0.02):
    """Waits for a condition; its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(step)


def split_address(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


class ApiError(Exception):
    """An answer of the AWS API other than 200."""

    def __init__(self, operation, status, body, headers):
        self.operation, self.status, self.body, self.headers = operation, status, body, headers
        self.code = body.get("__type") if isinstance(body, dict) else None
        super().__init__(f"{operation}: {status} {body}")


class Api:
    """The AWS JSON protocol without any SDK between. One connection; not for several threads."""

    def __init__(self, address, timeout=30):
        self.host, self.port = split_address(address)
        self.timeout = timeout
        self.connection = None
        self.headers = {}

    def send(self, target, body, headers=None):
        """(status, headers, bytes) of one POST."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        fields = {"Content-Type": AMZ_JSON}
        if target is not None:
            fields["X-Amz-Target"] = target
        fields.update(headers or {})
        try:
            self.connection.request("POST", "/", body, fields)
            response = self.connection.getresponse()
            data = response.read()
        except Exception:
            self.close()
            raise
        if response.will_close:
            self.close()
        return response.status, response.headers, data

    def call(self, operation, **body):
        status, self.headers, data = self.send(TARGET + operation, json.dumps(body))
        try:
            parsed = json.loads(data)
        except ValueError:
            parsed = {"raw": data[:300].decode("latin1")}
        if status != 200:
            raise ApiError(operation, status, parsed, self.headers)
        return parsed

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    # Shorthands. Each waits for nothing: an acknowledged write is done.

    def target(self, operation_id, kind):
        operation = self.call("GetOperation", OperationId=operation_id)["Operation"]
        assert operation["Status"] == "SUCCESS", operation
        return operation["Targets"][kind]

    def namespace(self, name, operation="CreatePublicDnsNamespace", **more):
        if operation == "CreatePrivateDnsNamespace":
            more.setdefault("Vpc", "vpc-1")
        return self.target(self.call(operation, Name=name, **more)["OperationId"], "NAMESPACE")

    def service(self, name, namespace, records=(("A", 60),), **more):
        if records:
            config = {"DnsRecords": [{"Type": kind, "TTL": ttl} for kind, ttl in records]}
            if "RoutingPolicy" in more:
                config["RoutingPolicy"] = more.pop("RoutingPolicy")
            more["DnsConfig"] = config
        return self.call("CreateService", Name=name, NamespaceId=namespace, **more)["Service"]["Id"]

    def register(self, service, instance, **attributes):
        return self.call("RegisterInstance", ServiceId=service, InstanceId=instance, Attributes=attributes)["OperationId"]

    def deregister(self, service, instance):
        return self.call("DeregisterInstance", ServiceId=service, InstanceId=instance)["OperationId"]

    def everything(self, operation, member, **body):
        """All pages of a list."""
        items, token = [], None
        while True:
            page = self.call(operation, **body, **({"NextToken": token} if token else {}))
            items += page[member]
            token = page.get("NextToken")
            if not token:
                return items


class Server:
    """`waypost serve` on free ports. `data` keeps the registry over restarts; without it the folder goes with the server."""

    def __init__(self, *flags, data=None, http="127.0.0.1:0", dns="127.0.0.1:0", environment=None):
        self.folder = tempfile.mkdtemp(prefix="waypost-test-")
        self.data = data or os.path.join(self.folder, "data")
        self.ready = os.path.join(self.folder, "ready.json")
        self.log = os.path.join(self.folder, "log")
        self.flags, self.listen_http, self.listen_dns = list(flags), http, dns
        self.environment = clean_environment(self.folder, **(environment or {}))
        self.process = None

    def command(self):
        return [BINARY, "serve", "--data-dir", self.data, "--http", self.listen_http, "--dns", self.listen_dns,
                "--ready-file", self.ready, *self.flags]

    def launch(self):
        """Starts the process and does not wait."""
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=self.environment, preexec_fn=_die_with_parent)
        _started.append(self.process)
        return self

    def start(self):
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not os.path.exists(self.ready):
            if self.process.poll() is not None:
                raise AssertionError(f"waypost ended with {self.process.returncode}:\n{self.logged()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"no ready file within {START_SECONDS} s:\n{self.logged()}")
            time.sleep(0.005)
        with open(self.ready, encoding="utf-8") as file:
            self.doors = json.load(file)
        self.http, self.dns = self.doors["http"][0], self.doors["dns"][0]
        self.url = "http://" + self.http
        return self

    def stop(self, seconds=15):
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still there {seconds} s after SIGTERM:\n{self.logged()}") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logged(self, characters=4000):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                text = file.read()
                at = re.search(r"^.*(?:Sanitizer|runtime error):", text, re.M)
                return text[at.start():][:3 * characters] if at else text[-characters:]
        except FileNotFoundError:
            return ""

    def api(self, timeout=30):
        return Api(self.http, timeout)

    def boto3(self, service="servicediscovery", **config):
        settings = {"inject_host_prefix": False, "retries": {"max_attempts": 0}}
        settings.update(config)
        session = boto3.session.Session("test", "test", region_name="us-east-1")
        return session.client(service, endpoint_url=self.url, config=botocore.config.Config(**settings))

    def ask(self, name, kind="A", tcp=False, timeout=5, query=None, **message):
        """Sends a query and returns the dnspython message of the answer."""
        if query is None:
            message.setdefault("use_edns", -1)
            query = dns.message.make_query(name, kind, **message)
        host, port = split_address(self.dns)
        if tcp:
            return dns.query.tcp(query, host, timeout, port)
        return dns.query.udp(query, host, timeout, port, ignore_unexpected=True)

    def addresses(self, name, kind="A", **how):
        """The set of the answer's RDATA in presentation form, over TCP when UDP's was cut."""
        answer = self.ask(name, kind, **how)
        if answer.flags & dns.flags.TC:
            answer = self.ask(name, kind, tcp=True)
        wanted = dns.rdatatype.from_text(kind)
        return {rdata.to_text() for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset}

    def aws(self, *arguments, endpoint=None, check=True, environment=None, service="servicediscovery"):
        """Runs the real AWS CLI; the parsed output, or the finished process when not `check`."""
        command = [AWS, "--endpoint-url", endpoint or f"http://x@{self.http}", "--output", "json", service, *arguments]
        done = subprocess.run(command, env=clean_environment(self.folder, **AWS_KEYS, **(environment or {})), cwd=self.folder,
                              capture_output=True, text=True, timeout=120)
        if not check:
            return done
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stderr}\n{self.logged()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def dig(self, *arguments):
        host, port = split_address(self.dns)
        done = subprocess.run(["dig", f"@{host}", "-p", str(port), "+tries=1", "+time=5", *arguments], capture_output=True, text=True,
                              timeout=60)
        if done.returncode:
            raise AssertionError(f"dig: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def waypost(*arguments, home=None, timeout=60, environment=None, cwd=None):
    """Runs a waypost command to its end."""
    return subprocess.run([BINARY, *arguments], env=clean_environment(home or tempfile.gettempdir(), **(environment or {})), cwd=cwd,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)


class Case(unittest.TestCase):
    """One server for all tests of a class; a failing test shows the end of its log."""
    FLAGS = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.FLAGS).start()
        cls.api = cls.server.api()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        code = cls.server.stop()
        log = cls.server.logged()
        cls.server.remove()
        if code != 0:
            raise AssertionError(f"waypost ended with {code}:\n{log}")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before and hasattr(self, "server"):
            print(f"--- log of the server after {self.id()}\n{self.server.logged()}---", file=sys.stderr)

    def fails(self, code, operation, **body):
        """The call must fail with this error; its body."""
        with self.assertRaises(ApiError) as caught:
            self.api.call(operation, **body)
        self.assertEqual(code, caught.exception.code, caught.exception)
        self.assertEqual(500 if code == "InternalFailure" else 400, caught.exception.status)
        self.assertEqual(code, caught.exception.headers["x-amzn-ErrorType"])
        self.assertTrue(caught.exception.body.get("Message") or caught.exception.body.get("message"), "an error says why")
        return caught.exception.body

    def invalid(self, member, operation, **body):
        """InvalidInput, and the text names the member."""
        said = self.fails("InvalidInput", operation, **body)["Message"].lower()
        self.assertIn(member.lower(), said)


def main():
    """Runs the calling file's tests; leaves the counts where tools/test looks for them."""
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is not there: build it, or say where by WAYPOST_BINARY")
    # Clients that a test leaves open are closed by the end of the process.
    program = unittest.main(module="__main__", exit=False, warnings="ignore")
    result = program.result
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    counts = os.environ.get("WAYPOST_COUNTS_DIR")
    if counts:
        name = os.path.basename(sys.argv[0])
        with open(os.path.join(counts, name), "w", encoding="ascii") as file:
            file.write(f"{max(0, result.testsRun - failed - skipped)} {failed} {skipped}\n")
    sys.exit(0 if result.wasSuccessful() else 1)
