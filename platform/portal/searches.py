"""What search forms share: areas, numbers, choices."""

from __future__ import annotations

from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.values import Body
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form


def area(market: MarketContext, name: str, radius_km: float, field: str) -> frozenset[str] | None:
    """Codes of the places around a named one; None for no name. Raises FieldErrors for an unknown place."""
    return market.codes_near(market.site(name, field), radius_km) if name else None


def number(form: Form, name: str) -> float | None:
    """A number that is not negative; None where the field is empty or something else."""
    try:
        value = float(form.text(name))
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def body_choices() -> list[tuple[str, str]]:
    """Any body, then each."""
    return [("", gettext("Any"))] + [(body.value, str(BODIES[body.value])) for body in Body]
