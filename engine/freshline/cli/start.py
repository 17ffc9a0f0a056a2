"""init: a project that works, from the template that projects/quickstart shows."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import click

from freshline.cli.options import common
from freshline.errors import ResourceError, UsageError
from freshline.keys import key_from_text


@click.command()
@click.argument("folder", default=".")
@common
def init(folder: str) -> int:
    """Make a small working project in FOLDER (default: here)."""
    root = Path(folder)
    if (root / "freshline.yaml").exists():
        raise UsageError(f"{root / 'freshline.yaml'} is there already", help="name another folder")
    try:
        _copy_template(root)
    except OSError as error:
        raise ResourceError(
            f"cannot write in {root}: {error}", help="name another folder"
        ) from error
    where = "" if folder == "." else f"cd {folder} && "
    click.echo(f"A project of three assets is ready in {root.resolve()}.")
    click.echo(f"Next:  {where}freshline plan     see what would be built, and why")
    click.echo(f"       {where}freshline apply    build it")
    return 0


def _copy_template(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    name = key_from_text(root.resolve().name)
    with as_file(files("freshline.cli") / "template") as template:
        for path in sorted(template.rglob("*")):
            place = root / path.relative_to(template)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            elif not place.exists():
                shutil.copyfile(path, place)
    settings = root / "freshline.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("project: quickstart", f"project: {name}"), encoding="utf-8")
