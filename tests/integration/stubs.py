"""The lookup programs of tests/clients/stubs, one for each kind of stub resolver: making them, running them, judging what they say."""
import ipaddress
import os
import shutil
import subprocess
import typing
import unittest

import harness

CLIENTS = os.path.join(harness.ROOT, "tests", "clients", "stubs")
# A stub that lost an answer waits for 5 s. Far below that, far above what a busy machine needs.
STALL_MS = 2500
NOTHING = {"absent", "nodata"}  # libc does not tell them apart everywhere


class Found(typing.NamedTuple):
    error: str
    values: set
    ms: int


def need(tool):
    if not shutil.which(tool):
        print(f"skipped: no {tool}", flush=True)
        raise unittest.SkipTest(f"no {tool}")


def program(kind, folder):
    """The command of a client, made in this folder when it is not there yet; skips where its tools are missing.
    glibc, musl: getaddrinfo. node, java: theirs."""
    if kind == "node":
        need("node")
        return ["node", os.path.join(CLIENTS, "lookup.mjs")]
    made = os.path.join(folder, "Lookup.class" if kind == "java" else kind)
    command = {"glibc": ["cc", "-O1", "-o", made], "musl": ["musl-gcc", "-static", "-O1", "-o", made], "java": ["javac", "-d", folder]}[kind]
    if not os.path.exists(made):
        need(command[0])
        subprocess.run([*command, os.path.join(CLIENTS, "Lookup.java" if kind == "java" else "lookup.c")], check=True)
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", folder, "Lookup"] if kind == "java" else [made]


def _plain(value):
    """A name without its last dot, an address as Python writes it."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value.rstrip(".").lower()


class Case(unittest.TestCase):
    """A class says how its programs are run: run_client(kind, words) gives their standard output."""
    maxDiff = None
    server = None

    def run_client(self, kind, words):
        raise NotImplementedError

    def look_up(self, kind, *pairs):
        """[Found] of (kind of question, name) pairs, all asked by one process."""
        said = self.run_client(kind, [word for pair in pairs for word in pair])
        found = []
        for pair, line in zip(pairs, said.splitlines(), strict=True):
            asked, name, ms, error, *values = line.split("\t")
            self.assertEqual(pair, (asked, name))
            found.append(Found(error, {_plain(value) for value in values}, int(ms)))
        return found

    def expect(self, kind, wanted, stall_ms=STALL_MS):
        """Asks all of {(kind of question, name): values, error or NOTHING}, each quickly."""
        for pair, found in zip(wanted, self.look_up(kind, *wanted)):
            with self.subTest(client=kind, asked=pair):
                want = wanted[pair]
                if want is NOTHING:
                    self.assertIn(found.error, NOTHING, found)
                elif isinstance(want, str):
                    self.assertEqual((want, set()), (found.error, found.values))
                else:
                    self.assertEqual(("-", want), (found.error, found.values))
                self.assertLess(found.ms, stall_ms, found)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before and self.server is not None:
            print(f"--- log of the server after {self.id()}\n{self.server.logged()}---", flush=True)


def any_of(names):
    return {("any", name): values for name, values in names.items()}
