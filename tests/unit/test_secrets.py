"""Secrets are found where they are kept, and shown nowhere."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from freshline.cli.compose import opened
from freshline.cli.main import freshline
from freshline.cli.options import Common
from freshline.cli.render import error_text
from freshline.declare.project import declare_file, read_settings
from freshline.errors import ResourceError
from freshline.secrets import redacted, resolved, resolved_text

SETTINGS = read_settings("project: shop\n")


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any secret, so that tests do not see each other's."""
    monkeypatch.setattr("freshline.secrets._KNOWN", set[str]())
    monkeypatch.delenv("FRESHLINE_SECRETS", raising=False)


def test_a_secret_is_a_variable_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_WAREHOUSE_PASS_WORD", "hunter2")
    assert resolved_text("user:${secret.warehouse.pass_word}@x") == "user:hunter2@x"


def test_or_a_file_that_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse/password").write_text("hunter3\n")
    monkeypatch.setenv("FRESHLINE_SECRETS", str(tmp_path))
    assert resolved({"a": ["${secret.warehouse.password}", 1], "b": None}) == {
        "a": ["hunter3", 1],
        "b": None,
    }
    monkeypatch.setenv("FRESHLINE_SECRET_WAREHOUSE_PASSWORD", "of the process")
    assert resolved_text("${secret.warehouse.password}") == "of the process"


def test_an_escaped_reference_is_text() -> None:
    assert resolved_text("$${secret.a} and ${other}") == "${secret.a} and ${other}"


def test_a_secret_that_is_nowhere_names_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ResourceError, match=r"FRESHLINE_SECRET_A_B is not set.*names no folder"):
        resolved_text("${secret.a.b}")
    monkeypatch.setenv("FRESHLINE_SECRETS", str(tmp_path))
    with pytest.raises(ResourceError, match=r"FRESHLINE_SECRET_A_B is not set, and .*/a/b cannot"):
        resolved_text("${secret.a.b}")


@pytest.mark.parametrize("name", ["../a", "a..b", "A", "a/b", ""])
def test_a_name_leads_to_no_other_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("not to be read")
    (tmp_path / "in").mkdir()
    monkeypatch.setenv("FRESHLINE_SECRETS", str(tmp_path / "in"))
    template = f"${{secret.{name}}}"
    try:
        assert resolved_text(template) == template
    except ResourceError as error:
        assert "no name of a secret" in error.message


def test_what_was_put_in_is_taken_out_of_texts_in_every_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_A", "p/w d\"\\'")
    whole = resolved_text("${secret.a}")
    for told in (whole, f"GET /?t={'p%2Fw%20d%22%5C%27'}", "p/w%20d%22%5C%27", repr(whole)):
        assert "***" in redacted(f"failed: {told}")
        assert "p/w" not in redacted(told) and "p%2Fw" not in redacted(told)
    assert redacted("nothing to hide") == "nothing to hide"


def test_a_setting_keeps_the_reference_and_not_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_A", "hunter2")
    found = read_settings(
        "project: shop\nvars: {x: '${y}'}\n"
        "storages: {w: {adapter: lake, token: 'Bearer ${secret.a}', path: 'a-${var.x}-$${b}'}}\n",
        "freshline.yaml",
        {"FRESHLINE_SECRET_A": "hunter2"},
    )
    settings = found.project.storages[1].settings
    assert settings == {"token": "Bearer ${secret.a}", "path": "a-$${y}-$${b}"}
    assert resolved(dict(settings)) == {"token": "Bearer hunter2", "path": "a-${y}-${b}"}
    assert found.process == {}


@pytest.mark.parametrize(
    ("path", "is_good"),
    [
        ("https://shop.example/a.csv?token=${secret.a}", True),
        ("https://${secret.user}:${secret.password}@shop.example/a.csv", True),
        ("https://ann:${secret.password}@shop.example/a.csv", False),
        ("data/${secret.a}.csv", False),
    ],
)
def test_an_address_may_hold_a_secret(path: str, is_good: bool) -> None:
    found = declare_file("sources/r.yaml", f"sources: {{raw.a: {{path: '{path}'}}}}", SETTINGS)
    assert [source.path for source in found.sources] == ([path] if is_good else [])
    assert bool(found.diagnostics) is not is_good


def project(folder: Path, path: str) -> Path:
    text = f"project: shop\nstorages: {{cold: {{adapter: lake, path: '{path}'}}}}\n"
    (folder / "freshline.yaml").write_text(text, encoding="utf-8")
    (folder / "assets").mkdir()
    (folder / "assets/a.sql").write_text("SELECT 1 AS a", encoding="utf-8")
    return folder


def test_a_storage_gets_its_secrets_when_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, "kept-${secret.place}")
    monkeypatch.setenv("FRESHLINE_SECRET_PLACE", "hunter2")
    with opened(Common(project=root)) as found:
        folders = [folder.name for folder in found.storages["cold"].readable()]
        assert found.graph.project.storages[1].settings == {"path": "kept-${secret.place}"}
    assert any("kept-hunter2" in str(folder) for folder in found.storages["cold"].readable())
    assert folders


def test_a_storage_without_its_secret_says_where_it_was_looked_for(tmp_path: Path) -> None:
    root = project(tmp_path, "kept-${secret.not_there}")
    done = CliRunner().invoke(freshline, ["-p", str(root), "plan"], standalone_mode=False)
    assert isinstance(done.exception, ResourceError)
    told = error_text(done.exception)
    assert "storage cold: there is no secret not_there" in told
    assert "FRESHLINE_SECRET_NOT_THERE is not set" in told
    assert "freshline.yaml:2:12" in told


def test_errors_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_A", "hunter2")
    resolved_text("${secret.a}")
    assert "hunter2" not in error_text(ResourceError("cannot log in with hunter2", help="hunter2?"))
