"""Which keys each section of a project may hold: the tables that grow with every version.

A key of a later version is known by name, so that an author learns that it is coming and not that
it is misspelt.
"""

from dataclasses import replace

from freshline.declare.section import Keys

_ABOUT = ("description", "owner", "group", "tags", "meta", "columns")
_CHECKS = ("checks", "primary_key")
_SQL_INFERS = "remove it: what an asset reads is inferred from its SQL"

_POLICY = (
    *("lifecycle", "retries", "timeout", "volatile", "cutoff", "preview"),
    *("refresh", "freshness", "pool"),
)
_OF_ONE = "say it of each: this is said of many"
_OF_ASSETS = "remove it: it is about assets, and here are sources"
_OF_SQL = "remove it: it is about assets; of a source `version:` says how changes are noticed"

_CODE_IS_ITS_OWN = "remove it: it is about code, and this is SQL"
_OF_THE_CODE = "remove it: the code is the same in every environment"

# What makes an asset: one of them. All that is about code goes with the latter two.
WAYS = ("sql", "run", "command")
_CODE_OF_ONE = (
    *("run", "command", "inputs", "outputs", "config", "resources"),
    *("reads_env", "pure", "code_version"),
)
_PROCESS = ("isolation", "limits")
CODE = (*_CODE_OF_ONE, *_PROCESS)
# Said of `resources:` too, for those who look for them there.
LIMITS_NAMES = ("memory", "files", "file_size")

# What a check can say of single columns: the same words below a column and in a list of checks.
COLUMN_CHECKS = ("not_null", "unique", "in", "between", "matches", "references")

ASSET = Keys(
    section="asset",
    known=(
        "key", "was", "sql", *CODE, "kind", "storage", "links", *_ABOUT, *_CHECKS, *_POLICY,
    ),
    later=frozenset(
        {
            "for_each", "on_change", "partition", "protect", "strict", "use", "write",
        }
    ),
    elsewhere={
        "name": "the key of an asset is its path below assets/, or `key:`",
        "materialized": "write `kind: table`",
        "depends_on": _SQL_INFERS,
        "deps": _SQL_INFERS,
        "upstream": _SQL_INFERS,
        "path": "files that Freshline only reads are declared under `sources:`",
        "schedule": "write `refresh:` with a cron expression",
        "cron": "write `refresh:` with the cron expression",
        "ignore_checks": "say it of an input: `inputs: {stg.orders: {ignore_checks: true}}`",
    },
)  # fmt: skip
# What code has and SQL has not: of its inputs SQL may say how they count.
NOT_OF_SQL = tuple(key for key in CODE if key != "inputs")
FRONT_MATTER = Keys(
    section="asset",
    known=tuple(key for key in ASSET.known if key not in ("sql", *NOT_OF_SQL)),
    later=ASSET.later,
    elsewhere={
        **ASSET.elsewhere,
        "sql": "remove it: the SQL stands below the front matter",
        **dict.fromkeys(NOT_OF_SQL, _CODE_IS_ITS_OWN),
        **dict.fromkeys(("run", "command"), "write it in a YAML file, without SQL beside it"),
    },
)
LISTED_ASSET = Keys(
    section="asset",
    known=tuple(key for key in ASSET.known if key != "key"),
    later=ASSET.later,
    elsewhere={**ASSET.elsewhere, "key": "remove it: below `assets:` the name is the key"},
)
OVERRIDE = Keys(
    section="environment's asset",
    known=tuple(
        key
        for key in ASSET.known
        if key not in ("key", "was", "sql", *_CODE_OF_ONE) or key == "config"
    ),
    later=ASSET.later,
    elsewhere={
        **ASSET.elsewhere,
        **dict.fromkeys(_CODE_OF_ONE, _OF_THE_CODE),
        "resources": "environments have `resources:` of their own, for the settings of each",
        "key": "remove it: an asset is the same in every environment",
        "was": "remove it: an asset is called the same in every environment",
        "sql": "remove it: the SQL is the same in every environment; read a variable in it",
    },
)
INPUT = Keys(
    section="input",
    known=("columns", "as", "trigger", "optional", "ignore_checks"),
    later=frozenset({"partitions"}),
    elsewhere={"key": "remove it: the name above it is the key"},
)
SQL_INPUT = Keys(
    section="input of SQL",
    known=("trigger", "optional", "ignore_checks"),
    later=INPUT.later,
    elsewhere={
        **dict.fromkeys(
            ("columns", "as"), "remove it: the SQL says what it reads, and by which name"
        ),
        **INPUT.elsewhere,
    },
)
OUTPUT = Keys(
    section="output",
    known=(
        *("key", "was", "optional", "kind", "storage", "links"),
        *(*_ABOUT, *_CHECKS, *_POLICY),
    ),
    later=ASSET.later,
    elsewhere={
        **ASSET.elsewhere,
        **dict.fromkeys((*WAYS, *CODE), "say it once, of all outputs: they are of one call"),
    },
)
# What a decorator of Python hands on; what it says of the function itself comes apart from that.
DECORATOR = Keys(
    section="asset",
    known=tuple(
        key
        for key in ASSET.known
        if key not in (*WAYS, "inputs", "outputs", "reads_env", "pure", "code_version")
    ),
    later=ASSET.later,
    elsewhere=ASSET.elsewhere,
)
DECORATED_CHECK = Keys(section="check", known=("severity", "description"))
OTHER_CATALOG = Keys(
    section="catalog",
    known=("path", "environment", "url", "token"),
)
LIMITS = Keys(section="list of limits", known=LIMITS_NAMES)
# What only one asset can say of itself, and so no function of several outputs.
OF_ONE_OUTPUT = ("key", "was", "columns", "primary_key", "checks")
SOURCE = Keys(
    section="source",
    known=(
        *("path", "format", "read", "version", "catalog", "asset"),
        *(*_ABOUT, *_CHECKS, "freshness"),
    ),
    later=frozenset(
        {
            "lifecycle", "links",
            "partition", "preview", "refresh", "storage", "table", "url", "was",
        }
    ),
    elsewhere={
        "sql": "what Freshline computes is an asset: declare it under `assets:`",
        "run": "what Freshline computes is an asset: declare it under `assets:`",
        "file": "write `path:`",
        "files": "write `path:` with a glob",
        "volatile": _OF_SQL,
        "cutoff": _OF_SQL,
    },
)  # fmt: skip
LISTING_FILE = Keys(section="file", known=("assets", "sources"))
SOURCES_FILE = Keys(
    section="file",
    known=("sources",),
    elsewhere={"assets": "assets are declared in files below assets/"},
)
COLUMN = Keys(
    section="column",
    known=("type", "description", *COLUMN_CHECKS, "severity", "sample"),
    later=frozenset({"checks", "class", "name"}),
)
CHECK = Keys(
    section="check",
    known=("name", "description", *COLUMN_CHECKS, "rows", "sql", "severity", "sample"),
    elsewhere={
        "type": "the kind of a check is a key: write for instance `unique: order_id`",
        "columns": "write the columns behind the kind: `unique: [a, b]`",
        "accepted_values": "write `in: {status: [a, b]}`",
        "relationships": "write `references: {customer_id: stg.customers.customer_id}`",
    },
)
BOUNDS = Keys(section="range", known=("min", "max"))
PROJECT = Keys(
    section="project",
    known=(
        "project", "vars", "owners", "defaults", "storages", "storage", "retention",
        "locations", "resources", "catalogs", "notifications", "webhooks", "calendars", "pools",
        "runs", "environments", "assets", "sources", "schedules", "sensors",
    ),
    later=frozenset({"approve", "catalog", "checks", "policies", "presets", "tests"}),
    elsewhere={
        "macros": "macros are files: write CREATE MACRO in macros/name.sql",
        "name": "write `project:`",
        "variables": "write `vars:`",
        "models": "assets are files below assets/",
    },
)  # fmt: skip
DEFAULTS = Keys(
    section="list of defaults",
    known=(
        "owner", "group", "tags", "storage", "kind", "meta", "checks", "lifecycle", "retries",
        "timeout", "volatile", "cutoff", "preview", "refresh", "freshness", "pool", *_PROCESS,
    ),
    later=ASSET.later,
    elsewhere=dict.fromkeys(
        ("key", "was", "sql", "description", "links", "columns", "primary_key", *_CODE_OF_ONE),
        _OF_ONE,
    ),
)  # fmt: skip
FOLDER = replace(DEFAULTS, section="folder")
SOURCES_FOLDER = Keys(
    section="folder",
    known=("owner", "group", "tags", "meta", "checks", "freshness"),
    later=SOURCE.later,
    elsewhere={
        **dict.fromkeys(
            ("path", "format", "read", "version"), "remove it: each source has its own"
        ),
        **dict.fromkeys(("description", "columns", "primary_key"), _OF_ONE),
        **dict.fromkeys(("storage", "kind", "retries", "timeout", "pool", *_PROCESS), _OF_ASSETS),
        **dict.fromkeys(("volatile", "cutoff"), _OF_SQL),
    },
)
ENVIRONMENT = Keys(
    section="environment",
    known=("vars", "resources", "assets", "strict", "retention"),
    later=frozenset(
        {
            "approve", "catalog", "expires", "fallback", "pause", "sensors", "storage", "storages",
        }
    ),
    elsewhere={"sources": "a path that differs is a variable: `path: data/${var.folder}/a.csv`"},
)  # fmt: skip
LOCATION = Keys(
    section="location",
    known=("path", "python", "requirements"),
    elsewhere={
        "folder": "write `path:`",
        "interpreter": "write `python:`, a version or the path of an interpreter",
        "venv": "write `python:`, which may be the folder of a virtual environment",
        "packages": "write them in a file, and `requirements:` with its path",
    },
)
RETENTION = Keys(section="retention", known=("versions", "days"))
RETRIES = Keys(section="retries", known=("count", "delay", "backoff"))
CUTOFF = Keys(section="cutoff", known=("round",))
VERSION = Keys(section="version", known=("ttl",), later=frozenset({"snapshot", "watermark"}))
LIFECYCLE = Keys(section="lifecycle", known=("stage", "replacement", "sunset"))
WEBHOOKS = Keys(
    section="webhooks",
    known=("allow", "catalog"),
    elsewhere={
        "url": "write it where it is called: `do: {webhook: https://…}` of a sensor",
        "secret": "write it where it signs: `do: {webhook: …, secret: ${secret.name}}` of a sensor",
    },
)
OWNER = Keys(section="owner", known=("email", "chat", "on_call"))
VARIABLE = Keys(section="variable", known=("type", "default", "description"))

# A rule to refresh by; within another one, and as a whole with what holds it back.
RULE = Keys(
    section="rule",
    known=(
        *("cron", "every", "max_lag", "wake", "all", "any", "not"),
        *("timezone", "calendar", "require", "catch_up", "window"),
    ),
    elsewhere={
        **dict.fromkeys(("cooldown", "hours", "rate"), "say it once, directly below `refresh:`"),
        "or": "write `any:`",
        "and": "write `all:`",
        "schedule": "write `cron:`",
        "interval": "write `every:`",
        "lag": "write `max_lag:`",
        "sensors": "write `wake:`",
    },
)
REFRESH = Keys(
    section="refresh",
    known=(*RULE.known, "cooldown", "hours", "rate"),
    elsewhere={
        **RULE.elsewhere,
        **dict.fromkeys(("upstream", "manual", "never"), "write it alone: `refresh: manual`"),
        "when_needed": "write it alone, or in a list: `any: [when_needed, daily]`",
        "business_hours": "write `hours:`",
    },
)
WAKE = Keys(
    section="list of what is waited for",
    known=("asset", "source", "columns", "settle"),
    elsewhere={"key": "write `asset:` or `source:`"},
)
CALENDAR = Keys(
    section="calendar",
    known=("exclude",),
    elsewhere={"holidays": "write `exclude: [DE holidays]`", "include": "write `exclude:`"},
)
HOURS = Keys(
    section="range of hours",
    known=("days", "from", "to", "timezone", "calendar"),
    elsewhere={"begin": "write `from:`", "until": "write `to:`", "end": "write `to:`"},
)
FRESHNESS = Keys(
    section="freshness",
    known=("warn", "fail", "by", "timezone", "calendar", "drive"),
    elsewhere={"cron": "write `by:`", "deadline": "write `by:`", "max_age": "write `fail:`"},
)
SENSORS_FILE = Keys(
    section="file",
    known=("sensors", "schedules"),
    elsewhere=dict.fromkeys(
        ("assets", "sources"), "declare it in a file below assets/ or sources/"
    ),
)
SCHEDULE = Keys(
    section="schedule",
    known=(
        *("cron", "every", "timezone", "calendar", "catch_up", "select"),
        *("priority", "description", "owner"),
    ),
    elsewhere={
        "selection": "write `select:`",
        "assets": "write `select:`",
        "refresh": "write `cron:` or `every:`",
        "name": "remove it: below `schedules:` the name is the key",
    },
)
SENSOR = Keys(
    section="sensor",
    known=("when", "do", "every", "description", "owner"),
    elsewhere={
        "within": "say it below `when:`, beside `all:` or `count:`",
        "then": "write `do:`",
        "if": "write `when:`",
        "name": "remove it: below `sensors:` the name is the key",
    },
)
WHEN = Keys(section="list of conditions", known=("any", "all", "count", "of", "within"))
_KINDS = ("asset", "files", "sql", "run", "event", "python")
_ONE_EACH = "a condition is of one kind: write two, as a list, or below `all:`"


def _condition(kind: str, *more: str) -> Keys:
    others = (each for each in _KINDS if each != kind)
    return Keys(
        section="condition", known=(kind, *more), elsewhere=dict.fromkeys(others, _ONE_EACH)
    )


CONDITIONS = {
    "asset": _condition("asset", "columns", "checks", "changed", "settle"),
    "files": _condition("files", "settle"),
    "sql": _condition("sql"),
    "run": _condition("run", "select"),
    "event": _condition("event"),
    "python": _condition("python", "location", "resources"),
}
ACTS = {
    "materialize": Keys(section="act", known=("materialize",)),
    "webhook": Keys(section="act", known=("webhook", "secret")),
    "notify": Keys(section="act", known=("notify", "text")),
}

LATER_KINDS = frozenset({"incremental", "history"})
