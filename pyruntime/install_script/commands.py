"""What a command line of pip would install."""

import re
import shlex

from install_script.values import HOLE, LINE, PACK, join_paths, text_of

PIP = re.compile(r"(.*/)?pip[\d.]*(\.exe)?")
TOOLS = re.compile(r"(pip|uv)([<>=!~].*)?")  # no home has them (packs.md §6.8)
OPERATOR = re.compile(r"[();<>|&]+")
REQUIREMENT = re.compile(
    r"[A-Za-z0-9][\w.-]*(\[[\w,. -]*\])?( *[<>=!~][\w.,*+!<>=~ -]*)?( *;[^\0-\3]*)?|git\+https://[^\s\0-\3$]+"
)
LIKE_REQUIREMENT = re.compile(r"(?=.*[^\0])[A-Za-z0-9\0][^\1-\3]{0,300}")
HARMLESS_OPTIONS = {
    "-U", "--upgrade", "-q", "--quiet", "--no-cache-dir", "--no-input", "--disable-pip-version-check",
    "--no-warn-script-location",
}  # fmt: skip
OPTIONS_WITH_VALUE = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--prefix",
    "-c", "--constraint", "-e", "--editable",
}  # fmt: skip


def installs(command, cwd):
    """
    ('requirements' | 'files', text) → whether it is certain; None: no `pip install` that is understood.
    Certain is a whole requirement, or a file of the pack, without an option that could choose differently.
    """
    words = shell_words(command) if isinstance(command, str) else [text_of(word) for word in command]
    for at, word in enumerate(words[:-1]):
        if PIP.fullmatch(word) and words[at + 1] == "install":
            return read_arguments(words[at + 2 :], cwd)
    return None


def shell_words(text):
    """The words of one command; of several nothing is taken."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        return []
    return [] if any(OPERATOR.fullmatch(word) for word in words) else words


def read_arguments(words, cwd):
    found, is_plain = {}, True
    rest = iter(words)
    for word in rest:
        if word in ("-r", "--requirement") or word.startswith(LINE):
            path = word.strip(LINE) if word.startswith(LINE) else join_paths(cwd, next(rest, HOLE))
            if not path.startswith(f"{PACK}/"):
                return None
            found["files", path[len(PACK) + 1 :]] = True
        elif word.startswith("-"):
            is_plain = is_plain and word in HARMLESS_OPTIONS
            if word in OPTIONS_WITH_VALUE:
                next(rest, None)
        elif not LIKE_REQUIREMENT.fullmatch(word):
            return None
        elif not TOOLS.fullmatch(word):
            found["requirements", word] = REQUIREMENT.fullmatch(word) is not None
    return {what: is_certain and is_plain for what, is_certain in found.items()}
