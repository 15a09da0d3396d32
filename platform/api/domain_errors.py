"""Which answer each refusal of the rooms below gets. Anything not listed here is a fault of ours: 500."""

from __future__ import annotations

from flask import Flask, Response

from haoyun.platform.accounts.errors import (
    AccountConflict,
    AccountError,
    BadAccount,
    BadFields,
    NoSuchAccountThing,
    NotPermitted,
)
from haoyun.platform.api.language import language, text
from haoyun.platform.api.problems import Problem, answer, not_found
from haoyun.platform.api.retries import HEADER
from haoyun.platform.idempotency import IdempotencyError, KeyReused
from haoyun.platform.jobs import BadMove, NoSuchJob
from haoyun.platform.market.errors import Conflict, FieldErrors, MarketError, NotAllowed, NotFound
from haoyun.platform.market.words import sentence
from haoyun.platform.planning.request import TooLarge
from haoyun.routing import BadFormat

_MISSING: tuple[type[Exception], ...] = (NoSuchJob, NoSuchAccountThing)


def register_domain_errors(app: Flask) -> None:
    """Answer the rooms' refusals with problem+json; pages catch what they show themselves."""
    for kind in _MISSING:
        app.register_error_handler(kind, _missing)
    app.register_error_handler(BadMove, _conflict)
    app.register_error_handler(AccountError, _account)
    app.register_error_handler(MarketError, _market)
    app.register_error_handler(IdempotencyError, _bad_key)
    app.register_error_handler(BadFormat, _bad_problem)


def _missing(_error: Exception) -> Response:
    return answer(not_found())


def _conflict(error: Exception) -> Response:
    return answer(Problem(409, str(error)))


def _account(error: AccountError) -> Response:
    match error:
        case BadAccount() | BadFields():
            return answer(Problem(422, errors=error.messages(language())))
        case NotPermitted():
            return answer(Problem(403, error.said(language())))
        case AccountConflict():
            return answer(Problem(409, error.said(language())))
        case _:
            return answer(Problem(400, error.said(language())))


def _bad_problem(error: BadFormat) -> Response:
    if isinstance(error, TooLarge):
        return answer(Problem(413, str(error)))
    return answer(Problem(422, errors={"problem": str(error)}))


def _bad_key(error: IdempotencyError) -> Response:
    reused = isinstance(error, KeyReused)
    return answer(Problem(422, errors={HEADER: text("key_reused") if reused else str(error)}))


def _market(error: MarketError) -> Response:
    words = sentence(error.key, error.params, language())
    match error:
        case FieldErrors():
            return answer(Problem(422, errors=error.messages(language())))
        case NotFound():
            return answer(not_found())
        case NotAllowed():
            return answer(Problem(403, words))
        case Conflict():
            return answer(Problem(409, words))
        case _:
            return answer(Problem(400, words))
