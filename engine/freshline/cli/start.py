"""init: a project that works, from the template that projects/quickstart shows, or from files."""

import glob
import shlex
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from freshline.cli.options import common
from freshline.cli.schema import FOLDER, write_schemas
from freshline.counted import counted
from freshline.declare.text import legible
from freshline.errors import ResourceError, UsageError
from freshline.keys import key_from_text

if TYPE_CHECKING:
    from freshline.cli.drafts import Draft

# By this line an editor finds the schema of a file, relative to the file.
_EDITOR = "# yaml-language-server: $schema="


@click.command()
@click.argument("folder", nargs=-1)
@click.option(
    "--from",
    "patterns",
    multiple=True,
    metavar="FILES",
    help="Declare these data files as sources instead: a path, or a glob in quotes.",
)
@common
def init(folder: tuple[str, ...], patterns: tuple[str, ...]) -> int:
    """Make a small working project in FOLDER (default: here), or one that reads your FILES."""
    # A shell that got the glob without quotes has put all but the first file among the folders.
    spilt = tuple(name for name in folder if patterns and Path(name).is_file())
    folders = tuple(name for name in folder if name not in spilt)
    if len(folders) > 1:
        raise UsageError(
            "a project is made in one folder", help=f"name one of {', '.join(folders)}"
        )
    root = Path(folders[0] if folders else ".")
    try:
        if patterns:
            return _from_files(root, (*patterns, *spilt))
        if (root / "freshline.yaml").exists():
            raise UsageError(
                f"{root / 'freshline.yaml'} is there already", help="name another folder"
            )
        _copy_template(root)
        write_schemas(root / FOLDER)  # the first line of freshline.yaml sends editors there
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ResourceError(
            f"cannot write in {root}: {error}", help="name another folder"
        ) from error
    click.echo(f"A project of three assets is ready in {root.resolve()}.")
    click.echo(f"Next:  {_go_to(root)}freshline plan     see what would be built, and why")
    click.echo(f"       {_go_to(root)}freshline apply    build it")
    return 0


def _from_files(root: Path, patterns: tuple[str, ...]) -> int:
    """Declare data files as sources, in a project that is made where there is none."""
    from freshline.cli.drafts import drafted, yaml

    names = [name for p in patterns for name in (glob.glob(p, recursive=True) or [p])]
    files = [Path(name) for name in names if Path(name).is_file()]
    if not files:
        raise UsageError(
            f"no file is at {', '.join(patterns)}", help="give a path, or a glob in quotes"
        )
    drafts, refused = drafted(root, files, _declared_keys(root))
    for sentence in refused:
        click.secho(f"left out: {legible(sentence)}", fg="yellow", err=True)
    if not drafts:
        raise UsageError("none of these files can be read", help="declare them under sources/")
    folders = {Path(draft.path).parent.name for draft in drafts}
    name = key_from_text(folders.pop()) if len(folders) == 1 else "raw"
    target = root / "sources" / f"{name}.yaml"
    if target.exists():
        raise UsageError(f"{target} is there already", help="move it away, and merge by hand")
    _make_project(root)
    target.parent.mkdir(exist_ok=True)
    command = f"freshline init --from {' '.join(shlex.quote(p) for p in patterns[:3])}"
    target.write_text(
        f"{_EDITOR}../{FOLDER}/source.json\n{yaml(drafts, command)}", encoding="utf-8"
    )
    write_schemas(root / FOLDER)
    _tell(root, target, drafts)
    return 0


def _declared_keys(root: Path) -> tuple[str, ...]:
    """Return the keys of a project, none where there is no project yet."""
    from freshline.declare.project import read_project

    try:
        found = read_project(root)
    except UsageError:
        return ()
    sources = tuple(source.key for source in found.sources)
    return (*sources, *(asset.key for asset in found.assets), *found.broken)


def _make_project(root: Path) -> None:
    """Write the few files that make a folder a project, where they are not there yet."""
    (root / "assets").mkdir(parents=True, exist_ok=True)
    if not any((root / name).exists() for name in ("freshline.yaml", "freshline.yml")):
        name = key_from_text(root.resolve().name)
        text = f"{_EDITOR}{FOLDER}/project.json\nproject: {name}\n"
        (root / "freshline.yaml").write_text(text, encoding="utf-8")
    if not (root / ".gitignore").exists():
        with as_file(files("freshline.cli") / "template" / ".gitignore") as ignored:
            shutil.copyfile(ignored, root / ".gitignore")


def _tell(root: Path, target: Path, drafts: "tuple[Draft, ...]") -> None:
    """Say what was found, and what to do next."""
    count = sum(len(draft.files) for draft in drafts)
    files_ = counted(count, "file")
    sources = counted(len(drafts), "source")
    click.echo(f"{target} declares {sources} of {files_}:")
    width = max(len(draft.key) for draft in drafts)
    for draft in drafts:
        columns = len(draft.found.columns)
        what = f"{columns} column{'' if columns == 1 else 's'}"
        click.echo(f"  {draft.key:<{width}}  {what}  {legible(draft.path)}")
        for remark in draft.found.remarks:
            click.secho(f"  {'':<{width}}  - {legible(remark)}", fg="yellow")
    first = drafts[0].key
    name = first.split(".")[-1]
    click.echo(f"Next:  write a first asset, for instance assets/staging/{name}.sql:")
    click.echo(f"           SELECT * FROM {first}")
    click.echo(f"       {_go_to(root)}freshline validate    see whether all is understood")
    click.echo(f"       {_go_to(root)}freshline apply       build it")


def _go_to(root: Path) -> str:
    return "" if root == Path(".") else f"cd {shlex.quote(str(root))} && "


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
