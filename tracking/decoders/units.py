"""Conversions that device formats need, each a named function; inside everything is km/h, metres, degrees."""

from __future__ import annotations

KMH_PER_KNOT = 1.852  # exactly, by the definition of the nautical mile
KMH_PER_MPS = 3.6


def kmh_of_knots(knots: float) -> float:
    """km/h of a speed in knots."""
    return knots * KMH_PER_KNOT


def kmh_of_mps(metres_per_second: float) -> float:
    """km/h of a speed in m/s."""
    return metres_per_second * KMH_PER_MPS


def kmh_of_decikmh(tenths: float) -> float:
    """km/h of a speed in 0.1 km/h, as JT/T 808 counts."""
    return tenths / 10


def degrees_of_micro(millionths: float) -> float:
    """Degrees of an angle in 1e-6 degrees, as JT/T 808 counts."""
    return millionths / 1_000_000


def metres_of_hectometres(tenths_of_km: float) -> float:
    """Metres of a distance in 0.1 km."""
    return tenths_of_km * 100


def metres_of_km(km: float) -> float:
    """Metres of a distance in km."""
    return km * 1000


def volts_of_millivolts(millivolts: float) -> float:
    """Volts of a voltage in mV."""
    return millivolts / 1000


def percent_of_share(share: float) -> float:
    """Percent of a share from 0 to 1."""
    return share * 100


def degrees_of_ddmm(ddmm: float) -> float:
    """Degrees of NMEA's ddmm.mmmm. Raises ValueError where the minutes reach 60."""
    whole, minutes = divmod(ddmm, 100)
    if minutes >= 60:
        raise ValueError(f"{ddmm} has {minutes:g} minutes")
    return whole + minutes / 60
