"""Hosts on a private network: this process moves into a network namespace of its own, and other hosts hang off it by veth pairs.
Nothing has a name outside of it, so nothing is left behind, however the process ends. Needs root."""
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import _die_with_parent, until

CLONE_NEWNET = 0x40000000
NSSWITCH = "hosts: files dns\n"
_libc = ctypes.CDLL(None, use_errno=True)


def move_in():
    """Gives this process a network of its own; called before it has threads. Skips the module where that cannot be done."""
    missing = [tool for tool in ("ip", "unshare", "nsenter", "mount") if not shutil.which(tool)]
    if missing:
        skip("no " + ", ".join(missing))
    if os.geteuid() != 0:
        skip("network namespaces need root")
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c",
                            "ip link set lo up && ip link add tried type veth && mount --bind /etc/nsswitch.conf /etc/resolv.conf"],
                           capture_output=True, text=True)
    if tried.returncode != 0:
        skip("no network and mount namespaces here: " + tried.stderr.strip())
    if _libc.unshare(CLONE_NEWNET) != 0:
        skip("unshare: " + os.strerror(ctypes.get_errno()))
    run("ip", "link", "set", "lo", "up")


def skip(why):
    """Ends the module's tests as skipped, and says why."""
    print("skipped: " + " ".join(why.split()), file=sys.stderr)
    raise unittest.SkipTest(why)


def run(*command, check=True, **more):
    return subprocess.run(command, check=check, capture_output=True, text=True, **more)


class Host:
    """Another host. `near` is our address on its wire, `address` its own; near6 and address6 likewise.
    `with host:` makes sockets there. Its programs see resolv.conf as resolver() wrote it."""

    def __init__(self, number):
        self.near, self.address = f"10.213.{number}.1", f"10.213.{number}.2"
        self.near6, self.address6 = f"fd13:{number}::1", f"fd13:{number}::2"
        self.wire = f"wire{number}"
        self._folder = tempfile.TemporaryDirectory(prefix="waypost-host-")
        self._process = subprocess.Popen(["unshare", "--net", "--mount", "sleep", "infinity"], stdin=subprocess.DEVNULL,
                                         preexec_fn=_die_with_parent)
        try:
            ours = os.readlink("/proc/self/ns/net")
            if not until(lambda: os.readlink(f"/proc/{self._process.pid}/ns/net") != ours and self._sleeps()):
                raise AssertionError("unshare does not unshare")
            self._make_wire()
            for file, text in (("resolv.conf", ""), ("nsswitch.conf", NSSWITCH)):
                self._write(file, text)
                self.do("mount", "--bind", os.path.join(self._folder.name, file), "/etc/" + file)
        except Exception:
            self.close()
            raise

    def _sleeps(self):
        with open(f"/proc/{self._process.pid}/comm", encoding="ascii") as file:
            return file.read() == "sleep\n"

    def _make_wire(self):
        run("ip", "link", "add", self.wire, "type", "veth", "peer", "name", "eth0", "netns", str(self._process.pid))
        run("ip", "link", "set", self.wire, "up")
        self.do("ip", "link", "set", "lo", "up")
        self.do("ip", "link", "set", "eth0", "up")
        self.add_near(self.near)
        self.add_near(self.near6)
        self.do("ip", "addr", "add", self.address + "/24", "dev", "eth0")
        self.do("ip", "addr", "add", self.address6 + "/64", "dev", "eth0", "nodad")

    def add_near(self, address):
        """One more address of ours on its wire."""
        run("ip", "addr", "add", address + ("/64" if ":" in address else "/24"), "dev", self.wire, *(["nodad"] if ":" in address else []))

    def _write(self, file, text):
        # In place: the mount holds on to the file, not to its name.
        with open(os.path.join(self._folder.name, file), "w", encoding="ascii") as out:
            out.write(text)

    def resolver(self, *lines):
        """Writes its resolv.conf."""
        self._write("resolv.conf", "".join(line + "\n" for line in lines))

    def inside(self, *command):
        """The command that runs `command` there."""
        return ["nsenter", "-t", str(self._process.pid), "--net", "--mount", "--wd=/", "--", *command]

    def do(self, *command, check=True, timeout=60, **more):
        return run(*self.inside(*command), check=check, timeout=timeout, **more)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def __enter__(self):
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        with open(f"/proc/{self._process.pid}/ns/net", "rb") as there:
            _set_namespace(there.fileno())

    def __exit__(self, *_):
        _set_namespace(self._home)
        os.close(self._home)


def _set_namespace(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
