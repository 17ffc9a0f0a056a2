"""What is set aside because something that is said of it elsewhere could not be understood."""

from dataclasses import replace

from freshline.declare.about import Scope
from freshline.declare.declared import FileDeclared


def without_broken(declared: FileDeclared, scope: Scope) -> FileDeclared:
    """Return what a file declares less what defaults, folders or the environment are wrong about.

    Of that something is said which nobody could read, so nobody knows what it is to be.
    """
    if not scope.overrides and not any(layer.broken for layer in scope.layers):
        return declared
    causes = {key: code for key in declared.places if (code := scope.broken(key))}
    beside = declared.side_car
    if not causes:
        return declared
    return replace(
        declared,
        assets=tuple(asset for asset in declared.assets if asset.key not in causes),
        sources=tuple(source for source in declared.sources if source.key not in causes),
        side_car=None if beside is None or beside.key in causes else beside,
        broken=tuple(dict.fromkeys((*declared.broken, *causes))),
        causes={**declared.causes, **causes},
    )
