"""Starts a worker: `python PATH/freshline/worker/__main__.py FD [SETTINGS]`.

Before anything of anybody is loaded, this takes its own folder from the search path, limits its
process, and puts a bare package `freshline` in place that hands out the SDK.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the supervisor at the descriptor of the first argument until it hangs up."""
    worker = os.path.dirname(os.path.abspath(__file__))
    # Python put this folder first: user code's `import loading` would find our module.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != worker]
    descriptor = int(sys.argv[1])
    settings = sys.argv[2] if len(sys.argv) > 2 else ""
    sys.argv[:] = ["freshline"]
    install(os.path.dirname(worker))

    from freshline.worker.process import prepare
    from freshline.worker.serving import serve

    serve(prepare(descriptor, settings))


def install(folder: str) -> None:
    """Make `freshline` a bare package at `folder` whose names are those of the SDK.

    The real package needs what a location's interpreter may lack, so its `__init__` is not run.
    """
    package = type(sys)("freshline", "What user code has of Freshline: its SDK.")
    package.__path__ = [folder]

    def hand_out(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        import freshline.sdk as sdk  # `from freshline` would ask here again

        if name == "open":
            return not_here
        if name not in sdk.__all__:
            known = ", ".join(sdk.__all__)
            raise AttributeError(f"freshline has no {name!r} for assets; it has: {known}")
        return getattr(sdk, name)

    def not_here(*_: object, **__: object) -> object:
        raise RuntimeError(
            "freshline.open is for notebooks and scripts: an asset gets what it reads as parameters"
        )

    package.__dict__["__getattr__"] = hand_out
    sys.modules["freshline"] = package


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A process that user code starts by multiprocessing reads this file to be like its parent.
    install(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
