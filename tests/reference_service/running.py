"""The service as a process of its own, and clients of it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

ROOT = Path(__file__).parents[2]
TIMEOUT = 20


def scrubbed_environment() -> dict[str, str]:
    """This process's environment without AWS settings and proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_", "SIT_")) and not name.lower().endswith("_proxy")
    }


class RunningService:
    """`reference-service serve --control` with more arguments."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reference_service", "serve", "--control", *arguments],
            cwd=ROOT,
            env=scrubbed_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        line = self._output.readline()
        if not line:
            _, errors = self.process.communicate(timeout=TIMEOUT)
            raise AssertionError(f"serve ended with {self.process.returncode}: {errors.decode()}")
        self.ready: dict[str, Any] = json.loads(line)

    def command(self, command: object) -> dict[str, Any]:
        return self.command_line(json.dumps(command).encode())

    def command_line(self, line: bytes) -> dict[str, Any]:
        self._input.write(line + b"\n")
        self._input.flush()
        answer: dict[str, Any] = json.loads(self._output.readline())
        return answer

    def client(self, role: str | None) -> Client:
        token = None if role is None else self.command({"token": role})["token"]
        return Client(self.ready["base_url"], token)

    def aws(self, name: Any, region: str = "eu-west-1") -> Any:
        return boto3.client(
            name,
            endpoint_url=self.ready["aws_endpoint_url"],
            region_name=region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def close(self) -> tuple[int, str]:
        """Closes stdin and waits: exit code and stderr."""
        try:
            _, errors = self.process.communicate(timeout=TIMEOUT)
        finally:
            self.process.kill()
        return self.process.returncode, errors.decode()


class Client(requests.Session):
    """Calls paths below /v1.0 with a token, or without one."""

    def __init__(self, base_url: str, token: str | None) -> None:
        super().__init__()
        self.trust_env = False
        self.base_url = base_url
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if str(url).startswith("/v1.0"):
            url = f"{self.base_url}{url}"
        elif str(url).startswith("/"):
            url = f"{self.base_url}/v1.0{url}"
        kwargs.setdefault("timeout", TIMEOUT)
        return super().request(method, url, *args, **kwargs)

    def create(self, **fields: Any) -> dict[str, Any]:
        """A product made of `fields` and of plausible others."""
        response = self.post("/products", json=new_product(**fields))
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    def create_any(self, **fields: Any) -> dict[str, Any]:
        """Like create, from a service whose answers may be spoilt: whatever it says is made."""
        response = self.post("/products", json=new_product(**fields))
        made: dict[str, Any] = response.json()
        return made

    def listed(self, **parameters: Any) -> list[dict[str, Any]]:
        """All products of a list, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            response = self.get("/products", params=parameters)
            assert response.status_code == 200, response.text
            page = response.json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            parameters["cursor"] = page["next_cursor"]


_numbers = itertools.count(1)


def new_product(**fields: Any) -> dict[str, Any]:
    """The body of a create request, with a sku of its own."""
    return {
        "name": "Test Product",
        "description": "Made by a test",
        "category": "Electronics",
        "price": 299.99,
        "currency": "USD",
        "inventory": 100,
        "sku": f"T-{os.getpid()}-{next(_numbers)}",
        **fields,
    }


def unique(prefix: str) -> str:
    """A name that nothing else in the catalog has."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"
