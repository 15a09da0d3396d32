"""Signing in: Flask-Security-Too over our tables for browsers, bearer tokens for programs.

The session that Flask-Security reads people through is opened for reading (see `database.reading`) and given
back as soon as the actor is known: on SQLite it must not hold the write lock that the view will ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseValue
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import (
    Security,
    SQLAlchemySessionUserDatastore,
    current_user,
    login_user,
    user_authenticated,
)
from flask_security.tf_plugin import TfPlugin
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import scoped_session, sessionmaker

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.models import RoleRow, UserRow
from haoyun.platform.accounts.passwords import LANES, MEMORY_KIB, MIN_CHARS, TIME_COST
from haoyun.platform.accounts.sessions import (
    SESSION_LIFETIME,
    end_this_session,
    find_session,
    note_seen,
    open_session,
)
from haoyun.platform.accounts.tokens import find_token, note_used
from haoyun.platform.accounts.two_step import has_two_step
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.settings import Settings

SECOND_STEP = "sign_in.code"  # the page that asks for the code
PENDING_S = 300  # how long a password waits for its code
_SESSION, _PENDING = "haoyun_sid", "haoyun_pending"
_EXTENSION = "haoyun_security"
_BEARER = "bearer "

csrf = CSRFProtect()


def init_security(app: Flask, settings: Settings, databases: Databases) -> Security:
    """Put sessions, CSRF protection and the sign-in page on the app. Templates are the portal's."""
    app.config.update(_config(settings))
    people = scoped_session(sessionmaker(bind=reading(databases.platform), expire_on_commit=False))
    store = SQLAlchemySessionUserDatastore(people, UserRow, RoleRow)
    csrf.init_app(app)
    security = Security(app, store)
    # Flask-Security's own header and query tokens stay off: bearer tokens are ours, see tokens.py.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.extensions[_EXTENSION] = (databases, people, settings)
    app.teardown_appcontext(lambda _error: people.remove())
    _keep_sessions(app)
    security.two_factor_plugins = _SecondStep()
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
    found = _actor_of_token() if bearer_token() is not None else _actor_of_session()
    _, _, settings = current_app.extensions[_EXTENSION]
    return replace(found, cleared=True) if found and settings.unverified_may_trade else found


def _actor_of_token() -> Actor | None:
    databases, _, _ = current_app.extensions[_EXTENSION]
    token, now = bearer_token() or "", datetime.now(UTC)
    with reading(databases.platform).connect() as db:
        found = find_token(db, token, now)
    if found is None:
        return None
    actor, note_is_due = found
    if note_is_due:
        with databases.platform.begin() as db:
            note_used(db, token, now)
    return actor


def _actor_of_session() -> Actor | None:
    databases, people, _ = current_app.extensions[_EXTENSION]
    if not current_user.is_authenticated:
        return None
    user_id = current_user.id
    people.commit()  # gives the connection back; the loaded person stays readable
    with reading(databases.platform).connect() as db:
        return find_actor(db, user_id)


def session_secret() -> str | None:
    """What the cookie of this request carries of its session."""
    found = session.get(_SESSION)
    return found if isinstance(found, str) else None


def _keep_sessions(app: Flask) -> None:
    """A cookie is worth something only while its session stands in the table."""
    manager: Any = app.login_manager  # type: ignore[attr-defined]
    load: Callable[[str], Any] = manager._user_callback

    def load_while_open(uniquifier: str) -> Any:
        owner = _owner_of_session()
        person = None if owner is None else load(uniquifier)
        return person if person is not None and person.id == owner else None

    manager.user_loader(load_while_open)
    # Kept by the app: the signal holds its receivers weakly.
    receivers = (_signed_in, _signed_out)
    user_authenticated.connect(receivers[0], app)
    user_logged_out.connect(receivers[1], app)
    app.extensions[f"{_EXTENSION}_receivers"] = receivers


def _owner_of_session() -> str | None:
    databases, _, _ = current_app.extensions[_EXTENSION]
    secret, now = session_secret(), datetime.now(UTC)
    if secret is None:
        return None
    with reading(databases.platform).connect() as db:
        found = find_session(db, secret, now)
    if found is None:
        return None
    if found[1]:
        with databases.platform.begin() as db:
            note_seen(db, secret, now)
    return found[0]


def _signed_in(_app: Flask, *, user: Any, authn_via: list[str] | None = None, **_more: object) -> None:
    databases, people, _ = current_app.extensions[_EXTENSION]
    people.commit()  # gives the connection back before the write
    by = (authn_via or ["password"])[-1]
    with databases.platform.begin() as db:
        session[_SESSION] = open_session(db, user.id, request.user_agent.string, by, datetime.now(UTC))
    session.permanent = bool(session.pop("_remember", None))
    session.pop("_remember_seconds", None)  # the table says how long a session lasts, no second cookie does
    session.pop(_PENDING, None)


def _signed_out(_app: Flask, **_more: object) -> None:
    databases, people, _ = current_app.extensions[_EXTENSION]
    people.commit()
    secret = session.pop(_SESSION, None)
    if isinstance(secret, str):
        with databases.platform.begin() as db:
            end_this_session(db, secret, datetime.now(UTC))


class _SecondStep(TfPlugin):
    """What Flask-Security asks between a right password and a session."""

    def tf_enter(
        self, user: Any, remember_me: bool | None, primary_authn_via: str, next_loc: str | None
    ) -> ResponseValue | None:
        """The page for the code where the person has two-step sign-in, None where the password is enough."""
        databases, people, _ = current_app.extensions[_EXTENSION]
        people.commit()
        with reading(databases.platform).connect() as db:
            if not has_two_step(db, user.id):
                return None
        session[_PENDING] = {
            "user": user.id,
            "at": datetime.now(UTC).timestamp(),
            "remember": bool(remember_me),
        }
        return redirect(url_for(SECOND_STEP, next=next_loc))


def pending_person() -> tuple[str, bool] | None:
    """(person, stay signed in) whose password was right and whose code is missing; None when too long ago."""
    found = session.get(_PENDING)
    if not isinstance(found, dict) or datetime.now(UTC).timestamp() - found["at"] > PENDING_S:
        return None
    return str(found["user"]), bool(found["remember"])


def start_session(user_id: str, by: str, *, remember: bool = False) -> bool:
    """Sign this browser in as a person who has proved who they are; False for one who is kept out."""
    _, people, _ = current_app.extensions[_EXTENSION]
    person = people.get(UserRow, user_id)
    return person is not None and bool(person.active) and login_user(person, remember, [by])
