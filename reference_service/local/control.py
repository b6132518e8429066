"""Commands on stdin while `serve --control` runs: one JSON object a line, one answer a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from reference_service.local.server import Server


class Control:
    """Answers commands for one server.

    {"fault": NAME or null} composes the service anew and answers the same object;
    {"token": ROLE} answers {"token": "..."}; anything else {"error": "..."}.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def listen(
        self, lines: Iterable[bytes], say: Callable[[object], None], stop: Callable[[], None]
    ) -> None:
        """Answers each line until they end, then stops the server."""
        try:
            for line in lines:
                if line.strip():
                    say(self.answer(line))
        finally:
            stop()

    def answer(self, line: bytes) -> dict[str, str | None]:
        """The answer to one command."""
        try:
            command = msgspec.json.decode(line, type=dict[str, str | None])
        except msgspec.DecodeError as error:
            return {"error": f"a command is a JSON object of text: {error}"}
        if list(command) == ["fault"]:
            return self._fault(command["fault"])
        if list(command) == ["token"] and command["token"] is not None:
            return self._token(command["token"])
        return {"error": 'a command is {"fault": NAME or null} or {"token": ROLE}'}

    def _fault(self, name: str | None) -> dict[str, str | None]:
        from reference_service.faults import registry

        try:
            fault = None if name is None else registry.named(name)
        except registry.UnknownFaultError as error:
            return {"error": str(error)}
        self._server.install(fault)
        return {"fault": name}

    def _token(self, role: str) -> dict[str, str | None]:
        from reference_service.local import tokens

        if role not in tokens.ROLES:
            return {"error": f"no role {role!r}; there are {', '.join(tokens.ROLES)}"}
        return {"token": tokens.token(role, self._server.key.private)}
