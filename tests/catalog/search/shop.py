"""A made-up company's catalog: believable names over some hundred assets, or over many thousand.

The same seed gives the same catalog. Up to some three hundred assets every key is one that a person
might have chosen; beyond that each further country and brand has them once more.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from freshline.definitions import CheckKind, CheckSeverity, Lifecycle, Stage
from freshline.errors import Span
from freshline.survey import (
    Entry,
    EntryCheck,
    EntryColumn,
    EntryKind,
    Owner,
    Status,
    Survey,
)

# What each thing has besides its id and its times: columns, and what people say it is.
THINGS: dict[str, tuple[str, str]] = {
    "orders": (
        "customer_id status channel currency net_amount gross_amount tax_amount shipping_fee",
        "One row for each order that was placed, whatever became of it",
    ),
    "order_items": (
        "order_id product_id quantity unit_price discount_rate line_amount",
        "One row for each line of an order",
    ),
    "customers": (
        "email first_name last_name country segment lifetime_value is_subscribed",
        "Everybody who ever bought something or signed up",
    ),
    "invoices": (
        "order_id invoice_number due_date net_amount vat_amount is_paid dunning_level",
        "Invoices as they were sent, corrections included",
    ),
    "payments": (
        "invoice_id provider method amount fee currency settled_at",
        "Money that came in, by provider",
    ),
    "shipments": (
        "order_id carrier tracking_number weight_kg shipped_at delivered_at warehouse",
        "Parcels on their way, from the warehouse to the door",
    ),
    "products": (
        "sku title brand category list_price cost_price stock_level is_discontinued",
        "The assortment, one row for each article",
    ),
    "refunds": ("payment_id reason amount approved_by", "Money that went back"),
    "returns": ("order_id product_id reason condition restocked", "Goods that came back"),
    "subscriptions": (
        "customer_id plan monthly_price started_on cancelled_on churn_reason",
        "Boxes that customers get every month",
    ),
    "sessions": (
        "visitor_id landing_page referrer device browser duration_seconds converted",
        "Visits to the web shop, thirty minutes of silence apart",
    ),
    "page_views": ("session_id url title scroll_depth viewed_at", "Every page that was looked at"),
    "campaigns": ("channel budget utm_source utm_medium starts_on ends_on", "What marketing runs"),
    "ad_spend": ("campaign_id network impressions clicks cost", "What advertising costs a day"),
    "emails": ("customer_id campaign_id subject sent_at opened_at bounced", "Newsletters sent"),
    "leads": ("email source score owner_name converted_at", "People who may become customers"),
    "tickets": (
        "customer_id topic priority first_response_minutes resolved_at satisfaction",
        "Questions to the support team",
    ),
    "employees": ("department hired_on salary_band manager_id office", "Who works here"),
    "suppliers": ("name country payment_terms lead_time_days rating", "Who sells to us"),
    "purchase_orders": ("supplier_id product_id quantity unit_cost expected_on", "What we buy"),
    "inventory": ("product_id warehouse on_hand reserved reorder_point", "What lies where"),
    "ledger_entries": (
        "account_number debit credit cost_center booking_date posted_by",
        "The general ledger, entry by entry",
    ),
    "budgets": ("cost_center period planned_amount", "What each department may spend"),
    "exchange_rates": ("base_currency quote_currency rate valid_on", "Rates of the central bank"),
    "coupons": ("code discount_rate valid_until redemptions", "Codes for a discount"),
    "reviews": ("product_id customer_id stars text language", "What customers say of articles"),
    "stores": ("city country opened_on square_meters manager_id", "Shops with a door"),
    "web_events": ("sessionId userAgent eventType pageUrl clientTimestamp", "Clicks, as they come"),
}
SYSTEMS = ("shop", "crm", "billing", "erp", "web")
OWNERS = {
    "raw": "platform",
    "staging": "platform",
    "marts": "analytics",
    "finance": "finance-data",
    "marketing": "growth",
    "operations": "supply-chain",
}
GRAINS = ("daily", "weekly", "monthly")
SLICES = ("by_country", "by_channel", "by_category", "by_customer", "by_warehouse")
OF_GROUP = {
    "finance": "orders invoices payments refunds ledger_entries budgets subscriptions".split(),
    "marketing": "sessions campaigns ad_spend emails leads coupons page_views".split(),
    "operations": "shipments returns inventory purchase_orders tickets suppliers".split(),
}
COUNTRIES = "de fr it es nl be at ch pl se dk no fi pt ie cz hu ro gr uk us ca mx br jp".split()


def _special() -> Iterator[Entry]:
    """Yield what tests ask for by name."""
    yield _entry(
        "finance.revenue_recognition",
        ("staging.invoices", "staging.payments"),
        "invoice_id recognized_on recognized_amount deferred_amount net_revenue",
        "Revenue when it is earned, not when it is paid (IFRS 15)",
        tags=("sox", "pii"),
        stage=Stage.CERTIFIED,
    )
    yield _entry(
        "finance.umsatz_nach_filiale",
        ("staging.stores", "staging.orders"),
        "filiale umsätze größe straße",
        "Umsätze je Filiale, für die Geschäftsführung",
    )
    yield _entry(
        "operations.jp_sales",
        ("staging.orders",),
        "売上高 店舗名 日付",
        "日本の店舗ごとの売上",
    )
    yield _entry(
        "operations.warehouse_utilisation",
        ("staging.inventory",),
        "warehouse utilisation_pct pallet_count",
        "Загрузка складов по дням",
    )
    yield _entry(
        "marketing.customer_lifetime_value",
        ("staging.customers", "staging.orders"),
        "customer_id clv_12m clv_36m churn_probability",
        "What a customer is worth over the years",
        stage=Stage.CERTIFIED,
        tags=("model", "pii"),
    )
    yield _entry(
        "marketing.customers_legacy",
        ("staging.customers",),
        "customer_id email segment_old",
        "Customers as the former tool knew them",
        stage=Stage.DEPRECATED,
    )
    yield _entry(
        "marts.customer_360",
        ("staging.customers", "staging.tickets", "staging.orders"),
        "customer_id email health_score last_order_at open_tickets",
        "All about a customer on one row",
        stage=Stage.CERTIFIED,
        tags=("pii", "gold"),
    )
    yield _entry(
        "marts.experiment_assignments",
        ("staging.sessions",),
        "experiment_name variantName assignedAt visitor_id",
        "Who saw which variant of an A/B test",
        stage=Stage.EXPERIMENTAL,
    )
    # A key that shares single words with a column's name, and not the name.
    yield _entry("finance.net_positions", ("staging.payments",), "position", "What is open, net")
    yield _entry("finance.amount_limits", ("staging.payments",), "limit_value", "Who may pay what")
    yield _entry(
        "operations.tracking",
        ("staging.shipments",),
        "parcel carrier_tracking_number carrier_status",
        "Where each parcel is",
    )


def entries(count: int = 300, columns: int = 0) -> tuple[Entry, ...]:
    """Return so many entries in topological order, each with at least so many columns."""
    chosen = random.Random(20_261_122)
    found: dict[str, Entry] = {}
    for entry in islice(_all(), count):
        found[entry.key] = _lived_in(entry, chosen, columns)
    return tuple(found.values())


def survey(made: Sequence[Entry], at: float = 1_795_000_000.0, sequence: int = 0) -> Survey:
    """Return a survey of the project `shop` in `main` with these entries."""
    contacts = {name: (("email", f"{name}@shop.example"),) for name in {*OWNERS.values()}}
    return Survey(
        project="shop",
        environment="main",
        at=at,
        sequence=sequence,
        plan_id=f"plan {sequence}",
        entries=tuple(made),
        owners=tuple(Owner(name=name, contacts=told) for name, told in sorted(contacts.items())),
    )


def _all() -> Iterator[Entry]:
    yield from _once("")
    number = 0
    while True:
        # Countries first, then brands of each country: there is no end of it.
        country, brand = COUNTRIES[number % len(COUNTRIES)], number // len(COUNTRIES)
        yield from _once(f"{country}{brand or ''}_")
        number += 1


def _once(mark: str) -> Iterator[Entry]:
    for number, (thing, (columns, said)) in enumerate(THINGS.items()):
        system = SYSTEMS[number % len(SYSTEMS)]
        yield _entry(f"raw.{mark}{system}_{thing}", (), f"id {columns}", f"{said}, as it comes in")
    for number, (thing, (columns, said)) in enumerate(THINGS.items()):
        source = f"raw.{mark}{SYSTEMS[number % len(SYSTEMS)]}_{thing}"
        more = f"{_singular(thing)}_id {columns} created_at updated_at"
        yield _entry(f"staging.{mark}{thing}", (source,), more, said)
    if not mark:
        yield from _special()
    for thing, (columns, said) in THINGS.items():
        kind = "dim" if thing in ("customers", "products", "employees", "stores") else "fct"
        reads = (f"staging.{mark}{thing}",)
        more = f"{_singular(thing)}_id {columns} loaded_at"
        yield _entry(f"marts.{kind}_{mark}{thing}", reads, more, f"{said}, cleaned and joined")
    for group, things in OF_GROUP.items():
        for thing in things:
            kind = "fct"
            reads = (f"marts.{kind}_{mark}{thing}",)
            for grain in GRAINS:
                more = f"{_period(grain)} {_singular(thing)}_count total_amount average_amount"
                said = f"How {thing.replace('_', ' ')} do, {grain}"
                yield _entry(f"{group}.{mark}{thing}_{grain}", reads, more, said)
            for part in SLICES:
                more = f"{part.removeprefix('by_')} {_singular(thing)}_count total_amount share_pct"
                said = f"{thing.replace('_', ' ').capitalize()} {part.replace('_', ' ')}"
                yield _entry(f"{group}.{mark}{thing}_{part}", reads, more, said)


def _entry(
    key: str,
    reads: Iterable[str],
    columns: str,
    said: str,
    *,
    tags: tuple[str, ...] = (),
    stage: Stage | None = None,
) -> Entry:
    group = key.partition(".")[0]
    upstreams = tuple(reads)
    names = tuple(columns.split())
    return Entry(
        key=key,
        kind=EntryKind.TABLE if upstreams else EntryKind.SOURCE,
        status=Status.FRESH if upstreams else Status.SOURCE,
        place=Span(file=f"assets/{key.replace('.', '/')}.sql", line=1, column=1),
        description=said,
        owner=OWNERS[group],
        group=group,
        tags=tags,
        lifecycle=Lifecycle(stage=stage) if stage else None,
        storage="lake" if upstreams else "",
        columns=tuple(EntryColumn(name, _type(name)) for name in names),
        upstreams=upstreams,
        windows=tuple((upstream, names[:3]) for upstream in upstreams),
    )


def _lived_in(entry: Entry, chosen: random.Random, columns: int) -> Entry:
    """Return an entry with what differs from one to the next without being asked for by name."""
    from dataclasses import replace

    names = [column.name for column in entry.columns]
    more = tuple(
        EntryColumn(f"attribute_{number:02}", "VARCHAR", "Kept from the source, not used yet")
        for number in range(len(names), columns)
    )
    tags = entry.tags or tuple(
        tag
        for tag, share in (("pii", 0.1), ("daily", 0.3), ("gold", 0.05))
        if chosen.random() < share
    )
    is_source = entry.kind is EntryKind.SOURCE
    statuses = (Status.FRESH, Status.STALE, Status.MAYBE, Status.MISSING, Status.BLOCKED)
    status = chosen.choices(statuses, (80, 10, 5, 3, 2))[0]
    check = EntryCheck(
        "not_null", CheckKind.NOT_NULL, CheckSeverity.BLOCK, f"check {entry.key}", (names[0],)
    )
    return replace(
        entry,
        tags=tags,
        kind=EntryKind.VIEW if not is_source and chosen.random() < 0.1 else entry.kind,
        owner=None if chosen.random() < 0.04 else entry.owner,
        status=entry.status if is_source else status,
        columns=(*entry.columns, *more),
        checks=(check,) if chosen.random() < 0.4 else (),
    )


def _singular(thing: str) -> str:
    words = {"ledger_entries": "entry", "inventory": "stock", "ad_spend": "spend"}
    return words.get(thing, thing.removesuffix("s"))


def _period(grain: str) -> str:
    return {"daily": "day", "weekly": "week", "monthly": "month"}[grain]


def _type(name: str) -> str:
    if name.endswith(("_id", "_count", "quantity")) or name == "id":
        return "BIGINT"
    if "amount" in name or "price" in name or name.endswith("_pct"):
        return "DECIMAL(18,2)"
    if name.endswith("_at"):
        return "TIMESTAMP"
    return "DATE" if name.endswith(("_on", "_date", "day")) else "VARCHAR"
