"""What an expression of an install script may be, as far as its text tells.

A value is a list of choices. A choice is a text, a `Seq` or a `Lines`; parts of a text that nobody
knows are HOLEs, so a choice that is all unknown is the text HOLE. Folders have marks: PACK is the
pack's own, CORE is ComfyUI's, both as the start of a path.
"""

import itertools

HOLE = "\0"
PACK = "\1"
CORE = "\2"
LINE = "\3"
MAX_CHOICES = 16
UNKNOWN = [HOLE]


class Seq:
    """A list, a tuple, or with `keys` a dict literal."""

    def __init__(self, items, keys=None):
        self.items = items
        self.keys = keys

    def __eq__(self, other):
        return isinstance(other, Seq) and (self.items, self.keys) == (other.items, other.keys)


class Lines:
    """The lines of a file, open or read."""

    def __init__(self, path):
        self.path = path

    def __eq__(self, other):
        return isinstance(other, Lines) and self.path == other.path


def line_of(path):
    """Any one line of a file, as a text that can be told from all others."""
    return LINE + path + LINE


def either(*values):
    """One of several values; too many are as good as unknown."""
    choices = []
    for choice in itertools.chain(*values):
        if choice not in choices:
            choices.append(choice)
    return choices if len(choices) <= MAX_CHOICES else UNKNOWN


def texts_of(value):
    """The texts among the choices; anything else is unknown."""
    return either([choice if isinstance(choice, str) else HOLE for choice in value])


def joined(values, between=""):
    """Every text that the values make, one after the other."""
    results = [[]]
    for value in values:
        results = [[*parts, text] for parts in results for text in texts_of(value)]
        if len(results) > MAX_CHOICES:
            return UNKNOWN
    return either([between.join(parts) for parts in results])


def added(left, right):
    """`left + right` of two texts or two lists."""
    results = []
    for one, other in itertools.islice(itertools.product(left, right), MAX_CHOICES):
        if isinstance(one, Seq) and isinstance(other, Seq):
            results.append(Seq([*one.items, *other.items]))
        elif isinstance(one, Seq) or isinstance(other, Seq):
            seq, rest = (one, UNKNOWN) if isinstance(one, Seq) else (other, UNKNOWN)
            results.append(Seq([*seq.items, rest] if seq is one else [rest, *seq.items]))
        else:
            results.extend(joined([[one], [other]]))
    return either(results)


def path_of(text):
    """A path without `.` and `..`; the folder above a pack is the core's `custom_nodes`."""
    parts = []
    for part in text.replace("\\", "/").split("/"):
        if part == ".." and parts == [PACK]:
            parts = [CORE, "custom_nodes"]
        elif part == ".." and parts and parts[-1] not in ("", "..", CORE) and HOLE not in parts[-1]:
            parts.pop()
        elif part not in ("", ".") or not parts:
            parts.append(part)
    return "/".join(parts)


def path_join(values):
    """As os.path.join: what is absolute starts anew."""
    results = []
    for text in joined(values, "\n"):
        path = ""
        for part in text.split("\n"):
            is_absolute = part[:1] in ("/", PACK, CORE)
            path = part if is_absolute or path == "" else f"{path}/{part}"
        results.append(path_of(path))
    return either(results)


def above(value, levels=1):
    return either([path_of(text + "/.." * levels) if HOLE not in text else HOLE for text in texts_of(value)])


def items_of(value):
    """What a `for` goes over: a list of values; None: nobody knows."""
    if len(value) != 1:
        return None
    (choice,) = value
    if isinstance(choice, Lines):
        return [[line_of(choice.path)]]
    if isinstance(choice, Seq):
        return choice.items if choice.keys is None else choice.keys
    return None
