"""What DuckDB says when it refuses a query, in words that tell an author what to do."""

import re
from collections.abc import Callable

from freshline.lineage.binder import BindProblem

_PROPOSED = re.compile(r'Did you mean "([^"]+)"')
_CANDIDATE = re.compile(r"^\t(?!Candidate)(.+?)(?: -> .*)?$", re.MULTILINE)
_MOST = 4

_RULES: tuple[tuple[str, Callable[[re.Match[str], BindProblem], tuple[str, str]]], ...] = (
    (
        r"\w+ Function with name (\S+) does not exist",
        lambda m, p: (f'there is no function "{m[1]}"', _near(p)),
    ),
    (
        r"Type with name (\S+) does not exist",
        lambda m, p: (f'there is no type "{m[1]}"', _near(p)),
    ),
    (
        r'Referenced table "(.+)" not found',
        lambda m, p: (f'nothing here is called "{m[1]}"', _tables(p)),
    ),
    (
        r'Ambiguous reference to column name "(.+)" \(use: (.+)\)',
        lambda m, p: (
            f'"{m[1]}" is a column of several tables',
            f"write {m[2].replace(chr(34), '')}",
        ),
    ),
    (
        r'column "(.+)" must appear in the GROUP BY clause',
        lambda m, p: (
            f'column "{m[1]}" is neither grouped by nor aggregated',
            f"add it to GROUP BY, or write any_value({m[1]})",
        ),
    ),
    (
        r"No function matches the given name and argument types '(\W+|\w+)\((.*)\)'",
        lambda m, p: (f"{m[1]} does not take ({_types(m[2])})", _candidates(p, m[1])),
    ),
    (
        r"WHERE clause cannot contain aggregates",
        lambda m, p: ("WHERE cannot contain an aggregate", "use HAVING, behind GROUP BY"),
    ),
    (
        r"Set operations can only apply to expressions with the same number of result columns",
        lambda m, p: ("both sides must have the same number of columns", "add or take away some"),
    ),
)


def refusal(problem: BindProblem) -> tuple[str, str]:
    """Return what is wrong and what to do; DuckDB's own words where ours are no better."""
    for pattern, words in _RULES:
        if (match := re.match(pattern, problem.message)) is not None:
            return words(match, problem)
    if "explicit cast is required" in problem.message:
        return problem.message.split(" - ")[0], "cast one of them, such as x::varchar"
    return problem.message.rstrip("."), _near(problem)


def proposals(problem: BindProblem) -> list[str]:
    """Return the columns that DuckDB thinks of, for a name that it does not know."""
    line = re.search(r"Candidate bindings: (.*)", problem.more)
    return [n.split(".")[-1] for n in re.findall(r'"([^"]+)"', line[1])] if line else []


def _near(problem: BindProblem) -> str:
    found = _PROPOSED.search(problem.more)
    return f'did you mean "{found[1]}"?' if found else ""


def _tables(problem: BindProblem) -> str:
    line = re.search(r"Candidate tables: (.*)", problem.more)
    return f"there is {line[1].replace(chr(1), '')}" if line else ""


def _types(text: str) -> str:
    return text.replace("STRING_LITERAL", "VARCHAR").replace("INTEGER_LITERAL", "INTEGER")


def _candidates(problem: BindProblem, name: str) -> str:
    if not name.isidentifier():  # an operator, with a dozen forms that say nothing
        return "cast one of them, such as x::integer"
    found = _CANDIDATE.findall(problem.more)
    more = ", ..." if len(found) > _MOST else ""
    return f"cast to what it takes: {', '.join(found[:_MOST])}{more}" if found else "cast it"
