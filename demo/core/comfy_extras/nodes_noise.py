"""The stand-in's own model and sampler: layered noise in integer arithmetic.

The same model, seed, size and steps give the same pixels on every machine: the random bits are the
raw output of PCG64, and nothing is rounded differently anywhere. The file format is described in
demo/README.md.
"""

import json
import struct

import numpy as np
from PIL import Image

import folder_paths
import latent_preview
from comfy.utils import ProgressBar

FORMAT = "comfypin-noise"
PREVIEW_SIDE = 512
# Fixed point: noise values and positions between lattice points have 16 bits after the point.
ONE = 1 << 16


class NoiseModelLoader:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"ckpt_name": (folder_paths.get_filename_list("checkpoints"),)}}

    RETURN_TYPES = ("NOISE_MODEL",)
    FUNCTION = "load"
    CATEGORY = "standin"
    DESCRIPTION = "Reads a noise model (stand-in core)."

    def load(self, ckpt_name):
        path = folder_paths.get_full_path_or_raise("checkpoints", ckpt_name)
        return (read_noise_model(path),)


def read_noise_model(path):
    """A safetensors file: length of the header, header as JSON, tensors."""
    with open(path, "rb") as file:
        (header_length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_length))
        data = file.read()
    if header.get("__metadata__", {}).get("format") != FORMAT:
        raise ValueError(f"{path} is not a {FORMAT} model")

    def tensor(name):
        start, end = header[name]["data_offsets"]
        dtype = {"U8": np.uint8, "I32": "<i4"}[header[name]["dtype"]]
        values = np.frombuffer(data[start:end], dtype=dtype)
        return values.reshape(header[name]["shape"]).astype(np.int64)

    return {name: tensor(name) for name in ("palette", "cells", "weights")}


class SeededNoiseSampler:
    @classmethod
    def INPUT_TYPES(cls):
        seed = {"default": 0, "min": 0, "max": 0xFFFFFFFFFFFFFFFF, "control_after_generate": True}
        side = {"default": 256, "min": 16, "max": 4096, "step": 8}
        return {
            "required": {
                "model": ("NOISE_MODEL",),
                "seed": ("INT", seed),
                "steps": ("INT", {"default": 8, "min": 1, "max": 10000}),
                "width": ("INT", side),
                "height": ("INT", side),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "sample"
    CATEGORY = "standin"
    DESCRIPTION = "Adds one layer of noise a step, coarse ones first (stand-in core)."

    def sample(self, model, seed, steps, width, height):
        random = np.random.PCG64(seed)
        progress = ProgressBar(steps)
        total = np.zeros((height, width), dtype=np.int64)
        weight_sum = 0
        for step in range(steps):
            layer = step * len(model["cells"]) // steps
            weight = int(model["weights"][layer])
            total += weight * noise_layer(random, width, height, int(model["cells"][layer]))
            weight_sum += weight
            preview = None
            if latent_preview.previews_enabled():
                image = Image.fromarray(colorize(total // weight_sum, model["palette"]))
                preview = ("JPEG", image, PREVIEW_SIDE)
            progress.update_absolute(step + 1, steps, preview)
        pixels = colorize(total // weight_sum, model["palette"])
        return ((pixels.astype(np.float32) / 255)[np.newaxis],)


def noise_layer(random, width, height, cell):
    """Random values 0..ONE at every `cell` pixels, interpolated between them."""
    columns, rows = width // cell + 2, height // cell + 2
    bits = random.random_raw(columns * rows) >> np.uint64(48)
    lattice = bits.astype(np.int64).reshape(rows, columns)

    y, x = np.arange(height), np.arange(width)
    top, left = y // cell, x // cell
    down = smooth((y % cell) * ONE // cell)[:, np.newaxis]
    right = smooth((x % cell) * ONE // cell)[np.newaxis, :]

    upper = mix(lattice[top][:, left], lattice[top][:, left + 1], right)
    lower = mix(lattice[top + 1][:, left], lattice[top + 1][:, left + 1], right)
    return mix(upper, lower, down)


def smooth(t):
    """3t² - 2t³ in fixed point, so that the lattice does not show."""
    return t * t // ONE * (3 * ONE - 2 * t) // ONE


def mix(a, b, t):
    return (a * (ONE - t) + b * t) // ONE


def colorize(values, palette):
    """Stretches the values over the whole palette and mixes neighbouring colors."""
    low, high = int(values.min()), int(values.max())
    position = (values - low) * ((len(palette) - 1) * ONE) // max(1, high - low)
    index = np.minimum(position // ONE, len(palette) - 2)
    share = (position - index * ONE)[..., np.newaxis]
    return mix(palette[index], palette[index + 1], share).astype(np.uint8)


NODE_CLASS_MAPPINGS = {
    "NoiseModelLoader": NoiseModelLoader,
    "SeededNoiseSampler": SeededNoiseSampler,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "NoiseModelLoader": "Load Noise Model",
    "SeededNoiseSampler": "Seeded Noise Sampler",
}
