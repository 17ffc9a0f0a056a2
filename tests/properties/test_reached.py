"""Laws of code versions: no edit that changes what is computed is missed, others are left alone."""

from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.properties.edits_of_code import mutated, reformatted, with_more
from tests.properties.projects_of_code import (
    ENTRY,
    FOLDERS,
    Failed,
    Project,
    computed,
    written_project,
)

from freshline.declare.python.difference import difference, rewritten
from freshline.declare.python.reached import Reach, Reached

RANDOM = st.integers(0, 2**32).map(Random)
MUTATIONS = 8


def reached(project: Project) -> Reached:
    modules = [file for file in project if file.endswith(".py")]
    return Reach(project.get, FOLDERS, lambda: modules).reached(ENTRY, "score")


@given(RANDOM, st.booleans())
@settings(max_examples=60)
def test_what_computes_something_else_has_another_code_version(
    random: Random, is_dynamic: bool
) -> None:
    project = written_project(random, is_dynamic=is_dynamic)
    try:
        before = computed(project)
    except Failed:
        assume(False)
        return
    text = reached(project).text
    for _ in range(MUTATIONS):
        other = mutated(random, project)
        try:
            now = computed(other)
        except Failed:
            continue
        if now != before:
            assert reached(other).text != text, (project, other)


@given(RANDOM)
@settings(max_examples=40)
def test_reformatting_leaves_a_code_version(random: Random) -> None:
    project = written_project(random)
    assert reached(reformatted(random, project)).text == reached(project).text


@given(RANDOM)
@settings(max_examples=40)
def test_code_that_nobody_uses_leaves_a_code_version(random: Random) -> None:
    project = written_project(random, is_dynamic=False)
    assert reached(with_more(random, project)).text == reached(project).text


@given(RANDOM)
@settings(max_examples=40)
def test_a_text_stays_as_it_is_when_it_is_written_again(random: Random) -> None:
    text = reached(written_project(random)).text
    assert rewritten(text) == text


@given(RANDOM)
@settings(max_examples=40)
def test_a_difference_is_told_where_there_is_one(random: Random) -> None:
    project = written_project(random)
    before, now = reached(project).text, reached(mutated(random, project)).text
    assert bool(difference(before, now)) == (before != now)
    assert difference(before, before) == ""


TEXTS = st.text(alphabet=st.sampled_from("defimportclass xyz=()[]:.\n @*'#0123"), max_size=60)


@given(TEXTS, TEXTS)
def test_no_text_makes_it_fail(entry: str, other: str) -> None:
    files = {ENTRY: entry, "x.py": other}
    assert reached({**files, "y.py": f"import x\n{other}"}).files
