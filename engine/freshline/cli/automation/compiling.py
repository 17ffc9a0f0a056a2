"""A process that compiles a project into its cache, and tells what kept it from that.

    python -m freshline.cli.automation.compiling ROOT [ENVIRONMENT]

So whoever waits for the graph reads it from the cache and needs no compiler.
"""

import sys
from pathlib import Path

from freshline.cli.compose import compiled
from freshline.errors import FreshlineError
from freshline.secrets import redacted


def main() -> None:
    """Compile; leave with 1, and the reason on stderr, where that cannot be."""
    root = Path(sys.argv[1])
    environment = sys.argv[2] if len(sys.argv) > 2 else None
    try:
        compiled(root, environment)
    except FreshlineError as error:
        sys.stderr.write(redacted(error.message))
        sys.exit(1)


if __name__ == "__main__":
    main()
