"""Checks a prompt before it is queued: each output on its own, with everything that it needs."""

import inspect
import logging
import sys
import traceback
from typing import Any, NamedTuple

import nodes
from comfy_execution.graph import class_of, collect_inputs, is_output_node
from comfy_execution.input_checks import check_link, check_value, problem


class Validation(NamedTuple):
    error: Any  # None when at least one output may run
    outputs: list
    node_errors: dict


def validate_prompt(prompt, partial_execution_targets=None):
    """Outputs that fail are left out and reported; the prompt fails only when none is left."""
    error = find_missing_class(prompt)
    if error is not None:
        return Validation(error, [], {})
    outputs = [
        node_id
        for node_id, node in prompt.items()
        if is_output_node(node)
        and (partial_execution_targets is None or node_id in partial_execution_targets)
    ]
    if not outputs:
        return Validation(problem("prompt_no_outputs", "Prompt has no outputs", ""), [], {})

    validator = PromptValidator(prompt)
    good = [node_id for node_id in outputs if validator.output_is_valid(node_id)]
    for node_id in set(outputs).difference(good):
        logging.error(f"Failed to validate prompt for output {node_id}: output will be ignored")
    if good:
        return Validation(None, good, validator.node_errors)
    details = "\n".join(
        f"{reason['message']}: {reason['details']}"
        for node_id in outputs
        for reason in validator.errors[node_id]
    )
    message = "Prompt outputs failed validation"
    error = problem("prompt_outputs_failed_validation", message, details)
    return Validation(error, [], validator.node_errors)


def find_missing_class(prompt):
    """Any unknown class fails the whole prompt, also one that no output needs. First one only."""
    for node_id, node in prompt.items():
        class_type = node.get("class_type")
        if class_type in nodes.NODE_CLASS_MAPPINGS:
            continue
        title = node.get("_meta", {}).get("title")
        if class_type is None:
            message = (
                f"Node '{title or f'ID #{node_id}'}' has no class_type. The workflow may be"
                " corrupted or a custom node is missing."
            )
        else:
            title = title or class_type
            message = f"Node '{title}' not found. The custom node may not be installed."
        info = {"node_id": node_id, "class_type": class_type, "node_title": title}
        return problem("missing_node_type", message, f"Node ID '#{node_id}'", info)
    return None


class PromptValidator:
    """Every node is checked once; a node is invalid when one that it reads is."""

    def __init__(self, prompt):
        self.prompt = prompt
        self.errors = {}  # node id → its own errors
        self.valid = {}
        self.node_errors = {}
        self.path = []

    def output_is_valid(self, node_id):
        try:
            valid = self._check(node_id)
        except Exception as error:
            valid = False
            message = "Exception when validating node"
            found = exception_problem("exception_during_validation", message, error)
            self.errors[node_id] = [found]
            self.valid[node_id] = False
        if not valid:
            self._blame(node_id)
        return valid

    def _blame(self, output):
        for node_id, errors in self.errors.items():
            if errors:
                entry = self.node_errors.setdefault(
                    node_id,
                    {
                        "errors": errors,
                        "dependent_outputs": [],
                        "class_type": self.prompt[node_id]["class_type"],
                    },
                )
                entry["dependent_outputs"].append(output)

    def _check(self, node_id):
        if node_id in self.valid:
            return self.valid[node_id]
        if node_id in self.path:
            self._report_cycle(node_id)
            return False
        self.errors.setdefault(node_id, [])
        self.path.append(node_id)
        try:
            sources_are_valid = self._check_inputs(node_id)
        finally:
            self.path.pop()
        self.valid[node_id] = sources_are_valid and not self.errors[node_id]
        return self.valid[node_id]

    def _check_inputs(self, node_id):
        node = self.prompt[node_id]
        declared = class_of(node).INPUT_TYPES()
        custom = CustomCheck(class_of(node))
        sources_are_valid = True
        received_types = {}
        for category in ("required", "optional"):
            for name, (input_type, *options) in declared.get(category, {}).items():
                config = (input_type, options[0] if options else {})
                errors = self.errors[node_id]
                if name not in node["inputs"]:
                    if category == "required":
                        message = "Required input is missing"
                        info = {"input_name": name}
                        errors.append(problem("required_input_missing", message, name, info))
                elif not isinstance(node["inputs"][name], list):
                    errors += check_value(node["inputs"], name, config, custom.covers(name))
                else:
                    link = node["inputs"][name]
                    any_type = custom.covers("input_types")
                    found = check_link(self.prompt, link, name, config, any_type, received_types)
                    errors += found
                    if not found and not self._check_source(link, name, config):
                        sources_are_valid = False
        self.errors[node_id] += custom.run(node, node_id, received_types)
        return sources_are_valid

    def _check_source(self, link, name, config):
        try:
            return self._check(link[0])
        except Exception as error:
            message = "Exception when validating inner node"
            found = exception_problem("exception_during_inner_validation", message, error)
            found["extra_info"] |= {
                "input_name": name,
                "input_config": config,
                "exception_message": str(error),
                "linked_node": link,
            }
            self.errors[link[0]] = [found]
            self.valid[link[0]] = False
            return False

    def _report_cycle(self, node_id):
        cycle = self.path[self.path.index(node_id) :]
        steps = [f"{step} ({self.prompt[step]['class_type']})" for step in [*cycle, node_id]]
        for member in cycle:
            info = {"node_id": member, "cycle_nodes": cycle}
            message = "Dependency cycle detected"
            found = problem("dependency_cycle", message, " -> ".join(steps), info)
            self.errors[member].append(found)


class CustomCheck:
    """A class's own VALIDATE_INPUTS: inputs that it names are not checked in the usual ways."""

    def __init__(self, node_class):
        self.function = getattr(node_class, "VALIDATE_INPUTS", None)
        self.names, self.takes_all = [], False
        if self.function is not None:
            signature = inspect.getfullargspec(self.function)
            self.names, self.takes_all = signature.args, signature.varkw is not None

    def covers(self, name):
        return name in self.names or (self.takes_all and name != "input_types")

    def run(self, node, node_id, received_types):
        if self.function is None:
            return []
        arguments = {
            name: value
            for name, value in collect_inputs(node, node_id).items()
            if self.covers(name)
        }
        if "input_types" in self.names:
            arguments["input_types"] = received_types
        verdict = self.function(**arguments)
        if verdict is True:
            return []
        message = "Custom validation failed for node"
        reason = "" if verdict is False else f" - {verdict}"
        return [
            problem("custom_validation_failed", message, f"{name}{reason}", {"input_name": name})
            for name in arguments
        ]


def exception_problem(kind, message, error):
    error_type = type(error)
    prefix = "" if error_type.__module__ == "builtins" else f"{error_type.__module__}."
    info = {
        "exception_type": prefix + error_type.__qualname__,
        "traceback": traceback.format_tb(sys.exc_info()[2]),
    }
    return problem(kind, message, str(error), info)
