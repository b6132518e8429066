"""Names the plugins, nothing else."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.api",
    "fixtures.products",
    "fixtures.images",
    "reports.recorder",
]
