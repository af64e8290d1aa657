"""The values of expressions; calls that only compute are known here, all others are the walk's."""

import ast
import re

from install_script import guards
from install_script.tables import FOLDERS, HARMLESS, JOINS, MODEL, RUNNERS, RUNNING_MODULES, SAME
from install_script.values import (
    CORE, HOLE, PACK, UNKNOWN, Lines, Seq, above, added, either, items_of, joined, line_of, path_join, path_of,
    texts_of,
)

class Expressions:
    def __init__(self):
        self.urls = {}
        """Address → the folders or files that it is downloaded to."""

    def optional(self, node, env):
        return UNKNOWN if node is None else self.value(node, env)

    def value(self, node, env):
        evaluate = getattr(self, f"of_{type(node).__name__}", None)
        value = self.of_parts(node, env) if evaluate is None else evaluate(node, env)
        for text in value:
            if isinstance(text, str) and MODEL.match(text):
                self.urls.setdefault(text, [])
        return value

    def of_parts(self, node, env):
        """What is not understood is looked through for calls."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, env)
        return UNKNOWN

    def of_Constant(self, node, _env):
        return [node.value] if isinstance(node.value, str) and HOLE not in node.value else UNKNOWN

    def of_Name(self, node, env):
        if node.id == "__file__":
            return [f"{PACK}/install.py"]
        return env.get(node.id, UNKNOWN)

    def of_JoinedStr(self, node, env):
        return joined([self.value(part, env) for part in node.values])

    def of_FormattedValue(self, node, env):
        return self.value(node.value, env)

    def of_List(self, node, env):
        return [Seq(self.spread(node.elts, env))]

    of_Tuple = of_Set = of_List

    def of_Dict(self, node, env):
        values = [self.value(value, env) for value in node.values]
        return [Seq(values, [self.optional(key, env) for key in node.keys])]

    def of_IfExp(self, node, env):
        self.value(node.test, env)
        body, one = self.way(self.value, node.body, env)
        orelse, other = self.way(self.value, node.orelse, env)
        self.now |= body & orelse
        return either(one, other)

    def of_BoolOp(self, node, env):
        first, *rest = node.values
        return either(self.value(first, env), *(self.way(self.value, value, env)[1] for value in rest))

    def of_Lambda(self, node, env):
        self.way(self.value, node.body, env)
        return UNKNOWN

    def of_NamedExpr(self, node, env):
        value = self.value(node.value, env)
        self.bind(node.target, value, env)
        return value

    def of_BinOp(self, node, env):
        left, right = self.value(node.left, env), self.value(node.right, env)
        if isinstance(node.op, ast.Add):
            return added(left, right)
        if isinstance(node.op, ast.Div):
            return path_join([left, right])
        if isinstance(node.op, ast.Mod):
            parts = right[0].items if isinstance(right[0], Seq) else [right]
            return either(*(filled(text, r"%[sdr]", parts) for text in texts_of(left)))
        return UNKNOWN

    def of_Subscript(self, node, env):
        owner = guards.last_name(node.value)
        key = texts_of(self.value(node.slice, env))
        if owner == "environ":
            return [FOLDERS.get(key[0], HOLE)]
        if owner == "parents" and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            return above(self.value(node.value.value, env), node.slice.value + 1)
        value = self.value(node.value, env)
        if len(value) == 1 and isinstance(value[0], Seq):
            return self.item_of(value[0], node.slice, key)
        return value if isinstance(node.slice, ast.Constant) and is_folder_list(node.value) else UNKNOWN

    def item_of(self, seq, place, key):
        if seq.keys is not None:
            found = [value for name, value in zip(seq.keys, seq.items) if name == key]
            return found[0] if found else either(*seq.items)
        if isinstance(place, ast.Constant) and isinstance(place.value, int) and place.value < len(seq.items):
            return seq.items[place.value]
        return UNKNOWN

    def of_Attribute(self, node, env):
        if node.attr in ("models_dir", "base_path") and guards.last_name(node.value) == "folder_paths":
            return [FOLDERS[node.attr]]
        if node.attr == "parent":
            return above(self.value(node.value, env))
        if node.attr == "name":
            return either([text.split("/")[-1] for text in texts_of(self.value(node.value, env))])
        self.value(node.value, env)
        return UNKNOWN

    def of_ListComp(self, node, env):
        (first, *more), inner = node.generators, dict(env)
        items = items_of(self.value(first.iter, env))
        lines = items is not None and len(items) == 1 and str(items[0][0]).startswith(line_of("")[:1])
        are_guards = all(guards.presence(test, set()) == guards.ABSENT for test in first.ifs)
        if items is None or more or not (lines or are_guards):
            self.bind(first.target, UNKNOWN, inner)
            self.way(self.value, node.elt, inner)
            return UNKNOWN
        results = []
        for item in items:
            self.bind(first.target, item, inner)
            results.append(self.value(node.elt, inner))
        return [Seq(results)]

    of_GeneratorExp = of_SetComp = of_ListComp

    # calls ----------------------------------------------------------------------------------------

    def of_Call(self, node, env):
        name = guards.last_name(node.func)
        args = self.spread(node.args, env)
        kwargs = {word.arg or "": self.value(word.value, env) for word in node.keywords}
        owner = self.value(node.func.value, env) if isinstance(node.func, ast.Attribute) else UNKNOWN
        known = self.known_call(node, name, owner, args, kwargs)
        if known is not None:
            return known
        if name in ("append", "extend") and isinstance(node.func.value, ast.Name) and args:
            more = [Seq([args[0]])] if name == "append" else args[0]
            env[node.func.value.id] = added(owner, more)
        if name == "hf_hub_download" and self.take_hub_file(args, kwargs):
            return UNKNOWN
        if name in self.functions or name not in HARMLESS or is_runner(node.func, self.functions):
            return self.call_of(node, name, args, kwargs, env)
        return UNKNOWN

    def known_call(self, node, name, owner, args, kwargs):
        is_method = isinstance(node.func, ast.Attribute)
        first = args[0] if args else owner
        if is_runner(node.func, self.functions) or (name in self.functions and not is_method):
            return None
        if name in ("get", "getenv") and guards.last_name(getattr(node.func, "value", node.func)) in ("environ", "os"):
            found = FOLDERS.get(texts_of(first)[0])
            return [found] if found else either(UNKNOWN, *args[1:2])
        if name == "get_folder_paths":
            return path_join([[f"{CORE}/models"], first])
        if name in JOINS and is_method:
            return self.join(node, name, owner, args)
        if name == "dirname":
            return above(first)
        if name == "basename":
            return either([re.split(r"[?#]", text)[0].split("/")[-1] for text in texts_of(first)])
        if name == "format" and is_method:
            return either(*(filled(text, r"\{\d*\}", args) for text in texts_of(owner)))
        if name == "open":
            return self.open(owner if is_method and not args else first, args, kwargs)
        if name == "split" and is_method:
            whole = [Lines(one.path) for one in owner if isinstance(one, Lines)]
            if whole:
                return whole
            words = guards.last_name(node.func.value) == "shlex"
            return first if words else [Seq([[word] for word in text.split()]) for text in texts_of(owner)]
        if name == "read_text" and is_method:
            return [Lines(path) for path in texts_of(owner)]
        if name in ("items", "enumerate"):
            return self.pairs(name, owner, first)
        if name in ("values", "keys") and len(owner) == 1 and isinstance(owner[0], Seq):
            return [Seq(owner[0].items if name == "values" else owner[0].keys or [])]
        if name in SAME and not (is_method and args and name in ("copy", "read")):
            return owner if is_method and not (args and is_module(node.func.value)) else first
        return None

    def join(self, node, name, owner, args):
        if name == "joinpath":
            return path_join([owner, *args])
        if guards.last_name(node.func.value) in ("path", "posixpath", "osp", "ntpath"):
            return path_join(args)
        items = items_of(args[0]) if args else None
        return UNKNOWN if items is None else either(*(joined(items, text) for text in texts_of(owner)))

    def open(self, path, args, kwargs):
        mode = texts_of(kwargs.get("mode", args[1] if len(args) > 1 else ["r"]))
        if any(re.search(r"[wax+\0]", text) for text in mode):
            self.is_complete = False
            return UNKNOWN
        return either([Lines(path_of(text if text.startswith(PACK) else f"{PACK}/{text}")) for text in texts_of(path)])

    def pairs(self, name, owner, first):
        if name == "enumerate":
            items = items_of(first)
            return UNKNOWN if items is None else [Seq([[Seq([UNKNOWN, item])] for item in items])]
        if len(owner) != 1 or not isinstance(owner[0], Seq) or owner[0].keys is None:
            return UNKNOWN
        return [Seq([[Seq([key, value])] for key, value in zip(owner[0].keys, owner[0].items)])]

    def spread(self, nodes, env):
        values = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values.extend(items_of(self.value(node.value, env)) or [UNKNOWN])
            else:
                values.append(self.value(node, env))
        return values

    # models ---------------------------------------------------------------------------------------

    def take_models(self, values):
        """
        A call that gets an address and one path of the core or of the pack downloads to there.
        Returns whether it got an address.
        """
        texts = [texts_of(value) for value in values]
        urls = [text[0] for text in texts if len(text) == 1 and MODEL.match(text[0])]
        places = [text[0] for text in texts if len(text) == 1 and text[0].startswith((CORE, PACK))]
        for url in urls:
            self.urls.setdefault(url, [])
            for place in places[:1]:
                if HOLE not in place and place not in self.urls[url]:
                    self.urls[url].append(place)
        return len(urls) > 0

    def take_hub_file(self, args, kwargs):
        words = enumerate(("repo_id", "filename"))
        repo, file = (kwargs.get(word, args[at] if len(args) > at else UNKNOWN) for at, word in words)
        if "repo_type" in kwargs:
            return False
        parts = [["https://huggingface.co"], repo, ["resolve"], kwargs.get("revision", ["main"]), file]
        url = joined(parts, "/")
        return self.take_models([url, kwargs.get("local_dir", UNKNOWN)])

    # names ----------------------------------------------------------------------------------------

    def assignment(self, node, env):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            value = self.optional(node.value, env)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.bind(target, value, env)
        elif isinstance(node, ast.AugAssign):
            value = self.value(node.value, env)
            old = self.value(node.target, env) if isinstance(node.target, ast.Name) else UNKNOWN
            self.bind(node.target, added(old, value) if isinstance(node.op, ast.Add) else UNKNOWN, env)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                is_folder = isinstance(node, ast.ImportFrom) and node.module == "folder_paths"
                env[alias.asname or alias.name] = [FOLDERS.get(alias.name, HOLE)] if is_folder else UNKNOWN
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.of_parts(node, env)

    def bind(self, target, value, env):
        if isinstance(target, ast.Name):
            env[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = value[0].items if len(value) == 1 and isinstance(value[0], Seq) else []
            fits = len(items) == len(target.elts)
            for at, element in enumerate(target.elts):
                self.bind(element, items[at] if fits else UNKNOWN, env)


def filled(template, hole, values):
    """A template with its places filled in their order; what is left over is unknown."""
    parts, left = [], list(values)
    for at, text in enumerate(re.split(hole, template)):
        parts.extend([left.pop(0) if left else UNKNOWN] if at > 0 else [])
        parts.append([re.sub(r"\{\w+\}", HOLE, text) if "{" in hole else text])
    return joined(parts)


def is_runner(function, functions):
    """Whether a call runs a command, even where the script has a function of the same name."""
    name = guards.last_name(function)
    if isinstance(function, ast.Attribute):
        return name in RUNNERS and (guards.last_name(function.value) in RUNNING_MODULES or name not in functions)
    return name in RUNNERS and name not in functions


def is_folder_list(node):
    return isinstance(node, ast.Call) and guards.last_name(node.func) == "get_folder_paths"


def is_module(node):
    return isinstance(node, ast.Name) and node.id in ("os", "path", "shlex", "copy") or (
        isinstance(node, ast.Attribute) and node.attr in ("path",)
    )
