"""What install scripts of packs would install and download, read from their text: nothing is run.

stdin: a JSON list of paths. stdout: a JSON list with one object for each:
`certain` and `possible`, each with `requirements` (what `pip install` gets) and `files` (requirement
files, as paths below the pack); `models`, each `url` and `places` (folders or files that it goes to,
`$MODELS_DIR/…`, `$COMFY_HOME/…` or `$PACK/…`); `complete`: true when nothing besides is done, as far as
the text tells. What counts as certain is written in install_script/script.py.
"""

import ast
import json
import os
import posixpath
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from install_script.script import MODEL, Script, TooLong  # noqa: E402
from install_script.values import CORE, HOLE, MODELS, PACK  # noqa: E402

MAX_BYTES = 256 * 1024
MAX_FOUND = 50
NOTHING = {"requirements": [], "files": []}
UNREADABLE = {"certain": NOTHING, "possible": NOTHING, "models": [], "complete": False}


def read(path):
    if os.path.getsize(path) > MAX_BYTES:
        return UNREADABLE
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    script = Script(tree)
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    urls = {text: set() for text in texts if isinstance(text, str) and MODEL.fullmatch(text)} | script.urls
    return {
        "certain": listed(script.certain),
        "possible": listed(script.found - script.certain),
        "models": [{"url": url, "places": placed(urls[url])} for url in sorted(urls)[:MAX_FOUND]],
        "complete": script.is_complete,
    }


def listed(found):
    def of(kind):
        return [text.replace(HOLE, "…") for one, text in sorted(found) if one == kind][:MAX_FOUND]

    return {kind: of(kind) for kind in NOTHING}


def placed(places):
    named = []
    for path in sorted(f"{posixpath.normpath(place)}/" for place in places):
        for folder, name in ((MODELS, "$MODELS_DIR"), (PACK, "$PACK"), (CORE, "$COMFY_HOME")):
            if path.startswith(f"{folder}/"):
                named.append(path.replace(folder, name, 1).rstrip("/"))
                break
    return named


def read_safely(path):
    try:
        return read(path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError, TooLong):
        return UNREADABLE


if __name__ == "__main__":
    json.dump([read_safely(path) for path in json.load(sys.stdin)], sys.stdout)
