"""What install scripts of packs would install and download, read from their text: nothing is run.

stdin: a JSON list of paths. stdout: a JSON list with one object for each:
`requirements` (what `pip install` gets), `files` (requirement files that are named), `urls`.

Only literals count, and names that are assigned literals. What a script computes is not found.
"""

import ast
import json
import re
import shlex
import sys

MAX_BYTES = 256 * 1024
MAX_FOUND = 50
MODEL = re.compile(
    r"^https?://\S+\.(safetensors|sft|ckpt|pth|pt|bin|onnx|gguf|pkl|torchscript|tflite|task)(\?\S*)?$",
    re.IGNORECASE,
)
REQUIREMENT = re.compile(
    r"^([A-Za-z0-9][\w.\-]*(\[[\w,.\- ]*\])?\s*([<>=!~]=?.*|@\s*\S+)?|git\+https://\S+)$"
)
PIP = re.compile(r"\bpip3?['\"]?\s+install\b(.*)", re.DOTALL)
# options of pip that take a value of their own
VALUED = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target",
    "-c", "--constraint", "--prefix", "--root", "--platform", "--python-version", "--cache-dir",
}
HOLE = "\0"


def read(path):
    with open(path, "rb") as file:
        tree = ast.parse(file.read(MAX_BYTES))
    reader = Reader(tree)
    reader.visit(tree)
    return {name: sorted(found)[:MAX_FOUND] for name, found in reader.found.items()}


class Reader(ast.NodeVisitor):
    def __init__(self, tree):
        self.found = {"requirements": set(), "files": set(), "urls": set()}
        self.known = names_with_texts(tree)
        self.installers = functions_that_install(tree, self.texts)

    def visit_List(self, node):
        self.take_argv([self.texts(element) for element in node.elts])
        self.generic_visit(node)

    visit_Tuple = visit_List

    def visit_Call(self, node):
        if called(node) in self.installers:
            for argument in node.args:
                elements = argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
                self.take_arguments([self.texts(element) for element in elements])
        elif called(node) == "main":  # pip.main(['install', …])
            for argument in node.args:
                if isinstance(argument, ast.List):
                    words = [self.texts(element) for element in argument.elts]
                    if words and "install" in words[0]:
                        self.take_arguments(words[1:])
        self.generic_visit(node)

    def visit_Constant(self, node):
        self.take_text(node)

    def visit_JoinedStr(self, node):
        self.take_text(node)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        self.take_text(node)
        self.generic_visit(node)

    def take_text(self, node):
        for text in self.texts(node):
            if MODEL.match(text) and HOLE not in text:
                self.found["urls"].add(text)
            if re.search(r"require[\w\-]*\.txt$", text) and HOLE not in text:
                self.found["files"].add(text)
            command = PIP.search(text)
            if command:
                self.take_arguments([[word] for word in words_of(command.group(1))])

    def take_argv(self, words):
        for at in range(len(words) - 1):
            if any(word.endswith("pip") for word in words[at]) and "install" in words[at + 1]:
                self.take_arguments(words[at + 2 :])

    def take_arguments(self, words):
        skip = False
        for options in words:
            if skip:
                skip = False
                continue
            skip = any(word in VALUED for word in options)
            for word in options:
                if REQUIREMENT.match(word) and not word.endswith((".txt", "=", "==")) and word != "install":
                    self.found["requirements"].add(word)

    def texts(self, node):
        """Every text that an expression may be; parts that are not known are holes."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.Name):
            return self.known.get(node.id, [])
        if isinstance(node, ast.JoinedStr):
            return joined([self.texts(part) or [HOLE] for part in node.values])
        if isinstance(node, ast.FormattedValue):
            return self.texts(node.value) or [HOLE]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.texts(node.left), self.texts(node.right)
            return joined([left or [HOLE], right or [HOLE]]) if left or right else []
        return []


def joined(parts):
    texts = [""]
    for choices in parts:
        texts = [text + choice for text in texts for choice in choices][:MAX_FOUND]
    return texts


def names_with_texts(tree):
    known = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        value = node.value
        choices = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
        texts = [one.value for one in choices if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        for target in node.targets:
            if isinstance(target, ast.Name):
                known.setdefault(target.id, []).extend(texts)
    return known


def functions_that_install(tree, texts):
    """Functions whose argument ends up behind `pip install`."""
    names = set()
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, (ast.List, ast.Tuple)):
                words = [text for element in inner.elts for text in texts(element)]
                if "pip" in words and "install" in words:
                    names.add(node.name)
            elif isinstance(inner, ast.JoinedStr):
                if any(HOLE in text and PIP.search(text) for text in texts(inner)):
                    names.add(node.name)
    return names


def called(node):
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else None


def words_of(command):
    try:
        words = shlex.split(command.split("&&")[0].split(";")[0].split("\n")[0])
    except ValueError:
        return []
    return [word for word in words if HOLE not in word]


def read_safely(path):
    try:
        return read(path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {"requirements": [], "files": [], "urls": []}


if __name__ == "__main__":
    json.dump([read_safely(path) for path in json.load(sys.stdin)], sys.stdout)
