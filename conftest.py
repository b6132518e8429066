"""Names the plugins, nothing else."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.conformance",
    "fixtures.images",
    "fixtures.api",
    "fixtures.products",
    "fixtures.crowd",
    "fixtures.clearing",
    "fixtures.fuzzing",
    "fixtures.products_table",
    "fixtures.load.runs",
    "fixtures.measured",
    "fixtures.service_levels",
    "fixtures.security.findings",
    "fixtures.security.credentials",
    "fixtures.security.target",
    "fixtures.security.attempts",
    "fixtures.cloudwatch",
    "fixtures.platform_load",
    "reports.recorder",
]
