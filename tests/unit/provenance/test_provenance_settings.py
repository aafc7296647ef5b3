"""What stops the service from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.provenance.settings import ProvenanceSettings
from services.runtime.settings import load_or_exit


@pytest.mark.parametrize("dsn", ["", "postgresql://user:hunter2@host:port:more/%%", "no equals sign"])
def test_without_a_database_it_refuses_to_start_and_says_what_to_set(
    dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROUNDWIRE_PROVENANCE_DSN", dsn)
    with pytest.raises(SystemExit) as caught:
        load_or_exit(ProvenanceSettings)
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert "GROUNDWIRE_PROVENANCE_DSN" in said
    assert "postgresql://user:password@host:5432/groundwire" in said
    assert "hunter2" not in said


def test_the_password_is_not_shown() -> None:
    settings = ProvenanceSettings(
        dsn=SecretStr("postgresql://user:hunter2@host/db"), signing_key_file=Path("key.pem"), key_folder=Path("keys")
    )
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGNING_KEY_FILE", ""),
        ("KEY_FOLDER", ""),
        ("ORIGIN", "a b"),
        ("ORIGIN", "a+b"),
        ("CHECKPOINT_INTERVAL_S", "0"),
    ],
)
def test_what_it_cannot_work_with_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROUNDWIRE_PROVENANCE_DSN", "postgresql://host/db")
    monkeypatch.setenv("GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE", "key.pem")
    monkeypatch.setenv("GROUNDWIRE_PROVENANCE_KEY_FOLDER", "keys")
    monkeypatch.setenv(f"GROUNDWIRE_PROVENANCE_{name}", value)
    with pytest.raises(SystemExit):
        load_or_exit(ProvenanceSettings)
    assert f"GROUNDWIRE_PROVENANCE_{name}" in capsys.readouterr().err
