"""The caller's own organization: what it says of itself, its papers, and asking the operator to verify it."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from flask import Response
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.documents import (
    MAX_BYTES,
    Document,
    DocumentKind,
    add_document,
    documents_of,
    read_document,
    remove_document,
)
from haoyun.platform.accounts.history import Change, history_of, record
from haoyun.platform.accounts.organizations import MAX_ADDRESS_CHARS, Profile, get_organization, set_profile
from haoyun.platform.accounts.verification import VERIFICATION_CHANGES, ask_for_verification
from haoyun.platform.api.guard import managing_people, signed_in
from haoyun.platform.api.organizations import Name, OrganizationOut
from haoyun.platform.api.problems import wrong_field
from haoyun.platform.api.resource import Input, Instant, Output, resource
from haoyun.platform.services import services

blueprint = resource("organization", "My organization")
_Short = Annotated[str, Field(max_length=40)]


class NewProfile(Input):
    """What an organization says of itself. Its name, kinds and credit code are the operator's to change."""

    name_en: Name
    country: _Short = "CN"
    address: Annotated[str, Field(max_length=MAX_ADDRESS_CHARS)] = ""
    phone: _Short = ""
    gln: Annotated[str, Field(max_length=40, description="13 digits with check digit")] = ""
    vat_id: Annotated[str, Field(max_length=40, description="VAT number of the European Union")] = ""
    locode: Annotated[str, Field(max_length=40, description="UN/LOCODE")] = ""


class NewDocument(Input):
    """A paper: PDF, JPEG or PNG, told by its content."""

    kind: DocumentKind
    name: Annotated[str, Field(min_length=1, max_length=120)]
    content: Annotated[str, Field(max_length=MAX_BYTES * 4 // 3 + 8, description="base 64, at most 5 MB")]
    valid_until: Instant | None = None


class DocumentOut(Output):
    """A stored paper."""

    id: str
    kind: DocumentKind
    name: str
    media_type: str
    size: int
    sha256: str
    valid_until: datetime | None
    created_at: datetime


class DocumentPage(Output):
    """The papers of the organization, the newest first."""

    items: list[DocumentOut]
    next: str | None


class StepOut(Output):
    """A step of the verification."""

    change: Change
    at: datetime
    user_id: str | None
    detail: str


class StepPage(Output):
    """Who did what about the verification, the newest first."""

    items: list[StepOut]
    next: str | None


@blueprint.get("/organization")
@signed_in
@blueprint.output(OrganizationOut)
@blueprint.doc(summary="My organization", security="bearer", responses=[401])
def mine(actor: Actor) -> object:
    """The caller's organization with its state of verification."""
    with services().read() as db:
        return OrganizationOut.of(get_organization(db, actor.org_id))


@blueprint.put("/organization")
@managing_people
@blueprint.input(NewProfile)
@blueprint.output(OrganizationOut)
@blueprint.doc(summary="Change my organization", security="bearer", responses=[401, 403, 422])
def change(actor: Actor, json_data: NewProfile) -> object:
    """Write what the organization says of itself."""
    found = services()
    fields = json_data.model_dump(exclude={"name_en"})
    with found.write() as db:
        set_profile(db, actor.org_id, json_data.name_en, Profile.checked(**fields))
        record(db, actor.org_id, Change.PROFILE, actor.user_id, found.now())
        return OrganizationOut.of(get_organization(db, actor.org_id))


@blueprint.post("/organization/verification")
@managing_people
@blueprint.output(OrganizationOut)
@blueprint.doc(summary="Ask to be verified", security="bearer", responses=[401, 403, 409, 422])
def ask(actor: Actor) -> object:
    """Put the organization into the operator's queue; needs a business licence."""
    with services().write() as db:
        ask_for_verification(db, actor, services().now())
        return OrganizationOut.of(get_organization(db, actor.org_id))


@blueprint.get("/organization/verification")
@signed_in
@blueprint.output(StepPage)
@blueprint.doc(summary="The course of the verification", security="bearer", responses=[401])
def course(actor: Actor) -> object:
    """Who did what, when and why."""
    with services().read() as db:
        return {"items": history_of(db, actor.org_id, VERIFICATION_CHANGES), "next": None}


@blueprint.get("/organization/documents")
@signed_in
@blueprint.output(DocumentPage)
@blueprint.doc(summary="List my organization's documents", security="bearer", responses=[401])
def list_documents(actor: Actor) -> object:
    """Papers of the caller's organization."""
    with services().read() as db:
        return {"items": documents_of(db, actor.org_id), "next": None}


@blueprint.post("/organization/documents")
@managing_people
@blueprint.input(NewDocument)
@blueprint.output(DocumentOut, 201)
@blueprint.doc(summary="Upload a document", security="bearer", responses=[401, 403, 413, 422])
def upload(actor: Actor, json_data: NewDocument) -> object:
    """Keep a paper; only the own organization and the operator read it."""
    try:
        content = base64.b64decode(json_data.content, validate=True)
    except (binascii.Error, ValueError):
        raise wrong_field("content", "field.base64") from None
    with services().write() as db:
        return add_document(
            db,
            actor,
            json_data.kind,
            json_data.name,
            content,
            json_data.valid_until,
            services().now(),
        )


@blueprint.get("/documents/<document_id>")
@signed_in
@blueprint.doc(summary="A document's file", security="bearer", responses=[401, 404])
def download(actor: Actor, document_id: str) -> Response:
    """The file, for its organization and the operator."""
    with services().read() as db:
        return file_response(*read_document(db, actor, document_id))


@blueprint.delete("/documents/<document_id>")
@managing_people
@blueprint.output({}, 204)
@blueprint.doc(summary="Remove a document", security="bearer", responses=[401, 403, 404])
def remove(actor: Actor, document_id: str) -> object:
    """Erase the file; that it was there stays in the history."""
    with services().write() as db:
        remove_document(db, actor, document_id, services().now())
    return ""


def file_response(document: Document, content: bytes) -> Response:
    """A download that no browser runs: never inline, no sniffing, its own narrow policy."""
    response = Response(content, mimetype=document.media_type)
    name = quote(document.name)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
