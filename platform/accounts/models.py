"""The two mapped classes of the platform, which Flask-Security-Too wants; all else reads the tables."""

from __future__ import annotations

from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

from haoyun.platform.accounts import tables
from haoyun.platform.metadata import METADATA


class Base(DeclarativeBase):
    """Puts the classes on the platform's one collection of tables."""

    metadata = METADATA


class RoleRow(Base, RoleMixin):
    """A role."""

    __table__ = tables.role


class UserRow(Base, UserMixin):
    """A person who can sign in, always in the name of one organization."""

    __table__ = tables.user

    roles: Mapped[list[Any]] = relationship(RoleRow, secondary=tables.user_role, lazy="selectin")
