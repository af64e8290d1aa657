"""Tints an image with a color that has a CSS name."""

import webcolors


class TintByName:
    @classmethod
    def INPUT_TYPES(cls):
        strength = {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.05}
        return {
            "required": {
                "image": ("IMAGE",),
                "color_name": ("STRING", {"default": "goldenrod"}),
                "strength": ("FLOAT", strength),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "tint"
    CATEGORY = "comfypin demo"
    DESCRIPTION = "Mixes an image with one color, given by its CSS name."

    @classmethod
    def VALIDATE_INPUTS(cls, color_name):
        try:
            webcolors.name_to_rgb(color_name)
        except ValueError as error:
            return str(error)
        return True

    def tint(self, image, color_name, strength):
        # Only operators, so that both NumPy arrays and torch tensors work.
        tinted = image * (1 - strength)
        for channel, value in enumerate(webcolors.name_to_rgb(color_name)):
            tinted[..., channel] += value / 255 * strength
        return (tinted,)
