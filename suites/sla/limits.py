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
LOGGED = 0.001  # error lines for each invocation
SPIKE = 0.05  # ROLLBACK-TRIGGER-01: of a minute's invocations
LEAST_ERRORS = 3  # in a minute: one of ten is no spike
FULL = 0.8  # of what the account lets run at once
REFUSED = 0.01  # ALARM-06
FAILING = 0.001  # ALARM-07
UNDELIVERED_BY_CDN = 0.005  # ALARM-08
FEW = 1  # of a handful of requests one is more than any share
# A minute's requests are everybody's: the integration and security layers ask a bucket for six
# things that it has to refuse.
PROBES = 10
JOBS = 24  # backup jobs that are looked at: a day of them
BACKUP_S = 2 * 3600
TABLE_LAG_MS = 10_000
BUCKET_LAG_S = 900  # within which S3's replication time control promises to be

# By plan item, then by the requests that it is about.
BY_ITEM = {
    "VAL-FINAL-05": {"reads": READS, "writes": WRITES},
    "PROD-CRIT-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-03": {"all": FAILED},
    "PROD-SUCCESS-04": {"reads": READS, "writes": WRITES},
    "PROD-SUCCESS-08": {"get_image": UNDELIVERED},
}
