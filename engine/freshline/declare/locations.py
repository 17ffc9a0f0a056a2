"""Locations: the folders of code with interpreters of their own, as freshline.yaml names them."""

from collections.abc import Iterable

from freshline.code import Location


def location_of(file: str, locations: Iterable[Location]) -> Location:
    """Return the location that a file belongs to: the one whose path holds it most closely.

    A file that no other location holds belongs to `main`, which need not be declared.
    """
    holding = [each for each in locations if each.path == "." or file.startswith(each.path + "/")]
    return max(
        holding, key=lambda each: (each.path != ".", len(each.path)), default=Location(name="main")
    )
