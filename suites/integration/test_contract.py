"""The whole contract, with requests that nobody thought of."""

import pytest

from fixtures.fuzzing import Fuzzing

CALLS = 300
SECONDS = 30.0


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_contract_fuzzing(fuzzing: Fuzzing) -> None:
    """Requests are made up for every operation: some that fit the contract, some that do not.

    Each answer is one that the contract has for its request, and none is a server's failure.
    """
    findings = fuzzing.run(calls=CALLS, within_s=SECONDS)
    findings.must_be_none("no generated call breaks the contract")
