"""moto's HTTP endpoint, for AWS calls from other processes.

Most runs never call it, and moto's server takes as long to import as all the rest:
the socket listens from the start, the server comes with the first connection.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reference_service.local.own_answers import OwnAnswers
from reference_service.local.strangers import Strangers

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer


class AwsEndpoint:
    """Serves moto on `listener`; `prepare` runs once, before the first request is answered.

    `s3` is the client that tells what S3 shows to everybody.
    """

    def __init__(self, listener: socket.socket, prepare: Callable[[], None], s3: Any) -> None:
        self._listener = listener
        self._prepare = prepare
        self._s3 = s3
        self._server: BaseWSGIServer | None = None
        self._wake, self._woken = socket.socketpair()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="aws-endpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the endpoint; requests under way are dropped."""
        self._stopping = True
        self._wake.send(b"x")
        if self._server is not None:
            self._server.shutdown()
        self._thread.join(timeout=2)
        for each in (self._wake, self._woken, self._listener):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            selector.select()
        if self._stopping:
            return
        try:
            self._serve()
        except Exception:
            # Who calls must not wait for an answer that never comes.
            self._listener.close()
            raise

    def _serve(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self._prepare()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        host, port = self._listener.getsockname()[:2]
        server = make_server(
            host,
            port,
            OwnAnswers(Strangers(DomainDispatcherApplication(create_backend_app), self._s3)),
            threaded=True,
            fd=self._listener.fileno(),
        )
        self._server = server
        if not self._stopping:
            server.serve_forever(poll_interval=0.05)
        server.server_close()
