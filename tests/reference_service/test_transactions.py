"""What becomes of writes that come into each other's way, as moto never lets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from reference_service.handlers import transactions
from reference_service.handlers.problem import Problem
from reference_service.handlers.transactions import Write, patiently, write_each

REFUSAL = Problem(409, "refused")
CONFLICT = "TransactionConflict"
FAILED = "ConditionalCheckFailed"


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "UpdateItem")


class Client:
    """Answers transactions with what it is given, one after another; then all is well."""

    def __init__(self, *errors: Exception) -> None:
        self._errors: Iterator[Exception] = iter(errors)
        self.calls: list[list[str]] = []

    def transact_write_items(self, *, TransactItems: Any) -> None:  # noqa: N803 - as boto3 has it
        self.calls.append([action["Put"] for action in TransactItems])
        error = next(self._errors, None)
        if error is not None:
            raise error


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "pause", lambda _: None)


def writes(*names: str) -> list[Write]:
    """Writes of two actions each."""
    return [
        Write(actions=({"Put": f"{name}1"}, {"Put": f"{name}2"}), refusal=REFUSAL) for name in names
    ]


def did(client: Client, *names: str) -> list[Any]:
    outcome: list[Any] = write_each(client, writes(*names))  # type: ignore[arg-type]
    return [problem and problem.status for problem in outcome]


def test_a_refused_write_holds_up_no_other() -> None:
    """The second of three fails by its second action, and the first meets another writer."""
    client = Client(
        cancelled("None", "None", "None", FAILED, "None", "None"),
        cancelled(CONFLICT, "None", "None", "None"),
    )
    assert did(client, "a", "b", "c") == [None, 409, None]
    assert client.calls == [["a1", "a2", "b1", "b2", "c1", "c2"], *[["a1", "a2", "c1", "c2"]] * 2]


def test_all_refused() -> None:
    """Nothing is left: no empty call."""
    client = Client(cancelled(FAILED, "None", FAILED, "None"))
    assert did(client, "a", "b") == [409, 409]
    assert len(client.calls) == 1


def test_who_never_gets_through_is_told_so() -> None:
    """Another writer each time: 503 in the end, and for that group alone."""
    client = Client(*[cancelled(CONFLICT, *["None"] * 99)] * 8)
    names = [f"w{number}" for number in range(51)]
    assert did(client, *names) == [503] * 50 + [None]
    assert len(client.calls) == 9


@pytest.mark.parametrize(
    "error", [refused("InternalServerError"), ConnectTimeoutError(endpoint_url="x")]
)
def test_a_call_that_fails(error: Exception) -> None:
    """No reasons: 503, and not tried again here, where boto3 has done so."""
    client = Client(error)
    assert did(client, "a") == [503]
    assert len(client.calls) == 1


def test_a_single_write_waits_for_a_transaction() -> None:
    """Two conflicts, then it is done; only conflicts, and it is 503; any other error is one."""
    errors: list[Exception] = [refused("TransactionConflictException")] * 2

    def write() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert patiently(write) == "done"
    errors += [refused("TransactionConflictException")] * 20
    with pytest.raises(Problem) as problem:
        patiently(write)
    assert problem.value.status == 503
    errors.append(refused("ValidationException"))
    with pytest.raises(ClientError, match="ValidationException"):
        patiently(write)
