"""Containers of a real Docker Engine whose --dns is waypost: on the default bridge, and on a user network behind Docker's embedded
resolver. The engine is our own, in network, process and mount namespaces of its own: all of it ends with this test."""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness
import netns
import outside
import stubs
from harness import until
from stubs import NOTHING, any_of

BRIDGE = "172.17.0.1"
PATIENCE = 30
IMAGE = "waypost-stub:1"
BIG = {f"192.0.2.{i}" for i in range(1, 41)}
WWW = {"198.51.100.1", "2001:db8:1::1"}
OUTSIDE = ["www.outside.test. 30 IN A 198.51.100.1", "www.outside.test. 30 IN AAAA 2001:db8:1::1",
           "alias.outside.test. 30 IN CNAME www.outside.test.", *(f"big.outside.test. 30 IN A {address}" for address in sorted(BIG))]
CONFIG = """[forward]
enabled = true
clients = ["172.16.0.0/12"]
upstreams = ["127.0.0.1:{port}"]
"""
CORP = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 15\n@ NS ns\nns A 192.0.2.53\nhost A 192.0.2.80\nshop CNAME web.kouzie.com.\n"
WEB = {"192.0.2.101", "192.0.2.102"}
NAMES = {
    "web.kouzie.com": WEB,
    "six.kouzie.com": {"2001:db8::66"},
    "missing.kouzie.com": NOTHING,
    "host.corp.example": {"192.0.2.80"},
    "shop.corp.example": WEB,
    "www.outside.test": WWW,
    "alias.outside.test": WWW,
    "missing.outside.test": NOTHING,
    "ext.kouzie.com": WWW,
}
HTTP_PORT = 8080


class Engine:
    """dockerd with state of its own; Unavailable where it does not run. docker() runs its client."""

    class Unavailable(Exception):
        pass

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="waypost-docker-")
        self.log = os.path.join(self.folder, "log")
        self._host = "unix://" + os.path.join(self.folder, "socket")
        self._cgroup = f"waypost-test-{os.getpid()}"
        # Another version of the client may come first on PATH.
        self._client = "/usr/bin/docker" if os.path.exists("/usr/bin/docker") else shutil.which("docker")
        # Its /run is empty, so that it meets no engine of the machine's; its processes end with it.
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                   'mount -t tmpfs none /run && exec dockerd "$@"', "sh", "--data-root", os.path.join(self.folder, "data"),
                   "--exec-root", os.path.join(self.folder, "exec"), "--pidfile", os.path.join(self.folder, "pid"), "--host", self._host,
                   "--storage-driver", "vfs", "--bip", BRIDGE + "/16", "--cgroup-parent", self._cgroup,
                   "--exec-opt", "native.cgroupdriver=cgroupfs"]
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=harness._die_with_parent,
                                             env=harness.clean_environment(self.folder))
        if not until(lambda: self._process.poll() is not None or self._answers(), PATIENCE, 0.2) or self._process.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                last = (log.read().splitlines() or ["it says nothing"])[-1]
            self.close()
            raise Engine.Unavailable("dockerd does not run here: " + last)

    def _answers(self):
        return os.path.exists(self._host.removeprefix("unix://")) and self.docker("version", check=False).returncode == 0

    def docker(self, *arguments, check=True, timeout=120):
        environment = harness.clean_environment(self.folder, DOCKER_HOST=self._host, DOCKER_CONFIG=self.folder)
        done = subprocess.run([self._client, *arguments], env=environment, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def close(self):
        if self._process.poll() is None:
            left = self.docker("ps", "--all", "--quiet", check=False).stdout.split()
            if left:
                self.docker("rm", "--force", *left, check=False)
            with open(f"/proc/{self._process.pid}/task/{self._process.pid}/children", encoding="ascii") as file:
                for child in file.read().split():
                    os.kill(int(child), signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for path in glob.glob(f"/sys/fs/cgroup/{self._cgroup}") + glob.glob(f"/sys/fs/cgroup/*/{self._cgroup}"):
            try:
                os.rmdir(path)
            except OSError:
                pass  # a few empty folders in memory; nothing runs in them
        shutil.rmtree(self.folder, ignore_errors=True)


def put(root, program):
    """Copies a program and the libraries it needs into a file system."""
    shutil.copy(program, os.path.join(root, "bin"))
    for library in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True).stdout):
        os.makedirs(os.path.dirname(root + library), exist_ok=True)
        shutil.copy(library, root + library)


def make_image(folder):
    """Busybox, the lookup programs, getent and curl. Busybox's own wget is no witness: Debian's static one dies in getaddrinfo."""
    root = os.path.join(folder, "root")
    for path in "bin", "etc", "tmp":
        os.makedirs(os.path.join(root, path))
    for program in *(stubs.program(kind, folder)[0] for kind in ("glibc", "musl")), *map(shutil.which, ("busybox", "getent", "curl")):
        put(root, program)
    for applet in "sh", "httpd", "nslookup", "cat", "sleep":
        os.symlink("busybox", os.path.join(root, "bin", applet))
    with open(os.path.join(root, "etc", "nsswitch.conf"), "w", encoding="ascii") as file:
        file.write(netns.NSSWITCH)
    packed = os.path.join(folder, "image.tar")
    netns.run("tar", "-C", root, "-cf", packed, ".")
    engine.docker("import", packed, IMAGE)


def setUpModule():
    global engine, built, resolver
    netns.move_in()
    for tool in "dockerd", "docker", "containerd", "iptables", "busybox", "curl":
        if not shutil.which(tool):
            netns.skip("no " + tool)
    built = tempfile.TemporaryDirectory(prefix="waypost-stubs-")
    unittest.addModuleCleanup(built.cleanup)
    for kind in "glibc", "musl":
        stubs.program(kind, built.name)
    try:
        engine = Engine()
    except Engine.Unavailable as why:
        netns.skip(str(why))
    unittest.addModuleCleanup(engine.close)
    make_image(built.name)
    resolver = outside.Resolver(*OUTSIDE)


class Containers(stubs.Case):
    NETWORK = None

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server(http="127.0.0.1:0", dns=BRIDGE + ":53")
        zones, config = (os.path.join(cls.server.folder, name) for name in ("zones", "waypost.toml"))
        os.mkdir(zones)
        for path, text in ((os.path.join(zones, "corp.example.zone"), CORP), (config, CONFIG.format(port=resolver.port))):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        cls.server.flags += ["--zones", zones, "--config", config]
        cls.server.start()
        cls.addClassCleanup(cls.server.remove)
        cls.api = cls.server.api()
        cls.namespace = cls.api.namespace("kouzie.com", Properties={"DnsProperties": {"SOA": {"TTL": 5}}})
        for name, kind, policy, attribute, values in (("web", "A", "MULTIVALUE", "AWS_INSTANCE_IPV4", sorted(WEB)),
                                                      ("six", "AAAA", "MULTIVALUE", "AWS_INSTANCE_IPV6", ["2001:db8::66"]),
                                                      ("ext", "CNAME", "WEIGHTED", "AWS_INSTANCE_CNAME", ["www.outside.test"])):
            service = cls.api.service(name, cls.namespace, [(kind, 5)], RoutingPolicy=policy)
            for i, value in enumerate(values):
                cls.api.register(service, f"{name}-{i}", **{attribute: value})
        if cls.NETWORK != "bridge":
            engine.docker("network", "create", cls.NETWORK)
            cls.addClassCleanup(engine.docker, "network", "rm", cls.NETWORK)
        # The container that asks.
        cls.asking = cls.start("sleep", "1000000")

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code != 0:
            raise AssertionError(f"waypost ended with {code}:\n{cls.server.logged()}")

    @classmethod
    def start(cls, *command, name=None):
        """Starts a container on the network; its id."""
        options = ["--network", cls.NETWORK, "--dns", BRIDGE, "--dns-search", "kouzie.com", *(["--name", name] if name else [])]
        made = engine.docker("run", "--detach", *options, IMAGE, *command).stdout.strip()
        cls.addClassCleanup(engine.docker, "rm", "--force", made, check=False)
        return made

    def inside(self, *command, check=True):
        return engine.docker("exec", self.asking, *command, check=check)

    def run_client(self, kind, words):
        return self.inside("/bin/" + kind, *words).stdout

    def addresses(self, name):
        """What getent finds."""
        return {line.split()[0] for line in self.inside("/bin/getent", "ahostsv4", name, check=False).stdout.splitlines()}

    def check_names(self):
        for kind in "glibc", "musl":
            self.expect(kind, any_of(NAMES))
        self.expect("glibc", any_of({"web": WEB, "missing": NOTHING, "ext": WWW, "big.outside.test": BIG}))
        self.assertEqual(WEB, self.addresses("web"))
        said = self.inside("/bin/nslookup", "web.kouzie.com").stdout
        self.assertTrue(all(address in said for address in WEB), said)
        self.assertLessEqual(self.look_up("musl", ("any", "big.outside.test"))[0].values, BIG)

    def check_failover(self):
        """Three containers serve HTTP; one is killed, as `docker kill` does it. Within the TTL and detection nobody is sent there."""
        service = self.api.service("shop", self.namespace, [("A", 1)],
                                   HealthCheckConfig={"Type": "HTTP", "FailureThreshold": 2, "ResourcePath": "/"},
                                   Tags=[{"Key": "waypost:check-interval", "Value": "200ms"}, {"Key": "waypost:check-timeout", "Value": "500ms"}])
        made = {}
        for i in range(3):
            container = self.start("/bin/sh", "-c", f"echo fine > /tmp/index.html; exec httpd -f -p {HTTP_PORT} -h /tmp", name=f"shop-{i}")
            network = "{{(index .NetworkSettings.Networks \"" + self.NETWORK + "\").IPAddress}}"
            address = engine.docker("inspect", "--format", network, container).stdout.strip()
            made[address] = container
            self.api.register(service, f"shop-{i}", AWS_INSTANCE_IPV4=address, AWS_INSTANCE_PORT=str(HTTP_PORT))
        self.assertTrue(until(lambda: self.addresses("shop.kouzie.com") == set(made), PATIENCE), self.addresses("shop.kouzie.com"))
        victim = sorted(made)[1]
        engine.docker("kill", made[victim])
        died = time.monotonic()
        self.assertTrue(until(lambda: victim not in self.addresses("shop.kouzie.com"), PATIENCE))
        took = time.monotonic() - died
        for _ in range(5):
            self.assertEqual("fine\n", self.inside("/bin/curl", "-sS", "-m", "5", f"http://shop.kouzie.com:{HTTP_PORT}/").stdout)
        self.assertEqual(set(made) - {victim}, self.addresses("shop.kouzie.com"))
        engine.docker("start", made[victim])
        self.assertTrue(until(lambda: victim in self.addresses("shop.kouzie.com"), PATIENCE))
        print(f"\n{self.NETWORK}: docker kill seen by getent in another container after {took:.2f} s", flush=True)


class Bridge(Containers):
    """resolv.conf names waypost."""
    NETWORK = "bridge"

    def test_names(self):
        self.assertIn(f"nameserver {BRIDGE}", self.inside("/bin/cat", "/etc/resolv.conf").stdout)
        self.check_names()
        self.expect("musl", any_of({"web": WEB, "missing": NOTHING, "ext": WWW}))

    def test_failover(self):
        self.check_failover()


class UserNetwork(Containers):
    """resolv.conf names Docker's own resolver, which forwards to waypost, and says ndots:0: musl tries no suffix then."""
    NETWORK = "waypost-shop"

    def test_names(self):
        self.assertIn("nameserver 127.0.0.11", self.inside("/bin/cat", "/etc/resolv.conf").stdout)
        self.check_names()
        self.expect("musl", any_of({"web": NOTHING, "missing": NOTHING}))

    def test_names_of_containers_stay_dockers(self):
        self.start("sleep", "1000000", name="neighbour")
        self.assertEqual(1, len(self.addresses("neighbour")))

    def test_failover(self):
        self.check_failover()


if __name__ == "__main__":
    harness.main()
