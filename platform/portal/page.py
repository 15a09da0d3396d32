"""What every group of pages shares: a blueprint that answers refusals, who is signed in, names, forms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import BadAccount, BadFields, NoSuchAccountThing, NotPermitted
from haoyun.platform.accounts.organizations import organization_names
from haoyun.platform.accounts.security import actor_of_request
from haoyun.platform.accounts.users import User, get_user
from haoyun.platform.jobs import NoSuchJob
from haoyun.platform.market.errors import FieldErrors, MarketError, NotAllowed, NotFound
from haoyun.platform.market.match import WhyNot
from haoyun.platform.market.nearly import Cure
from haoyun.platform.market.words import sentence
from haoyun.platform.portal.error_pages import error_page
from haoyun.platform.portal.i18n import language
from haoyun.platform.portal.labels import in_words
from haoyun.platform.services import services

View = Callable[..., Any]
# Forms ask for cubic metres, metres and yuan; the rooms keep litres, centimetres and fen.
SCALES = {
    "volume_dm3": 1000,
    "ldm_cm": 100,
    "length_cm": 100,
    "height_cm": 100,
    "max_length_cm": 100,
    "max_height_cm": 100,
    "max_piece_cm": 100,
    "price_fen": 100,
    "auction_ceiling_fen": 100,
    "auction_step_fen": 100,
    "min_price_fen": 100,
    "cost_per_km_fen": 100,
}


def page_group(name: str) -> Blueprint:
    """A blueprint whose refusals become the portal's error pages."""
    blueprint = Blueprint(name, __name__)
    blueprint.register_error_handler(NotFound, _missing)
    blueprint.register_error_handler(NoSuchJob, _missing)
    blueprint.register_error_handler(NotAllowed, _refused)
    blueprint.register_error_handler(NoSuchAccountThing, _missing)
    blueprint.register_error_handler(NotPermitted, _refused)
    return blueprint


def _missing(_error: Exception) -> ResponseReturnValue:
    return error_page(404)


def _refused(error: MarketError | NotPermitted) -> ResponseReturnValue:
    return error_page(403, said(error) if isinstance(error, MarketError) else error.said(language()))


def said(refusal: MarketError | WhyNot | Cure) -> str:
    """A refusal, a why-not or its cure as a sentence in the reader's language, the words in it too."""
    return sentence(refusal.key, {k: in_words(v) for k, v in refusal.params.items()}, language())


def viewer() -> Actor | None:
    """Who reads this page; None for the public."""
    return actor_of_request()


def signed_in(view: View) -> View:
    """Only for people who signed in; others are sent to sign in and come back. Passes `actor`."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor = viewer()
        if actor is None:
            return sign_in_first()
        return view(*args, actor=actor, **kwargs)

    return guarded


def sign_in_first() -> Response:
    """To the sign-in page, and back to this one afterwards (only where coming back is a GET)."""
    back = request.full_path if request.method == "GET" else None
    return redirect(url_for("security.login", next=back))


def person() -> User | None:
    """The signed-in person, read once in a request."""
    if "person" not in g:
        g.person = None
        if current_user.is_authenticated:
            with services().read() as db:
                g.person = get_user(db, current_user.id)
    found = g.person
    assert found is None or isinstance(found, User)
    return found


def names_of(db: Any, org_ids: Iterable[str]) -> dict[str, str]:
    """Names of organizations in the reader's language."""
    found = organization_names(db, set(org_ids))
    return {key: (zh or en) if language() == "zh" else (en or zh) for key, (zh, en) in found.items()}


def typed_fen(name: str) -> int:
    """A typed price in fen, to the fen; what is no number is 0, which the room refuses with its own words."""
    try:
        yuan = Decimal(request.form.get(name, ""))
    except InvalidOperation:
        return 0
    return round(yuan * 100) if yuan.is_finite() and 0 < yuan < 10**9 else 0


@dataclass(slots=True)
class Form:
    """What a reader typed and what is wrong with it, by field."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_request(cls) -> Form:
        """The posted fields; several values of one field joined by commas."""
        return cls({key: ",".join(v.strip() for v in request.form.getlist(key)) for key in request.form})

    def text(self, name: str) -> str:
        """The field as typed, "" where it is missing."""
        return self.values.get(name, "").strip()

    def picked(self, name: str) -> list[str]:
        """The values of a field that takes several."""
        return [one for one in self.text(name).split(",") if one]

    def refuse(self, error: FieldErrors) -> None:
        """Take over what a room refused, under the names and in the units that the form uses."""
        for name, (key, params) in error.errors.items():
            scale = SCALES.get(name, 1)
            shown = {
                k: v / scale if scale > 1 and not isinstance(v, str) else in_words(v)
                for k, v in params.items()
            }
            self.errors.setdefault(name.replace(".", "_"), sentence(key, shown, language()))

    def refuse_account(self, error: BadAccount | BadFields) -> None:
        """Take over what accounts refused, in the reader's language."""
        for name, words in error.messages(language()).items():
            self.errors.setdefault(name, words)
