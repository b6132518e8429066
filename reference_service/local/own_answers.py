"""Answers of AWS that moto has none for: backup jobs, limits, traces, what a stage runs.

They are told apart by the service that a request is signed for, and its method and path, as the
published API has them; everything else goes on to moto.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from reference_service.local import gateway

if TYPE_CHECKING:
    from reference_service.local.invocations import Invocations
    from reference_service.local.protection import Resources

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_HOUR_S = 3600
_MOST = 65536  # bytes of a request
Answer = Callable[["Offered", "re.Match[str]", dict[str, Any]], dict[str, Any]]


class Offered(msgspec.Struct, kw_only=True):
    """What stands in this account; a fault changes it. Times in seconds since the epoch."""

    table_arn: str
    vault_arn: str
    role_arn: str
    plan_id: str
    account: str
    region: str
    function: str
    invocations: Invocations
    trace_group: dict[str, Any]
    job_state: str = "COMPLETED"
    job_age_s: float = 600.0
    selected: bool = True
    concurrency: int = 1000
    mapped: bool = True
    trace_faults: bool = False


_offered: list[Offered] = []


def offer(offered: Offered) -> None:
    """From now on these are the answers."""
    _offered[:] = [offered]


def offered() -> Offered:
    """What is answered now."""
    return _offered[0]


class OwnAnswers:
    """A WSGI application in front of moto's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signed = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
        path = unquote(environ.get("PATH_INFO", ""))
        for service, method, pattern, answer in _ANSWERS:
            found = pattern.fullmatch(path)
            if _offered and found and signed and signed[1] == service:
                if environ["REQUEST_METHOD"] != method:
                    continue
                length = min(int(environ.get("CONTENT_LENGTH") or 0), _MOST)
                body = environ["wsgi.input"].read(length) if length else b"{}"
                content = json.dumps(answer(offered(), found, json.loads(body))).encode()
                start_response(
                    "200 OK",
                    [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
                )
                return [content]
        inner: Iterable[bytes] = self._inner(environ, start_response)
        return inner


def _jobs(of: Offered, *_: Any) -> dict[str, Any]:
    """One job an hour, the last of them as the state says."""
    newest = time.time() - of.job_age_s
    jobs = [
        {
            "AccountId": of.account,
            "BackupJobId": f"job-{number}",
            "BackupVaultName": of.vault_arn.rpartition(":")[2],
            "BackupVaultArn": of.vault_arn,
            "ResourceArn": of.table_arn,
            "ResourceType": "DynamoDB",
            "CreationDate": newest - number * _HOUR_S - 60,
            "CompletionDate": newest - number * _HOUR_S,
            "State": of.job_state if number == 0 else "COMPLETED",
            "CreatedBy": {"BackupPlanId": of.plan_id},
        }
        for number in range(3)
    ]
    return {"BackupJobs": jobs}


def _selections(of: Offered, *_: Any) -> dict[str, Any]:
    if not of.selected:
        return {"BackupSelectionsList": []}
    chosen = {"SelectionId": "products", "SelectionName": "products", "BackupPlanId": of.plan_id}
    return {"BackupSelectionsList": [{**chosen, "IamRoleArn": of.role_arn}]}


def _selection(of: Offered, *_: Any) -> dict[str, Any]:
    return {
        "BackupPlanId": of.plan_id,
        "SelectionId": "products",
        "BackupSelection": {
            "SelectionName": "products",
            "IamRoleArn": of.role_arn,
            "Resources": [of.table_arn],
        },
    }


def _limits(of: Offered, *_: Any) -> dict[str, Any]:
    return {
        "AccountLimit": {
            "TotalCodeSize": 80530636800,
            "CodeSizeUnzipped": 262144000,
            "CodeSizeZipped": 52428800,
            "ConcurrentExecutions": of.concurrency,
            "UnreservedConcurrentExecutions": of.concurrency,
        },
        "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 1},
    }


def _summaries(of: Offered, _: Any, asked: dict[str, Any]) -> dict[str, Any]:
    start, end = float(asked.get("StartTime", 0)), float(asked.get("EndTime", 0))
    seen = of.invocations.recent(start, end)
    return {
        "TraceSummaries": [
            {
                "Id": f"1-{int(at):08x}-{request_id.replace('-', '')[:24]:0<24}",
                "Duration": ms / 1000,
                "ResponseTime": ms / 1000,
                "HasFault": failed or of.trace_faults,
                "HasError": False,
                "HasThrottle": False,
                "IsPartial": False,
            }
            for at, request_id, ms, failed in seen
        ],
        "TracesProcessedCount": len(seen),
        "ApproximateTime": end,
    }


def _graph(of: Offered, _: Any, asked: dict[str, Any]) -> dict[str, Any]:
    start, end = float(asked.get("StartTime", 0)), float(asked.get("EndTime", 0))
    seen = of.invocations.recent(start, end)
    table = of.table_arn.rpartition("/")[2]
    services = [
        {
            "ReferenceId": 0,
            "Name": of.function,
            "Names": [of.function],
            "Root": True,
            "Type": "AWS::Lambda::Function",
            "State": "active",
            "AccountId": of.account,
            "Edges": [{"ReferenceId": 1, "Aliases": []}],
        },
        {
            "ReferenceId": 1,
            "Name": table,
            "Names": [table],
            "Root": False,
            "Type": "AWS::DynamoDB::Table",
            "State": "active",
            "AccountId": of.account,
            "Edges": [],
        },
    ]
    return {
        "StartTime": start,
        "EndTime": end,
        "Services": services[: 2 if of.mapped else 1] if seen else [],
        "ContainsOldGroupVersions": False,
    }


def _groups(of: Offered, *_: Any) -> dict[str, Any]:
    return {"Groups": [of.trace_group] if of.trace_group else []}


def _export(of: Offered, asked: re.Match[str], *_: Any) -> dict[str, Any]:
    return gateway.export(of.account, of.region, asked[1], asked[2])


_ANSWERS: tuple[tuple[str, str, re.Pattern[str], Answer], ...] = (
    (
        "apigateway",
        "GET",
        re.compile(r"/restapis/([^/]+)/stages/([^/]+)/exports/oas30"),
        _export,
    ),
    ("backup", "GET", re.compile(r"/backup-jobs/?"), _jobs),
    ("backup", "GET", re.compile(r"/backup/plans/[^/]+/selections/?"), _selections),
    ("backup", "GET", re.compile(r"/backup/plans/[^/]+/selections/[^/]+"), _selection),
    ("lambda", "GET", re.compile(r"/2016-08-19/account-settings/?"), _limits),
    ("xray", "POST", re.compile(r"/TraceSummaries"), _summaries),
    ("xray", "POST", re.compile(r"/ServiceGraph"), _graph),
    ("xray", "POST", re.compile(r"/Groups"), _groups),
)


def of_account(resources: Resources, plan_id: str, invocations: Invocations) -> Offered:
    """What the template says, as it is answered."""
    template = resources.template
    account, region = template.account, template.region
    vault = template.properties("BackupVault")["BackupVaultName"]
    role = template.properties("BackupRole")["RoleName"]
    traces = template.properties("Traces")
    group = f"arn:aws:xray:{region}:{account}:group/{traces['GroupName']}/1"
    return Offered(
        table_arn=template.attributes["ProductsTable.Arn"],
        vault_arn=f"arn:aws:backup:{region}:{account}:backup-vault:{vault}",
        role_arn=f"arn:aws:iam::{account}:role/{role}",
        plan_id=plan_id,
        account=account,
        region=region,
        function=template.properties("HandlerFunction")["FunctionName"],
        invocations=invocations,
        trace_group={**traces, "GroupARN": group},
    )
