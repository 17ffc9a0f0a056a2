"""Code that a later version will run."""


def churn() -> None: ...
