"""Whoever opens the flights project is told what each asset is, whose it is, and how to read it."""

import pytest
from tests.bench.plain import to_look_at

from freshline.declare.project import read_project
from freshline.definitions import AssetDefinition, CheckKind, SourceDefinition

DECLARED = read_project(to_look_at())
MARTS = [asset for asset in DECLARED.assets if asset.key.startswith("marts.")]


def test_there_are_layers() -> None:
    assert not DECLARED.diagnostics
    assert {source.key.split(".")[0] for source in DECLARED.sources} == {"raw"}
    assert {asset.key.split(".")[0] for asset in DECLARED.assets} == {"staging", "marts"}
    assert len(DECLARED.assets) >= 15


@pytest.mark.parametrize("asset", DECLARED.assets, ids=lambda asset: asset.key)
def test_an_asset_is_described_owned_and_tagged_and_its_columns_are_named(
    asset: AssetDefinition,
) -> None:
    assert asset.description and asset.owner  # one that freshline.yaml lists, or W501 says so
    assert asset.tags
    assert asset.columns
    assert CheckKind.UNIQUE in {check.kind for check in asset.checks}  # by its primary key


@pytest.mark.parametrize("asset", MARTS, ids=lambda asset: asset.key)
def test_a_mart_says_how_to_read_it(asset: AssetDefinition) -> None:
    assert "Read " in asset.description


@pytest.mark.parametrize("source", DECLARED.sources, ids=lambda source: source.key)
def test_a_source_is_described(source: SourceDefinition) -> None:
    assert source.description
