"""What is installed for an interpreter: the code that lists it there, and when to list again."""

import os
from collections.abc import Iterable

# Run by any interpreter from 3.9: its version, the folders it looks in, and what they hold. The
# first of two of one name is the one that is imported.
CODE = """
import json, os, sys
from importlib.metadata import distributions
ours = {"freshline", "pip", "setuptools", "wheel", "uv"}
folders = [path for path in sys.path if os.path.isdir(path)]
found = {}
for one in distributions(path=folders):
    name = (one.metadata["Name"] or "").lower().replace("_", "-").replace(".", "-")
    if name and name not in ours:
        found.setdefault(name, one.version)
python = [sys.implementation.name, *map(str, sys.version_info[:2])]
packages = ["%s==%s" % item for item in sorted(found.items())]
print(json.dumps({"python": python, "folders": folders, "packages": packages}))
"""


def stamps(folders: Iterable[str]) -> dict[str, int]:
    """Return when each folder last got or lost an entry, as every installation makes it do."""
    found: dict[str, int] = {}
    for folder in folders:
        try:
            found[folder] = os.stat(folder).st_mtime_ns
        except OSError:
            found[folder] = 0
    return found
