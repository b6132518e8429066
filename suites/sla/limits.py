"""The limits of the plan that these checks hold a service to, and the items that say so.

``tests/project/test_limits.py`` holds the policies of the gates to the same.
"""

READS = "p(95) < 500ms"
WRITES = "p(95) < 2s"  # bulk and images sent in stand outside
FAILED = "< 0.1%"
UNDELIVERED = "< 0.1%"  # more than 99.9% of the images are delivered
UNDELIVERED_NEEDS = 2995  # images: even if all were delivered, fewer could not show it
HITS = 0.8  # VAL-LOAD-08, PROD-CRIT-09: more than this share of the deliveries
LEAST_IMAGES = 50  # fewer deliveries say nothing of a cache
WAIT_MS = 250  # half of what a read may take
WAITING = 0.05  # as many as a percentile of 95 leaves out
DURATIONS_MS = (50, 250, 1000)
COMPARED = (50.0, 95.0)  # percentiles at which client and server are held against each other
COLD = 0.01

# By plan item, then by the requests that it is about.
BY_ITEM = {
    "VAL-FINAL-05": {"reads": READS, "writes": WRITES},
    "PROD-CRIT-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-03": {"all": FAILED},
    "PROD-SUCCESS-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-08": {"get_image": UNDELIVERED},
}
