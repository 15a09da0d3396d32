"""What can go wrong with organizations, people and their tokens.

AccountError (ValueError)
├── BadCreditCode      a unified social credit code breaks GB 32100; the message names the character
├── UnknownOrganization
├── UnknownUser
├── AccountExists      the e-mail address or the credit code is taken
└── BadAccount         a field breaks its rule; `field` names it
"""

from __future__ import annotations


class AccountError(ValueError):
    """Base of this package's errors."""


class BadCreditCode(AccountError):
    """A unified social credit code that breaks GB 32100."""


class UnknownOrganization(AccountError):
    """No organization has this id."""

    def __init__(self, org_id: str) -> None:
        super().__init__(f"no organization has the id {org_id}")


class UnknownUser(AccountError):
    """No user has this id."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"no user has the id {user_id}")


class BadAccount(AccountError):
    """A field of an organization or a user breaks its rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class AccountExists(BadAccount):
    """A value that must be unique is taken already."""
