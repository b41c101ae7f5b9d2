"""Names of init functions as `ast` has them: enough to say that torch has all of them, and none is an old one."""

from __future__ import annotations

import ast
from functools import cache, partial

from initlint.facts.api.torch_init import DEPRECATED, INIT_MODULE, INITIALIZERS, OTHER_NAMES
from initlint.facts.premises.init_calls import MODULES, init_modules
from initlint.facts.premises.tree import Tree, last_name, root_name


def may_be_unknown(tree: Tree) -> bool:
    """Whether a file may ask a module of init functions for what it does not have."""
    may_be_of_torch = cache(partial(_may_be_of_torch, tree))
    for name in init_modules(tree):
        for node in (*tree.names.get(name, ()), *tree.attributes.get(name, ())):
            if not may_be_of_torch(root_name(node)):
                continue
            around = tree.parents[node]
            of_torch = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if of_torch and "torch" in tree.meanings(node.value.id):
                return True
            if isinstance(around, ast.Attribute) and not _is_known(around.attr):
                return True
    imported = ((target, *target.rpartition(".")[::2]) for _, target in tree.imported)
    return any(
        "torch.init" in (target, module) or (module == INIT_MODULE and not _is_known(name))
        for target, module, name in imported
    )


def _is_known(name: str) -> bool:
    return name.startswith("_") or name in INITIALIZERS or name in DEPRECATED or name in OTHER_NAMES


def _may_be_of_torch(tree: Tree, name: str) -> bool:
    """Whether a name may stand for torch or something in it: by an import, an assignment or a star import."""
    if name in tree.values:
        return True
    roots = ((bound, target.partition(".")[0]) for bound, target in tree.imported)
    return any(root == "torch" if bound == name else bound == "*" and root in ("torch", "") for bound, root in roots)


def may_be_deprecated(tree: Tree) -> bool:
    """Whether a file may use a deprecated name of an init function."""
    modules = init_modules(tree)
    used = (node for name in DEPRECATED for node in tree.attributes.get(name, ()))
    targets = (target.rpartition(".") for _, target in tree.imported)
    imported = {name for module, _, name in targets if module.rpartition(".")[2] in MODULES}
    named = tree.names if "*" in imported else imported
    return any(last_name(node.value) in modules for node in used) or any(name in named for name in DEPRECATED)
