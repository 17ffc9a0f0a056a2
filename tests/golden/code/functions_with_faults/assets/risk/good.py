from freshline import asset, check


@asset(inputs={"orders": "raw.orders"}, limits={"memory": "1GiB"}, isolation="fresh")
def fine(orders):
    """The sum of orders."""
    return [{"total": sum(each["amount"] for each in orders)}]


@check("risk.fine", severity="warn")
def has_one_row(fine):
    return len(fine) == 1
