"""The story of five CSV files that nobody prepared, from `init --from` to three marts, and on.

What a newcomer types is what the how-to on reading files says. The next month brings a file with
another header: nothing breaks, the answer says what to do, and doing it works.
"""

import shutil
from pathlib import Path

import duckdb
import pytest
from tests.golden.answers import answer

FILES: dict[str, bytes] = {
    # Semicolons, decimal commas, dates the German way, Latin-1; two months of one thing.
    "Umsatz Januar 2024.csv": (
        "Datum;Filiale;Artikel;Menge;Umsatz\r\n"
        '02.01.2024;Köln;"Kaffee ""Größe L""";12;1.234,50\r\n'
        "03.01.2024;München;Tee;3;45,90\r\n"
        "31.01.2024;Köln;Gebäck;7;31,15\r\n"
    ).encode("latin-1"),
    "Umsatz Februar 2024.csv": (
        "Datum;Filiale;Artikel;Menge;Umsatz\r\n"
        "01.02.2024;Köln;Tee;5;76,50\r\n"
        "13.02.2024;München;Kaffee;22;1.089,00\r\n"
    ).encode("latin-1"),
    # Tabs, and a title above the header.
    "stores.tsv": (
        "Store list, exported 2024-02-29 by K. Wagner\n\nstore\tcity\topened\tmanager\n"
        "A1\tKöln\t2019-04-01\tWagner\nB2\tMünchen\t2020-10-15\t-\n"
    ).encode(),
    # Line breaks and quotes within quotes.
    "feedback.csv": (
        b'id,store,stars,comment\n1,A1,5,"Lovely.\nCame back twice."\n'
        b'2,B2,1,"Cold coffee, \n""again""!"\n3,A1,4,fine\n'
    ),
    # Signs of the euro, and letters of Paris, in the code page of Windows.
    "prices.csv": "Article;Price\nKaffee;€ 4,95\nTee;€ 3,50\nŒufs brouillés;€ 1,20\n".encode(
        "cp1252"
    ),
    # Numbers that are names, and a row twice.
    "members.csv": (
        "member,postcode,joined,city\n0001,04109,31.12.2023,Leipzig\n"
        "0002,50667,05.01.2024,Köln\n0002,50667,05.01.2024,Köln\n"
    ).encode(),
}
ASSETS: dict[str, str] = {
    "staging/sales.sql": (
        "SELECT Datum AS day, Filiale AS city, Artikel AS article, Menge AS pieces,"
        " Umsatz AS revenue\n"
        "FROM raw.umsatz\n"
    ),
    "marts/revenue.sql": (
        "SELECT month(day) AS month, city, sum(revenue) AS revenue\n"
        "FROM staging.sales\nGROUP BY ALL\nORDER BY ALL\n"
    ),
    "marts/stores.sql": (
        "SELECT store, city, manager, avg(stars) AS stars, count(*) AS comments\n"
        "FROM raw.stores\nJOIN raw.feedback USING (store)\nGROUP BY ALL\nORDER BY store\n"
    ),
    "marts/members.sql": (
        "/*---\nprimary_key: [member]\n---*/\n"
        "SELECT DISTINCT member, postcode, joined FROM raw.members\nORDER BY member\n"
    ),
}
REVENUE = [
    *("month,city,revenue", "1,Köln,1265.65", "1,München,45.9"),
    *("2,Köln,76.5", "2,München,1089.0"),
]


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{path.name} has not one {old!r}:\n{text}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def told(*lines: str, said: list[str]) -> bool:
    """Return whether lines stand in an answer, one after the other."""
    return "\n".join(lines) in "\n".join(said)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of the five kinds of files with three marts, built."""
    root = tmp_path_factory.mktemp("five") / "shop"
    (root / "data").mkdir(parents=True)
    for name, data in FILES.items():
        (root / "data" / name).write_bytes(data)
    said = answer(["init", "--from", "data/*"], root)
    assert said[0] == "sources/data.yaml declares 6 sources of 6 files:"
    # What can only be known by people: months that are words belong together, and - is nobody.
    sources = root / "sources/data.yaml"
    text = sources.read_text(encoding="utf-8")
    begin, end = (text.index(f"  raw.umsatz_{month}_2024:") for month in ("februar", "januar"))
    sources.write_text(text[:begin] + text[end:], encoding="utf-8")
    edit(
        sources,
        ("raw.umsatz_januar_2024:", "raw.umsatz:"),
        ("data/Umsatz Januar 2024.csv", "data/Umsatz *.csv"),
        ("skip: 2\n", 'skip: 2\n      nullstr: ["-"]\n'),
    )
    for name, sql in ASSETS.items():
        (root / "assets" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "assets" / name).write_text(sql, encoding="utf-8")
    assert answer(["validate"], root) == ["4 assets and 5 sources are valid"]
    assert answer(["apply", "-q"], root)[-1].startswith("succeeded")
    return root


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "shop")


def rows(root: Path, sql: str) -> list[str]:
    return answer(["query", sql, "--format", "csv"], root)


def test_three_marts_say_what_the_files_say(shop: Path) -> None:
    assert rows(shop, "FROM marts.revenue") == REVENUE
    assert rows(shop, "FROM marts.stores") == [
        "store,city,manager,stars,comments",
        "A1,Köln,Wagner,4.5,2",
        "B2,München,,1.0,1",
    ]
    assert rows(shop, "FROM marts.members") == [
        "member,postcode,joined",
        "0001,04109,2023-12-31",
        "0002,50667,2024-01-05",
    ]
    assert rows(shop, "SELECT article FROM staging.sales WHERE day = '2024-01-02'") == [
        "article",
        '"Kaffee ""Größe L"""',
    ]
    assert rows(shop, "SELECT Price, comment FROM raw.prices, raw.feedback LIMIT 1") == [
        "Price,comment",
        '"€ 4,95","Lovely.',
        'Came back twice."',
    ]


def march_with_another_header(shop: Path) -> None:
    text = "Datum;Filiale;Artikel;Menge;Umsatz brutto\r\n04.03.2024;Köln;Tee;2;1.000,25\r\n"
    (shop / "data/Umsatz März 2024.csv").write_bytes(text.encode("latin-1"))


def test_a_header_that_changed_next_month_stops_nothing_but_its_readers(shop: Path) -> None:
    march_with_another_header(shop)
    edit(shop / "assets/marts/members.sql", ("DISTINCT member", "DISTINCT city, member"))
    said = answer(["apply", "-j", "1"], shop)
    line = (shop / "sources/data.yaml").read_text("utf-8").split("\n").index("  raw.umsatz:") + 1
    assert told(
        'E306 files of raw.umsatz differ: data/Umsatz März 2024.csv lacks "Umsatz" of'
        ' data/Umsatz Februar 2024.csv and has "Umsatz brutto" instead',
        f"  sources/data.yaml:{line}:3",
        "  mend the header; or add `union_by_name: true` to `read:` (what a file lacks is null),"
        " and coalesce() the two names in SQL",
        said=said,
    )
    assert said[-1] == "[exit 1]"
    assert any("built       marts.members" in line for line in said)

    # What the answer says, done.
    edit(shop / "sources/data.yaml", ("path: data/Umsatz *.csv\n    read:\n", _BY_NAME))
    edit(shop / "sources/data.yaml", ("Umsatz: double\n", "Umsatz: double\n" + _THE_NEW_ONE))
    new_name = 'coalesce(Umsatz, "Umsatz brutto") AS revenue'
    edit(shop / "assets/staging/sales.sql", ("Umsatz AS revenue", new_name))
    assert answer(["apply", "-q"], shop)[-1].startswith("succeeded")
    assert rows(shop, "FROM marts.revenue") == [*REVENUE, "3,Köln,1000.25"]


def test_what_a_changed_header_sets_aside_can_be_read_as_it_was(shop: Path) -> None:
    march_with_another_header(shop)
    edit(shop / "assets/marts/members.sql", ("DISTINCT member", "DISTINCT city, member"))
    assert answer(["apply", "-q"], shop)[-1] == "[exit 1]"
    assert rows(shop, "FROM marts.revenue") == REVENUE
    with duckdb.connect(str(shop / "views.duckdb"), read_only=True) as views:
        assert views.execute("SELECT count(*) FROM marts.revenue").fetchall() == [(4,)]


_BY_NAME = "path: data/Umsatz *.csv\n    read:\n      union_by_name: true\n"
_THE_NEW_ONE = "      Umsatz brutto: double\n"

# How a line of the next file reads, and what is said of it.
BAD_LINES: dict[str, tuple[str, str]] = {
    "a date of another country": (
        "2024-03-04;Köln;Tee;2;1,50",
        'line 2: column "Datum" holds "2024-03-04", which is not a date',
    ),
    "a day that there is not": (
        "31.02.2024;Köln;Tee;2;1,50",
        'line 2: column "Datum" holds "31.02.2024", which is not a date',
    ),
    "a number in words": (
        "04.03.2024;Köln;Tee;zwei;1,50",
        'line 2: column "Menge" holds "zwei", which is not a bigint',
    ),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_value_that_does_not_fit_is_told_with_its_place(line: str, said: str, shop: Path) -> None:
    text = f"Datum;Filiale;Artikel;Menge;Umsatz\r\n{line}\r\n"
    (shop / "data/Umsatz März 2024.csv").write_bytes(text.encode("latin-1"))
    answered = answer(["apply"], shop)
    assert told(f"F300 data/Umsatz März 2024.csv, {said}", said=answered)
    assert answered[-1] == "[exit 1]"
    assert rows(shop, "FROM marts.revenue") == REVENUE
