"""The EPCIS interface on a bare app, and people of several organizations who call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.security import init_security
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.api.app_parts import api_flask_options, register_api
from haoyun.platform.database import Databases
from haoyun.platform.epcis_api.app_part import register_epcis
from haoyun.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a token of one organization."""

    app: APIFlask
    org_id: str
    token: str

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """One request under /epcis/v2, in English."""
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **(headers or {})}
        return self.app.test_client().open(f"/epcis/v2{path}", method=method, headers=given, **options)

    def get(self, path: str, **headers: str) -> TestResponse:
        """GET; a header's name has _ for -."""
        return self.call("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, json: Any, **headers: str) -> TestResponse:
        """POST of JSON."""
        return self.call(
            "POST", path, {name.replace("_", "-"): value for name, value in headers.items()}, json=json
        )


@pytest.fixture
def app(databases: Databases, tmp_path: Path) -> APIFlask:
    made = APIFlask("epcis", instance_path=str(tmp_path), root_path=str(tmp_path), **api_flask_options())
    settings = Settings(data=tmp_path / "data")
    init_security(made, settings, databases)
    register_api(made, settings, databases)
    register_epcis(made)
    return made


@pytest.fixture
def party(databases: Databases, app: APIFlask) -> Callable[..., Party]:
    """Makes a person in an organization of their own."""

    def make(name: str = "shipper", role: str = "owner") -> Party:
        now = datetime.now(UTC)
        with databases.platform.begin() as db:
            home = create_organization(
                db,
                name=f"{name}公司",
                name_en=f"{name} Ltd",
                kinds={"shipper"},
                now=now,
                company_prefix="9521234",
            )
            user = create_user(
                db,
                email=f"{name}-{role}@example.com",
                password="correct horse battery",
                org_id=home.id,
                display_name=name,
                roles={role},
                now=now,
            )
            token = issue_token(db, user.id, now).token
        return Party(app, home.id, token)

    return make
