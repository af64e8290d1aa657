"""A custom-node pack of one node, for the stand-in core and for ComfyUI alike."""

from .tint_by_name import TintByName

NODE_CLASS_MAPPINGS = {"TintByName": TintByName}
NODE_DISPLAY_NAME_MAPPINGS = {"TintByName": "Tint by Color Name"}
WEB_DIRECTORY = "./web"
