"""The limits of the plan that these checks hold a service to, and the items that say so.

``tests/project/test_limits.py`` holds the policies of the gates to the same.
"""

READS = "p(95) < 500ms"
WRITES = "p(95) < 2s"  # bulk and images sent in stand outside
FAILED = "< 0.1%"
UNDELIVERED = "< 0.1%"  # more than 99.9% of the images are delivered
UNDELIVERED_NEEDS = 2995  # images: even if all were delivered, fewer could not show it

# By plan item, then by the requests that it is about.
BY_ITEM = {
    "VAL-FINAL-05": {"reads": READS, "writes": WRITES},
    "PROD-CRIT-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-03": {"all": FAILED},
    "PROD-SUCCESS-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-08": {"get_image": UNDELIVERED},
}
