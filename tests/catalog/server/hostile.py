"""A catalog in which everything that people or programs write is hostile, and a walk through it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from starlette.testclient import TestClient
from tests.catalog.server.routes import ENDLESS, ROUTES

from freshline.definitions import CheckKind, CheckSeverity, Lifecycle, Stage
from freshline.errors import Diagnostic, Span
from freshline.events import AssetDefined, Event, Paused, Pinned, RunCancelRequested
from freshline.keys import Target
from freshline.survey import (
    ColumnHop,
    Entry,
    EntryCheck,
    EntryColumn,
    EntryKind,
    Owner,
    Setting,
    Status,
    Survey,
)
from freshline.testing import specimens
from freshline.verdicts import Reason, ReasonKind
from freshline_catalog.server.services import Services
from freshline_catalog.surveys import SqliteSurveys

RUN = "01a2034b-0000-7000-8000-000000000001"
POISON = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</textarea></title></pre></code><iframe src=javascript:alert(1)>",
    "[x](javascript:alert(1)) ![x](https://evil.example/p.png) <https://evil.example/>",
    '<a href="javascript:alert(1)" style="x:expression(1)">x</a>',
    "javascript:alert(1)",
    "{{ 7 * 191 }} {% raw %} ${7*191}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202egpj.exe \x00 \x1b[31m",
)


def write_catalog(services: Services, text: str, key: str) -> None:
    """Fill a catalog whose one asset `key` has `text` wherever somebody could have written it."""
    place = Span(file=text, line=1, column=1)
    survey = Survey(
        project=services.scope.project,
        environment=services.scope.environment,
        at=2.0,
        sequence=0,
        plan_id="p",
        entries=(_entry("raw.orders", text, place), _entry(key, text, place)),
        owners=(Owner(name=text, contacts=((text, text), ("link", "javascript:alert(1)"))),),
        orphans=(text,),
        problems=(_problem(text, place),),
        warnings=(text,),
    )
    surveys = SqliteSurveys(services.log)
    surveys.keep(survey)
    hop = ColumnHop(text, "raw.orders", text, text, place)
    surveys.keep_hops(*services.scope, [(key, "t", [hop]), ("raw.orders", "t", [hop])])
    services.log.append(_events(services, text, key))
    services.logs.mkdir(exist_ok=True)
    line = dict.fromkeys(("time", "event", "asset", "message", "code", "error", "help"), text)
    written = json.dumps({**line, "level": "error"}) + f"\n{text}\n"
    (services.logs / f"{RUN}.jsonl").write_text(written, encoding="utf-8")


def _entry(key: str, text: str, place: Span) -> Entry:
    check = EntryCheck(
        name=text,
        kind=CheckKind.ROWS,
        severity=CheckSeverity.WARN,
        digest="c1",
        columns=(text,),
        description=text,
        sql=text,
        place=place,
    )
    return Entry(
        key=key,
        kind=EntryKind.TABLE,
        status=Status.STALE,
        place=place,
        description=text,
        owner=text,
        group=text,
        tags=(text,),
        meta={text: text, "nested": {text: [text]}},
        links=((text, "javascript:alert(1)"), ("x", text)),
        lifecycle=Lifecycle(stage=Stage.DEPRECATED, replacement=text, sunset=text),
        storage=text,
        sql=text,
        query=text,
        settings=(Setting(text, text, text, place),),
        columns=(EntryColumn(text, text, text, text),),
        checks=(check,),
        upstreams=() if key == "raw.orders" else ("raw.orders",),
        windows=(("raw.orders", (text,)),),
        why=(Reason(kind=ReasonKind.CODE, detail=text, upstream=text, source=place),),
        proof=text,
        action=text,
        problems=(_problem(text, place),),
        preview=True,
        code_version=text,
        traced_by="t",
    )


def _problem(text: str, place: Span) -> Diagnostic:
    return Diagnostic(code="E204", message=text, span=place, excerpt=text, fix=text)


def _events(services: Services, text: str, key: str) -> list[Event]:
    target = Target(*services.scope, key)
    begun = specimens.run_started(RUN)
    return [
        replace(begun, actor=text, command=text, plan_id=text, assets=(text,)),
        AssetDefined(at=1.0, run=RUN, target=target, digest="d", spec={text: text}),
        specimens.attempt_failed(RUN, target, "m0", message=text),
        specimens.materialized(RUN, target, "m1"),
        specimens.checked(RUN, target, "d1"),
        Pinned(at=3.2, run=RUN, target=target, mat_id="m1", actor=text, reason=text),
        Paused(at=3.4, run=RUN, target=target, actor=text, reason=text),
        RunCancelRequested(at=4.0, run=RUN, actor=text, reason=text),
    ]


class Seen(NamedTuple):
    """What was answered under an address."""

    at: str
    status: int
    media: str
    body: bytes


def walk(client: TestClient, key: str, words: tuple[str, ...]) -> Iterator[Seen]:
    """Ask for every page, twin and answer there is, also with words of somebody's in the query."""
    there = {"key": key, "run": RUN, "name": "reports", "mat_id": "m1"}
    for line in ROUTES:
        method, _, path = line.partition(" ")
        if method != "GET" or line in ENDLESS or "{secret}" in path or "{digest}" in path:
            continue
        filled = re.sub(r"\{(\w+)\}", lambda found: quote(there[found[1]], safe=""), path)
        queries = [f"select={quote(key, safe='')}&run={RUN}&show=1&payload=true&number=1&check=x"]
        queries += [
            "&".join(f"{name}={quote(word, safe='')}" for name in ("q", "select", "asset", "owner"))
            for word in words
        ]
        for query in ("", *queries):
            address = f"{filled}?{query}"
            answer = client.get(address, headers={"Accept": "text/html"})
            media = answer.headers.get("content-type", "").partition(";")[0]
            yield Seen(address, answer.status_code, media, answer.content)


class Foreign(HTMLParser):
    """Reads a page, and gathers what would run, load or lead where it should not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        said = dict(attrs)
        if tag in ("iframe", "object", "embed", "base", "style", "applet", "frame", "meta"):
            if tag != "meta" or "http-equiv" in said:
                self.found.append(f"<{tag}>")
        if tag == "script" and not str(said.get("src", "")).startswith("/static/"):
            self.found.append("a script that is no file of ours")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction", "xlink:href", "data", "poster"):
                self._look_at_address(tag, name, value or "")

    def _look_at_address(self, tag: str, name: str, value: str) -> None:
        plain = re.sub(r"[\x00-\x20]", "", value)
        scheme = urlsplit(plain).scheme.lower() if not plain.startswith("/") else ""
        if scheme not in ("", "http", "https", "mailto"):
            self.found.append(f"{tag} {name}={value}")
        is_link = tag == "a" and name == "href"
        if (scheme or plain.startswith("//")) and not is_link:
            self.found.append(f"{tag} loads {value}")


def foreign_in(body: bytes) -> list[str]:
    """Return what a page holds that would run, load or lead where it should not."""
    parser = Foreign()
    parser.feed(body.decode())
    parser.close()
    return parser.found
