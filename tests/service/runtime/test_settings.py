"""A service never starts on a guess: wrong settings end it with a line that names the variable."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings, load_or_exit


class Sample(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_SAMPLE_", frozen=True, extra="forbid")
    service: ClassVar[str] = "sample"
    port: int = Field(1, ge=0, le=65535)
    models: dict[str, str] = Field(default_factory=dict)


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("settings") / "mesh.toml"
    file.write_text('[sample]\nport = 7\nlog_level = "DEBUG"\n[other]\nport = 8\n')
    monkeypatch.setenv("GROUNDWIRE_SETTINGS_FILE", str(file))
    monkeypatch.setenv("GROUNDWIRE_SAMPLE_PORT", "9")
    settings = load_or_exit(Sample)
    assert (settings.port, settings.log_level) == (9, "DEBUG")


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("GROUNDWIRE_SAMPLE_PORT", "70000", "GROUNDWIRE_SAMPLE_PORT"),
        ("GROUNDWIRE_SAMPLE_LOG_LEVEL", "loud", "GROUNDWIRE_SAMPLE_LOG_LEVEL"),
        ("GROUNDWIRE_SAMPLE_MODELS", "notjson", "models"),
    ],
)
def test_a_wrong_value_ends_the_process_and_names_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        load_or_exit(Sample)
    assert caught.value.code == 2
    assert named in capsys.readouterr().err
