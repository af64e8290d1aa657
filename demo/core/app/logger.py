"""Coloured log lines on stderr, and a ring of the latest output for /internal/logs."""

import logging
import sys
from collections import deque
from datetime import datetime

COLORS = {"DEBUG": 36, "INFO": 32, "WARNING": 33, "ERROR": 31, "CRITICAL": 35}
RING_SIZE = 300

_ring = None


def get_logs():
    return list(_ring or [])


def setup_logger(level, use_stdout):
    """Runs once per process: a forked child keeps what its parent set up."""
    global _ring
    if _ring is not None:
        return
    _ring = deque(maxlen=RING_SIZE)
    sys.stdout = RecordingStream(sys.stdout)
    sys.stderr = RecordingStream(sys.stderr)

    root = logging.getLogger()
    root.setLevel(level)
    errors = logging.StreamHandler(sys.stderr)
    errors.setFormatter(ColoredFormatter("%(message)s"))
    root.addHandler(errors)
    if use_stdout:
        errors.addFilter(lambda record: record.levelno >= logging.ERROR)
        rest = logging.StreamHandler(sys.stdout)
        rest.setFormatter(ColoredFormatter("%(message)s"))
        rest.addFilter(lambda record: record.levelno < logging.ERROR)
        root.addHandler(rest)


class ColoredFormatter(logging.Formatter):
    def format(self, record):
        bold = "\033[1m" if record.levelno >= logging.WARNING else ""
        color = f"\033[{COLORS.get(record.levelname, 0)}m"
        return f"{bold}{color}[{record.levelname}]\033[0m {super().format(record)}"


class RecordingStream:
    """A text stream that also remembers what went through it, prints of custom nodes included."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        _ring.append({"t": datetime.now().isoformat(), "m": text})
        return self._stream.write(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)
