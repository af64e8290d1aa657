"""Nodes that make and change images: float32 arrays [batch, height, width, 3] of 0..1."""

import numpy as np
from PIL import Image

from nodes import MAX_RESOLUTION

RESAMPLING = {
    "nearest-exact": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


class EmptyImage:
    @classmethod
    def INPUT_TYPES(cls):
        size = {"default": 512, "min": 1, "max": MAX_RESOLUTION, "step": 1}
        color = {"default": 0, "min": 0, "max": 0xFFFFFF, "step": 1, "display": "color"}
        return {
            "required": {
                "width": ("INT", size),
                "height": ("INT", size),
                "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
                "color": ("INT", color),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "generate"
    CATEGORY = "image"

    def generate(self, width, height, batch_size=1, color=0):
        channels = [color >> 16 & 255, color >> 8 & 255, color & 255]
        pixel = np.array(channels, dtype=np.float32) / 255
        return (np.tile(pixel, (batch_size, height, width, 1)),)


class ImageInvert:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "invert"
    CATEGORY = "image"

    def invert(self, image):
        return (1 - image,)


class ImageScale:
    @classmethod
    def INPUT_TYPES(cls):
        side = {"default": 512, "min": 0, "max": MAX_RESOLUTION, "step": 1}
        return {
            "required": {
                "image": ("IMAGE",),
                "upscale_method": (list(RESAMPLING),),
                "width": ("INT", side),
                "height": ("INT", side),
                "crop": (["disabled", "center"],),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "upscale"
    CATEGORY = "image/upscaling"

    def upscale(self, image, upscale_method, width, height, crop):
        """A side of 0 follows from the other one; both 0 leave the image as it is."""
        old_height, old_width = image.shape[1:3]
        if width == 0 and height == 0:
            return (image,)
        width = width or max(1, round(old_width * height / old_height))
        height = height or max(1, round(old_height * width / old_width))
        if crop == "center":
            image = crop_to_shape(image, width, height)
        return (resize(image, width, height, RESAMPLING[upscale_method]),)


def crop_to_shape(image, width, height):
    """Cuts equal borders off so that the proportions become those of width and height."""
    old_height, old_width = image.shape[1:3]
    kept_width = min(old_width, round(old_height * width / height))
    kept_height = min(old_height, round(old_width * height / width))
    left, top = (old_width - kept_width) // 2, (old_height - kept_height) // 2
    return image[:, top : top + kept_height, left : left + kept_width]


def resize(image, width, height, resampling):
    def resize_channel(channel):
        return np.asarray(Image.fromarray(channel, "F").resize((width, height), resampling))

    resized = [
        np.stack([resize_channel(np.ascontiguousarray(one[..., c])) for c in range(3)], axis=-1)
        for one in image
    ]
    return np.clip(np.stack(resized), 0, 1)


def soft_light(base, top):
    darker = base - (1 - 2 * top) * base * (1 - base)
    curve = np.where(base <= 0.25, ((16 * base - 12) * base + 4) * base, np.sqrt(base))
    return np.where(top <= 0.5, darker, base + (2 * top - 1) * (curve - base))


BLEND_MODES = {
    "normal": lambda base, top: top,
    "multiply": lambda base, top: base * top,
    "screen": lambda base, top: 1 - (1 - base) * (1 - top),
    "overlay": lambda base, top: np.where(
        base <= 0.5, 2 * base * top, 1 - 2 * (1 - base) * (1 - top)
    ),
    "soft_light": soft_light,
    "difference": lambda base, top: base - top,
}


class ImageBlend:
    @classmethod
    def INPUT_TYPES(cls):
        factor = {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.01}
        return {
            "required": {
                "image1": ("IMAGE",),
                "image2": ("IMAGE",),
                "blend_factor": ("FLOAT", factor),
                "blend_mode": (list(BLEND_MODES),),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "blend"
    CATEGORY = "image/postprocessing"

    def blend(self, image1, image2, blend_factor, blend_mode):
        height, width = image1.shape[1:3]
        if image1.shape != image2.shape:
            cropped = crop_to_shape(image2, width, height)
            image2 = resize(cropped, width, height, Image.Resampling.BICUBIC)
        blended = BLEND_MODES[blend_mode](image1, image2)
        mixed = image1 * (1 - blend_factor) + blended * blend_factor
        return (np.clip(mixed, 0, 1).astype(np.float32),)


NODE_CLASS_MAPPINGS = {
    "EmptyImage": EmptyImage,
    "ImageInvert": ImageInvert,
    "ImageScale": ImageScale,
    "ImageBlend": ImageBlend,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "EmptyImage": "Empty Image",
    "ImageInvert": "Invert Image",
    "ImageScale": "Upscale Image",
    "ImageBlend": "Image Blend",
}
