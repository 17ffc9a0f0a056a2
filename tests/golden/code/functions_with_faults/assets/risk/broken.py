from freshline import asset
from lib.later import rows


@asset
def first(orders):
    return rows(orders)


@asset(key="risk.other")
def second(orders):
    return rows(orders)
