"""Turns open loads, a carrier's offers and requests from outside into routing problems, and plans them as jobs."""

OPTIMIZE = "optimize"  # the kind of these jobs
MAX_TIME_LIMIT_S = 600.0
MAX_THREADS = 8
MAX_STOPS = 30_000  # of one request: what is large is solved in parts, each with small matrices of its own
PROBLEM_FILE, VEHICLES_FILE = "problem", "vehicles"  # what a job keeps of its request

__all__ = [
    "MAX_STOPS",
    "MAX_THREADS",
    "MAX_TIME_LIMIT_S",
    "OPTIMIZE",
    "PROBLEM_FILE",
    "VEHICLES_FILE",
]
