from lib.later import rows

from freshline import asset


@asset
def first(orders):
    return rows(orders)


@asset(key="risk.other")
def second(orders):
    return rows(orders)
