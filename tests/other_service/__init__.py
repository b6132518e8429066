"""A second product service: it keeps the contract and shares no habit with the reference service.

Another web framework, in memory, other ids, short and even empty pages, late lists, other
wording, more fields. What the suites demand of it and the contract does not say is their mistake.
"""
