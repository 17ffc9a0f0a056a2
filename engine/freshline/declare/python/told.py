"""What a worker told of a Python file below assets/, as definitions with places in the source."""

from collections.abc import Mapping

from freshline.calls import ToldFile
from freshline.declare.about import Scope
from freshline.declare.declared import FileDeclared
from freshline.declare.python.version import Reaching, Surroundings


def declare_python_file(
    file: str,
    text: str,
    told: ToldFile,
    scope: Scope,
    reach: Mapping[str, Reaching],
    around: Surroundings,
) -> FileDeclared:
    """Return what a Python file declares: an asset for each output of each decorated function.

    `scope` is `scope_of` the file, `reach` what each function reaches, by the function's name; of
    one that is not there the whole file counts. A file whose import failed gives the keys that its
    text shows as broken, and why.
    """
    raise NotImplementedError
