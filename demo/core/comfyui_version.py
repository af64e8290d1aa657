"""The version that tools read as text. The protocol spoken is that of ComfyUI 0.33.0."""

__version__ = "0.33.0+standin"
