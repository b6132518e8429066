"""All faults, by name."""

from __future__ import annotations

import difflib

from reference_service.faults import (
    at_access,
    at_bulk,
    at_catalog,
    at_edge,
    at_handlers,
    at_hierarchy,
    at_images,
    at_lists,
    at_load,
    at_load_runs,
    at_monitored,
    at_monitoring,
    at_order_keys,
    at_order_of_lists,
    at_orders,
    at_pace,
    at_plans,
    at_platform,
    at_races,
    at_readiness_addresses,
    at_readiness_functions,
    at_readiness_rehearsals,
    at_readiness_stores,
    at_refusals,
    at_search,
    at_security_caching,
    at_security_content,
    at_security_encryption,
    at_security_paths,
    at_security_payloads,
    at_security_scan,
    at_security_signing,
    at_security_storage,
    at_security_tokens,
    at_security_uploads,
    at_sources,
    at_table,
    at_tokens,
    at_workflow,
    at_writes,
)
from reference_service.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *at_handlers.FAULTS,
    *at_catalog.FAULTS,
    *at_lists.FAULTS,
    *at_tokens.FAULTS,
    *at_images.FAULTS,
    *at_edge.FAULTS,
    *at_writes.FAULTS,
    *at_refusals.FAULTS,
    *at_security_tokens.FAULTS,
    *at_security_paths.FAULTS,
    *at_security_payloads.FAULTS,
    *at_security_encryption.FAULTS,
    *at_security_storage.FAULTS,
    *at_security_content.FAULTS,
    *at_security_uploads.FAULTS,
    *at_security_caching.FAULTS,
    *at_security_signing.FAULTS,
    *at_security_scan.FAULTS,
    *at_access.FAULTS,
    *at_search.FAULTS,
    *at_order_of_lists.FAULTS,
    *at_table.FAULTS,
    *at_orders.FAULTS,
    *at_order_keys.FAULTS,
    *at_races.FAULTS,
    *at_workflow.FAULTS,
    *at_bulk.FAULTS,
    *at_hierarchy.FAULTS,
    *at_pace.FAULTS,
    *at_load.FAULTS,
    *at_load_runs.FAULTS,
    *at_platform.FAULTS,
    *at_monitoring.FAULTS,
    *at_monitored.FAULTS,
    *at_readiness_addresses.FAULTS,
    *at_readiness_functions.FAULTS,
    *at_readiness_stores.FAULTS,
    *at_readiness_rehearsals.FAULTS,
    *at_plans.FAULTS,
    *at_sources.FAULTS,
)


class UnknownFaultError(Exception):
    """A name that no fault has; the message says which are near."""


def named(name: str) -> Fault:
    """The fault of that name, or UnknownFaultError."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    names = [fault.name for fault in FAULTS]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UnknownFaultError(
        f"there is no fault {name!r}.{hint} `reference-service faults` lists them."
    )
