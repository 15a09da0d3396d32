"""Travel times learned from matched drives: traversals -> histograms by edge and hour -> speeds of all edges."""

from haoyun.maps.learning.learned import LearnedSpeeds, LearnSettings
from haoyun.maps.learning.marks import MarkedSpeeds, marks_of, sum_up
from haoyun.maps.learning.observed import EdgeSpeeds, hour_of_week, observe
from haoyun.maps.learning.traversals import Traversals, traversals

__all__ = [
    "EdgeSpeeds",
    "LearnSettings",
    "LearnedSpeeds",
    "MarkedSpeeds",
    "Traversals",
    "hour_of_week",
    "marks_of",
    "observe",
    "sum_up",
    "traversals",
]
