"""Asking another team's catalog: whatever answers, nothing but what was declared is believed."""

import base64
import hashlib
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshline import secrets
from freshline.cli.catalogs.asking import Asking, UnreachableError
from freshline.codec import encode
from freshline.definitions import Column
from freshline.errors import ConflictError, DeniedError, FreshlineError, ResourceError
from freshline.offers import Offer
from freshline.other_catalogs import OtherCatalog

SECRET = "flt_" + "s3cr3t" * 7 + "x"
OFFER = Offer(
    key="marts.rates",
    mat_id="01a20626-eaec-7044-8f9f-722cf0660aba",
    number=3,
    publish_id="01a20626-eaec-7044-8f9f-722cf0660abb",
    data_version="d",
    at=1_800_000_000.0,
    rows=1,
    bytes=100,
    columns=(Column("rate", "DOUBLE"),),
)


class Answer(NamedTuple):
    """What a server answers: a status, a body, and headers in place of those that fit."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Served(NamedTuple):
    """A server that answers what it is told to, and what it was asked."""

    catalog: OtherCatalog
    asked: list[tuple[str, str]]


@contextmanager
def serving(answer: Callable[[str], Answer]) -> Generator[Served]:
    """Answer every request on a port of this machine until the block ends."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            status, body, headers = answer(self.path)
            self.send_response(status)
            named = {name.lower() for name, _ in headers}
            if "content-length" not in named:
                self.send_header("Content-Length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Served(OtherCatalog(name="finance", url=url, token="${secret.finance}"), asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FRESHLINE_SECRET_FINANCE", SECRET)
    yield
    secrets.redacted("")


def refusal(message: str, help: str = "") -> bytes:
    return encode({"error": {"code": "F705", "message": message, "help": help, "request": "1"}})


def rows(tmp_path: Path) -> bytes:
    path = tmp_path / "made.parquet"
    duckdb.sql("SELECT 1.5 AS rate").write_parquet(str(path))
    return path.read_bytes()


def digest(body: bytes) -> tuple[str, str]:
    found = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return "Repr-Digest", f"sha-256=:{found}:"


def test_what_is_current_is_asked_with_the_token_and_nothing_else() -> None:
    with serving(lambda _: Answer(body=encode(OFFER))) as served, Asking(served.catalog) as asking:
        assert asking.current("marts.rates") == OFFER
        assert asking.current("marts.rates") == OFFER
    assert served.asked == [("/api/v1/assets/marts.rates/current", f"Bearer {SECRET}")] * 2


def test_what_a_newer_catalog_says_beside_is_left_out() -> None:
    more = encode(OFFER)[:-1] + b',"mood":"fine"}'
    with serving(lambda _: Answer(body=more)) as served, Asking(served.catalog) as asking:
        assert asking.current("marts.rates") == OFFER


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(
            Answer(401, refusal("the token sales has expired")),
            DeniedError,
            "refuses the token: the token sales has expired",
            id="a token that has expired",
        ),
        pytest.param(
            Answer(403, refusal("the token sales is not for assets:read")),
            DeniedError,
            "refuses the token: the token sales is not for assets:read",
            id="a token that is not for it",
        ),
        pytest.param(
            Answer(404, refusal("there is no asset of this key")),
            ResourceError,
            "there is no asset of this key",
            id="no such asset",
        ),
        pytest.param(
            Answer(302, b"", (("Location", "https://elsewhere.example/"),)),
            UnreachableError,
            "answers 302, a redirect, which is not followed",
            id="a redirect",
        ),
        pytest.param(
            Answer(421), UnreachableError, "does not go by that name", id="a proxy that renames"
        ),
        pytest.param(Answer(500, b"<html>"), ResourceError, "answers 500", id="an error of theirs"),
        pytest.param(
            Answer(200, b"<html>hello</html>"),
            ResourceError,
            "answers is not what a catalog says",
            id="a page",
        ),
        pytest.param(
            Answer(200, encode(OFFER).replace(b"marts.rates", b"marts.other")),
            ResourceError,
            "answers is not what a catalog says",
            id="another asset",
        ),
        pytest.param(
            Answer(200, encode(OFFER).replace(OFFER.mat_id.encode(), b"../../../etc/passwd")),
            ResourceError,
            "answers is not what a catalog says",
            id="a path in place of an identifier",
        ),
        pytest.param(
            Answer(200, b" " * (5 << 20)),
            ResourceError,
            "answers is not what a catalog says",
            id="more than any answer has",
        ),
    ],
)
def test_an_answer_that_is_none_says_what_to_do(
    answer: Answer, kind: type[FreshlineError], words: str
) -> None:
    with (
        serving(lambda _: answer) as served,
        Asking(served.catalog) as asking,
        pytest.raises(kind) as error,
    ):
        asking.current("marts.rates")
    assert words in error.value.message
    assert error.value.help or words.startswith(("answers 500", "there is no asset"))


def test_nobody_there_is_told_from_an_answer_that_is_none() -> None:
    with serving(lambda _: Answer()) as served:
        pass
    with Asking(served.catalog) as asking, pytest.raises(UnreachableError, match="cannot be reach"):
        asking.current("marts.rates")


def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    over = threading.Event()

    def late(_: str) -> Answer:
        over.wait(30)
        return Answer()

    with serving(late) as served, Asking(served.catalog, seconds=0.2) as asking:
        with pytest.raises(UnreachableError, match="does not answer in time"):
            asking.current("marts.rates")
        over.set()


def test_a_secret_that_is_not_set_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRESHLINE_SECRET_FINANCE")
    with serving(lambda _: Answer()) as served, Asking(served.catalog) as asking:
        with pytest.raises(ResourceError, match="there is no secret finance"):
            asking.current("marts.rates")
    assert not served.asked


def test_rows_arrive_as_they_were_sent(tmp_path: Path) -> None:
    body = rows(tmp_path)
    answer = Answer(200, body, (digest(body),))
    with serving(lambda _: answer) as served, Asking(served.catalog) as asking:
        asking.fetch(OFFER, tmp_path / "draft")
    assert (tmp_path / "draft").read_bytes() == body
    assert served.asked[0][0] == f"/api/v1/assets/marts.rates/versions/{OFFER.mat_id}/data"


def changed(body: bytes) -> Answer:
    return Answer(200, body[:-5] + b"xPAR1", (digest(body),))


def unproven(body: bytes) -> Answer:
    return Answer(200, body)


def other(_: bytes) -> Answer:
    return Answer(200, b"rows, rows", (digest(b"rows, rows"),))


def large(body: bytes) -> Answer:
    return Answer(200, body, (digest(body), ("Content-Length", str(1 << 60))))


def outdated(_: bytes) -> Answer:
    return Answer(409, refusal("another version is current by now"))


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        pytest.param(changed, ResourceError, "not arrive as they were sent", id="other bytes"),
        pytest.param(unproven, ResourceError, "is not what a catalog says", id="no digest"),
        pytest.param(other, ResourceError, "no Parquet file", id="something else"),
        pytest.param(large, ResourceError, "there is no room", id="more than the disk has"),
        pytest.param(outdated, ConflictError, "another version is current", id="an old version"),
    ],
)
def test_rows_that_are_not_what_was_said_are_no_rows(
    change: Callable[[bytes], Answer], kind: type[FreshlineError], words: str, tmp_path: Path
) -> None:
    answer = change(rows(tmp_path))
    with serving(lambda _: answer) as served, Asking(served.catalog) as asking:
        with pytest.raises(kind, match=words):
            asking.fetch(OFFER, tmp_path / "draft")


def test_publishing_is_heard(tmp_path: Path) -> None:
    said = {"events": [{"sequence": 9}], "position": 9, "more": False}
    with serving(lambda _: Answer(body=encode(said))) as served, Asking(served.catalog) as asking:
        heard = asking.wait(4, 0)
    assert (heard.is_news, heard.position) == (True, 9)
    assert "after=4" in served.asked[0][0]
    assert "kind=materialized" in served.asked[0][0]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    status=st.sampled_from([200, 301, 400, 401, 403, 404, 409, 421, 429, 500, 503]),
    before=st.text(max_size=20),
    after=st.text(max_size=250),
    is_json=st.booleans(),
)
def test_a_token_that_is_sent_back_is_shown_to_nobody(
    status: int, before: str, after: str, is_json: bool
) -> None:
    said = f"{before}{SECRET}{after}"
    body = refusal(said, said) if is_json else said.encode("utf-8", "replace")
    with serving(lambda _: Answer(status, body)) as served, Asking(served.catalog) as asking:
        with pytest.raises(FreshlineError) as error:
            asking.current("marts.rates")
    for word in (error.value.message, error.value.help):
        assert SECRET not in word
        assert SECRET[:20] not in word
