"""Signing in: Flask-Security-Too over our tables for browsers, bearer tokens for programs.

The session that Flask-Security reads people through is opened for reading (see `database.reading`) and given
back as soon as the actor is known: on SQLite it must not hold the write lock that the view will ask for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask, current_app, g, request
from flask_security import Security, SQLAlchemySessionUserDatastore, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import scoped_session, sessionmaker

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.models import RoleRow, UserRow
from haoyun.platform.accounts.passwords import LANES, MEMORY_KIB, MIN_CHARS, TIME_COST
from haoyun.platform.accounts.tokens import find_token_actor
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.settings import Settings

SESSION_LIFETIME = timedelta(hours=12)  # a working day
_EXTENSION = "haoyun_security"
_BEARER = "bearer "

csrf = CSRFProtect()


def init_security(app: Flask, settings: Settings, databases: Databases) -> Security:
    """Put sessions, CSRF protection and the sign-in page on the app. Templates are the portal's."""
    app.config.update(_config(settings))
    session = scoped_session(sessionmaker(bind=reading(databases.platform), expire_on_commit=False))
    store = SQLAlchemySessionUserDatastore(session, UserRow, RoleRow)
    csrf.init_app(app)
    security = Security(app, store)
    # Flask-Security's own header and query tokens stay off: bearer tokens are ours, see tokens.py.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.extensions[_EXTENSION] = (databases, session)
    app.teardown_appcontext(lambda _error: session.remove())
    return security


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.signing_key(),
        "SESSION_COOKIE_NAME": "haoyun_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.https,
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFETIME,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.https,
        "REMEMBER_COOKIE_DURATION": SESSION_LIFETIME,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},  # so that passwords.py makes the same hashes
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__time_cost": TIME_COST,
            "argon2__memory_cost": MEMORY_KIB,
            "argon2__parallelism": LANES,
        },
        "SECURITY_PASSWORD_LENGTH_MIN": MIN_CHARS,
        "SECURITY_PASSWORD_NORMALIZE_FORM": None,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_JOIN_USER_ROLES": False,  # the relationship loads them itself
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,  # a stranger does not learn which addresses exist
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    }


def bearer_token() -> str | None:
    """The token in ``Authorization: Bearer …``, or None."""
    header = request.headers.get("Authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None


def actor_of_request() -> Actor | None:
    """Who asks: by bearer token where one is sent (a bad one is nobody), else by session cookie."""
    if "haoyun_actor" not in g:
        g.haoyun_actor = _find_actor()
    found = g.haoyun_actor
    assert found is None or isinstance(found, Actor)
    return found


def came_by_session() -> bool:
    """Whether the request is signed by a cookie alone, which another site could make a browser send."""
    return bearer_token() is None and actor_of_request() is not None


def _find_actor() -> Actor | None:
    databases, session = current_app.extensions[_EXTENSION]
    token = bearer_token()
    if token is not None:
        with reading(databases.platform).connect() as db:
            return find_token_actor(db, token, datetime.now(UTC))
    if not current_user.is_authenticated:
        return None
    user_id = current_user.id
    session.commit()  # gives the connection back; the loaded person stays readable
    with reading(databases.platform).connect() as db:
        return find_actor(db, user_id)
