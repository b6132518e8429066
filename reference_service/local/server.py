"""One process: the API's front, the images edge and the AWS endpoint, from start to end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from reference_service.local.entrance import Door, Encryption, Entrance
from reference_service.local.signing_key import SigningKey
from reference_service.local.stack import Stack

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from reference_service.faults.fault import Fault
    from reference_service.local.certificates import Authority

HOST = "127.0.0.1"
# moto runs one call at a time; more threads only wait on each other.
THREADS = 8


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What `serve` was asked for; port 0 is any that is free.

    `capacity` is in requests a second; None for what the machine does.
    """

    environment: str = "local"
    version: str = "1.0.0"
    port: int = 0
    images_port: int = 0
    aws_port: int = 0
    fault: str | None = None
    seed_products: int = 0
    control: bool = False
    capacity: float | None = None
    tls: bool = False
    signed_urls: bool = False


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line on stdout that says the process is ready; `base_url` is without /v1.0.

    `ca_file` is there with TLS: what a client has to trust. `public_key` verifies tokens (PEM).
    """

    environment: str
    version: str
    base_url: str
    images_url: str
    aws_endpoint_url: str
    key_file: str
    public_key: str
    fault: str | None
    pid: int
    ca_file: str | None = None


class Server:
    """Everything that runs while `serve` does."""

    def __init__(self, request: Request, fault: Fault | None) -> None:
        # The key takes longest to wait for and nothing of the rest.
        key = ThreadPoolExecutor(1).submit(SigningKey)
        self._authority = _authority() if request.tls else None
        try:
            self._listeners = [
                listener(port) for port in (request.port, request.images_port, request.aws_port)
            ]
            self._start(request, fault, key.result)
        except BaseException:
            key.result().remove()
            if self._authority is not None:
                self._authority.remove()
            raise

    def _start(self, request: Request, fault: Fault | None, key: Callable[[], SigningKey]) -> None:
        from reference_service.local.aws_endpoint import AwsEndpoint
        from reference_service.local.front import Front

        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self.key = key()
        self.stack = Stack(
            request.environment,
            request.version,
            token_key=self.key.public_pem,
            signed_urls=request.signed_urls,
        )
        self._encryption = Encryption(self._authority) if self._authority else None
        schemes = ("https", "https", "http") if request.tls else ("http",) * 3
        api, images, aws = (
            f"{scheme}://{HOST}:{each.getsockname()[1]}"
            for scheme, each in zip(schemes, self._listeners, strict=True)
        )
        self._images_url = images
        if request.seed_products:
            from reference_service.local.seeding import seed

            seed(self.stack.client("dynamodb"), self.stack.table, request.seed_products)
        self._front = Front(
            _not_composed,
            account=self.stack.account,
            name=self.stack.function_name,
            executor=self.stack.counts.integration(self._executor),
        )
        self._edge = self.stack.edge(self._executor)
        self._apps = (self.stack.counts.api(self._front), self.stack.counts.edge(self._edge))
        self._entrances = [Entrance(app, secure=request.tls) for app in self._apps]
        self._served: list[ASGIApp] = [*self._entrances]
        if request.capacity is not None:
            from reference_service.local.capacity import Capacity

            self._served = [*map(Capacity(request.capacity).before, self._entrances)]
        self.install(fault)
        self._aws = AwsEndpoint(
            self._listeners[2], self.stack.make_function, self.stack.client("s3")
        )
        self.ready = Ready(
            environment=request.environment,
            version=request.version,
            base_url=api,
            images_url=images,
            aws_endpoint_url=aws,
            key_file=str(self.key.path),
            public_key=self.key.public_pem,
            fault=None if fault is None else fault.name,
            pid=os.getpid(),
            ca_file=str(self._authority.ca_file) if self._authority else None,
        )

    def install(self, fault: Fault | None) -> None:
        """Composes the service anew, with that fault or none; its data stay."""
        from reference_service.handlers.app import build
        from reference_service.local.concurrent_resolver import ConcurrentResolver
        from reference_service.local.edge import Cache

        began = time.perf_counter()
        composition = self.stack.compose(self._images_url, fault)
        versions = self.stack.versions
        self._front.function = versions.serve(
            self.stack.counts.function(
                composition.function(
                    versions.following(
                        composition.service, lambda service: build(service, ConcurrentResolver)
                    )
                )
            )
        )
        self._front.pause = composition.front_pause
        self._edge.finish = composition.edge
        self._edge.pause = composition.edge_pause
        self._edge.client = composition.clients["s3"]
        self._edge.cache = Cache()
        wraps = (composition.front_app, composition.edge_app)
        for entrance, app, wrap in zip(self._entrances, self._apps, wraps, strict=True):
            entrance.app = wrap(app)
            entrance.secure = self._encryption is not None and not composition.terms.plain
        if self._encryption is not None:
            self._encryption.agree(composition.terms)
        self.stack.expose(composition.resources)
        self.stack.counts.composed(time.perf_counter() - began, composition.published)

    async def run(self, on_ready: Callable[[Server, Callable[[], None]], None]) -> None:
        """Serves until stopped; `on_ready` gets what stops it, callable from any thread."""
        import uvicorn

        class Uvicorn(uvicorn.Server):
            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                # Two servers share this process, which handles signals itself.
                yield

        servers = [
            Uvicorn(
                uvicorn.Config(
                    app,
                    http="h11",
                    ws="none",
                    loop="asyncio",
                    lifespan="off",
                    interface="asgi3",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=2,
                )
            )
            for app in self._served
        ]
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        tls = self._encryption
        running = [
            asyncio.create_task(server.serve(sockets=[] if tls else [each]))
            for server, each in zip(servers, self._listeners, strict=False)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0)
        doors = [
            asyncio.create_task(Door(each, tls, _protocol(server)).stand_open())
            for server, each in zip(servers, self._listeners, strict=False)
            if tls is not None
        ]
        self._aws.start()
        # What stands now stays: collections pass over it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)

        def stop() -> None:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(stopped.set)

        on_ready(self, stop)
        await asyncio.wait(
            [asyncio.create_task(stopped.wait()), *running, *doors],
            return_when="FIRST_COMPLETED",
        )
        for door in doors:
            door.cancel()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)

    def close(self) -> None:
        """Ends the threads and removes the key."""
        self._aws.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.key.remove()
        if self._authority is not None:
            self._authority.remove()


def _protocol(server: uvicorn.Server) -> Callable[[], asyncio.Protocol]:
    """What speaks HTTP on a connection of that server, as the server itself makes it."""

    def make() -> asyncio.Protocol:
        kind: Any = server.config.http_protocol_class
        spoken: asyncio.Protocol = kind(
            config=server.config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return spoken

    return make


def _authority() -> Authority:
    # Only with TLS: certificates take a while to import.
    from reference_service.local.certificates import Authority

    return Authority()


def listener(port: int) -> socket.socket:
    """A listening socket on this machine only; OSError, naming the port, if it is taken."""
    # With the protocol named, asyncio turns Nagle's algorithm off for what connects.
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
        opened.listen(128)
    except OSError as error:
        opened.close()
        raise OSError(error.errno, f"port {port}: {error.strerror}") from error
    return opened


def serve(request: Request, fault: Fault | None) -> None:
    """Runs the stack until SIGTERM, Ctrl-C or, with control, the end of stdin."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        server = Server(request, fault)
        try:
            asyncio.run(server.run(_announcer(control=request.control)))
        finally:
            server.close()
    except KeyboardInterrupt:
        return


def _announcer(*, control: bool) -> Callable[[Server, Callable[[], None]], None]:
    def announce(server: Server, stop: Callable[[], None]) -> None:
        _say(server.ready)
        if control:
            from reference_service.local.control import Control

            # Unbuffered, and not sys.stdin: its lock would be held when the process ends.
            commands = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
            listening = threading.Thread(
                target=Control(server).listen,
                args=(commands, _say, stop),
                name="control",
                daemon=True,
            )
            listening.start()

    return announce


def _say(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def _leave(*_: Any) -> NoReturn:
    raise SystemExit(0)


def _not_composed(event: dict[str, Any], context: Any) -> dict[str, Any]:
    raise RuntimeError("the service is not composed yet")
