"""Nodes that read and write images, and the one that shows a value as text."""

import hashlib
import json
import os
import random
import string

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

import folder_paths
from comfy.cli_args import args

PICTURE_INFO = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}


class LoadImage:
    @classmethod
    def INPUT_TYPES(cls):
        with os.scandir(folder_paths.get_input_directory()) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file())
        images = folder_paths.filter_files_content_types(names, ["image"])
        return {"required": {"image": (images, {"image_upload": True})}}

    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "load_image"
    CATEGORY = "image"

    def load_image(self, image):
        with Image.open(folder_paths.get_annotated_filepath(image)) as file:
            picture = ImageOps.exif_transpose(file)
            pixels = np.asarray(picture.convert("RGB"), dtype=np.float32) / 255
            mask = np.zeros((64, 64), dtype=np.float32)
            if "A" in picture.getbands():
                mask = 1 - np.asarray(picture.getchannel("A"), dtype=np.float32) / 255
        return (pixels[np.newaxis], mask[np.newaxis])

    @classmethod
    def IS_CHANGED(cls, image):
        with open(folder_paths.get_annotated_filepath(image), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    @classmethod
    def VALIDATE_INPUTS(cls, image):
        if not folder_paths.exists_annotated_filepath(image):
            return f"Invalid image file: {image}"
        return True


class SaveImage:
    def __init__(self):
        self.output_dir = folder_paths.get_output_directory()
        self.type = "output"
        self.prefix_append = ""
        self.compress_level = 4

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "images": ("IMAGE",),
                "filename_prefix": ("STRING", {"default": "ComfyUI"}),
            },
            "hidden": PICTURE_INFO,
        }

    RETURN_TYPES = ("IMAGE",)
    RETURN_NAMES = ("images",)
    FUNCTION = "save_images"
    OUTPUT_NODE = True
    CATEGORY = "image"
    DESCRIPTION = "Saves the images to the output directory."

    def save_images(self, images, filename_prefix="ComfyUI", prompt=None, extra_pnginfo=None):
        height, width = images[0].shape[:2]
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix + self.prefix_append, self.output_dir, width, height
        )
        info = picture_info(prompt, extra_pnginfo)
        saved = []
        for number, image in enumerate(images):
            file = f"{name.replace('%batch_num%', str(number))}_{counter + number:05}_.png"
            pixels = np.clip(255.0 * image, 0, 255).astype(np.uint8)
            path = os.path.join(folder, file)
            Image.fromarray(pixels).save(path, pnginfo=info, compress_level=self.compress_level)
            saved.append({"filename": file, "subfolder": subfolder, "type": self.type})
        return {"ui": {"images": saved}, "result": (images,)}


def picture_info(prompt, extra_pnginfo):
    """The graph that made the picture, as PNG text; None with --disable-metadata."""
    if args.disable_metadata:
        return None
    info = PngInfo()
    if prompt is not None:
        info.add_text("prompt", json.dumps(prompt))
    for key, value in (extra_pnginfo or {}).items():
        info.add_text(key, json.dumps(value))
    return info


class PreviewImage(SaveImage):
    def __init__(self):
        self.output_dir = folder_paths.get_temp_directory()
        self.type = "temp"
        self.prefix_append = "_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))
        self.compress_level = 1

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"images": ("IMAGE",)}, "hidden": PICTURE_INFO}

    DESCRIPTION = "Saves the images to the temp directory, which does not outlive the process."


class PreviewAny:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"source": ("*", {})}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "main"
    OUTPUT_NODE = True
    CATEGORY = "utils"

    def main(self, source=None):
        text = as_text(source)
        return {"ui": {"text": (text,)}, "result": (text,)}


def as_text(value):
    if value is None or isinstance(value, (str, int, float)):
        return str(value)
    try:
        return json.dumps(value, indent=4, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


NODE_CLASS_MAPPINGS = {
    "LoadImage": LoadImage,
    "SaveImage": SaveImage,
    "PreviewImage": PreviewImage,
    "PreviewAny": PreviewAny,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "LoadImage": "Load Image",
    "SaveImage": "Save Image",
    "PreviewImage": "Preview Image",
    "PreviewAny": "Preview as Text",
}
