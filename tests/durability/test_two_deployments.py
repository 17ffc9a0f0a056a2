"""Two deployments over HTTP: published there, begun here; lost, killed and refused in between."""

import json
import signal
from pathlib import Path

import pytest
from tests.durability.deployments import (
    FOLDER,
    freshline,
    kept_fresh,
    put_rate,
    served,
    token,
    told,
    until,
    write,
    write_finance,
    write_sales,
)

from freshline.declare.brought import brought, current_files

FAILPOINTS = ("bring.before_fetch", "bring.after_fetch", "bring.before_word")


@pytest.fixture
def finance(tmp_path: Path) -> Path:
    root = write_finance(tmp_path / "finance")
    assert told(root, "apply").exit_code == 0
    assert told(root, "catalog", "survey").exit_code == 0  # as pages do at their start
    return root


def mean(sales: Path, secret: str) -> str:
    found = told(sales, "query", "SELECT mean FROM mean", "--format", "csv", secret=secret)
    return found.stdout.partition("\n")[2].strip()


def plan(sales: Path, secret: str) -> dict[str, list[dict[str, str]]]:
    made: dict[str, list[dict[str, str]]] = json.loads(
        told(sales, "plan", "--json", secret=secret).stdout
    )
    return made


def test_what_is_published_there_is_built_upon_here(finance: Path, tmp_path: Path) -> None:
    secret = token(finance)
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        assert not plan(sales, secret)["problems"]
        assert told(sales, "apply", secret=secret).exit_code == 0
        assert mean(sales, secret) == "1.5"
        shown = told(sales, "show", "fin.rates", secret=secret).stdout
        for words in ("marts.rates of the catalog finance", "ada, email ada@fin.example", "1 of "):
            assert words in shown
        with kept_fresh(sales, secret):
            put_rate(finance, 4.5)
            assert told(finance, "apply").exit_code == 0
            until(lambda: mean(sales, secret) == "4.5")


def test_what_happened_in_an_outage_is_not_lost(finance: Path, tmp_path: Path) -> None:
    secret = token(finance)
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        with kept_fresh(sales, secret):
            until(lambda: mean(sales, secret) == "1.5")
    with kept_fresh(sales, secret):
        until(lambda: bool((word := brought(sales, FOLDER)) and word.error))
        made = plan(sales, secret)
        assert [each["asset"] for each in made["fresh"]] == ["alone"]
        assert "cannot be reached" in made["problems"][0]["message"]
        assert "unknown since" in made["problems"][0]["message"]
        for rate in (2.5, 3.5):
            put_rate(finance, rate)
            assert told(finance, "apply").exit_code == 0
        assert mean(sales, secret) == "1.5", "what was built can still be read"
        with served(finance, port):
            until(lambda: mean(sales, secret) == "3.5")


def test_a_sensor_hears_of_columns_over_there(finance: Path, tmp_path: Path) -> None:
    secret = token(finance)
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        (sales / "sources/fin.yaml").unlink()
        write(sales / "assets/mean.sql", "/*---\nrefresh: manual\n---*/\nSELECT now() AS mean")
        write(
            sales / "sensors/rates.yaml",
            "sensors:\n  rates:\n"
            '    when: {asset: "catalog://finance/marts.rates", columns: [rate]}\n'
            "    every: 600s\n    do: {materialize: mean}\n",
        )
        assert told(sales, "apply", secret=secret).exit_code == 0
        before = mean(sales, secret)
        with kept_fresh(sales, secret):

            def ticks() -> list[str]:
                listed = told(sales, "sensor", "list", "--json", secret=secret).stdout
                return [
                    each["last"]["why"] for each in json.loads(listed)["sensors"] if each["last"]
                ]

            until(lambda: (sales / FOLDER).is_dir())  # the columns were measured
            put_rate(finance, 7.5)
            assert told(finance, "apply").exit_code == 0
            until(lambda: mean(sales, secret) != before)
            assert any("marts.rates" in why for why in ticks())


def test_killed_while_it_is_brought_there_is_the_old_one_or_the_new(
    finance: Path, tmp_path: Path
) -> None:
    secret = token(finance)
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        assert not plan(sales, secret)["problems"]
        for number, name in enumerate(FAILPOINTS, 1):
            put_rate(finance, number + 0.5)
            assert told(finance, "apply", "--force").exit_code == 0
            killed = freshline(sales, "plan", secret=secret, failpoints=f"{name}=kill")
            assert killed.returncode == -signal.SIGKILL, killed.stderr
            word = brought(sales, FOLDER)
            assert word is not None and word.number == number
            assert len(current_files(sales, FOLDER)) == 1
            assert not plan(sales, secret)["problems"]
        assert told(sales, "apply", secret=secret).exit_code == 0
    assert mean(sales, secret) == "3.5"
    assert not list((sales / FOLDER).glob("*.parquet.*"))


def test_a_token_that_was_revoked_makes_it_unknown_and_another_known_again(
    finance: Path, tmp_path: Path
) -> None:
    secret = token(finance)
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        assert told(sales, "apply", secret=secret).exit_code == 0
        assert told(finance, "token", "revoke", "sales").exit_code == 0
        (problem,) = plan(sales, secret)["problems"]
        assert "refuses the token: the token sales was revoked" in problem["message"]
        assert not plan(sales, token(finance))["problems"]


def test_a_token_for_other_assets_knows_nothing_of_this_one(finance: Path, tmp_path: Path) -> None:
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        good = token(finance)
        assert not plan(sales, good)["problems"]
        secret = token(finance, "--select", "raw.*", name="other")
        (problem,) = plan(sales, secret)["problems"]
    assert "there is no asset of this key (or not for this token)" in problem["message"]


def test_the_secret_is_in_no_output_and_in_no_file(finance: Path, tmp_path: Path) -> None:
    secret = token(finance)
    said: list[str] = []
    with served(finance) as port:
        sales = write_sales(tmp_path / "sales", f"http://127.0.0.1:{port}")
        assert not plan(sales, secret)["problems"]
        with kept_fresh(sales, secret) as log:
            until(lambda: mean(sales, secret) == "1.5")
        for words in (
            ("plan", "-v"),
            ("apply", "--json"),
            ("status", "--json"),
            ("show", "fin.rates", "--json"),
            ("show", "fin.rates", "--resolved"),
            ("explain", "mean", "--json"),
            ("validate",),
            ("catalog", "survey", "--json"),
            ("events", "--json"),
            ("doctor",),
        ):
            done = freshline(sales, *words, secret=secret)
            said += [done.stdout, done.stderr]
    for words in (("plan", "--json"), ("validate",), ("apply",)):
        done = freshline(sales, *words, secret=secret)  # nobody is there any more
        said += [done.stdout, done.stderr]
    said.append(log.read_text())
    assert not [text for text in said if secret in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
