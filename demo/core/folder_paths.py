"""Where everything lies: the directories of one base and the model folders of each category."""

import logging
import mimetypes
import os
import time

from comfy.cli_args import args

base_path = os.path.abspath(args.base_directory or os.path.dirname(os.path.realpath(__file__)))
models_dir = os.path.join(base_path, "models")
output_directory = os.path.join(base_path, "output")
temp_directory = os.path.join(base_path, "temp")
input_directory = os.path.join(base_path, "input")
user_directory = os.path.join(base_path, "user")

os.makedirs(input_directory, exist_ok=True)

supported_pt_extensions = {".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}

# Category → (roots, extensions). An empty set of extensions means every file.
folder_names_and_paths = {}

FOLDERS_OF_SEVERAL_NAMES = {
    "text_encoders": ["text_encoders", "clip"],
    "diffusion_models": ["unet", "diffusion_models"],
    "controlnet": ["controlnet", "t2i_adapter"],
}
OTHER_EXTENSIONS = {"configs": [".yaml"], "diffusers": ["folder"], "classifiers": {""}}

for _category in (
    "checkpoints configs loras vae text_encoders diffusion_models clip_vision style_models"
    " embeddings diffusers vae_approx controlnet gligen upscale_models latent_upscale_models"
    " custom_nodes datasets hypernetworks photomaker classifiers model_patches audio_encoders"
    " background_removal frame_interpolation geometry_estimation optical_flow detection"
).split():
    if _category in ("custom_nodes", "datasets"):
        folder_names_and_paths[_category] = ([os.path.join(base_path, _category)], set())
    else:
        folder_names_and_paths[_category] = (
            [
                os.path.join(models_dir, name)
                for name in FOLDERS_OF_SEVERAL_NAMES.get(_category, [_category])
            ],
            OTHER_EXTENSIONS.get(_category, supported_pt_extensions),
        )


# Directories


def set_output_directory(path):
    global output_directory
    output_directory = path


def set_temp_directory(path):
    global temp_directory
    temp_directory = path


def set_input_directory(path):
    global input_directory
    input_directory = path


def set_user_directory(path):
    global user_directory
    user_directory = path


def get_output_directory():
    return output_directory


def get_temp_directory():
    return temp_directory


def get_input_directory():
    return input_directory


def get_user_directory():
    return user_directory


def get_directory_by_type(type_name):
    """The three directories that HTTP clients may name; None for anything else."""
    getters = {
        "output": get_output_directory,
        "temp": get_temp_directory,
        "input": get_input_directory,
    }
    return getters[type_name]() if type_name in getters else None


# Model folders


def map_legacy(folder_name):
    return {"unet": "diffusion_models", "clip": "text_encoders"}.get(folder_name, folder_name)


def add_model_folder_path(folder_name, full_folder_path, is_default=False):
    roots, _ = folder_names_and_paths.setdefault(map_legacy(folder_name), ([], set()))
    if is_default and full_folder_path in roots:
        roots.remove(full_folder_path)
    if full_folder_path not in roots:
        roots.insert(0 if is_default else len(roots), full_folder_path)


def get_folder_paths(folder_name):
    return list(folder_names_and_paths[map_legacy(folder_name)][0])


def get_filename_list(folder_name):
    roots, extensions = folder_names_and_paths[map_legacy(folder_name)]
    names = {name for root in roots for name in _files_below(root)}
    return filter_files_extensions(names, extensions)


def _files_below(root):
    for directory, subdirectories, files in os.walk(root, followlinks=True):
        subdirectories[:] = [name for name in subdirectories if name != ".git"]
        for name in files:
            yield os.path.relpath(os.path.join(directory, name), root)


def filter_files_extensions(files, extensions):
    return sorted(
        name for name in files if not extensions or os.path.splitext(name)[-1].lower() in extensions
    )


def filter_files_content_types(files, content_types):
    """Keeps the files whose guessed type starts with one of "image", "video", "audio"."""

    def kind(name):
        guessed = mimetypes.guess_type(name, strict=False)[0]
        return (guessed or "").split("/")[0]

    return [name for name in files if kind(name) in content_types]


def get_full_path(folder_name, filename):
    """The first root that has the file wins; None when none does."""
    folder_name = map_legacy(folder_name)
    if folder_name not in folder_names_and_paths:
        return None
    inside = os.path.relpath(os.path.join("/", filename), "/")
    for root in folder_names_and_paths[folder_name][0]:
        path = os.path.join(root, inside)
        if os.path.isfile(path):
            return path
        if os.path.islink(path):
            logging.warning(f"WARNING path {path} exists but doesn't link anywhere, skipping.")
    return None


def get_full_path_or_raise(folder_name, filename):
    path = get_full_path(folder_name, filename)
    if path is None:
        raise FileNotFoundError(
            f"Model in folder '{folder_name}' with filename '{filename}' not found."
        )
    return path


# Files that a prompt or an HTTP client names


def annotated_filepath(name):
    """Splits "cat.png [output]" into the name as it is before the bracket and the directory."""
    for type_name in ("output", "input", "temp"):
        mark = f"[{type_name}]"
        if name.endswith(mark):
            # ComfyUI cuts the one character before the bracket too, whatever it is.
            return name[: -len(mark) - 1], get_directory_by_type(type_name)
    return name, None


def is_within_directory(directory, path):
    """Symbolic links are resolved on both sides: one that leads out does not count as inside."""
    try:
        directory, path = os.path.realpath(directory), os.path.realpath(path)
        return os.path.commonpath((directory, path)) == directory
    except ValueError:
        return False


def get_annotated_filepath(name, default_dir=None):
    plain, directory = annotated_filepath(name)
    directory = directory or default_dir or get_input_directory()
    path = os.path.abspath(os.path.join(directory, plain))
    if not is_within_directory(directory, path):
        raise ValueError(f"Invalid file path: {plain!r}")
    return path


def exists_annotated_filepath(name):
    try:
        return os.path.exists(get_annotated_filepath(name))
    except ValueError:
        return False


# Names of saved images


def get_save_image_path(filename_prefix, output_dir, image_width=0, image_height=0):
    """Returns (folder, file name prefix, next counter, subfolder, prefix with values filled in).

    The counter follows the highest number in the folder, which is listed on every call.
    """
    filename_prefix = _fill_in(filename_prefix, image_width, image_height)
    subfolder, filename = os.path.split(os.path.normpath(filename_prefix))
    folder = os.path.join(output_dir, subfolder)
    if not is_within_directory(output_dir, folder):
        message = (
            "**** ERROR: Saving image outside the output folder is not allowed."
            f"\n full_output_folder: {os.path.abspath(folder)}\n         output_dir: {output_dir}"
        )
        logging.error(message)
        raise Exception(message)
    os.makedirs(folder, exist_ok=True)
    counters = [_counter(name, filename) for name in os.listdir(folder)]
    return folder, filename, max(counters, default=0) + 1, subfolder, filename_prefix


def _fill_in(prefix, width, height):
    now = time.localtime()
    values = {
        "width": width,
        "height": height,
        "year": now.tm_year,
        "month": f"{now.tm_mon:02}",
        "day": f"{now.tm_mday:02}",
        "hour": f"{now.tm_hour:02}",
        "minute": f"{now.tm_min:02}",
        "second": f"{now.tm_sec:02}",
    }
    for key, value in values.items():
        prefix = prefix.replace(f"%{key}%", str(value))
    return prefix


def _counter(name, prefix):
    """7 for "<prefix>_00007_.png", 0 for a file that is no image of this prefix."""
    if not name.startswith(prefix + "_"):
        return 0
    digits = name[len(prefix) + 1 :].split(".")[0].split("_")[0]
    return int(digits) if digits.isdecimal() else 0
