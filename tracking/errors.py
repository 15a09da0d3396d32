"""Everything that tracking raises on purpose.

TrackingError
├── BadInstant           a naive or impossible instant
├── BadTopic             a topic or device name outside the scheme (code "bad_topic")
├── DecodeError          a payload that cannot be understood; carries the dead letter's code
│   ├── BadFix           a position that breaks a rule, e.g. latitude 91 (code "bad_fix")
│   └── BadFrame         bytes that are no JT/T 808 frame, or a body that lacks its form (code "bad_frame")
├── BadJourney           a journey whose times or fences make no sense
├── BadFence             a geofence whose shape or numbers make no sense
├── BadMilestone         a milestone without its evidence or place
├── UnknownDevice        no device of that name
├── DeviceExists         the name is taken

├── UnknownFence         no fence of that id


├── BadBinding           a binding that overlaps another, or lies in the future
├── UnknownJourney       no journey of that id
├── BadBridge            a bridge's rule that makes no sense, or a topic that no rule knows
├── BadSimulation        a fault or a format that cannot be simulated
├── BadBrokerUrl         not mqtt://… or mqtts://…
├── BrokerRefused        the broker answered the sign-in with a refusal
├── BrokerUnreachable    nothing answers at the broker's address
└── BrokerFailed         the embedded broker did not start, with its last words
"""

from __future__ import annotations

from haoyun.tracking.fence_rules import fence_rule


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


class BadFrame(DecodeError):
    """Bytes that are no frame of JT/T 808, or a message whose body lacks its form."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="bad_frame")


class BadJourney(TrackingError, ValueError):
    """A journey whose times or fences make no sense."""


class BadFence(TrackingError, ValueError):
    """A geofence whose shape or numbers make no sense: the key of a rule of fence_rules.py, and what was found."""

    def __init__(self, key: str, **params: object) -> None:
        self.key, self.params = key, params
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The rule that is broken, in Chinese for "zh", else in English."""
        own = {
            name: v.sentence(language) if isinstance(v, BadFence) else v for name, v in self.params.items()
        }
        return fence_rule(language, self.key, own)


class BadMilestone(TrackingError, ValueError):
    """A milestone that lacks what makes it a fact."""


class UnknownDevice(TrackingError, LookupError):
    """No device of that name is registered."""


class DeviceExists(TrackingError):
    """A device of that name is registered already."""


class UnknownFence(TrackingError, LookupError):
    """No fence of that id is watched."""


class BadBinding(TrackingError, ValueError):
    """A device would ride in two vehicles at once, or in one from a future instant on."""


class UnknownJourney(TrackingError, LookupError):
    """No journey of that id was opened."""


class BadBridge(TrackingError, ValueError):
    """A bridge's rule makes no sense, or no rule knows the device of a topic."""


class BadSimulation(TrackingError, ValueError):
    """A fault or a format that cannot be simulated; the message says what can."""


class BadBrokerUrl(TrackingError, ValueError):
    """A broker's address is not mqtt://[user:password@]host[:port] or mqtts://…"""


class BrokerRefused(TrackingError):
    """The broker answered the sign-in with a refusal."""


class BrokerUnreachable(TrackingError):
    """Nothing answers at the broker's address."""


class BrokerFailed(TrackingError):
    """The embedded broker did not start, or stopped; the message carries its last words."""
