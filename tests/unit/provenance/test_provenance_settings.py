"""What stops the service from starting."""

from __future__ import annotations

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
    assert "hunter2" not in repr(ProvenanceSettings(dsn=SecretStr("postgresql://user:hunter2@host/db")))
