"""What a command line of pip would install."""

import itertools
import re
import shlex

from install_script.values import HOLE, LINE, PACK, MAX_CHOICES, Seq, path_join, texts_of

REQUIREMENT = re.compile(
    r"^([A-Za-z0-9][\w.\-]*(\[[\w,.\- ]*\])?\s*([<>=!~]=?.*|@\s*\S+)?\s*(;.*)?"
    r"|git\+https://\S+|https://\S+\.(whl|zip|tar\.gz))$"
)
MAX_TEXT = 300
# options with a value of their own
FILES = {"-r", "--requirement"}
VALUED = {"-c", "--constraint", "--cache-dir", "--timeout", "--retries", "--progress-bar", "--log"}
# what these install is not what the same line in a list of requirements would: another index, another
# place, another choice of versions
OTHERWISE_VALUED = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--prefix",
    "--root", "--platform", "--python-version", "-e", "--editable", "--no-binary", "--only-binary",
    "--python", "--config-settings", "--global-option", "--index",
}
OTHERWISE = {"--no-deps", "--pre", "--no-index", "--user"}


class Install:
    """What one `pip install` brings."""

    def __init__(self):
        self.requirements = set()
        self.files = set()
        self.is_plain = True
        """False: what is installed is not what the same line in a list of requirements would bring."""
        self.is_tool = False
        """True: it brings pip or uv up to date, which no home has (packs.md §6.8)."""


def installs(value, cwd):
    """For each form that a command may have: what it installs; None: it is no `pip install`."""
    return [read_words(words, cwd) for words in command_lines(value)]


def command_lines(value):
    """The commands of a value as lists of words. A shell text may hold several."""
    for choice in value:
        if isinstance(choice, Seq):
            words = [texts_of(item) for item in choice.items]
            for form in itertools.islice(itertools.product(*words), MAX_CHOICES):
                yield list(form)
        elif isinstance(choice, str):
            yield from shell_words(choice)


def shell_words(text):
    for command in re.split(r"&&|\|\||;|\n", text):
        try:
            words = shlex.split(command)
        except ValueError:
            continue
        if words:
            yield words


def read_words(words, cwd):
    for at, word in enumerate(words[:-1]):
        if re.search(r"(^|/)pip[\d.]*(\.exe)?$", word) and words[at + 1] == "install":
            return read_arguments(words[at + 2 :], cwd)
    return None


def read_arguments(words, cwd):
    install = Install()
    rest = iter(words)
    for word in rest:
        name, _, value = word.partition("=")
        if name in FILES or (word.startswith("-r") and len(word) > 2 and not word.startswith("--")):
            take_file(install, value or word[2:] if name not in FILES else value or next(rest, ""), cwd)
        elif name in VALUED or name in OTHERWISE_VALUED:
            install.is_plain = install.is_plain and name in VALUED
            if not value:
                next(rest, None)
        elif word.startswith("-"):
            install.is_plain = install.is_plain and word not in OTHERWISE
        else:
            take_requirement(install, word)
    return install


def take_file(install, name, cwd):
    if name:
        install.files.update(path_join([cwd, [name]]))


def take_requirement(install, word):
    if LINE in word and word.startswith(LINE) and word.endswith(LINE):
        install.files.add(word.strip(LINE))
    elif re.match(r"(pip|uv)\b(?!-)", word):
        install.is_tool = True
    elif REQUIREMENT.match(word) and len(word) <= MAX_TEXT and HOLE not in word and LINE not in word:
        install.requirements.add(word.strip())
    elif HOLE in word and word.strip(HOLE) and len(word) <= MAX_TEXT and LINE not in word:
        install.requirements.add(word)


def is_certain(kind, text):
    """Whole, and the same on every machine."""
    if HOLE in text:
        return False
    if kind == "file":
        return is_certain_file(text)
    return not re.search(r"^https://.*(?<!-none-any)\.whl$", text)


def is_certain_file(path):
    """A file of the pack itself, by its literal name."""
    return path.startswith(PACK + "/") and HOLE not in path and ".." not in path.split("/")
