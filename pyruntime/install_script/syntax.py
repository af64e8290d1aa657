"""What the syntax of an install script says, whatever its values are."""

import ast
import re

INSTALLED = re.compile(r"(is_)?((package|module|pip)_)?installed(_(packages|modules))?|find_spec")
EXITS = {"exit", "quit", "sys.exit", "os._exit"}
CHANGES = {"append", "extend", "insert", "remove", "pop", "clear"}
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
NOBODY_KNOWS = ast.Constant(None)


def dotted(node):
    """`a.b.c` of names and attributes; "" stands for whatever else has the attribute."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def children(node):
    """The parts of a node, each with the field that it is in."""
    for field, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        yield from ((part, field) for part in parts if isinstance(part, ast.AST))


def guard(test):
    """What a condition says of a package, 'missing' or 'installed'; None: it is about something else."""
    says = "installed"
    match test:
        case ast.Compare(left=node, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            pass
        case ast.Compare(left=node, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            says = "missing"
        case ast.Compare(ops=[ast.NotIn()], comparators=[node]) | ast.UnaryOp(op=ast.Not(), operand=node):
            says = "missing"
        case ast.Compare(ops=[ast.In()], comparators=[node]) | node:
            pass
    name = dotted(node.func if isinstance(node, ast.Call) else node)
    return says if INSTALLED.fullmatch(name.split(".")[-1]) else None


def imports(node):
    return any(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in node.body)


def is_import_guard(node):
    """Whether a `try` is there for an import that fails, and for nothing else."""
    kinds = [dotted(handler.type) for handler in node.handlers]
    return imports(node) and kinds in (["ImportError"], ["ModuleNotFoundError"])


def flow(nodes):
    """All that is below some nodes, but for what functions and classes hold."""
    for node in nodes:
        yield node
        if not isinstance(node, SCOPES):
            yield from flow(ast.iter_child_nodes(node))


def after_exits(nodes):
    """Statements that may not be reached although their block is, and no step fails."""
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    exits = EXITS | {function.name for function in functions if calls_any(function.body, EXITS)}
    for node in nodes:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            for at, statement in enumerate(block if isinstance(block, list) else []):
                if may_leave(statement, exits):
                    yield from block[at + 1 :]
                    break


def may_leave(statement, exits):
    if isinstance(statement, ast.If) and guard(statement.test) == "installed" and not statement.orelse:
        return False
    leaves = (isinstance(node, (ast.Return, ast.Break, ast.Continue)) for node in flow([statement]))
    return any(leaves) or calls_any([statement], exits)


def calls_any(nodes, names):
    return any(isinstance(node, ast.Call) and dotted(node.func) in names for node in flow(nodes))


def bindings(places):
    """(node, name, expression that it is bound to there); None instead: it is a loop variable."""
    for node, (parent, _) in places.items():
        match node, parent:
            case ast.ImportFrom(module=module, names=aliases), _:
                for alias in aliases:
                    yield node, alias.asname or alias.name, ast.Attribute(ast.Name(module), alias.name)
            case ast.Global(names=names) | ast.Nonlocal(names=names), _:
                yield from ((node, name, NOBODY_KNOWS) for name in names)
            case ast.Name(id=name, ctx=ast.Store()), ast.Assign(value=value):
                yield node, name, value
            case ast.Name(id=name, ctx=ast.Store()), ast.withitem(context_expr=value):
                yield node, name, value
            case ast.Name(id=name, ctx=ast.Store()), ast.For():
                yield node, name, None
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()), _:
                yield node, name, NOBODY_KNOWS
            case ast.Name(id=name), ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield node, name, NOBODY_KNOWS
            case ast.Name(id=name), ast.Attribute(attr=attr) if attr in CHANGES:
                yield node, name, NOBODY_KNOWS
