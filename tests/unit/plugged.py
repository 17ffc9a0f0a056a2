"""A project whose tests pytest runs in a process of its own, with the plug-in."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder with the plug-in, whether it is installed or not."""
    plugins = ("-p", "no:freshline", "-p", "freshline.testing.pytest_plugin")
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins, *words)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
