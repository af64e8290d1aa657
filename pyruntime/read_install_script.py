"""What install scripts of packs would install and download, read from their text: nothing is run.

stdin: a JSON list of paths. stdout: a JSON list with one object for each:
`certain` and `possible`, each with `requirements` (what `pip install` gets) and `files` (requirement
files, as paths below the pack); `models`, each `url` and `places` (folders or files that it goes to,
`$MODELS_DIR/…`, `$COMFY_HOME/…` or `$PACK/…`); `complete`: true when nothing besides is done, as far as the text tells.

What counts as certain is written in install_script/walk.py.
"""

import ast
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from install_script.tables import MODEL  # noqa: E402
from install_script.values import CORE, HOLE, PACK, texts_of  # noqa: E402
from install_script.walk import TooLong, Walk  # noqa: E402

MAX_BYTES = 256 * 1024
MAX_FOUND = 50
NOTHING = {"requirements": [], "files": []}
UNREADABLE = {"certain": NOTHING, "possible": NOTHING, "models": [], "complete": False}


def read(path):
    with open(path, "rb") as file:
        tree = ast.parse(file.read(MAX_BYTES))
    walk = Walk(tree, os.path.dirname(os.path.abspath(path)))
    env = {}
    certain, _ = walk.way(walk.block, tree.body, env)
    is_complete = walk.is_complete
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
            walk.urls.update({text: [] for text in texts_of(walk.value(node, env)) if is_new(text, walk.urls)})
    return {
        "certain": listed(certain),
        "possible": listed(walk.seen - certain),
        "models": [{"url": url, "places": placed(walk.urls[url])} for url in sorted(walk.urls)[:MAX_FOUND]],
        "complete": is_complete,
    }


def is_new(text, urls):
    return MODEL.match(text) and text not in urls


def listed(found):
    of_kind = {"requirement": [], "file": []}
    for kind, text in sorted(found):
        of_kind[kind].append(text)
    files = [path.removeprefix(f"{PACK}/") for path in of_kind["file"] if path.startswith(f"{PACK}/")]
    return {
        "requirements": [text.replace(HOLE, "…") for text in of_kind["requirement"]][:MAX_FOUND],
        "files": [path for path in files if HOLE not in path][:MAX_FOUND],
    }


def placed(places):
    names = ((f"{CORE}/models/", "$MODELS_DIR/"), (f"{CORE}/", "$COMFY_HOME/"), (f"{PACK}/", "$PACK/"))
    ended = [f"{place}/" for place in places]
    matches = ([new + place.removeprefix(old) for old, new in names if place.startswith(old)] for place in ended)
    return [match[0].rstrip("/") for match in matches if match]


def read_safely(path):
    try:
        return read(path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError, TooLong):
        return UNREADABLE


if __name__ == "__main__":
    json.dump([read_safely(path) for path in json.load(sys.stdin)], sys.stdout)
