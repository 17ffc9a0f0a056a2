"""Secrets stay inside: by their value, by their looks and by the name they stand under."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from freshline import secrets
from freshline.secrets import is_telling, without_secrets
from freshline_catalog.server.door.redaction import Redactor

SECRET = 'p4ss"w<rd& ä/\\9'


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrets, "_KNOWN", set[str]())
    yield


FORMS = {
    "as it is": SECRET,
    "in JSON": json.dumps({"a": SECRET}),
    "in JSON of other characters": json.dumps({"a": SECRET}, ensure_ascii=False),
    "in HTML": f"<p>{escape(SECRET)}</p>",
    "in an address": f"https://host/{quote(SECRET, safe='')}?x",
    "as Python shows it": repr(SECRET),
    "in base64": "cDRzcyJ3PHJkJiDDpC9cOQ==",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_known_secret_is_hidden_in_every_form(text: str) -> None:
    secrets.remember_all({"FRESHLINE_SECRET_WAREHOUSE": SECRET})
    found = Redactor()(text.encode())
    assert b"***" in found
    assert b"w<rd" not in found
    assert b"p4ss" not in found
    assert b"cDRzcyJ3" not in found


def test_what_becomes_known_later_is_hidden_from_then_on() -> None:
    redact = Redactor()
    assert redact(b"a hunter2hunter2 b") == b"a hunter2hunter2 b"
    secrets.remember_all({"FRESHLINE_SECRET_A": "hunter2hunter2"})
    assert redact(b"a hunter2hunter2 b") == b"a *** b"


def test_a_short_value_is_not_looked_for_since_it_would_be_found_everywhere() -> None:
    secrets.remember_all({"FRESHLINE_SECRET_A": "a", "FRESHLINE_SECRET_B": "admin"})
    assert Redactor()(b"a page about an admin") == b"a page about an admin"


def test_mounted_secrets_are_known_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse/password").write_text("long enough\n")
    (tmp_path / "README.md").write_text("not a secret")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    secrets.remember_all({"FRESHLINE_SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert "long enough" in secrets.known()
    assert not [value for value in secrets.known() if "not" in value or "bin" in value]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://ana:hunter2@db:5432/x", "postgres://***@db:5432/x"),
        ("https://token:x@host and http://ok/", "https://***@host and http://ok/"),
        ("https://:x@host", "https://***@host"),
        ("https://host/a:b@c", "https://host/a:b@c"),
        ("mailto:ana@example.org", "mailto:ana@example.org"),
        ("AKIAIOSFODNN7EXAMPLE.", "***."),
        ("ghp_" + "a" * 36, "***"),
        ("xoxb-" + "1" * 12, "***"),
        ("a gh_action and a boxplot", "a gh_action and a boxplot"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----.", "***."),
    ],
    ids=lambda text: text[:20],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor()(text.encode()).decode() == shown


@pytest.mark.parametrize(
    "name",
    ["password", "DB_PASSWORD", "passphrase", "apiKey", "api_key", "aws_secret_access_key",
     "token", "authorization", "privateKey", "client_secret", "credential"],
)  # fmt: skip
def test_a_telling_name(name: str) -> None:
    assert is_telling(name)


@pytest.mark.parametrize(
    "name", ["owner", "key", "primary_key", "keys", "tokens", "token_count", "secret_name", "path"]
)
def test_a_name_that_tells_nothing(name: str) -> None:
    assert not is_telling(name)


def test_values_under_telling_names_are_hidden_however_deep() -> None:
    value = {"a": [{"password": "x", "user": "ana"}], "token": {"b": 1}, "secret": "", "n": 1}
    assert without_secrets(value) == {
        "a": [{"password": "***", "user": "ana"}],
        "token": "***",
        "secret": "",
        "n": 1,
    }


@settings(deadline=None)  # what is known grows here from one example to the next
@given(
    st.binary(max_size=300),
    st.text(min_size=6, max_size=20).filter(lambda text: "*" not in text),
    st.binary(max_size=50),
)
def test_no_text_around_a_secret_hides_it_from_the_redactor(
    before: bytes, secret: str, after: bytes
) -> None:
    secrets.remember_all({"FRESHLINE_SECRET_A": secret})
    plain = secret.encode()
    assert plain not in Redactor()(before + plain + after)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_plain_data_stays_as_it_is(value: object) -> None:
    assert without_secrets(value) == value
