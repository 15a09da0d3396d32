"""What turning costs a vehicle, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TurnCosts:
    """Seconds lost in a turn at a junction: turn_s for turning right round, none straight on.

    The loss grows with 1 - cos(angle), as the speed that a bend allows falls with the angle. Turns across
    the oncoming traffic (to the left where one drives on the right) cost `left_factor` as much.
    """

    turn_s: float = 9.0
    left_factor: float = 1.25
    u_turn_s: float = 40.0
    drives_on_right: bool = True

    def __post_init__(self) -> None:
        if min(self.turn_s, self.u_turn_s) < 0 or self.left_factor < 1:
            raise ValueError("turn costs are at least 0 s, and the factor across traffic at least 1")

    def seconds(
        self, angle_deg: NDArray[Any], is_junction: NDArray[np.bool_], is_u_turn: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Seconds for turns by angle (-180..180, right is positive), shape (k,)."""
        across = (angle_deg < 0) if self.drives_on_right else (angle_deg > 0)
        bend = self.turn_s * (1 - np.cos(np.radians(angle_deg.astype(np.float64)))) / 2
        bend = np.where(across, bend * self.left_factor, bend)
        return np.where(is_u_turn, self.u_turn_s, np.where(is_junction, bend, 0.0))
