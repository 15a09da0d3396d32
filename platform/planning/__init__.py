"""Turns open loads and a carrier's offers into routing problems, and plans them as jobs."""

OPTIMIZE = "optimize"  # the kind of these jobs
MAX_TIME_LIMIT_S = 120.0

__all__ = ["MAX_TIME_LIMIT_S", "OPTIMIZE"]
