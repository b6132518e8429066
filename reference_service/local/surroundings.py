"""Cuts the process off from the AWS account, profile and proxies of the person at hand."""

from __future__ import annotations

import os


def seal(account: str, region: str) -> None:
    """Makes this process belong to the worn `account` and `region` and to nothing else."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_", "BOTO", "POWERTOOLS_")) or name.lower() in (
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "ftp_proxy",
        ):
            del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",  # noqa: S106 - moto takes any
        AWS_DEFAULT_REGION=region,
        AWS_REGION=region,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        MOTO_ACCOUNT_ID=account,
        NO_PROXY="*",
        POWERTOOLS_LOG_LEVEL="WARNING",
        POWERTOOLS_METRICS_DISABLED="true",
        POWERTOOLS_TRACE_DISABLED="true",
    )
