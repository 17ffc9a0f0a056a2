from freshline import asset


@asset
def third(orders):
    return [
