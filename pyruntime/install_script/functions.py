"""What the functions of an install script are for."""

import ast

from install_script import guards


def reaching(functions, is_target):
    """Names of functions that, through each other, call a target."""
    calls = {
        name: [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        for name, node in functions.items()
    }
    names = {name: {guards.last_name(call.func) for call in made} for name, made in calls.items()}
    found = {name for name, made in calls.items() if any(is_target(call) for call in made)}
    while True:
        more = {name for name, called in names.items() if called & found} - found
        if not more:
            return found
        found |= more


def is_import_test(node, runners):
    """A function that only tries an import."""
    return node.name not in runners and any(
        isinstance(inner, ast.Try) and guards.tries_import(inner.body) for inner in ast.walk(node)
    )
