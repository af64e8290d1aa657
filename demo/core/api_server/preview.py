"""The two binary forms of a preview image."""

import io
import json
import struct

from PIL import ImageOps

IMAGE_TYPES = {"JPEG": (1, "image/jpeg"), "PNG": (2, "image/png")}


def encode_preview(image_format, image, max_size):
    """u32 image type, then the image."""
    number, _ = IMAGE_TYPES[image_format]
    return struct.pack(">I", number) + _encode(image_format, image, max_size)


def encode_preview_with_metadata(preview, metadata):
    """u32 length of the JSON, the JSON, then the image."""
    _, mime_type = IMAGE_TYPES[preview[0]]
    text = json.dumps({**metadata, "image_type": mime_type}).encode()
    return struct.pack(">I", len(text)) + text + _encode(*preview)


def _encode(image_format, image, max_size):
    if max_size is not None:
        image = ImageOps.contain(image, (max_size, max_size))
    buffer = io.BytesIO()
    image.save(buffer, format=image_format, quality=95, compress_level=1)
    return buffer.getvalue()
