"""Organizations, people, roles, sessions and tokens."""

from haoyun.platform.accounts.actor import Actor, OrgKind, Role

__all__ = ["Actor", "OrgKind", "Role"]
