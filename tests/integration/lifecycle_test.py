"""Starting and ending: ready file, signals, exit codes, what is said when it cannot be done."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import harness


def get(url):
    """(status, headers, text) of a GET, errors too."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def has_ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


class Lifecycle(unittest.TestCase):
    def server(self, *flags, **more):
        server = harness.Server(*flags, **more)
        self.addCleanup(server.remove)
        return server

    def ended(self, server, code, pattern):
        """A server that must end by itself with this code and one line that says why."""
        server.launch()
        self.assertEqual(code, server.process.wait(30), server.logged())
        self.assertRegex(server.logged(), pattern)
        self.assertFalse(os.path.exists(server.ready))

    def test_ready_file(self):
        server = self.server().start()
        self.assertEqual(server.process.pid, server.doors["pid"])
        self.assertEqual({"pid", "http", "dns"}, set(server.doors))
        self.assertRegex(server.http, r"\A127\.0\.0\.1:[1-9][0-9]*\Z")
        self.assertEqual(0, server.stop())
        self.assertFalse(os.path.exists(server.ready), "removed at exit")

    def test_data_folder_is_private(self):
        server = self.server().start()
        self.assertEqual(0o700, os.stat(server.data).st_mode & 0o777)
        with open(os.path.join(server.data, "FORMAT"), encoding="ascii") as file:
            self.assertRegex(file.read().strip(), r"\A[0-9]+\Z")

    def test_several_doors_and_ipv6(self):
        flags = ["--http", "127.0.0.1:0", "--dns", "127.0.0.1:0"]
        six = has_ipv6_loopback()
        if six:
            flags += ["--http", "[::1]:0", "--dns", "[::1]:0"]
        server = self.server(*flags).start()
        self.assertEqual((3, 3) if six else (2, 2), (len(server.doors["http"]), len(server.doors["dns"])))
        for address in server.doors["http"]:
            self.assertEqual(200, get(f"http://{address}/healthz")[0], address)
            self.assertEqual([], harness.Api(address).call("ListNamespaces")["Namespaces"])
        for address in server.doors["dns"]:
            server.dns = address
            for tcp in False, True:
                self.assertEqual("REFUSED", harness.dns.rcode.to_text(server.ask("nowhere.example", tcp=tcp).rcode()))
        self.assertEqual(0, server.stop())

    def test_health(self):
        server = self.server().start()
        self.assertEqual([200, 200], [get(server.url + path)[0] for path in ("/healthz", "/readyz")])
        status, _, text = get(server.url + "/v1/no-such-thing")
        self.assertEqual(404, status)
        self.assertEqual({"code", "message"}, set(json.loads(text)["error"]))

    def test_metrics(self):
        server = self.server().start()
        status, headers, text = get(server.url + "/metrics")
        self.assertEqual(200, status)
        self.assertTrue(headers["Content-Type"].startswith("text/plain"))
        for line in text.splitlines():
            self.assertRegex(line, r"\A(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+)?\Z")

    def test_signals(self):
        for number in signal.SIGTERM, signal.SIGINT:
            server = self.server().start()
            begun = time.monotonic()
            server.process.send_signal(number)
            self.assertEqual(0, server.process.wait(10), server.logged())
            self.assertLess(time.monotonic() - begun, 5.5)

    def test_sigterm_with_requests_under_way(self):
        server = self.server().start()
        namespace = server.api().namespace("busy", "CreateHttpNamespace")
        service = server.api().service("s", namespace, records=())
        acknowledged, stop = [], threading.Event()

        def write(number):
            api = server.api(timeout=10)
            try:
                while not stop.is_set():
                    instance = f"w{number}-{len(acknowledged)}"
                    api.register(service, instance, a="b")
                    acknowledged.append(instance)
            except Exception:
                pass  # the door was shut

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        harness.until(lambda: len(acknowledged) > 50)
        # One that has sent half a request and one that is idle must not keep it.
        half = socket.create_connection(harness.split_address(server.http))
        half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        idle = socket.create_connection(harness.split_address(server.http))
        begun = time.monotonic()
        code = server.stop()
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(0, code, server.logged())
        self.assertLess(time.monotonic() - begun, 6)
        half.close()
        idle.close()
        server.start()
        there = {row["Id"] for row in server.api().everything("ListInstances", "Instances", ServiceId=service)}
        self.assertLessEqual(set(acknowledged), there)

    def test_second_process_on_the_same_data(self):
        first = self.server().start()
        second = self.server(data=first.data)
        self.ended(second, 1, re.escape(first.data))
        self.assertEqual(1, len([line for line in second.logged().splitlines() if first.data in line]), second.logged())
        self.assertEqual(200, get(first.url + "/readyz")[0], "the first one is not harmed")

    def test_ports_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for door in "http", "dns":
                with self.subTest(door=door):
                    self.ended(self.server(**{door: address}), 1, re.escape(address))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.ended(self.server(dns=address), 1, re.escape(address))

    def test_two_servers_do_not_share_a_port(self):
        first = self.server().start()
        self.ended(self.server(http=first.http), 1, re.escape(first.http))
        self.ended(self.server(dns=first.dns), 1, re.escape(first.dns))

    def test_data_folder_that_cannot_be(self):
        with tempfile.NamedTemporaryFile() as file:
            self.ended(self.server(data=file.name), 1, re.escape(file.name))

    def test_newer_data_is_refused_untouched(self):
        server = self.server().start()
        server.api().namespace("kept", "CreateHttpNamespace")
        server.stop()
        path = os.path.join(server.data, "FORMAT")
        with open(path, encoding="ascii") as file:
            now = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(str(int(now) + 1) + "\n")
        self.ended(server, 1, str(int(now) + 1))
        with open(path, "w", encoding="ascii") as file:
            file.write(now)
        self.assertEqual(["kept"], [n["Name"] for n in server.start().api().call("ListNamespaces")["Namespaces"]])

    def test_no_permission_for_a_low_port(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) <= 53:
                self.skipTest("everybody may use port 53 here")
        if os.geteuid() != 0:
            drop = []
        else:
            drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
            if subprocess.run([*drop, harness.BINARY, "version"], capture_output=True).returncode:
                self.skipTest("the binary cannot be run by another user here")
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            done = subprocess.run([*drop, harness.BINARY, "serve", "--data-dir", folder + "/data", "--http", "127.0.0.1:0", "--dns", "127.0.0.53:53"],
                                  capture_output=True, text=True, timeout=30, env=harness.clean_environment(folder))
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r"setcap|CAP_NET_BIND_SERVICE|ip_unprivileged_port_start")

    # Configuration

    def config(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name

    def test_bad_configuration(self):
        for text, line in (("threads = 1\nno-such-key = 1\n", 2), ("threads = \n", 1), ("\n\nhttp = 5\n", 3), ("threads = \"two\"\n", 1),
                           ("[no-such-table]\nx = 1\n", 1), ("[dns]\nno-such-key = 1\n", 2), ("http = [\"nonsense\"]\n", 1), ("region = \"us\"\nregion = \"eu\"\n", 2)):
            with self.subTest(text=text):
                path = self.config(text)
                for command in (["serve", "--data-dir", "/nonexistent/x", "--config", path], ["check-config", "--config", path]):
                    done = harness.waypost(*command)
                    self.assertEqual(2, done.returncode, done.stderr)
                    self.assertIn(f"{path}:{line}", done.stderr)
                    self.assertNotIn(f"{path}:{line}", done.stdout)

    def test_good_configuration(self):
        path = self.config('region = "eu-central-1"\naccount = "123456789012"\nthreads = 1\nlog-level = "warn"\n')
        self.assertEqual(0, harness.waypost("check-config", "--config", path).returncode)
        server = self.server("--config", path).start()
        namespace = server.api().namespace("n", "CreateHttpNamespace")
        self.assertEqual(f"arn:aws:servicediscovery:eu-central-1:123456789012:namespace/{namespace}",
                         server.api().call("GetNamespace", Id=namespace)["Namespace"]["Arn"])

    def test_flags_win_over_environment_over_file(self):
        path = self.config('region = "from-file-1"\naccount = "111111111111"\n')
        server = self.server("--config", path, "--region", "from-flag-1",
                             environment={"WAYPOST_REGION": "from-env-1", "WAYPOST_ACCOUNT": "222222222222"}).start()
        namespace = server.api().namespace("n", "CreateHttpNamespace")
        self.assertIn(":from-flag-1:222222222222:", server.api().call("GetNamespace", Id=namespace)["Namespace"]["Arn"])

    def test_wrong_usage(self):
        for arguments in (["serve", "--no-such-flag"], ["no-such-command"], ["serve", "--threads", "many"], ["serve", "--threads", "-1"],
                          ["serve", "--http", "nonsense"], ["serve", "--dns", "127.0.0.1:99999"], ["serve", "--log-format", "xml"],
                          ["serve", "--log-level", "loud"], ["serve", "--account", "12"], ["serve", "--config", "/nonexistent.toml"]):
            with self.subTest(arguments=arguments):
                with tempfile.TemporaryDirectory() as folder:
                    done = harness.waypost(*arguments, *(["--data-dir", folder + "/data"] if arguments[0] == "serve" else []), home=folder)
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertTrue(done.stderr.strip())

    def test_help_and_version(self):
        done = harness.waypost("version")
        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stdout, r"\d+\.\d+")
        done = harness.waypost("serve", "--help")
        self.assertEqual(0, done.returncode)
        for flag in ("--config", "--data-dir", "--http", "--dns", "--zones", "--threads", "--region", "--account", "--ready-file", "--log-level",
                     "--log-format"):
            self.assertIn(flag, done.stdout)

    def test_json_logs(self):
        server = self.server("--log-format", "json").start()
        self.assertEqual(0, server.stop())
        lines = server.logged().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_sighup_does_not_end_it(self):
        path = self.config('log-level = "info"\n')
        server = self.server("--config", path).start()
        server.process.send_signal(signal.SIGHUP)
        with open(path, "w", encoding="ascii") as file:
            file.write("nonsense nonsense\n")
        server.process.send_signal(signal.SIGHUP)
        self.assertEqual(200, get(server.url + "/readyz")[0])
        self.assertEqual([], server.api().call("ListNamespaces")["Namespaces"])
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    harness.main()
