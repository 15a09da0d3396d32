"""The own organization: its data, its papers, its verification; and for the operator the queue of those who asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.documents import (
    MAX_BYTES,
    DocumentKind,
    add_document,
    documents_of,
    read_document,
    remove_document,
)
from haoyun.platform.accounts.errors import AccountConflict, BadAccount, BadFields
from haoyun.platform.accounts.history import Change, Entry, history_of, record
from haoyun.platform.accounts.invitations import Purpose, invite_organization, open_invitations
from haoyun.platform.accounts.organizations import (
    Profile,
    get_organization,
    list_organizations,
    set_profile,
)
from haoyun.platform.accounts.permissions import must_manage_people, must_operate
from haoyun.platform.accounts.users import list_users
from haoyun.platform.accounts.verification import (
    VERIFICATION_CHANGES,
    Verification,
    approve,
    ask_for_verification,
    refuse,
)
from haoyun.platform.api.organization import file_response
from haoyun.platform.portal.account_words import CHANGES, DOCUMENTS
from haoyun.platform.portal.i18n import gettext, language, zone
from haoyun.platform.portal.labels import VERIFICATION
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.services import services

blueprint = page_group("organization")
_PROFILE = ("country", "address", "phone", "gln", "vat_id", "locode")


@blueprint.get("/organization")
@signed_in
def index(actor: Actor) -> str:
    """What the organization says of itself, its papers, and how far its verification is."""
    return _index(actor, None)


@blueprint.post("/organization")
@signed_in
def change(actor: Actor) -> tuple[str, int] | AnyResponse:
    """Write what it says of itself."""
    must_manage_people(actor)
    form, found = Form.of_request(), services()
    try:
        profile = Profile.checked(**{name: form.text(name) for name in _PROFILE})
        with found.write() as db:
            set_profile(db, actor.org_id, form.text("name_en"), profile)
            record(db, actor.org_id, Change.PROFILE, actor.user_id, found.now())
    except (BadAccount, BadFields) as error:
        form.refuse_account(error)
        return _index(actor, form), 422
    flash(gettext("The organization's data was changed."), "success")
    return redirect(url_for("organization.index"))


@blueprint.post("/organization/documents")
@signed_in
def upload(actor: Actor) -> tuple[str, int] | AnyResponse:
    """Keep a paper."""
    must_manage_people(actor)
    form, found = Form.of_request(), services()
    try:
        file = request.files.get("file")
        content = file.stream.read(MAX_BYTES + 1) if file else b""
        kind = form.text("kind") if form.text("kind") in set(DocumentKind) else DocumentKind.OTHER.value
        with found.write() as db:
            name = (file.filename if file else None) or "document"
            until = _end_of_day("valid_until", form)
            add_document(db, actor, DocumentKind(kind), name, content, until, found.now())
    except BadAccount as error:
        form.refuse_account(error)
        return _index(actor, form), 422
    flash(gettext("The document was uploaded."), "success")
    return redirect(url_for("organization.index"))


@blueprint.get("/documents/<document_id>")
@signed_in
def document(document_id: str, actor: Actor) -> Response:
    """The file, for its organization and the operator."""
    with services().read() as db:
        return file_response(*read_document(db, actor, document_id))


@blueprint.post("/documents/<document_id>/remove")
@signed_in
def remove(document_id: str, actor: Actor) -> AnyResponse:
    """Erase the file."""
    with services().write() as db:
        remove_document(db, actor, document_id, services().now())
    flash(gettext("The document was removed."), "success")
    return redirect(url_for("organization.index"))


@blueprint.post("/organization/verification")
@signed_in
def ask(actor: Actor) -> AnyResponse:
    """Ask the operator to look at the papers."""
    try:
        with services().write() as db:
            ask_for_verification(db, actor, services().now())
        flash(gettext("The operator of the platform will look at your papers."), "success")
    except (BadAccount, AccountConflict) as error:
        flash(error.said(language()), "error")
    return redirect(url_for("organization.index"))


@blueprint.get("/verification")
@signed_in
def queue(actor: Actor) -> str:
    """Those who asked, the first first; other states by choice; and invitations for new organizations."""
    must_operate(actor)
    return _queue(actor, None)


@blueprint.post("/verification/invitations")
@signed_in
def invite(actor: Actor) -> str | AnyResponse:
    """A link by which somebody signs an organization up."""
    found = services()
    try:
        with found.write() as db:
            _, secret = invite_organization(db, actor, request.form.get("email", ""), found.now())
    except BadAccount as error:
        flash(error.said(language()), "error")
        return redirect(url_for("organization.queue"))
    return _queue(actor, url_for("sign_in.sign_up_invited", token=secret, _external=True))


@blueprint.get("/verification/<org_id>")
@signed_in
def case(org_id: str, actor: Actor) -> str:
    """One organization with its papers, and the two buttons."""
    return _case(org_id, actor, Form())


@blueprint.post("/verification/<org_id>/approve")
@signed_in
def verify(org_id: str, actor: Actor) -> tuple[str, int] | AnyResponse:
    """The operator has seen its papers."""
    return _decide(org_id, actor, approving=True)


@blueprint.post("/verification/<org_id>/refuse")
@signed_in
def say_no(org_id: str, actor: Actor) -> tuple[str, int] | AnyResponse:
    """The operator says no, and why."""
    return _decide(org_id, actor, approving=False)


def _decide(org_id: str, actor: Actor, *, approving: bool) -> tuple[str, int] | AnyResponse:
    must_operate(actor)
    form, found = Form.of_request(), services()
    try:
        with found.write() as db:
            get_organization(db, org_id)
            (approve if approving else refuse)(db, actor, org_id, found.now(), form.text("reason"))
    except BadAccount as error:
        form.refuse_account(error)
        return _case(org_id, actor, form), 422
    except AccountConflict as error:
        flash(error.said(language()), "error")
        return redirect(url_for("organization.case", org_id=org_id))
    flash(gettext("The decision was written down."), "success")
    return redirect(url_for("organization.queue"))


def _index(actor: Actor, form: Form | None) -> str:
    with services().read() as db:
        organization = get_organization(db, actor.org_id)
        documents = documents_of(db, actor.org_id)
        steps = history_of(db, actor.org_id, VERIFICATION_CHANGES)
        names = {one.id: one.display_name for one in list_users(db, actor.org_id)}
    profile = {name: getattr(organization.profile, name) or "" for name in _PROFILE}
    shown = form or Form({"name_en": organization.name_en, **profile})
    return render_template(
        "organization.html",
        organization=organization,
        form=shown,
        documents=documents,
        kinds=DOCUMENTS,
        steps=steps,
        names=names,
        changes=CHANGES,
        refusal=_refusal(organization.verification, steps),
        look=VERIFICATION[organization.verification],
        may_change=actor.manages_people,
        may_ask=organization.verification in (Verification.UNVERIFIED, Verification.REFUSED),
    )


def _refusal(state: str, steps: list[Entry]) -> str:
    refused = next((one.detail for one in steps if one.change is Change.REFUSED), "")
    return refused if state == Verification.REFUSED else ""


def _queue(actor: Actor, new_link: str | None) -> str:
    wanted = request.args.get("state", Verification.PENDING.value)
    state = wanted if wanted in set(Verification) else Verification.PENDING.value
    found = services()
    with found.read() as db:
        organizations = list_organizations(db, verification=state)
        invitations = open_invitations(db, actor.org_id, Purpose.REGISTER, found.now())
    return render_template(
        "verification.html",
        organizations=organizations,
        state=state,
        looks=VERIFICATION,
        invitations=invitations,
        new_link=new_link,
    )


def _case(org_id: str, actor: Actor, form: Form) -> str:
    must_operate(actor)
    with services().read() as db:
        organization = get_organization(db, org_id)
        documents, steps = documents_of(db, org_id), history_of(db, org_id, VERIFICATION_CHANGES)
        people = list_users(db, org_id)
        names = {one.id: one.display_name for one in (*people, *list_users(db, actor.org_id))}
    return render_template(
        "verification_case.html",
        organization=organization,
        form=form,
        documents=documents,
        kinds=DOCUMENTS,
        steps=steps,
        names=names,
        people=people,
        changes=CHANGES,
        look=VERIFICATION[organization.verification],
        state=organization.verification,
    )


def _end_of_day(name: str, form: Form) -> datetime | None:
    """The last instant of a typed day in local time, or None. Raises BadAccount."""
    typed = form.text(name)
    if not typed:
        return None
    try:
        day = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=zone())
    except ValueError:
        raise BadAccount(name, "date", example="2027-12-31") from None
    return day + timedelta(days=1, milliseconds=-1)
