class AfterPrestartup:
    RETURN_TYPES = ()
    FUNCTION = "run"
    CATEGORY = "contract"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def run(self):
        return ()


NODE_CLASS_MAPPINGS = {"AfterPrestartup": AfterPrestartup}
