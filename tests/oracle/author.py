"""An author who makes up projects: chains, diamonds and fans of assets over sources with rows."""

from random import Random

from tests.oracle.projects import NUMBER, TEXT, Field, Item, Model, Project, Query, Source, Special
from tests.oracle.projects import quoted as q
from tests.oracle.specials import FORMS, fields_of

JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "CROSS JOIN")
SETS = ("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL")
CALLS = ("sum({})", "count({})", "min({})", "max({})", "count(DISTINCT {})", "avg({}::integer)")
MACROS = {
    "twice": "CREATE MACRO twice(a) AS a * 2",
    "thrice": "CREATE MACRO thrice(a) AS twice(a) + a",
    "unused": "CREATE MACRO unused(a) AS a - 1",
}
TRAPS = sorted({trap for form in FORMS.values() for trap in form.traps})
LITTLE = ("a count", "rows times rows", "LIMIT alone", "a macro", "a constant")
_TEXTS = ("x", "y", "Y", "zed", "x")
_COLUMNS = {
    "raw.a": (("id", "INTEGER"), ("n", "INTEGER"), ("m", "INTEGER"), ("s", "VARCHAR"),
              ("note", "VARCHAR"), ("spare", "INTEGER")),
    "raw.b": (("id", "INTEGER"), ("k", "INTEGER"), ("w", "VARCHAR"), ("more", "INTEGER")),
}  # fmt: skip


class Author:
    """Makes up projects, and parts of them, as the numbers fall; little ones if `little`."""

    def __init__(self, random: Random, rows: int = 8, *, little: bool = False) -> None:
        self.random = random
        self._rows = rows
        self._little = little

    def project(self) -> Project:
        """Return a project of three to eight assets."""
        r = self.random
        sources = {key: self._source(columns) for key, columns in _COLUMNS.items()}
        project = Project(sources, {}, dict(MACROS), {"shift": 1, "most": 5, "idle": 0})
        shape = r.choice(("chain", "diamond", "fan", "any", "any"))
        for at in range(3 if self._little else r.randrange(3, 9)):
            key = f"w.a{at}"
            before = list(project.models)
            if not before or r.random() < 0.1:
                first = r.choice(list(sources))
            elif shape == "chain":
                first = before[-1]
            elif shape == "fan":
                first = before[0]
            elif shape == "diamond":
                first = before[(at - 1) // 2]
            else:
                first = r.choice(before)
            second = r.choice([*before, *sources])
            project.models[key] = self.model(project, first, second)
        return project

    def _source(self, columns: tuple[tuple[str, str], ...]) -> Source:
        r = self.random
        kinds = [TEXT if type == "VARCHAR" else NUMBER for _, type in columns]
        fields = [Field(name, kind) for (name, _), kind in zip(columns, kinds, strict=True)]
        rows = [self.row(fields) for _ in range(r.randrange(self._rows // 2, self._rows + 1))]
        rows += r.sample(rows, len(rows) // 4)
        form = r.choice(("csv", "parquet"))
        return Source(fields, [type for _, type in columns], rows, form)

    def row(self, fields: list[Field]) -> tuple[object, ...]:
        """Return a row with nulls, and few different values."""
        return tuple(self.value(field.kind) for field in fields)

    def value(self, kind: str) -> object:
        """Return a value, now and then null."""
        r = self.random
        if r.random() < 0.15:
            return None
        return r.choice(_TEXTS) if kind == TEXT else r.randrange(max(4, self._rows // 10))

    def model(self, project: Project, first: str, second: str) -> Model:
        """Return an asset over one or two upstreams."""
        kind = "view" if self.random.random() < 0.2 else "table"
        return Model(self.query(project, first, second), kind)

    def query(self, project: Project, first: str, second: str, deep: bool = True) -> Query:
        """Return a query of one to five columns, often over a construct of its own kind."""
        r = self.random
        found = Query(columns=[], first=first)
        if r.random() < 0.65:
            found.special = self.special(project, first, second)
            if found.special is not None and "{v}" in found.special.template:
                found.second = second
        below = project.below(found)
        numbers = [f"t1.{q(f.name)}" for f in below if f.kind == NUMBER]
        words = [f"t1.{q(f.name)}" for f in below if f.kind == TEXT]
        if found.special is None and r.random() < 0.35:
            found.second = second
            self._joined(project, found, numbers, words)
        for _ in range(r.choice((0, 0, 1, 1, 2))):
            found.where.append(self.condition(numbers, words))
        if r.random() < 0.5:  # what is asked of and not shown is what naive lineage overlooks
            numbers = r.sample(numbers, (len(numbers) + 1) // 2)
            words = r.sample(words, (len(words) + 1) // 2)
        self._columns(project, found, numbers, words)
        if deep and r.random() < 0.15 and not found.star:
            self._set(project, found, first, second)
        if r.random() < 0.12:
            found.limit = r.randrange(1, 4)
        return found

    def _joined(self, project: Project, found: Query, numbers: list[str], words: list[str]) -> None:
        r = self.random
        found.join = r.choice(JOINS)
        others = project.fields(found.second)
        keys = [f"t2.{q(f.name)}" for f in others if f.kind == NUMBER]
        if not keys or not numbers:
            found.join = "CROSS JOIN"
        if found.join == "CROSS JOIN":
            found.where.append("1 = 1")
        else:
            found.on = [f"{r.choice(numbers)} {r.choice('==>')} {r.choice(keys)}"]
            if r.random() < 0.3:
                found.on.append(f"{r.choice(numbers)} < {r.choice(keys)}")
        if found.join not in ("SEMI JOIN", "ANTI JOIN"):
            numbers += keys
            words += [f"t2.{q(f.name)}" for f in others if f.kind == TEXT]

    def _columns(
        self, project: Project, found: Query, numbers: list[str], words: list[str]
    ) -> None:
        r = self.random
        names = ["p", "q", "r", "s", "x"][: 3 if self._little else r.randrange(2, 6)]
        shape = 1.0 if self._little else r.random()
        if shape < 0.15 and found.join == "":
            found.star = True
            taken = {f.name.lower() for f in project.below(found)}
            new = [name for name in ("e", "f") if name not in taken][: r.randrange(2)]
            found.columns = [self.item(name, numbers, words) for name in new]
            return
        if shape < 0.4:
            found.grouped = r.choice((-1, 1, 1, 2))
            found.by_all = r.random() < 0.3
            keys = max(found.grouped, 0)
            for at, name in enumerate(names):
                if at < keys:
                    found.columns.append(self.item(name, numbers, words))
                else:
                    text = r.choice(CALLS).format(r.choice(numbers or ["1"]))
                    found.columns.append(Item(name, text, NUMBER))
            found.having = "count(*) > 1" if r.random() < 0.3 else ""
            return
        found.columns = [self.item(name, numbers, words) for name in names]
        if shape < 0.5:
            key = r.choice([*numbers, *words] or ["1"])
            every = ", ".join(item.text for item in found.columns)
            over = f"over (partition by {key} order by {every})"
            call = r.choice(("rank()", "count(*)", "dense_rank()"))
            found.columns[-1] = Item(names[-1], f"{call} {over}", NUMBER)
            found.qualify = f"rank() {over} <= 2" if r.random() < 0.5 else ""
        elif shape < 0.65:
            found.distinct = True

    def _set(self, project: Project, found: Query, first: str, second: str) -> None:
        r = self.random
        other = self.query(project, first, second, False)
        if other.star or len(other.columns) < len(found.columns) or other.grouped > 0:
            return
        other.columns = [
            Item(i.name, f"({i.text})::varchar", TEXT) for i in other.columns[: len(found.columns)]
        ]
        other.limit = 0
        if found.grouped > 0:
            return
        found.columns = [Item(i.name, f"({i.text})::varchar", TEXT) for i in found.columns]
        found.other, found.set_operation = other, r.choice(SETS)

    def special(self, project: Project, first: str, second: str) -> Special | None:
        """Return a construct of its own kind over these, None where they lack columns for it.

        Every trap is as likely as any other, however many constructs set it.
        """
        r = self.random
        one, other = project.fields(first), project.fields(second)
        numbers = [f.name for f in one if f.kind == NUMBER]
        r.shuffle(numbers)
        words = [f.name for f in one if f.kind == TEXT]
        keys = [f.name for f in other if f.kind == NUMBER]
        found = {"n": numbers[:1], "m": numbers[1:2], "s": words, "k": keys}
        picks = {place: r.choice(names) for place, names in found.items() if names}
        for _ in range(6):
            trap = r.choice(TRAPS)
            kinds = [kind for kind, form in FORMS.items() if trap in form.traps]
            kind = r.choice(LITTLE if self._little else kinds)
            form = FORMS[kind]
            if all(place in picks for place in "nmsk" if f"{{{place}}}" in form.template):
                return Special(
                    kind=kind,
                    template=form.template,
                    picks=picks,
                    out=fields_of(form, picks),
                    like=not form.out,
                    loose=form.loose,
                    volatile=form.volatile,
                    traps=form.traps,
                )
        return None

    def item(self, name: str, numbers: list[str], words: list[str]) -> Item:
        """Return a column of a plain expression."""
        r = self.random
        if words and (r.random() < 0.3 or not numbers):
            word = r.choice(words)
            texts = (word, word, f"upper({word})", f"coalesce({word}, 'none')")
            return Item(name, r.choice(texts), TEXT)
        if not numbers:
            return Item(name, "7", NUMBER)
        return Item(name, self.number(numbers), NUMBER)

    def number(self, numbers: list[str]) -> str:
        """Return an expression that is a number."""
        r = self.random
        one, other = r.choice(numbers), r.choice(numbers)
        return r.choice(
            (
                *(one, one, one, f"{one} + {other}", f"{one} % 3", f"coalesce({one}, 0)"),
                f"CASE WHEN {one} > 1 THEN {other} ELSE 0 END",
                f"greatest({one}, {other})",
                f"twice({one})",
                f"{one} + ${{var.shift}}",
            )
        )

    def condition(self, numbers: list[str], words: list[str]) -> str:
        """Return something to ask of a row."""
        r = self.random
        if not numbers:
            return f"{r.choice(words)} <> 'x'" if words else "1 = 1"
        one, two = r.choice(numbers), r.choice(numbers)
        listed = ", ".join(r.sample("0123", 3))
        found = [
            *(f"{one} {r.choice(('=', '<>', '<', '>='))} {r.randrange(3)}", f"{one} <= {two}"),
            *(f"{one} IN ({listed})", f"{one} IS NOT NULL", f"({one} = 1 OR {two} > 0)"),
            *(f"thrice({one}) > 2", f"{one} < ${{var.most}}"),
        ]
        if words:
            found.append(f"{r.choice(words)} <> 'x'")
        return r.choice(found)
