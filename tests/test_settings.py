"""Settings: one frozen object, each wrong value named with the rule it breaks."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from haoyun.platform.settings import Settings, SettingsError, kept_secret


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("HAOYUN_") and not name.startswith("HAOYUN_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("HAOYUN_PORT", "99999", "less than or equal to 65535"),
        ("HAOYUN_SHARDS", "many", "valid integer"),
        ("HAOYUN_MQTT_URL", "mqtt://broker.example:1883", "use mqtts:// for broker.example"),
        ("HAOYUN_MQTT_URL", "http://127.0.0.1", "must look like mqtt://"),
        ("HAOYUN_DATABASE_URL", "mysql://x", "must begin with postgresql+psycopg://"),
        ("HAOYUN_SECRET_KEY", "short", "at least 32 random characters"),
        ("HAOYUN_LANGUAGES", "fr", "zh, en or both"),
        ("HAOYUN_TIME_ZONE", "Shanghai", "not the name of a time zone"),
        ("HAOYUN_MAP", "../etc", "a map's name has"),
        ("HAOYUN_SECRET_KEY_FILE", "/does/not/exist", "cannot be read"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert name.removesuffix("_FILE") in str(caught.value) and rule in str(caught.value)


def test_a_misspelt_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAOYUN_PROT", "8001")
    with pytest.raises(SettingsError, match="unknown setting HAOYUN_PROT"):
        Settings.load()


def test_the_demo_never_listens_beyond_loopback() -> None:
    with pytest.raises(SettingsError, match="loopback only"):
        Settings.load(demo=True, host="0.0.0.0")


def test_arguments_win_over_environment_and_environment_over_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HAOYUN_PORT=8001\nHAOYUN_SHARDS=4\n")
    monkeypatch.setenv("HAOYUN_PORT", "8002")
    assert Settings.load().port == 8002
    assert Settings.load().shards == 4
    assert Settings.load(port=8003).port == 8003


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    monkeypatch.setenv("HAOYUN_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert Settings.load().signing_key() == "k" * 40


def test_settings_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError):
        Settings.load().port = 1  # type: ignore[misc]


def test_secrets_never_show_in_the_settings_text() -> None:
    settings = Settings.load(secret_key="s" * 40, database_url="postgresql+psycopg://u:hidden@h/d")
    assert "s" * 40 not in repr(settings) and "hidden" not in repr(settings)


def test_a_generated_secret_is_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = kept_secret(tmp_path, "session")
    assert len(first) >= 43 and kept_secret(tmp_path, "session") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "session").stat().st_mode) == 0o600
