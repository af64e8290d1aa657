"""Follow an install script as it would run, without running it.

Certain is what is installed whichever way the script's conditions go, by literal arguments. Also taken
as given: what stands behind the usual guard ("it is not installed", an import that failed), and that
no step fails. Two ways of a condition that install different things (CUDA, platform, version of
Python) leave only what both have. What a condition turns off, a loop over something unknown, and
everything computed are never certain.
"""

import ast
import os
import re

from install_script import guards
from install_script.commands import command_lines, installs, is_certain, is_certain_file
from install_script.expressions import Expressions, is_runner
from install_script.functions import is_import_test, reaching
from install_script.values import PACK, UNKNOWN, Seq, either, items_of, texts_of

HARMLESS_COMMANDS = re.compile(r"\bpip\d?(\.exe)?['\"]? (list|show|freeze|check|--version)\b")
EXITS = {"exit", "quit", "_exit"}
MAX_STEPS = 20_000
MAX_DEPTH = 12


class TooLong(Exception):
    """The script does more than anybody wants to follow."""


class Walk(Expressions):
    def __init__(self, tree, folder):
        super().__init__()
        self.folder = folder
        self.now = set()
        """What the way that is followed installs for certain: ('requirement' | 'file', text)."""
        self.seen = set()
        self.is_complete = True
        self.steps = 0
        self.stack = []
        self.returned = []
        nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.functions = {node.name: node for node in nodes}
        self.runners = reaching(self.functions, lambda call: is_runner(call.func, self.functions))
        lookups = reaching(self.functions, lambda call: guards.last_name(call.func) in guards.LOOKUPS)
        self.lookups = {name for name in lookups if name not in self.runners}
        self.lookups |= {name for name, node in self.functions.items() if is_import_test(node, self.runners)}

    # ways -----------------------------------------------------------------------------------------

    def way(self, work, *args):
        """Follow one way on its own. Returns what it installs and how it ends."""
        outer, self.now = self.now, set()
        try:
            end = work(*args)
            return self.now, end
        finally:
            self.now = outer

    def block(self, statements, env):
        """Returns how it ends: None (it goes on), 'left' or 'failed'."""
        for at, statement in enumerate(statements):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise TooLong
            if isinstance(statement, ast.If):
                end, is_over = self.branch(statement, statements[at + 1 :], env)
                if is_over:
                    return end
                continue
            end = self.statement(statement, env)
            if end == "perhaps":
                return self.way(self.block, statements[at + 1 :], env)[1]
            if end is not None:
                return end
        return None

    def branch(self, node, rest, env):
        """An `if`; where one side leaves, what follows belongs to the other side."""
        self.value(node.test, env)
        fact = self.fact(node.test, env)
        if fact is not None:
            end = self.block(node.body if fact else node.orelse, env)
            return end, end is not None
        body_env, else_env = dict(env), dict(env)
        body, body_end = self.way(self.block, node.body, body_env)
        other, other_end = self.way(self.block, node.orelse, else_env)
        is_over = (body_end is None) != (other_end is None)
        if is_over and body_end is None:
            more, body_end = self.way(self.block, rest, body_env)
            body |= more
        elif is_over:
            more, other_end = self.way(self.block, rest, else_env)
            other |= more
        self.now |= self.certain_of(node.test, (body, body_end), (other, other_end))
        merge(env, [one for one, end in ((body_env, body_end), (else_env, other_end)) if end is None])
        both_end = body_end is not None and other_end is not None
        end = ("failed" if body_end == other_end == "failed" else "left") if both_end else None
        return end, is_over or both_end

    def certain_of(self, test, body_way, other_way):
        (body, body_end), (other, other_end) = body_way, other_way
        sign = guards.presence(test, self.lookups)
        if sign == guards.ABSENT and other <= body:
            return body
        if sign == guards.PRESENT and body <= other:
            return other
        if body_end == "failed" or other_end == "failed":
            return other if body_end == "failed" else body
        return body & other

    def fact(self, test, env):
        """A condition whose answer is known: run as a script, and files of the pack itself."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            answer = self.fact(test.operand, env)
            return None if answer is None else not answer
        if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
            return isinstance(test.ops[0], ast.Eq)
        if isinstance(test, ast.Call) and guards.last_name(test.func) in ("exists", "isfile", "is_file"):
            owner = test.args[0] if test.args else getattr(test.func, "value", test)
            paths = texts_of(self.value(owner, env))
            if len(paths) == 1 and is_certain_file(paths[0]):
                return os.path.exists(paths[0].replace(PACK, self.folder, 1))
        return None

    # statements -----------------------------------------------------------------------------------

    def statement(self, node, env):
        if isinstance(node, ast.Expr):
            self.value(node.value, env)
            return self.exit_of(node.value)
        if isinstance(node, ast.Return):
            self.returned[-1:] = [either(self.returned[-1], self.optional(node.value, env))] if self.returned else []
            return "left"
        if isinstance(node, (ast.Continue, ast.Break)):
            return "left"
        if isinstance(node, ast.Raise):
            return "failed"
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                bound = self.value(item.context_expr, env)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, bound, env)
            return self.block(node.body, env)
        if isinstance(node, ast.Try):
            return self.attempt(node, env)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            return self.loop(node, env)
        if isinstance(node, ast.While):
            self.value(node.test, env)
            found, _ = self.way(self.block, node.body, env)
            if isinstance(node.test, ast.Constant) and node.test.value:
                self.now |= found
            return None
        if isinstance(node, ast.Match):
            self.value(node.subject, env)
            for case in node.cases:
                case_env = dict(env)
                self.way(self.block, case.body, case_env)
                merge(env, [env, case_env])
            return None
        self.assignment(node, env)
        return None

    def exit_of(self, node):
        if not (isinstance(node, ast.Call) and guards.last_name(node.func) in EXITS):
            return None
        code = node.args[0] if node.args else ast.Constant(None)
        return "left" if isinstance(code, ast.Constant) and code.value in (None, 0) else "failed"

    def attempt(self, node, env):
        before = dict(env)
        body, body_end = self.way(self.block, node.body, env)
        handled = []
        for handler in node.handlers:
            handler_env = {**before, **env}
            found, end = self.way(self.block, handler.body, handler_env)
            handled.append((found, end, guards.catches_import(handler)))
            if end is None:
                merge(env, [env, handler_env])
        otherwise, _ = self.way(self.block, node.orelse, env)
        ways = [found for found, end, _ in handled if found]
        is_guard = not body and guards.tries_import(node.body)
        if is_guard:
            for found, _, is_import in handled:
                self.now |= found if is_import else set()
        else:
            self.now |= (body if guards.tries_import(node.body) else body | otherwise).intersection(*ways)
        end = self.block(node.finalbody, env)
        if end is None and body_end is not None and not is_guard:
            return body_end if all(way_end is not None for _, way_end, _ in handled) else "perhaps"
        return end

    def loop(self, node, env):
        items = items_of(self.value(node.iter, env))
        is_range = isinstance(node.iter, ast.Call) and guards.last_name(node.iter.func) == "range"
        if items is None:
            self.bind(node.target, UNKNOWN, env)
            found, _ = self.way(self.block, node.body, env)
            self.now |= found if is_range else set()
        rounds = []
        for item in items or []:
            self.bind(node.target, item, env)
            rounds.append(self.way(self.block, node.body, env)[0])
        if any(isinstance(inner, (ast.Break, ast.Return)) for inner in ast.walk(node)):
            self.now |= set.intersection(*rounds) if rounds else set()  # it may stop after any round
        else:
            self.now |= set().union(*rounds)
        return self.block(node.orelse, env)

    # calls ----------------------------------------------------------------------------------------

    def call_of(self, node, name, args, kwargs, env):
        values = [*args, *kwargs.values()]
        is_download = self.take_models(values)
        if is_runner(node.func, self.functions):
            return self.run(name, args, kwargs)
        if name in self.functions:
            return self.inline(name, args, kwargs, node, env)
        if any(installs_something(value) for value in values):
            self.way(self.run, name, [value for value in values if installs_something(value)][:1], kwargs)
        self.is_complete = self.is_complete and is_download
        return UNKNOWN

    def inline(self, name, args, kwargs, node, env):
        function = self.functions[name]
        if name in self.runners and any(installs_something(value) for value in args):
            for value in args:
                self.run(name, [value], {})
            return UNKNOWN
        if name in self.stack or len(self.stack) >= MAX_DEPTH:
            return UNKNOWN
        self.stack.append(name)
        self.returned.append([])
        try:
            end = self.block(function.body, {**env, **self.bound(function, args, kwargs, node)})
            return either(self.returned[-1], UNKNOWN if end is None else [])
        finally:
            self.stack.pop()
            self.returned.pop()

    def bound(self, function, args, kwargs, node):
        spec = function.args
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        if names[:1] in (["self"], ["cls"]) and isinstance(node.func, ast.Attribute):
            names = names[1:]
        env = {arg.arg: UNKNOWN for arg in spec.kwonlyargs}
        defaults = spec.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults):
            env[name] = self.value(default, env)
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults):
            env[arg.arg] = self.optional(default, env)
        env.update(dict.fromkeys((name for name in names if name not in env), UNKNOWN))
        env.update(zip(names, args))
        env.update({name: value for name, value in kwargs.items() if name})
        if spec.vararg is not None:
            env[spec.vararg.arg] = [Seq(args[len(names) :])]
        if spec.kwarg is not None:
            env[spec.kwarg.arg] = UNKNOWN
        return env

    def run(self, name, args, kwargs):
        command = args[0] if args else kwargs.get("args", UNKNOWN)
        if name in ("main", "pipmain"):
            command = [Seq([["pip"], *choice.items]) for choice in command if isinstance(choice, Seq)]
        elif name == "create_subprocess_exec":
            command = [Seq(args)]
        forms = installs(command, kwargs.get("cwd", [PACK]))
        self.take(forms)
        if not any(forms) or None in forms:
            lines = [" ".join(words) for words in command_lines(command)]
            if not lines or not all(HARMLESS_COMMANDS.search(line) or " pip install " in line for line in lines):
                self.is_complete = False
        return UNKNOWN

    def take(self, forms):
        """Certain is what every form of the command has."""
        certain = []
        for install in filter(None, forms):
            found = {("requirement", text) for text in install.requirements}
            found |= {("file", path) for path in install.files}
            self.seen |= found
            certain.append({one for one in found if install.is_plain and is_certain(*one)})
            self.is_complete = self.is_complete and (len(found) > 0 or install.is_tool)
        if certain:
            self.now |= set.intersection(*certain) if None not in forms else set().union(*certain)


def installs_something(value):
    return any(install is not None for install in installs(value, [PACK]))


def merge(env, ways):
    """What names stand for after several ways that end in the same place."""
    if not ways:
        return
    names = dict.fromkeys(name for way in ways for name in way)
    merged = {name: either(*(way[name] for way in ways if name in way)) for name in names}
    env.clear()
    env.update(merged)
