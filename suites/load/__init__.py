"""k6 against the documented rate, and updates at the same time."""
