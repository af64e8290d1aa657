"""Whether samplers send previews: `--preview-method`, unless one prompt asks otherwise."""

from comfy.cli_args import args

_method = args.preview_method


def set_preview_method(override=None):
    """`override` is `extra_data.preview_method` of a prompt; None and "default" change nothing."""
    global _method
    _method = args.preview_method if override in (None, "default") else override


def previews_enabled():
    return _method != "none"
