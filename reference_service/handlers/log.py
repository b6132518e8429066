"""The one logger of the function: structured lines, on stderr."""

from __future__ import annotations

import sys

from aws_lambda_powertools import Logger

logger = Logger(service="product-handler", stream=sys.stderr)
