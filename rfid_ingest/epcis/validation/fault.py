"""One thing that is wrong with a document."""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.rfid_ingest.epcis.validation.sentences import sentence

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a JSON pointer), which rule, and its sentence in zh and en."""

    path: Path
    rule: str
    zh: str
    en: str

    @classmethod
    def of(cls, path: Path, rule: str, **params: str) -> Fault:
        """A fault told by the sentence of its rule."""
        return cls(path, rule, sentence(rule, "zh", **params), sentence(rule, "en", **params))

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)

    def text(self, language: str) -> str:
        """Place and sentence."""
        return f"{self.pointer or '/'}: {self.zh if language == 'zh' else self.en}"
