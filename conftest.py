"""Names the plugins, nothing else."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.environment_plugin",
    "fixtures.local_stack",
    "fixtures.api",
    "fixtures.products",
    "fixtures.images",
    "reports.recorder",
]
