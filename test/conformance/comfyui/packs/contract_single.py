"""A pack of one file: its module is named after its path."""


class SingleFile:
    RETURN_TYPES = ()
    FUNCTION = "show"
    CATEGORY = "contract"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def show(self):
        return {"ui": {"text": [__name__]}}


NODE_CLASS_MAPPINGS = {"SingleFile": SingleFile}
