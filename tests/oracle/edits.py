"""The table of edits: each changes one thing in a project, as somebody would on a working day.

An edit raises Unsuited where the project has nothing of that kind; it may also leave the project as
it is, or make one that DuckDB refuses: both are noticed by whoever tries it.
"""

import re
from collections.abc import Callable

from tests.oracle.author import JOINS, SETS, Author
from tests.oracle.projects import NUMBER, TEXT, Field, Item, Model, Project, Query, Source
from tests.oracle.projects import quoted as q
from tests.oracle.specials import FORMS, fields_of


class Unsuited(Exception):
    """There is nothing in the project that this edit could change."""


class Hand:
    """Edits one project with what an author makes up; `touched` is what it edited."""

    def __init__(self, project: Project, author: Author) -> None:
        self.project, self.author, self.random = project, author, author.random
        self.touched: set[str] = set()

    def model(self, suits: Callable[[Model], bool] = lambda model: True) -> tuple[str, Model]:
        """Return an asset to edit."""
        found = [(key, m) for key, m in self.project.models.items() if suits(m)]
        # What has readers is where mistakes show.
        read = [(key, m) for key, m in found if self.project.readers(key)]
        if not found:
            raise Unsuited
        key, model = self.random.choice(read if read and self.random.random() < 0.8 else found)
        self.touched.add(key)
        return key, model

    def query(self, suits: Callable[[Query], bool] = lambda query: True) -> Query:
        """Return the query of an asset to edit."""
        return self.model(lambda model: suits(model.query))[1].query

    def source(self) -> tuple[str, Source]:
        """Return a source to edit."""
        key = self.random.choice(list(self.project.sources))
        self.touched.add(key)
        return key, self.project.sources[key]

    def terms(self, query: Query) -> tuple[list[str], list[str]]:
        """Return what a query may say of t1: its numbers and its texts."""
        below = self.project.below(query)
        of = {k: [f"t1.{q(f.name)}" for f in below if f.kind == k] for k in (NUMBER, TEXT)}
        return of[NUMBER], of[TEXT]

    def used(self, key: str) -> set[str]:
        """Return which names the readers of an asset say, wherever."""
        words: set[str] = set()
        for reader in self.project.readers(key):
            for query in self.project.models[reader].query.queries():
                words |= set(re.findall(r"\w+", query.select(self.project)))
        return words


def _free(query: Query) -> bool:
    return query.other is None


def _add(hand: Hand) -> None:
    query = hand.query(_free)
    numbers, words = hand.terms(query)
    taken = {field.name.lower() for field in hand.project.out(query)}
    # Names that readers may say bare, so that one is captured.
    names = [n for n in ("n", "m", "k", "id", "s", "new", "p", "more") if n not in taken]
    name = hand.random.choice(names)
    at = hand.random.randrange(max(query.grouped, 0), len(query.columns) + 1)
    if query.grouped:
        item = Item(name, hand.random.choice(("count(*)", "max(7)", "min(3)")), NUMBER)
        if query.by_all and query.grouped > 0 and hand.random.random() < 0.5:
            item = hand.author.item(name, numbers, words)
    else:
        item = hand.author.item(name, numbers, words)
    query.columns.insert(at, item)


def _drop(hand: Hand) -> None:
    key, model = hand.model(lambda m: _free(m.query) and len(m.query.columns) > 1)
    columns, used = model.query.columns, hand.used(key)
    first = max(model.query.grouped, 0)
    unused = [i for i, c in enumerate(columns) if i >= first and c.name not in used]
    if not unused:
        raise Unsuited
    del columns[hand.random.choice(unused)]


def _renamed(project: Project, key: str, old: str, new: str) -> None:
    for reader in project.readers(key):
        for query in project.models[reader].query.queries():
            _rename_in(query, key, old, new)


def _rename_in(query: Query, key: str, old: str, new: str) -> None:
    word = re.compile(r'"?' + re.escape(old) + r'"?(?!\w)')

    def said(text: str, table: str) -> str:
        return re.sub(rf"\b{table}\." + word.pattern, f"{table}.{q(new)}", text)

    tables = ["t1"] if query.first == key and query.special is None else []
    tables += ["t2"] if query.second == key and query.special is None else []
    for table in tables:
        query.columns = [i._replace(text=said(i.text, table)) for i in query.columns]
        query.on = [said(text, table) for text in query.on]
        query.where = [said(text, table) for text in query.where]
        query.having, query.qualify = said(query.having, table), said(query.qualify, table)
    if query.special is not None:
        places = "nms" if query.first == key else ""
        places += "k" if query.second == key else ""
        for place in places:
            if query.special.picks.get(place) == old:
                query.special.picks[place] = new
        query.special.out = fields_of(FORMS[query.special.kind], query.special.picks)


def _rename(hand: Hand) -> None:
    key, model = hand.model(lambda m: bool(m.query.columns))
    at = hand.random.randrange(len(model.query.columns))
    old = model.query.columns[at]
    new = hand.random.choice(("renamed", "other", old.name + "2"))
    model.query.columns[at] = old._replace(name=new)
    _renamed(hand.project, key, old.name, new)


def _case(hand: Hand) -> None:
    key, model = hand.model(lambda m: bool(m.query.columns))
    at = hand.random.randrange(len(model.query.columns))
    old = model.query.columns[at]
    new = old.name.capitalize() if old.name.islower() else old.name.lower()
    model.query.columns[at] = old._replace(name=new)
    if hand.random.random() < 0.5:
        _renamed(hand.project, key, old.name, new)


def _reorder(hand: Hand) -> None:
    query = hand.query(lambda x: _free(x) and len(x.columns) > max(x.grouped, 0) + 1)
    first = max(query.grouped, 0)
    rest = query.columns[first:]
    hand.random.shuffle(rest)
    query.columns = [*query.columns[:first], *rest]


def _swap(hand: Hand) -> None:
    query = hand.query(lambda x: len(x.columns) > 1 and not x.grouped)
    i, j = hand.random.sample(range(len(query.columns)), 2)
    one, other = query.columns[i], query.columns[j]
    query.columns[i] = one._replace(text=other.text, kind=other.kind)
    query.columns[j] = other._replace(text=one.text, kind=one.kind)


def _changed(hand: Hand, text: str) -> str:
    return hand.random.choice(
        (
            f"coalesce({text}, {text})",
            f"CASE WHEN {text} IS NULL THEN NULL ELSE {text} END",
            f"nullif({text}, {text})",
            f"nullif({text}, 1::{{}})",
            f"coalesce({text}, 2::{{}})",
        )
    )


def _change(hand: Hand, used: bool) -> None:
    key, model = hand.model(lambda m: bool(m.query.columns))
    said = hand.used(key)
    first = max(model.query.grouped, 0)
    found = [
        i
        for i, c in enumerate(model.query.columns)
        if (c.name in said) is used and (i >= first or not model.query.having)
    ]
    if not found:
        raise Unsuited
    at = hand.random.choice(found)
    item = model.query.columns[at]
    text = _changed(hand, item.text).replace("{}", "varchar" if item.kind == TEXT else "integer")
    model.query.columns[at] = item._replace(text=text)


def _retype(hand: Hand) -> None:
    query = hand.query(lambda x: any(i.kind == NUMBER for i in x.columns))
    at = hand.random.choice([i for i, c in enumerate(query.columns) if c.kind == NUMBER])
    item = query.columns[at]
    type = hand.random.choice(("bigint", "integer", "double", "decimal(12,2)", "smallint"))
    query.columns[at] = item._replace(text=f"({item.text})::{type}")


def _ask(hand: Hand) -> None:
    query = hand.query()
    numbers, words = hand.terms(query)
    query.where.append(hand.author.condition(numbers, words))


def _ask_no_more(hand: Hand) -> None:
    query = hand.query(lambda x: bool(x.where))
    del query.where[hand.random.randrange(len(query.where))]


def _distinct(hand: Hand) -> None:
    query = hand.query()
    query.distinct = not query.distinct


def _rejoin(hand: Hand) -> None:
    query = hand.query(lambda x: x.join not in ("", "CROSS JOIN"))
    text = query.select(hand.project).split(" FROM ")[0]
    shown = "t2." in text or any("t2." in part for part in query.where)
    query.join = hand.random.choice(JOINS[:4] if shown else JOINS[:6])


def _join(hand: Hand) -> None:
    query = hand.query(lambda x: not x.join and x.special is None and not x.star)
    numbers, _ = hand.terms(query)
    before = [k for k in hand.project.sources]
    query.second = hand.random.choice(before)
    if not numbers:
        raise Unsuited
    query.join = hand.random.choice(("LEFT JOIN", "SEMI JOIN", "JOIN"))
    query.on = [f"{hand.random.choice(numbers)} = t2.id"]


def _group(hand: Hand) -> None:
    query = hand.query(lambda x: x.grouped > 0 or (x.grouped == 0 and not x.star and _plain(x)))
    if query.grouped > 0:
        query.grouped = query.grouped % len(query.columns)
        query.columns = [
            i._replace(text=i.text if at < query.grouped else f"max({i.text})")
            for at, i in enumerate(query.columns)
        ]
        return
    query.grouped = hand.random.randrange(1, len(query.columns) + 1)
    query.columns = [
        i._replace(text=i.text if at < query.grouped else f"max({i.text})")
        for at, i in enumerate(query.columns)
    ]


def _plain(query: Query) -> bool:
    return bool(query.columns) and not query.qualify and " over " not in str(query.columns)


def _by_all(hand: Hand) -> None:
    query = hand.query(lambda x: x.grouped > 0)
    query.by_all = not query.by_all


def _having(hand: Hand) -> None:
    query = hand.query(lambda x: x.grouped != 0)
    query.having = hand.random.choice(
        ["", "count(*) > 1", "count(*) > 0", "count(*) < 3", "count(*) >= 2"]
    )


def _qualify(hand: Hand) -> None:
    query = hand.query(lambda x: x.grouped == 0 and not x.star and bool(x.columns))
    if query.qualify:
        query.qualify = ""
        return
    order = ", ".join(item.text for item in query.columns if "over (" not in item.text)
    if not order:
        raise Unsuited
    query.qualify = f"rank() over (order by {order}) <= {hand.random.randrange(1, 5)}"


def _window(hand: Hand) -> None:
    query = hand.query(lambda x: x.grouped == 0 and _free(x) and len(x.columns) > 1)
    keys = [item.text for item in query.columns if "over (" not in item.text]
    if not keys:
        raise Unsuited
    by, order = hand.random.choice(keys), ", ".join(keys)
    call = hand.random.choice(("rank()", "dense_rank()", "count(*)"))
    text = f"{call} over (partition by {by} order by {order})"
    at = hand.random.randrange(len(query.columns))
    query.columns[at] = Item(query.columns[at].name, text, NUMBER)


def _set(hand: Hand) -> None:
    query = hand.query(lambda x: bool(x.set_operation))
    query.set_operation = hand.random.choice(SETS)


def _limit(hand: Hand) -> None:
    query = hand.query()
    query.limit = (query.limit + hand.random.randrange(1, 4)) % 5


def _sort(hand: Hand) -> None:
    query = hand.query(lambda x: not x.limit and bool(x.columns))
    query.sorted = hand.random.choice([*(q(item.name) for item in query.columns), "ALL DESC"])


def _with(hand: Hand) -> None:
    query = hand.query()
    name = f"k{len(query.wraps)}"
    wraps = (f"WITH {name} AS ({{}}) SELECT * FROM {name}", f"SELECT * FROM ({{}}) AS {name}")
    query.wraps.append(hand.random.choice(wraps))


def _unwrap(hand: Hand) -> None:
    hand.query(lambda x: bool(x.wraps)).wraps.pop()


def _alias(hand: Hand) -> None:
    query = hand.query()
    query.alias = "renamed" if query.alias == "t1" else "t1"


def _constant(hand: Hand) -> None:
    query = hand.query(lambda x: bool(re.search(r"[=<>] \d", " ".join(x.where))))
    other = hand.random.random() < 0.5

    def changed(found: re.Match[str]) -> str:
        value = int(found[2])
        return f"{found[1]} {value + 1}" if other else f"{found[1]} (1 + {value} - 1)"

    query.where = [re.sub(r"([=<>]) (\d+)\b", changed, text, count=1) for text in query.where]


def _list(hand: Hand) -> None:
    query = hand.query(lambda x: " IN (0" in str(x.where) or " IN (1" in str(x.where))
    keep = hand.random.choice((2, 3, 3))

    def shuffled(found: re.Match[str]) -> str:
        items = found[1].split(", ")
        return "IN (" + ", ".join(hand.random.sample(items, min(keep, len(items)))) + ")"

    query.where = [re.sub(r"IN \((\d(?:, \d)*)\)", shuffled, text) for text in query.where]


def _conditions(hand: Hand) -> None:
    query = hand.query(lambda x: len(x.where) + len(x.on) > 1)
    hand.random.shuffle(query.where)
    hand.random.shuffle(query.on)


def _always(hand: Hand) -> None:
    hand.query().where.append(hand.random.choice(("1 = 1", "TRUE", "2 > 1")))


def _format(hand: Hand) -> None:
    query = hand.query()
    if hand.random.random() < 0.5:
        query.comment += f"\n-- {hand.random.randrange(99)}"
    else:
        query.capitals = not query.capitals


def _describe(hand: Hand) -> None:
    _, model = hand.model()
    model.description = f"Words {hand.random.randrange(99)}."


def _macro(hand: Hand) -> None:
    name = hand.random.choice(("twice", "thrice", "unused"))
    bodies = {
        "twice": ("a * 2", "a * 3", "a + a", "2 * a", "a * 2 + 0"),
        "thrice": ("twice(a) + a", "a + twice(a)", "twice(a)", "a * 3"),
        "unused": ("a - 1", "a - 2"),
    }
    hand.touched.add(f"macro {name}")
    body = hand.random.choice(bodies[name])
    hand.project.macros[name] = f"CREATE MACRO {name}(a) AS {body}"


def _macro_words(hand: Hand) -> None:
    name = hand.random.choice(("twice", "thrice"))
    hand.touched.add(f"macro {name}")
    hand.project.comments[name] = f"-- {hand.random.randrange(99)}\n"


def _variable(hand: Hand) -> None:
    name = hand.random.choice(list(hand.project.variables))
    hand.touched.add(f"var {name}")
    hand.project.variables[name] = hand.random.randrange(6)


def _kind(hand: Hand) -> None:
    _, model = hand.model()
    model.kind = "view" if model.kind == "table" else "table"


def _special(hand: Hand) -> None:
    query = hand.query(lambda x: x.special is not None)
    special = query.special
    assert special is not None
    numbers = [f.name for f in hand.project.fields(query.first) if f.kind == NUMBER]
    place = hand.random.choice("nm")
    others = [name for name in numbers if name not in special.picks.values()]
    if not others or place not in special.picks:
        raise Unsuited
    special.picks[place] = hand.random.choice(others)
    special.out = fields_of(FORMS[special.kind], special.picks)


def _rewire(hand: Hand) -> None:
    key, model = hand.model(lambda m: m.query.special is None and not m.query.star)
    need = set(re.findall(r"\bt1\.(\w+)", model.query.select(hand.project)))
    others = [
        other
        for other in [*hand.project.sources, *_before(hand.project, key)]
        if need <= {f.name for f in hand.project.fields(other)} and other != model.query.first
    ]
    if not others:
        raise Unsuited
    model.query.first = hand.random.choice(others)


def _before(project: Project, key: str) -> list[str]:
    names = list(project.models)
    return names[: names.index(key)]


def _values(hand: Hand, used: bool) -> None:
    key, source = hand.source()
    said = hand.used(key)
    found = [i for i, f in enumerate(source.fields) if (f.name in said) is used]
    if not found or not source.rows:
        raise Unsuited
    at, row = hand.random.choice(found), hand.random.randrange(len(source.rows))
    values = list(source.rows[row])
    values[at] = hand.author.value(source.fields[at].kind)
    source.rows[row] = tuple(values)


def _append(hand: Hand) -> None:
    _, source = hand.source()
    source.rows.append(hand.author.row(source.fields))


def _duplicate(hand: Hand) -> None:
    _, source = hand.source()
    if not source.rows:
        raise Unsuited
    source.rows.append(hand.random.choice(source.rows))


def _remove(hand: Hand) -> None:
    _, source = hand.source()
    if len(source.rows) < 2:
        raise Unsuited
    del source.rows[hand.random.randrange(len(source.rows))]


def _shuffle(hand: Hand) -> None:
    _, source = hand.source()
    hand.random.shuffle(source.rows)


def _source_type(hand: Hand) -> None:
    _, source = hand.source()
    numbers = [i for i, f in enumerate(source.fields) if f.kind == NUMBER]
    at = hand.random.choice(numbers)
    source.types[at] = "BIGINT" if source.types[at] == "INTEGER" else "INTEGER"


def _source_column(hand: Hand) -> None:
    _, source = hand.source()
    taken = {field.name for field in source.fields}
    names = [name for name in ("p", "x", "extra", "t") if name not in taken]
    if not names:
        raise Unsuited
    source.fields.append(Field(hand.random.choice(names), NUMBER))
    source.types.append("INTEGER")
    source.rows = [(*row, hand.author.value(NUMBER)) for row in source.rows]


def _source_order(hand: Hand) -> None:
    _, source = hand.source()
    order = list(range(len(source.fields)))
    hand.random.shuffle(order)
    source.fields = [source.fields[i] for i in order]
    source.types = [source.types[i] for i in order]
    source.rows = [tuple(row[i] for i in order) for row in source.rows]


def _permute(hand: Hand) -> None:
    """Values change places within their column: each column has the bag that it had."""
    _, source = hand.source()
    at = hand.random.randrange(len(source.fields))
    values = [row[at] for row in source.rows]
    hand.random.shuffle(values)
    source.rows = [
        (*row[:at], value, *row[at + 1 :]) for row, value in zip(source.rows, values, strict=True)
    ]


EDITS: dict[str, Callable[[Hand], None]] = {
    "add a column": _add,
    "drop a column that nobody reads": _drop,
    "rename a column": _rename,
    "another case of a name": _case,
    "reorder columns": _reorder,
    "swap two columns": _swap,
    "change a column that is read": lambda hand: _change(hand, True),
    "change a column that nobody reads": lambda hand: _change(hand, False),
    "another type": _retype,
    "add a condition": _ask,
    "drop a condition": _ask_no_more,
    "DISTINCT or not": _distinct,
    "another kind of join": _rejoin,
    "join one more": _join,
    "another GROUP BY": _group,
    "GROUP BY ALL or not": _by_all,
    "another HAVING": _having,
    "another QUALIFY": _qualify,
    "a window function": _window,
    "another set operation": _set,
    "another LIMIT": _limit,
    "sort on top": _sort,
    "wrap in WITH or a subquery": _with,
    "unwrap": _unwrap,
    "rename an alias": _alias,
    "another constant, or another word for it": _constant,
    "another list, or its order": _list,
    "reorder conditions": _conditions,
    "ask what is always true": _always,
    "comment or format": _format,
    "describe": _describe,
    "edit a macro": _macro,
    "comment a macro": _macro_words,
    "change a variable": _variable,
    "table or view": _kind,
    "a construct reads another column": _special,
    "read another asset": _rewire,
    "source: a value that is read": lambda hand: _values(hand, True),
    "source: a value that nobody reads": lambda hand: _values(hand, False),
    "source: a row more": _append,
    "source: a row twice": _duplicate,
    "source: a row less": _remove,
    "source: other order of rows": _shuffle,
    "source: another type": _source_type,
    "source: a column more": _source_column,
    "source: other order of columns": _source_order,
    "source: values change rows": _permute,
}
REVERT = "revert"
KINDS = (*EDITS, REVERT)
