"""Laws of files: encodings are told as Python tells them, drafts mean what they say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.cli.drafts import Draft, yaml
from freshline.declare.project import declare_file, read_settings
from freshline.definitions import Column
from freshline.lineage.files import encodings
from freshline.lineage.files.dialects import Found

SETTINGS = read_settings("project: shop\n")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "a.csv"


@given(st.lists(st.sampled_from([b"a", b"\n", "ü".encode(), "日".encode(), b"\xfc", b"\xe6\x97"])))
def test_the_first_bad_byte_is_where_python_sees_it(file: Path, parts: list[bytes]) -> None:
    data = b"".join(parts)
    file.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "_CHUNK", 2)  # so that characters are cut in two
        found = encodings.first_bad_byte(file)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        assert found == (line, data[error.start])
    else:
        assert found is None


@given(TEXTS, st.sampled_from(["windows-1252", "utf-16", "cp437", "utf-8-sig"]))
def test_a_conversion_keeps_every_character(file: Path, text: str, encoding: str) -> None:
    data = text.encode(encoding, errors="ignore")
    file.write_bytes(data)
    target = file.with_suffix(".utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "_CHUNK", 3)
        assert encodings.convert(file, encoding, target) is None
    assert target.read_bytes() == data.decode(encoding).encode()


@given(
    st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4, unique_by=str.lower),
    TEXTS.filter(str.strip),
    st.lists(TEXTS.filter(lambda word: "${" not in word), max_size=3),
)
def test_a_draft_declares_the_names_and_options_it_was_given(
    names: list[str], path: str, words: list[str]
) -> None:
    found = Found(
        format="csv",
        options={"nullstr": words, "delim": words[0] if words else ";", "skip": 1, "header": False},
        columns=tuple(Column(name, "BIGINT") for name in names),
        remarks=tuple(names),
    )
    path = f"data/x{path.replace('$', '').replace('/', '')}.csv"
    draft = Draft(key="raw.x", path=path, files=(path,), found=found)
    said = declare_file("sources/raw.yaml", yaml([draft], "freshline init"), SETTINGS)
    assert said.diagnostics == ()
    (source,) = said.sources
    assert [column.name for column in source.columns] == names
    assert source.path == draft.path
    assert dict(source.options) == {**found.options}
