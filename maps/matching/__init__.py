"""Map matching: the edges a vehicle drove, from its fixes, with confidence. Start at `matcher.py`."""

from haoyun.maps.matching.matched import Match, MatchedPart
from haoyun.maps.matching.matcher import Matcher, MatchStream
from haoyun.maps.matching.settings import MatchSettings
from haoyun.maps.matching.trace import Trace, make_trace

__all__ = ["Match", "MatchSettings", "MatchStream", "MatchedPart", "Matcher", "Trace", "make_trace"]
