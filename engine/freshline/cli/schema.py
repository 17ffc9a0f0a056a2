"""schema: the JSON Schemas of what people write and programs read, for editors and checkers."""

import json
from pathlib import Path

import click

from freshline.cli.options import common, said
from freshline.errors import ResourceError, UsageError
from freshline.suggest import closest
from freshline_schemas import names, read

FOLDER = ".freshline/schema"


@click.command()
@click.argument("name", required=False)
@click.option(
    "--write",
    "folder",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help=f"Write all of them into DIR, by default {FOLDER} of the project.",
)
@common
def schema(name: str | None, folder: str | None) -> int:
    """Print the JSON Schema called NAME, list all of them, or write them where editors look."""
    if folder is not None:
        if name is not None:
            raise UsageError("--write writes all of them", help="leave the name out")
        place = Path(folder) if folder else _root() / FOLDER
        write_schemas(place)
        click.echo(f"{len(names())} schemas are in {place}")
    elif name is None:
        width = max(map(len, names()))
        for each in names():
            click.echo(f"{each:<{width}}  {read(each)['title']}: {read(each)['description']}")
    elif name in names():
        click.echo(_text(name), nl=False)
    else:
        near = closest(name, names())
        hint = f'did you mean "{near[0]}"? ' if near else ""
        raise UsageError(
            f'there is no schema "{name}"', help=f"{hint}schemas: {', '.join(names())}"
        )
    return 0


def write_schemas(folder: Path) -> None:
    """Write every schema to `NAME.json` in a folder, which is made; ResourceError if it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names():
            (folder / f"{name}.json").write_text(_text(name), encoding="utf-8")
    except OSError as error:
        raise ResourceError(
            f"cannot write in {folder}: {error.strerror}", help="name another folder"
        ) from error


def _text(name: str) -> str:
    return json.dumps(read(name), indent=2, ensure_ascii=False) + "\n"


def _root() -> Path:
    from freshline.cli.compose import root_of

    return root_of(said())
