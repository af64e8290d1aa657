"""What custom nodes import most: the progress bar and a look into a safetensors file."""

import struct

_progress_hook = None


def set_progress_bar_global_hook(hook):
    global _progress_hook
    _progress_hook = hook


class ProgressBar:
    """Every report goes to the running prompt's client, and stops the node if it was interrupted.

    `preview` is a tuple (format, PIL image, largest side or None).
    """

    def __init__(self, total, node_id=None):
        self.total = total
        self.current = 0
        self.node_id = node_id

    def update_absolute(self, value, total=None, preview=None):
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
        if _progress_hook is not None:
            _progress_hook(self.current, self.total, preview, node_id=self.node_id)

    def update(self, value):
        self.update_absolute(self.current + value)


def safetensors_header(path, max_size=100 * 1024 * 1024):
    """The JSON header as bytes, or None when it claims to be larger than `max_size`."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return file.read(length) if length <= max_size else None
