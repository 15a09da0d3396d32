"""Everything that tracking raises on purpose.

TrackingError
├── BadInstant           a naive or impossible instant
├── BadTopic             a topic or device name outside the scheme (code "bad_topic")
├── DecodeError          a payload that cannot be understood; carries the dead letter's code
│   └── BadFix           a position that breaks a rule, e.g. latitude 91 (code "bad_fix")
├── BadJourney           a journey whose times or fences make no sense
├── BadMilestone         a milestone without its evidence or place
├── UnknownDevice        no device of that name
├── DeviceExists         the name is taken
├── UnknownJourney       no journey of that id
├── BadBrokerUrl         not mqtt://… or mqtts://…
├── BrokerRefused        the broker answered the sign-in with a refusal
├── BrokerUnreachable    nothing answers at the broker's address
└── BrokerFailed         the embedded broker did not start, with its last words
"""

from __future__ import annotations


class TrackingError(Exception):
    """The root, so that an edge can catch what tracking refuses and nothing else."""


class BadInstant(TrackingError, ValueError):
    """An instant is naive, or lies outside what a tracker can mean."""


class BadTopic(TrackingError, ValueError):
    """A topic or a device name breaks the scheme of docs/reference/mqtt.md."""


class DecodeError(TrackingError, ValueError):
    """A payload cannot be understood; `code` is the dead letter's machine-readable reason."""

    def __init__(self, reason: str, *, code: str = "malformed") -> None:
        super().__init__(reason)
        self.code = code


class BadFix(DecodeError):
    """A position breaks a rule; the message names the rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="bad_fix")


class BadJourney(TrackingError, ValueError):
    """A journey whose times or fences make no sense."""


class BadMilestone(TrackingError, ValueError):
    """A milestone that lacks what makes it a fact."""


class UnknownDevice(TrackingError, LookupError):
    """No device of that name is registered."""


class DeviceExists(TrackingError):
    """A device of that name is registered already."""


class UnknownJourney(TrackingError, LookupError):
    """No journey of that id was opened."""


class BadBrokerUrl(TrackingError, ValueError):
    """A broker's address is not mqtt://[user:password@]host[:port] or mqtts://…"""


class BrokerRefused(TrackingError):
    """The broker answered the sign-in with a refusal."""


class BrokerUnreachable(TrackingError):
    """Nothing answers at the broker's address."""


class BrokerFailed(TrackingError):
    """The embedded broker did not start, or stopped; the message carries its last words."""
