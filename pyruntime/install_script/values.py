"""What an expression of an install script may be, as far as its text tells.

A value is a list of choices: texts, and tuples of texts for lists. What nobody knows is a HOLE, alone or
as a part of a text. Folders are made-up absolute paths, ComfyUI's own and the pack's in it; a path between
two LINEs stands for any line of that file.
"""

import itertools
import math
import posixpath

HOLE = "\0"
UNKNOWN = [HOLE]
CORE = "/\1"
MODELS = f"{CORE}/models"
PACK = f"{CORE}/custom_nodes/\2"
LINE = "\3"
# as ComfyUI-Manager sets them, and as `folder_paths` names them
FOLDERS = {
    "COMFYUI_PATH": CORE,
    "COMFYUI_FOLDERS_BASE_PATH": CORE,
    "COMFYUI_MODEL_PATH": MODELS,
    "base_path": CORE,
    "models_dir": MODELS,
}
MAX_CHOICES = 16
MAX_LENGTH = 500


def either(*values):
    """One of several values; too many are as good as unknown."""
    choices = list(dict.fromkeys(itertools.chain(*values)))
    return choices if 0 < len(choices) <= MAX_CHOICES else UNKNOWN


def each(make, *values):
    """What `make` makes of every combination of the choices."""
    if math.prod(len(value) for value in values) > MAX_CHOICES:
        return UNKNOWN
    made = [make(*choices) for choices in itertools.product(*values)]
    return either([choice if len(choice) <= MAX_LENGTH else HOLE for choice in made])


def only(value):
    """The choice when there is no other."""
    return value[0] if len(value) == 1 else HOLE


def text_of(choice):
    return choice if isinstance(choice, str) else HOLE


def concat(*choices):
    return sum((choice if isinstance(choice, tuple) else (choice,) for choice in choices), ())


def add(left, right):
    return left + right if isinstance(left, str) and isinstance(right, str) else concat(left, right)


def join_texts(*choices):
    return "".join(text_of(choice) for choice in choices)


def join_paths(*choices):
    path = posixpath.join("", *(text_of(choice) for choice in choices))
    if HOLE in path or LINE in path:
        return HOLE
    return posixpath.normpath(path) if path.startswith(CORE) else path


def above(path):
    return HOLE if HOLE in path else posixpath.dirname(text_of(path))


def base_name(path):
    return posixpath.basename(text_of(path))


def lines_of(path):
    return LINE + join_paths(PACK, path) + LINE


def folder_of(name):
    return FOLDERS.get(name, HOLE)
