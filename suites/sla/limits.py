"""The limits of the plan that these checks hold a service to, each beside its item."""

READS = "p(95) < 500ms"  # VAL-FINAL-05, PROD-CRIT-04, PROD-SUCCESS-04
WRITES = "p(95) < 2s"  # the same; bulk and images sent in stand outside
FAILED = "< 0.1%"  # PROD-SUCCESS-03
UNDELIVERED = "< 0.1%"  # PROD-SUCCESS-08: more than 99.9% of the images are delivered
UNDELIVERED_NEEDS = 2995  # images: even if all were delivered, fewer could not show it
