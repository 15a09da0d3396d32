"""The settings of public figures and of emissions, a part of `Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field


class FigureSettings(BaseModel):
    """What an installation demands of a public figure, and the factors it reckons emissions with."""

    statistics_contributors: Annotated[
        int,
        Field(
            ge=3,
            le=100,
            description="A public figure needs so many organizations on each side; else withheld.",
        ),
    ] = 5
    statistics_share: Annotated[
        float,
        Field(
            ge=0.2, le=0.5, description="Largest part of a public figure that one organization may make up."
        ),
    ] = 0.4
    statistics_settle_days: Annotated[
        int, Field(ge=0, le=27, description="A week's figures are released so many days after its end.")
    ] = 3
    emission_factors: Annotated[
        Path | None,
        Field(description="CSV (name,value,source) over the built-in emission factors; empty: as they are."),
    ] = None
