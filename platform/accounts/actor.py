"""Who acts: the one value that every function with a permission takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrgKind(StrEnum):
    """What an organization does on the platform; one may be both shipper and carrier."""

    SHIPPER = "shipper"  # wants goods moved
    CARRIER = "carrier"  # moves them
    OPERATOR = "operator"  # runs the platform
    SUPERVISOR = "supervisor"  # an authority: sees, never acts


class Role(StrEnum):
    """What a person may do in the name of the organization."""

    OWNER = "owner"  # everything, people included
    DISPATCHER = "dispatcher"  # posts, quotes, accepts, plans
    DRIVER = "driver"  # reports from the road
    ACCOUNTANT = "accountant"  # sees orders and what they cost, changes nothing on the market
    OPERATOR = "operator"  # runs the platform; sees every organization
    SUPERVISOR = "supervisor"  # sees every organization, changes nothing
    VIEWER = "viewer"  # sees the own organization, changes nothing


_TRADING_ROLES = frozenset({Role.OWNER, Role.DISPATCHER, Role.OPERATOR})
# Who manages the people of an organization: owners, and in the organizations that run or supervise the platform
# those who do so. At least one of them stays active in each organization.
MANAGING_ROLES = frozenset({Role.OWNER, Role.OPERATOR, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person in the name of one organization.

    `scopes` is what the key that the request carries may be used for, None without a key. `cleared`: the operator
    has verified the organization, or lets unverified ones trade.
    """

    user_id: str
    org_id: str
    roles: frozenset[str]
    org_kinds: frozenset[str]
    scopes: frozenset[str] | None = None
    cleared: bool = True

    def __post_init__(self) -> None:
        if unknown := set(self.roles) - set(Role):
            raise ValueError(f"unknown role {min(unknown)}; roles are {', '.join(Role)}")
        if unknown := set(self.org_kinds) - set(OrgKind):
            raise ValueError(f"unknown kind of organization {min(unknown)}; kinds are {', '.join(OrgKind)}")

    @property
    def is_operator(self) -> bool:
        """Runs the platform: may see and act for every organization."""
        return Role.OPERATOR in self.roles

    @property
    def is_supervisor(self) -> bool:
        """An authority: may see every organization."""
        return Role.SUPERVISOR in self.roles

    @property
    def sees_all(self) -> bool:
        """Not limited to the own organization when reading."""
        return self.is_operator or self.is_supervisor

    @property
    def is_shipper(self) -> bool:
        """Acts for an organization that wants goods moved."""
        return OrgKind.SHIPPER in self.org_kinds

    @property
    def is_carrier(self) -> bool:
        """Acts for an organization that moves goods."""
        return OrgKind.CARRIER in self.org_kinds

    @property
    def manages_people(self) -> bool:
        """May invite people of the own organization, change their roles and keep them out."""
        return bool(MANAGING_ROLES & set(self.roles))

    @property
    def may_trade(self) -> bool:
        """May post, quote, accept and plan: viewers, drivers and supervisors may not."""
        return bool(_TRADING_ROLES & set(self.roles))
