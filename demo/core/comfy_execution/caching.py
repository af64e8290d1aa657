"""Results kept between prompts, found again by a signature of everything that led to them."""

import hashlib
import json
import logging
import uuid
from typing import Any, NamedTuple

from comfy_execution.graph import class_of, collect_inputs, is_link


class CacheEntry(NamedTuple):
    outputs: tuple
    ui: Any  # {"output": …, "meta": …} or None


class OutputCache:
    """Keeps the most recently used entries; those of the latest prompt are never dropped."""

    def __init__(self, limit):
        self.limit = limit
        self.entries = {}

    def get(self, signature):
        return self.entries.get(signature)

    def set(self, signature, entry):
        if self.limit is not None:
            self.entries[signature] = entry

    def start_prompt(self, signatures):
        used = [key for key in signatures if key in self.entries]
        self.entries.update({key: self.entries.pop(key) for key in used})
        excess = len(self.entries) - max(len(used), self.limit or 0)
        for key in list(self.entries)[: max(0, excess)]:
            del self.entries[key]


class Signatures:
    """One prompt's node signatures: class, constants, IS_CHANGED and the same of all ancestors."""

    def __init__(self, prompt):
        self.prompt = prompt
        self.known = {}

    def of(self, node_id):
        if node_id not in self.known:
            # Stands for a node that is missing or part of a cycle: equal to nothing.
            self.known[node_id] = uuid.uuid4().hex
            if node_id in self.prompt:
                self.known[node_id] = self._compute(node_id)
        return self.known[node_id]

    def _compute(self, node_id):
        node = self.prompt[node_id]
        node_class = class_of(node)
        parts = [node["class_type"], is_changed(node, node_id)]
        if getattr(node_class, "NOT_IDEMPOTENT", False) or _asks_for_its_id(node_class):
            parts.append(node_id)
        for name, value in sorted(node["inputs"].items()):
            parts.append([name, [self.of(value[0]), value[1]] if is_link(value) else value])
        # What JSON cannot hold equals nothing, not even itself.
        text = json.dumps(parts, default=lambda _value: uuid.uuid4().hex)
        return hashlib.sha256(text.encode()).hexdigest()


def is_changed(node, node_id):
    """The node's own word on whether its result still holds; links are not resolved for it."""
    check = getattr(class_of(node), "IS_CHANGED", None)
    if check is None:
        return False
    if "is_changed" not in node:
        try:
            node["is_changed"] = [check(**collect_inputs(node, node_id))]
        except Exception as error:
            logging.warning(f"WARNING: {error}")
            node["is_changed"] = float("nan")
    if _is_nan(node["is_changed"]) or (
        isinstance(node["is_changed"], list) and any(map(_is_nan, node["is_changed"]))
    ):
        return uuid.uuid4().hex
    return node["is_changed"]


def _is_nan(value):
    return isinstance(value, float) and value != value


def _asks_for_its_id(node_class):
    return "UNIQUE_ID" in node_class.INPUT_TYPES().get("hidden", {}).values()
