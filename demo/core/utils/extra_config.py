"""extra_model_paths.yaml: sections of `category: paths, one a line`."""

import logging
import os

import yaml

import folder_paths


def load_extra_path_config(yaml_path):
    with open(yaml_path, encoding="utf-8") as file:
        sections = yaml.safe_load(file)
    yaml_dir = os.path.dirname(os.path.abspath(yaml_path))
    for name in sections:
        if sections[name] is not None:
            _add_section(dict(sections[name]), yaml_dir)


def _add_section(section, yaml_dir):
    root = section.pop("base_path", None)
    is_default = section.pop("is_default", False)
    # Only base_path is expanded. Either root may be relative: to the YAML file's folder.
    base = os.path.expandvars(os.path.expanduser(root)) if root else ""
    for category, paths in section.items():
        # A list, number or null ends the start here, as in ComfyUI: paths are text.
        for line in paths.split("\n"):
            if line:
                path = os.path.normpath(os.path.join(yaml_dir, base, line))
                logging.info(f"Adding extra search path {category} {path}")
                folder_paths.add_model_folder_path(category, path, is_default)
