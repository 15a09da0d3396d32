"""Reads typed text into values; what cannot be read is noted at its field in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.values import Site, Window, window
from haoyun.platform.portal.i18n import gettext, zone
from haoyun.platform.portal.page import SCALES, Form
from haoyun.platform.services import services

_LOCAL = "%Y-%m-%dT%H:%M"  # what <input type=datetime-local> sends


def plain_whole(text: str) -> int | None:
    """A whole number of ASCII digits, as a hidden field or an address carries it; None for anything else.

    Not every digit is a number to `int`: "²" is none, and neither are five thousand nines.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the fields of one form."""

    form: Form

    def text(self, name: str, *, required: bool = False) -> str:
        """The text as typed."""
        value = self.form.text(name)
        if required and not value:
            self._wrong(name, gettext("Please fill this in"))
        return value

    def whole(self, name: str, *, required: bool = False) -> int:
        """A whole number; 0 where the field is empty."""
        return round(self._number(name, required=required, whole=True))

    def optional_whole(self, name: str) -> int | None:
        """A whole number, or None where the field is empty."""
        return self.whole(name) if self.form.text(name) else None

    def optional_number(self, name: str) -> float | None:
        """A number, or None where the field is empty or holds none."""
        if not self.form.text(name):
            return None
        number = self._number(name, required=False)
        return None if name in self.form.errors else number

    def scaled(self, name: str, *, required: bool = False) -> int:
        """A number in the form's unit (m³, m, yuan) as the room's (litres, cm, fen)."""
        return round(self._number(name, required=required) * SCALES[name])

    def number(self, name: str, *, required: bool = False) -> float:
        """A number as typed; 0 where the field is empty."""
        return self._number(name, required=required)

    def site(self, name: str, *, required: bool = True) -> Site | None:
        """The place of that name."""
        typed = self.text(name, required=required)
        if not typed:
            return None
        try:
            return services().market.site(typed, name)
        except FieldErrors as error:
            self.form.refuse(error)
            return None

    def window(self, name: str) -> Window | None:
        """From ``<name>_start`` to ``<name>_end``."""
        start, end = self._instant(f"{name}_start"), self._instant(f"{name}_end")
        if start is None or end is None:
            return None
        try:
            return window(name, start, end)
        except FieldErrors as error:
            self.form.refuse(error)
            return None

    def default_window(self, name: str, *, days: int, hour: int, hours: int) -> None:
        """Propose a window some days ahead, in local time."""
        today = services().now().astimezone(zone()).replace(hour=hour, minute=0, second=0, microsecond=0)
        start = today + timedelta(days=days)
        self.form.values[f"{name}_start"] = start.strftime(_LOCAL)
        self.form.values[f"{name}_end"] = (start + timedelta(hours=hours)).strftime(_LOCAL)

    def _number(self, name: str, *, required: bool, whole: bool = False) -> float:
        typed = self.text(name, required=required).replace(",", "").replace("，", "")
        if not typed:
            return 0
        try:
            value = float(typed)
        except ValueError:
            value = float("nan")
        if not abs(value) < 1e12:
            self._wrong(name, gettext("Please enter a number"))
            return 0
        if whole and value != round(value):
            self._wrong(name, gettext("Please enter a whole number"))
        return value

    def optional_instant(self, name: str) -> datetime | None:
        """Day and time in local time, or None where the field is empty."""
        return self._instant(name) if self.form.text(name) else None

    def needed_instant(self, name: str) -> datetime | None:
        """Day and time in local time; an empty field is wrong."""
        return self._instant(name)

    def _instant(self, name: str) -> datetime | None:
        typed = self.text(name, required=True)
        if not typed:
            return None
        try:
            return datetime.strptime(typed[:16], _LOCAL).replace(tzinfo=zone())
        except ValueError:
            self._wrong(name, gettext("Please enter a date and a time"))
            return None

    def _wrong(self, name: str, words: str) -> None:
        self.form.errors.setdefault(name, words)
