"""What an install script installs and downloads, as far as its text tells.

Certain is what is installed by literal arguments where every machine gets to, given that no step fails:
- not below a condition, nor after a `return`, `break` or `exit` that stands below one;
- but behind the usual guards, when their other side installs nothing: `if not is_installed(x)`,
  `find_spec(x) is None`, `x not in installed`, and the `except ImportError` of a `try` that imports;
- in a function of the script as often as it is called, in a loop once for each item of a written list;
- by names that stand for one thing only, wherever they are bound.
Whatever is not followed is not certain, and leaves the script incomplete.
"""

import ast
import builtins
import re
from collections import Counter, defaultdict

from install_script import syntax
from install_script.commands import installs
from install_script.syntax import dotted
from install_script.values import (
    CORE, HOLE, LINE, PACK, UNKNOWN, above, add, base_name, concat, each, either, folder_of, join_paths,
    join_texts, lines_of, only, text_of,
)  # fmt: skip

MODEL_FILE = r"\.(safetensors|sft|ckpt|pth|pt|bin|onnx|gguf|pkl|torchscript|tflite|task)"
MODEL = re.compile(rf"https?://[^\s\0-\3]+{MODEL_FILE}(\?[^\s\0-\3]*)?", re.IGNORECASE)
RUNNER = re.compile(r"((subprocess|sp)\.)?(run|call|check_call|check_output|Popen)|(os\.)?system|pip\.main")
HARMLESS = re.compile(
    r"os\.(path\.\w+|getenv|environ\.get|makedirs)|(sys|logging|platform|importlib)\.[\w.]+|(pathlib\.)?Path"
)
HARMLESS_BUILTINS = set(dir(builtins)) - {"open", "exec", "eval", "compile", "__import__", "input"}
SAME = re.compile(r"os\.path\.(abspath|realpath|normpath)|(pathlib\.)?Path|str|list")
SAME_METHODS = {"strip", "rstrip", "resolve", "absolute", "as_posix", "read", "readlines", "splitlines"}
MAKERS = {
    "os.path.dirname": above, "os.path.basename": base_name, "open": lines_of,
    "os.getenv": folder_of, "os.environ.get": folder_of,
}  # fmt: skip
TRANSPARENT = (
    ast.Module, ast.FunctionDef, ast.For, ast.With, ast.withitem, ast.If, ast.Try, ast.ExceptHandler,
    ast.Expr, ast.Assign, ast.Return, ast.Call, ast.keyword, ast.Attribute,
)  # fmt: skip
MAX_WORK = 300_000


class TooLong(Exception):
    """The script does more than anybody wants to follow."""


class Script:
    def __init__(self, tree):
        nodes = list(ast.walk(tree))
        self.places = {child: (node, field) for node in nodes for child, field in syntax.children(node)}
        self.doubtful = set(syntax.after_exits(nodes))
        self.functions = self.plain_functions(nodes)
        self.bound = defaultdict(list)
        for node, name, expression in syntax.bindings(self.places):
            self.bound[self.scope_of(node), name].append(expression)
            if expression is syntax.NOBODY_KNOWS:
                self.bound[None, name].append(expression)
        self.calls = defaultdict(list)
        for call in nodes:
            if isinstance(call, ast.Call):
                self.calls[dotted(call.func)].append(call)
        self.ways_to = {}
        """Node, field → each way there: values of parameters and loop variables, whether it is certain."""
        self.evaluating, self.work = set(), 0
        self.found, self.certain = set(), set()
        """('requirements' | 'files', text)"""
        self.urls = defaultdict(set)
        """Address of a model → the folders or files that it is downloaded to."""
        self.is_complete = True
        for name, calls in list(self.calls.items()):
            for call in calls:
                for names, is_certain in self.ways(call):
                    self.follow(call, name, names, is_certain)

    def plain_functions(self, nodes):
        """Functions by name: not those within others or in classes, decorated, or defined twice."""
        count = Counter(node.name for node in nodes if isinstance(node, syntax.SCOPES))
        plain = [node for node in nodes if isinstance(node, ast.FunctionDef) and not node.decorator_list]
        outer = [node for node in plain if self.scope_of(self.places[node][0]) is None]
        return {node.name: node for node in outer if count[node.name] == 1}

    def scope_of(self, node):
        while node is not None and not isinstance(node, syntax.SCOPES):
            node, _ = self.places.get(node, (None, None))
        return node

    # ways -----------------------------------------------------------------------------------------

    def ways(self, node):
        place = self.places[node]
        if place not in self.ways_to:
            self.ways_to[place] = []  # a function that calls itself is entered once
            self.ways_to[place] = list(self.ways_into(*place))
        is_sure = node not in self.doubtful
        return [(names, is_certain and is_sure) for names, is_certain in self.ways_to[place]]

    def ways_into(self, node, field):
        is_reached = self.is_reached(node, field)
        for names, is_certain in self.ways_to_whole(node, field):
            self.spend(1)
            yield names, is_certain and is_reached

    def ways_to_whole(self, node, field):
        if isinstance(node, ast.Module):
            yield {}, True
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for call in self.calls[node.name] if self.functions.get(node.name) is node else []:
                for names, is_certain in self.ways(call):
                    yield self.parameters(node.args, call, names), is_certain
        elif isinstance(node, ast.For) and field == "body":
            for names, is_certain in self.ways(node):
                choices = self.value(node.iter, names)
                for choice in choices:
                    is_list = isinstance(choice, tuple)
                    is_known = is_list or choice.startswith(LINE)
                    for item in choice if is_list else [choice if is_known else HOLE]:
                        is_one = is_known and len(choices) == 1
                        yield {**names, dotted(node.target): [item]}, is_certain and is_one
        else:
            yield from self.ways(node)

    def parameters(self, spec, call, names):
        inner = {arg.arg: UNKNOWN for arg in ast.walk(spec) if isinstance(arg, ast.arg)}
        is_spread = any(isinstance(arg, ast.Starred) for arg in call.args)
        if not is_spread and all(word.arg for word in call.keywords):
            plain = [arg.arg for arg in spec.posonlyargs + spec.args]
            inner.update(zip(plain, self.values(call.args, names)))
            inner.update((word.arg, self.value(word.value, names)) for word in call.keywords)
            if spec.vararg is not None:
                inner[spec.vararg.arg] = self.listed(call.args[len(plain) :], names)
        return inner

    def is_reached(self, node, field):
        """Whether a part of something is reached whenever the whole is."""
        match node:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()])):
                return field == "body"
            case ast.If(test=test, body=body, orelse=other) if field != "test":
                says, side = ("missing", other) if field == "body" else ("installed", body)
                return syntax.guard(test) == says and not self.may_install(side)
            case ast.Try(body=body) if field == "handlers":
                return syntax.is_import_guard(node) and not self.may_install(body)
            case ast.Try(handlers=handlers) if field != "finalbody":
                return not syntax.imports(node) and not self.may_install(handlers)
        return isinstance(node, TRANSPARENT)

    def may_install(self, nodes):
        names = [dotted(node.func) for node in syntax.flow(nodes) if isinstance(node, ast.Call)]
        return any(RUNNER.fullmatch(name) or name in self.functions for name in names)

    # values ---------------------------------------------------------------------------------------

    def spend(self, work):
        self.work += work
        if self.work > MAX_WORK:
            raise TooLong

    def values(self, nodes, names):
        return [self.value(node, names) for node in nodes]

    def value(self, node, names):
        value = self.evaluate(node, names)
        self.spend(1 + sum(len(choice) for choice in value))
        return value

    def evaluate(self, node, names):
        match node:
            case ast.Constant(value=str(text)) if not re.search("[\0-\3]", text):
                return [text]
            case ast.Name(id="__file__"):
                return [f"{PACK}/install.py"]
            case ast.Name(id=name):
                return self.named(name, self.scope_of(node), names)
            case ast.FormattedValue(value=inner):
                return self.value(inner, names)
            case ast.JoinedStr(values=parts):
                return each(join_texts, *self.values(parts, names))
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return self.listed(parts, names)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return each(add, *self.values([left, right], names))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return each(join_paths, *self.values([left, right], names))
            case ast.IfExp(body=body, orelse=other):
                return either(*self.values([body, other], names))
            case ast.Attribute(value=ast.Name(id="folder_paths"), attr=name):
                return [folder_of(name)]
            case ast.Attribute(value=owner, attr="parent"):
                return each(above, self.value(owner, names))
            case ast.Subscript(value=ast.Attribute(value=owner, attr="parents"), slice=ast.Constant(value=2)):
                return each(lambda path: above(above(above(path))), self.value(owner, names))
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=name):
                return each(folder_of, self.value(name, names))
            case ast.Call(func=func, args=args) if dotted(func) == "os.path.join":
                return each(join_paths, *self.values(args, names))
            case ast.Call(func=func, args=[first, *_]) if dotted(func) in MAKERS:
                return each(MAKERS[dotted(func)], self.value(first, names))
            case ast.Call(func=func, args=[first]) if SAME.fullmatch(dotted(func)):
                return self.value(first, names)
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in SAME_METHODS:
                return self.value(owner, names)
        return UNKNOWN

    def listed(self, nodes, names):
        """A list; of lists in it nothing is known."""
        items = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                items.append(self.value(node.value, names))
            else:
                items.append(each(text_of, self.value(node, names)))
        return each(concat, *items)

    def named(self, name, scope, names):
        """What the bindings of a name make it, in the whole function or script."""
        if name not in names and (scope, name) not in self.bound:
            scope, names = None, {}
        expressions = [one for one in self.bound.get((scope, name), []) if one and one not in self.evaluating]
        self.evaluating.update(expressions)
        value = either(names.get(name, []), *self.values(expressions, names))
        self.evaluating.difference_update(expressions)
        return value

    # calls ----------------------------------------------------------------------------------------

    def follow(self, call, name, names, is_certain):
        args = self.values(call.args, names)
        words = {word.arg: self.value(word.value, names) for word in call.keywords}
        if RUNNER.fullmatch(name) and name not in self.functions and args:
            command = each(lambda words: concat("pip", words), args[0]) if name == "pip.main" else args[0]
            self.install([installs(choice, only(words.get("cwd", [PACK]))) for choice in command], is_certain)
        elif not self.is_harmless(call, name, args):
            self.download([*args, *words.values()])

    def is_harmless(self, call, name, args):
        if name == "open":
            return args[1:] in ([], [["r"]]) and not call.keywords
        if any(dotted(node) in self.functions for node in call.args):
            return False  # who gets a function may call it
        is_known = name in self.functions or name in HARMLESS_BUILTINS or HARMLESS.fullmatch(name)
        return is_known or name.split(".")[-1] in SAME_METHODS or syntax.guard(call) is not None

    def install(self, forms, is_certain):
        """`forms`: what each of the forms that a command may have would install."""
        self.is_complete = self.is_complete and None not in forms
        for form in filter(None, forms):
            self.found.update(form)
            if is_certain and None not in forms:
                self.certain.update(what for what in form if all(other.get(what) for other in forms))

    def download(self, values):
        """A call that gets a model's address and one path downloads to there; others do who knows what."""
        texts = [text_of(only(value)) for value in values]
        urls = [text for text in texts if MODEL.fullmatch(text)]
        places = [text for text in texts if text.startswith(CORE)]
        for url in urls:
            self.urls[url].update(places if len(places) == 1 else [])
        self.is_complete = self.is_complete and len(urls) > 0
