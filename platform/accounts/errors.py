"""What can go wrong with organizations, people and their keys. Each carries a rule key and its parameters.

AccountError (ValueError)
├── BadCreditCode        a unified social credit code breaks GB 32100; the message names the character
├── BadIdentifier        a GLN, a VAT number or a UN/LOCODE breaks its form
├── NoSuchAccountThing   missing, or not the caller's: the same answer for both
│   ├── UnknownOrganization
│   └── UnknownUser
├── NotPermitted         the own organization's thing, but not with this role
├── AccountConflict      right by itself, but not now
├── BadAccount           a field breaks its rule; `field` names it
│   └── AccountExists    the e-mail address or the credit code is taken
└── BadFields            several fields at once: {field: error}
"""

from __future__ import annotations

from collections.abc import Mapping

from haoyun.platform.accounts.words import Params, sentence


class AccountError(ValueError):
    """Base of this package's errors; `key` and `params` name the rule, str() says it in English."""

    def __init__(self, key: str, **params: str | int) -> None:
        self.key = key
        self.params: Params = params
        super().__init__(sentence(key, params))

    def said(self, language: str) -> str:
        """The rule as a sentence, without the field's name."""
        return sentence(self.key, self.params, language)


class BadCreditCode(AccountError):
    """A unified social credit code that breaks GB 32100."""


class BadIdentifier(AccountError):
    """A GLN, a VAT number or a UN/LOCODE that breaks its form."""


class NoSuchAccountThing(AccountError):
    """There is no such thing for this caller."""

    def __init__(self) -> None:
        super().__init__("not_yours")


class UnknownOrganization(NoSuchAccountThing):
    """No organization has this id."""

    def __init__(self, org_id: str) -> None:
        super().__init__()
        self.args = (f"no organization has the id {org_id}",)


class UnknownUser(NoSuchAccountThing):
    """No user has this id."""

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.args = (f"no user has the id {user_id}",)


class NotPermitted(AccountError):
    """The role does not allow it."""


class AccountConflict(AccountError):
    """Cannot be done in the state that things are in now."""


class BadAccount(AccountError):
    """A field of an organization or a user breaks its rule."""

    def __init__(self, field: str, key: str, **params: str | int) -> None:
        super().__init__(key, **params)
        self.field = field
        self.args = (f"{field}: {sentence(key, params)}",)

    def messages(self, language: str) -> dict[str, str]:
        """The field with its sentence."""
        return {self.field: self.said(language)}


class AccountExists(BadAccount):
    """A value that must be unique is taken already."""


class BadFields(AccountError):
    """Fields that break their rules, all at once, so that a form shows all of them."""

    def __init__(self, errors: Mapping[str, AccountError]) -> None:
        self.errors = dict(errors)
        first = next(iter(self.errors.values()))
        super().__init__(first.key, **first.params)
        self.args = ("; ".join(f"{field}: {error.said('en')}" for field, error in self.errors.items()),)

    def messages(self, language: str) -> dict[str, str]:
        """Each field with its sentence."""
        return {field: error.said(language) for field, error in self.errors.items()}
