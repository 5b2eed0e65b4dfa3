"""Whether modules come after what they take as existing. Azure deploys what does not depend on each other at once."""

from __future__ import annotations

from tests.unit.infra.evaluate import Deployment
from tests.unit.infra.semantics import Files, names_in
from tests.unit.infra.tree import BicepFile


def problems(deployment: Deployment, files: Files) -> list[str]:
    """Each resource that a module takes as existing, though it does not wait for the module that makes it."""
    makers = {resource.id: resource.modules for resource in deployment.made()}
    found = []
    for resource in deployment.resources:
        maker = makers.get(resource.id)
        if not resource.existing or maker is None:
            continue
        for (file, user), (_, made_by) in zip(resource.modules, maker, strict=False):
            if user != made_by:
                if made_by not in waited_for(files[file], user):
                    found.append(f"{file}: {user} takes {resource.id} as existing, but does not wait for {made_by}")
                break
    return found


def waited_for(file: BicepFile, name: str) -> set[str]:
    """All that a declaration mentions, and what that mentions."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        declaration = file.named(waiting.pop())
        if declaration is not None and declaration.value is not None:
            fresh = set(names_in(declaration.value)) - found
            found |= fresh
            waiting += fresh
    return found
