"""The command line: the only room that joins the parts."""

from freshline.cli.main import main

__all__ = ["main"]
