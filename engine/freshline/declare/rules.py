"""Which keys each section of a project may hold: the tables that grow with every version.

A key of a later version is known by name, so that an author learns that it is coming and not that
it is misspelt.
"""

from freshline.declare.section import Keys

_ABOUT = ("description", "owner", "group", "tags", "meta", "columns")
_CHECKS = ("checks", "primary_key")
_SQL_INFERS = "remove it: what an asset reads is inferred from its SQL"

# What a check can say of single columns: the same words below a column and in a list of checks.
COLUMN_CHECKS = ("not_null", "unique", "in", "between", "matches", "references")

ASSET = Keys(
    section="asset",
    known=("key", "sql", "kind", "storage", "links", *_ABOUT, *_CHECKS),
    later=frozenset(
        {
            "command", "cutoff", "for_each", "freshness", "ignore_checks", "inputs",
            "lifecycle", "on_change", "partition", "pool", "preview", "protect",
            "reads_env", "refresh", "resources", "retries", "run", "strict", "timeout", "use",
            "volatile", "was", "write",
        }
    ),
    elsewhere={
        "name": "the key of an asset is its path below assets/, or `key:`",
        "materialized": "write `kind: table`",
        "depends_on": _SQL_INFERS,
        "deps": _SQL_INFERS,
        "upstream": _SQL_INFERS,
        "path": "files that Freshline only reads are declared under `sources:`",
    },
)  # fmt: skip
FRONT_MATTER = Keys(
    section="asset",
    known=tuple(key for key in ASSET.known if key != "sql"),
    later=ASSET.later,
    elsewhere={**ASSET.elsewhere, "sql": "remove it: the SQL stands below the front matter"},
)
LISTED_ASSET = Keys(
    section="asset",
    known=tuple(key for key in ASSET.known if key != "key"),
    later=ASSET.later,
    elsewhere={**ASSET.elsewhere, "key": "remove it: below `assets:` the name is the key"},
)
SOURCE = Keys(
    section="source",
    known=("path", "format", "read", "version", *_ABOUT, *_CHECKS),
    later=frozenset(
        {
            "asset", "catalog", "cutoff", "freshness", "lifecycle", "links",
            "partition", "preview", "refresh", "storage", "table", "url", "was",
        }
    ),
    elsewhere={
        "sql": "what Freshline computes is an asset: declare it under `assets:`",
        "file": "write `path:`",
        "files": "write `path:` with a glob",
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
        "project", "vars", "owners", "defaults", "storages", "storage", "environments", "assets",
        "sources",
    ),
    later=frozenset(
        {
            "approve", "catalog", "catalogs", "checks", "locations", "macros", "policies", "pools",
            "presets", "retention", "schedules", "sensors", "tests",
        }
    ),
    elsewhere={
        "name": "write `project:`",
        "variables": "write `vars:`",
        "models": "assets are files below assets/",
    },
)  # fmt: skip
DEFAULTS = Keys(
    section="list of defaults",
    known=("owner", "group", "tags", "storage", "kind"),
    later=ASSET.later | {*_CHECKS},
)
ENVIRONMENT = Keys(
    section="environment",
    known=("vars",),
    later=frozenset(
        {
            "approve", "assets", "catalog", "expires", "fallback", "pause", "sensors", "storage",
            "storages", "strict",
        }
    ),
)  # fmt: skip
OWNER = Keys(section="owner", known=("email", "chat", "on_call"))
VARIABLE = Keys(section="variable", known=("type", "default", "description"))

LATER_KINDS = frozenset({"view", "incremental", "history"})
