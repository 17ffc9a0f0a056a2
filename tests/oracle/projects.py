"""Projects in parts: sources with rows, assets with queries, macros and variables; and their files.

A query is kept in parts, so that an edit is a change of a part that knows its own name. The texts
that come out are SQL as an author writes it, over the names of assets: what the product compiles,
and what a build from scratch runs as it stands.
"""

import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

NUMBER, TEXT = "n", "s"
_PLAIN = re.compile(r"[a-z_][a-z_0-9]*")


class Field(NamedTuple):
    """A column as far as authors care: a name, and whether it is a number or a text."""

    name: str
    kind: str


class Item(NamedTuple):
    """A column of a query: its name, what it is worked out from, and its kind."""

    name: str
    text: str
    kind: str


def quoted(name: str) -> str:
    """Return a name as it is written: in quotes where its case would be lost."""
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


@dataclass
class Source:
    """Files of rows: `types` are DuckDB's, one for each column."""

    fields: list[Field]
    types: list[str]
    rows: list[tuple[object, ...]]
    format: str = "csv"


@dataclass
class Special:
    """A query of a kind of its own, below the one on top of it.

    `picks` are the columns that its template reads, `like` says that it has those of its upstream.
    """

    kind: str
    template: str
    picks: dict[str, str]
    out: list[Field]
    like: bool = False
    loose: bool = False
    volatile: bool = False
    traps: frozenset[str] = frozenset()
    macros: tuple[str, ...] = ()


@dataclass
class Query:
    """A SELECT in parts over `first` AS t1 and, where it is joined, `second` AS t2."""

    columns: list[Item]
    first: str
    second: str = ""
    special: Special | None = None
    join: str = ""
    on: list[str] = field(default_factory=list[str])
    where: list[str] = field(default_factory=list[str])
    star: bool = False
    grouped: int = 0  # by the first so many columns; 0 is not, -1 makes one row of all
    by_all: bool = False
    having: str = ""
    qualify: str = ""
    distinct: bool = False
    sorted: str = ""
    limit: int = 0
    set_operation: str = ""
    other: "Query | None" = None
    wraps: list[str] = field(default_factory=list[str])
    alias: str = "t1"
    comment: str = ""
    capitals: bool = False

    def queries(self) -> Iterator["Query"]:
        """Yield this query and the other side of its set operation."""
        yield self
        if self.other is not None:
            yield from self.other.queries()

    def reads(self) -> set[str]:
        """Return the assets and sources that it names."""
        found = {key for q in self.queries() for key in (q.first, q.second) if key}
        return found

    def may_tie(self) -> bool:
        """Say whether its LIMIT may choose among rows that its ORDER BY holds for equal."""
        return bool(self.limit and self.sorted) and not self.sorted.startswith("ALL")

    def text(self, project: "Project") -> str:
        """Return it as SQL."""
        sql = self.select(project)
        if self.other is not None:
            other = self.other.text(project)
            sql = f"SELECT * FROM ({sql}) {self.set_operation} SELECT * FROM ({other})"
        if self.sorted or self.limit:
            sql = f"SELECT * FROM ({sql}) ORDER BY {self.sorted or 'ALL'}"
            sql += f" LIMIT {self.limit}" if self.limit else ""
        for wrap in self.wraps:
            sql = wrap.replace("{}", sql)
        if self.alias != "t1":
            sql = re.sub(r"\bt1\b", self.alias, sql)
        if self.capitals:
            sql = re.sub(r"\b(SELECT|FROM|WHERE|AND|AS)\b", lambda m: m[0].lower(), sql)
            sql = sql.replace(", ", ",\n   ")
        return f"{sql}{self.comment}"

    def select(self, project: "Project") -> str:
        """Return its SELECT alone, without what stands around it."""
        words = "DISTINCT " if self.distinct else ""
        shown = [f"{item.text} AS {quoted(item.name)}" for item in self.columns]
        shown = ["t1.*", *shown] if self.star else shown
        sql = f"SELECT {words}{', '.join(shown)} FROM {self._relation(project)} AS t1"
        if self.join:
            sql += f" {self.join} {self.second} AS t2"
            sql += "" if self.join == "CROSS JOIN" else " ON " + " AND ".join(self.on)
        sql += " WHERE " + " AND ".join(self.where) if self.where else ""
        if self.by_all and self.grouped > 0:
            sql += " GROUP BY ALL"
        elif self.grouped > 0:
            sql += " GROUP BY " + ", ".join(i.text for i in self.columns[: self.grouped])
        sql += f" HAVING {self.having}" if self.having else ""
        sql += f" QUALIFY {self.qualify}" if self.qualify else ""
        return sql

    def _relation(self, project: "Project") -> str:
        if self.special is None:
            return self.first
        places = {name: quoted(column) for name, column in self.special.picks.items()}
        places |= {"u": self.first, "v": self.second or self.first}
        text = re.sub(r"\{(\w+)\}", lambda m: places[m[1]], self.special.template)
        return f"({text})"


@dataclass
class Model:
    """An asset: a table or a view."""

    query: Query
    kind: str = "table"
    description: str = ""

    def file(self, project: "Project") -> str:
        """Return the text of its file."""
        front = f"kind: {self.kind}\n" if self.kind == "view" else ""
        front += f"description: {self.description}\n" if self.description else ""
        sql = self.query.text(project)
        return f"/*---\n{front}---*/\n{sql}\n" if front else f"{sql}\n"


@dataclass
class Project:
    """All of it. Assets stand behind what they read."""

    sources: dict[str, Source]
    models: dict[str, Model]
    macros: dict[str, str]
    variables: dict[str, int]
    comments: dict[str, str] = field(default_factory=dict[str, str])

    def copy(self) -> "Project":
        """Return another project that is the same now."""
        found: Project = pickle.loads(pickle.dumps(self, pickle.HIGHEST_PROTOCOL))
        return found

    def fields(self, key: str) -> list[Field]:
        """Return the columns of a source or an asset."""
        source = self.sources.get(key)
        return list(source.fields) if source else self.out(self.models[key].query)

    def below(self, query: Query) -> list[Field]:
        """Return the columns that a query finds in t1."""
        if query.special is None or query.special.like:
            return self.fields(query.first)
        return list(query.special.out)

    def out(self, query: Query) -> list[Field]:
        """Return the columns that a query gives."""
        own = [Field(item.name, item.kind) for item in query.columns]
        return [*self.below(query), *own] if query.star else own

    def readers(self, key: str) -> list[str]:
        """Return the assets that read one, directly."""
        return [name for name, model in self.models.items() if key in model.query.reads()]

    def downstream(self, start: set[str]) -> set[str]:
        """Return the assets that read any of these, directly or not."""
        found = set(start)
        for name, model in self.models.items():
            if model.query.reads() & found:
                found.add(name)
        return found - start

    def files(self) -> Mapping[str, str]:
        """Return the text of every file but those of rows, by path."""
        variables = "".join(f"  {name}: {value}\n" for name, value in self.variables.items())
        found = {"freshline.yaml": f"project: trial\nvars:\n{variables}"}
        found["sources/raw.yaml"] = "sources:\n" + "".join(
            _declared(key, source) for key, source in self.sources.items()
        )
        found["macros/all.sql"] = "".join(
            f"{self.comments.get(name, '')}{text};\n" for name, text in self.macros.items()
        )
        for key, model in self.models.items():
            found[f"assets/{key.replace('.', '/')}.sql"] = model.file(self)
        return found

    def rendered(self, key: str) -> str:
        """Return the SQL of an asset with variables put in."""
        text = self.models[key].query.text(self)
        return re.sub(r"\$\{var\.(\w+)\}", lambda m: str(self.variables[m[1]]), text)


def path_of(key: str, source: Source) -> str:
    """Return where a source's rows lie."""
    return f"data/{key.split('.')[1]}.{source.format}"


def _declared(key: str, source: Source) -> str:
    text = f"  {key}:\n    path: {path_of(key, source)}\n"
    if source.format == "csv":
        types = zip(source.fields, source.types, strict=True)
        columns = ", ".join(f'"{f.name}": "{type}"' for f, type in types)
        text += f"    read: {{header: true}}\n    columns: {{{columns}}}\n"
    return text
