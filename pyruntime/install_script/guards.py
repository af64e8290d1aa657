"""Conditions of which one side is the usual way: "if it is not installed, install it"."""

import ast
import re

ABSENT, PRESENT = "absent", "present"
OTHER_SIGN = {ABSENT: PRESENT, PRESENT: ABSENT, None: None}
SAYS_PRESENT = re.compile(
    r"(?<!not_)(?<!un)(?<!to_be_)installed|find_spec|(package|module|requirements?)_(exists|available|satisfied)"
    r"|(has|can_import|is)_(package|module|import|importable)$|^can_import",
    re.IGNORECASE,
)
SAYS_ABSENT = re.compile(r"not_?installed|uninstalled|missing|to_(be_)?install(ed)?$|needs?_install", re.IGNORECASE)
LOOKUPS = {
    "find_spec", "import_module", "__import__", "get_distribution", "distribution", "version", "require",
    "get_installed_version",
}
IMPORT_FAILURES = {
    None, "ImportError", "ModuleNotFoundError", "Exception", "BaseException", "PackageNotFoundError",
    "DistributionNotFound", "AttributeError", "ValueError", "OSError", "RuntimeError", "VersionConflict",
}


OTHER_MATTERS = re.compile(r"cuda|gpu|nvidia|rocm|mps|xpu|msvc|compiler|git|ffmpeg|node|model", re.IGNORECASE)


def presence(test, lookups):
    """What a condition that holds says of the packages: ABSENT, PRESENT; None: it is about something else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return OTHER_SIGN[presence(test.operand, lookups)]
    if isinstance(test, ast.BoolOp):
        signs = {presence(value, lookups) for value in test.values}
        return signs.pop() if len(signs) == 1 else None
    if isinstance(test, ast.NamedExpr):
        return presence(test.value, lookups)
    if isinstance(test, ast.Compare):
        return compared(test, lookups)
    name = last_name(test.func if isinstance(test, ast.Call) else test) or ""
    if OTHER_MATTERS.search(name):
        return None
    if isinstance(test, ast.Call) and name in lookups:
        return PRESENT
    if SAYS_ABSENT.search(name):
        return ABSENT
    return PRESENT if SAYS_PRESENT.search(name) else None


def compared(test, lookups):
    if len(test.ops) != 1:
        return None
    (op,), (right,) = test.ops, test.comparators
    if isinstance(op, (ast.In, ast.NotIn)):
        name = last_name(right.func if isinstance(right, ast.Call) else right) or ""
        sign = PRESENT if SAYS_PRESENT.search(name) or name == "modules" else None
        return sign if isinstance(op, ast.In) else OTHER_SIGN[sign]
    value = right.value if isinstance(right, ast.Constant) else right
    if value is not None and not isinstance(value, bool):
        return None
    sign = presence(test.left, lookups)
    is_same = isinstance(op, (ast.Is, ast.Eq))
    if not is_same and not isinstance(op, (ast.IsNot, ast.NotEq)):
        return None
    return sign if (value is True) == is_same else OTHER_SIGN[sign]


def tries_import(body):
    """Whether a `try` is about a package being there."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    return any(
        isinstance(node, (ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Call) and last_name(node.func) in LOOKUPS)
        for node in nodes
    )


def catches_import(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any((None if kind is None else last_name(kind)) in IMPORT_FAILURES for kind in kinds)


def last_name(node):
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
