"""The whole promotion plan, rehearsed on one machine: ``python -m tests.whole_plan``."""
