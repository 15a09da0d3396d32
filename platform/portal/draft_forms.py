"""A form that is saved instead of published, and a draft that is gone once its form was published."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import Conflict, NotFound
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.offer_forms import document_of_form
from haoyun.platform.portal.page import Form, said
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.drafts import change_draft, discard_draft, save_draft
from haoyun.platform.services import services


def keep_draft(actor: Actor, kind: Kind, form: Form) -> Response | None:
    """Save what the form says so far; None with what cannot be read noted in the form."""
    fields = document_of_form(kind, form)
    if form.errors:
        return None
    found, now = services(), services().now()
    try:
        with found.write() as db:
            if form.text("draft_id"):
                version = form.text("draft_version")
                change_draft(
                    db, actor, form.text("draft_id"), fields, int(version) if version.isdecimal() else 0, now
                )
            else:
                save_draft(db, actor, kind, fields, now)
    except Conflict as error:
        flash(said(error), "error")
        return None
    flash(gettext("The draft is saved."), "success")
    return redirect(url_for("drafts.index"))


def drop_draft(db: sa.Connection, actor: Actor, form: Form) -> None:
    """The draft that the form came from is published with it, in the same transaction.

    Of two that publish it at once, the second finds it gone and is refused. Raises NotFound, Conflict.
    """
    if form.text("draft_id"):
        try:
            discard_draft(db, actor, form.text("draft_id"))
        except NotFound:
            raise Conflict("draft_published") from None
