"""Nodes that let a test decide when a prompt goes on, fails or shows a preview."""

import os
import time

import comfy.utils
from PIL import Image

POLL_SECONDS = 0.02


class ProbeHold:
    """Waits until the file `gate` exists, reporting progress: interruptible at any time."""

    RETURN_TYPES = ("STRING",)
    FUNCTION = "hold"
    CATEGORY = "contract"
    REPORTS_PROGRESS = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"gate": ("STRING", {"default": ""})}}

    @classmethod
    def IS_CHANGED(cls, gate):
        return float("nan")

    def hold(self, gate):
        bar = comfy.utils.ProgressBar(1000)
        while not os.path.exists(gate):
            if self.REPORTS_PROGRESS:
                # ComfyUI throttles reports of little progress, but not those of the last value.
                bar.update(10)
            time.sleep(POLL_SECONDS)
        return (gate,)


class ProbeBlock(ProbeHold):
    """The same without progress: an interrupt only takes effect at the next node."""

    REPORTS_PROGRESS = False


class ProbePreview:
    """Reports one step with a small preview image."""

    RETURN_TYPES = ("STRING",)
    FUNCTION = "show"
    CATEGORY = "contract"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}}

    def show(self, text):
        preview = ("JPEG", Image.new("RGB", (32, 16), "orange"), None)
        comfy.utils.ProgressBar(4).update_absolute(1, 4, preview)
        return (text,)


class ProbeRaise:
    RETURN_TYPES = ("STRING",)
    FUNCTION = "fail"
    CATEGORY = "contract"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"message": ("STRING", {"default": "boom"})}}

    def fail(self, message):
        raise ValueError(message)


class ProbeHidden:
    """Shows what a node gets for its hidden inputs."""

    RETURN_TYPES = ()
    FUNCTION = "show"
    CATEGORY = "contract"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"text": ("STRING", {"default": ""})},
            "hidden": {"node": "UNIQUE_ID", "graph": "PROMPT", "info": "EXTRA_PNGINFO"},
        }

    def show(self, text, node, graph, info):
        return {"ui": {"text": [node, ",".join(sorted(graph)), ",".join(sorted(info or {}))]}}


class ProbeBadInputs:
    RETURN_TYPES = ()
    FUNCTION = "show"
    CATEGORY = "contract"

    @classmethod
    def INPUT_TYPES(cls):
        raise RuntimeError("no inputs today")


NODE_CLASS_MAPPINGS = {
    "ProbeHold": ProbeHold,
    "ProbeBlock": ProbeBlock,
    "ProbePreview": ProbePreview,
    "ProbeRaise": ProbeRaise,
    "ProbeHidden": ProbeHidden,
    "ProbeBadInputs": ProbeBadInputs,
}
NODE_DISPLAY_NAME_MAPPINGS = {"ProbeHold": "Probe: hold"}
WEB_DIRECTORY = "./web"
