import comfypin_no_such_module  # noqa: F401

NODE_CLASS_MAPPINGS = {}
