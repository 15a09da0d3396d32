"""Turns open loads and a carrier's offers into routing problems, and plans them as jobs."""

OPTIMIZE = "optimize"  # the kind of these jobs
MAX_TIME_LIMIT_S = 120.0
MAX_LARGE_TIME_LIMIT_S = 3600.0  # of problems that are solved in parts

__all__ = ["MAX_LARGE_TIME_LIMIT_S", "MAX_TIME_LIMIT_S", "OPTIMIZE"]
