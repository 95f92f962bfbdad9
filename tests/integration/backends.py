"""Real servers for checks to knock at. What each does is switched while it runs; each has an address of its own in 127.0.0.0/8, so
that A records tell them apart."""
import contextlib
import ctypes
import itertools
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

try:
    import grpc
except ImportError:  # Debian: python3-grpcio
    grpc = None

_hosts = itertools.count(1)
CLONE_NEWNET = 0x40000000


def fresh_host():
    """An address of 127.0.0.0/8 that no other backend of this process has."""
    number = next(_hosts)
    return f"127.77.{number // 250}.{number % 250 + 1}"


class Backend:
    """A TCP listener. `mode` is what the next connection gets, or a function of how many came before that says it:

    ok      accepts, and waits until the client closes
    hang    accepts, reads, never answers
    reset   accepts and resets
    closed  nothing listens: connections are refused
    """

    def __init__(self, host=None, port=0, mode="ok", context=None, namespace=None):
        self.host, self.port, self.namespace = host or fresh_host(), port, namespace
        self.context = context
        self.seen = 0
        self.requests = []  # the last ones, as text
        self._lock = threading.Lock()
        self._listener = None
        self._mode = None
        self._open = set()
        self.mode = mode
        if self._listener is None:  # so that the port is known, and nobody else takes it meanwhile
            self._listen()
            self._close_listener()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        self._mode = mode
        if mode == "closed":
            self.kill()
        elif self._listener is None:
            self._listen()

    def _listen(self):
        with self.namespace or contextlib.nullcontext():
            listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _close_listener(self):
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone leaves a thread inside accept(), and the port open.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def kill(self):
        """As when the process dies: nothing listens, and what is open is reset."""
        self._close_listener()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes its thread
            _reset(connection)

    def close(self):
        self.mode = "closed"

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                count, self.seen = self.seen, self.seen + 1
                self._open.add(connection)
            mode = self._mode(count) if callable(self._mode) else self._mode
            threading.Thread(target=self._serve, args=(connection, mode), daemon=True).start()

    def _serve(self, raw, mode):
        try:
            raw.settimeout(60)
            connection = raw
            if mode == "reset":
                _reset(raw)
                return
            if self.context is not None and mode != "hang":
                connection = self.context.wrap_socket(raw, server_side=True)
            self.answer(connection, mode)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(raw)
            with contextlib.suppress(OSError):
                raw.close()

    def answer(self, connection, mode):
        while connection.recv(4096):
            pass


def _reset(connection):
    """Closes with RST."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


class HttpBackend(Backend):
    """Answers HTTP/1.1 requests. Further modes:

    500, 204, …  a number: this status
    slow         answers after `delay` seconds
    drip         sends one octet of its answer every 50 ms
    garbage      answers what is no HTTP
    endless      a body without end
    """

    def __init__(self, *arguments, body=b"fine", delay=30.0, **more):
        self.body, self.delay = body, delay
        super().__init__(*arguments, **more)

    def answer(self, connection, mode):
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(4096)
            if not piece:
                return
            request += piece
        self.requests = self.requests[-20:] + [request.decode("latin1")]
        if mode == "hang":
            super().answer(connection, mode)
            return
        if mode == "slow":
            time.sleep(self.delay)
        status = mode if isinstance(mode, int) else 200
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode()
        if mode == "garbage":
            connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n" * 20)
        elif mode == "drip":
            for octet in head + self.body:
                connection.sendall(bytes([octet]))
                time.sleep(0.05)
        elif mode == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        else:
            connection.sendall(head + (b"" if status in (204, 304) else self.body))


class Certificate:
    """A self-signed certificate, made anew."""

    def __init__(self, host):
        self.folder = tempfile.TemporaryDirectory(prefix="waypost-cert-")
        self.file = os.path.join(self.folder.name, "cert.pem")
        key = os.path.join(self.folder.name, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-keyout", key, "-out", self.file, "-subj", "/CN=backend", "-addext", f"subjectAltName=IP:{host}"],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, key)


SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


class GrpcBackend:
    """grpc.health.v1.Health/Check over plain HTTP/2, by Google's own library. `status` is SERVING, NOT_SERVING, or a
    grpc.StatusCode to fail with."""

    def __init__(self, host=None):
        from concurrent import futures
        self.host, self.status, self.asked = host or fresh_host(), SERVING, []
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        handler = grpc.unary_unary_rpc_method_handler(self._check, request_deserializer=bytes, response_serializer=bytes)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),))
        self.port = self._server.add_insecure_port(f"{self.host}:0")
        self._server.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop(0).wait(10)

    def _check(self, request, context):
        self.asked = self.asked[-20:] + [request]
        if isinstance(self.status, grpc.StatusCode):
            context.abort(self.status, "as the test says")
        return self.status


def cycle(*modes):
    """A mode for each connection in turn, over and over: flapping."""
    return lambda count: modes[count % len(modes)]


class NetworkNamespace:
    """Another host, behind a veth pair. Needs root. `with namespace:` makes sockets there; black_hole() makes it deaf."""
    _libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self):
        number = os.getpid() % 10000
        self.name, near, far = f"waypost{number}", f"wpn{number}", f"wpf{number}"
        self.near, self.host = "10.213.77.1", "10.213.77.2"
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
            _ip("addr", "add", f"{self.near}/30", "dev", near)
            _ip("link", "set", near, "up")
            self._inside("addr", "add", f"{self.host}/30", "dev", far)
            self._inside("link", "set", far, "up")
        except Exception:
            self.close()
            raise

    def close(self):
        _ip("netns", "del", self.name)  # the pair goes with it

    def black_hole(self, on):
        """SYNs arrive, and nothing ever comes back."""
        self._inside("route", "add" if on else "del", "blackhole", f"{self.near}/32")

    def _inside(self, *arguments):
        # Not `ip -n`: that mounts a /sys of its own, which may not be had in a container or a chroot.
        subprocess.run(["nsenter", f"--net=/run/netns/{self.name}", "ip", *arguments], check=True, capture_output=True, text=True)

    def __enter__(self):
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        with open(f"/run/netns/{self.name}", "rb") as there:
            self._move(there.fileno())

    def __exit__(self, *_):
        self._move(self._home)
        os.close(self._home)

    def _move(self, descriptor):
        if self._libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
