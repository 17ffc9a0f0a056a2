"""Writing the reference anew: `python -m docs.generate`, from the root of the repository."""

from docs.generate.reference import write

if __name__ == "__main__":
    write()
