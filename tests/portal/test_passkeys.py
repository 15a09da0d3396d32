"""Passkeys in a real browser, with Chromium's virtual authenticator: made, used to sign in, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import need, program
from signing_in import PASSWORD

from haoyun.platform.portal.static_files import assets_are_built

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(site: Any) -> Iterator[Any]:
    """A browser with a security key of its own, at an address that passkeys may be bound to (no IP address)."""
    need("the built front end (python platform/build_assets.py)", assets_are_built())
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        page = browser.new_context(
            base_url=site.url.replace("127.0.0.1", "localhost"), locale="en"
        ).new_page()
        yield page
        browser.close()


def _authenticator(page: Any) -> Any:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_a_passkey_is_made_signs_in_and_is_removed(page: Any) -> None:
    session, key = _authenticator(page)
    page.set_default_timeout(120_000)  # a busy machine
    page.goto("/login?next=/me/security")
    page.fill("#email", "shipper@example.com")
    page.fill("#password", PASSWORD)
    page.click("button[name=submit]")
    page.goto("/me/security")
    page.fill("#f-label", "Office laptop")
    page.click("[data-passkey-add] button")
    page.wait_for_selector("text=The passkey was added.")
    assert page.locator("li", has_text="Office laptop").count() == 1
    assert len(session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    page.context.clear_cookies()
    page.goto("/login?next=/me/security")
    page.click("[data-passkey-sign-in]")
    page.wait_for_selector("text=by passkey")

    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("li", has_text="Office laptop").locator("button").click()
    page.wait_for_selector("text=The passkey was removed.")
    page.context.clear_cookies()
    page.goto("/login")
    page.click("[data-passkey-sign-in]")  # the device still has it, the platform no longer
    page.wait_for_selector("[data-passkey-error]:not([hidden])")
    page.goto("/me")
    assert "/login" in page.url
