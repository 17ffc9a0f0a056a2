from lib.clients import Mailbox, Warehouse

from freshline import Input, Output, asset, check, multi_asset


@asset(
    inputs={"orders": Input("raw.orders", columns=["amuont"])},
    retries="often",
    tags=["good", "not one"],
    columns={
        "id": "bigint!",
        "score": {"type": "double", "betwen": [0, 1]},
    },
    resources={"client": "warehose"},
)
def scores(orders, client: Warehouse):
    """Nothing of this can be."""
    return orders


@asset(key="Not A Key", kind="view")
def misnamed(orders):
    return orders


@asset
def ambiguous(orders, client: Warehouse, post: Mailbox):
    return orders


@asset(config={"days": 3}, freshness="1d" if False else None) if False else asset
def plain(orders):
    return orders


@multi_asset(
    columns={"id": "bigint"},
    outputs={"train": Output("risk.train", kind="view"), "test": Output("risk.scores")},
)
def split(orders):
    return {"train": orders, "test": orders}


@check("risk.scoers")
def some_scores(scores):
    return len(scores) > 0
