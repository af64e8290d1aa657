"""The rules for a single input, and the shape in which a broken one is reported."""

import nodes

CONVERSIONS = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
LONGEST_QUOTED_LIST = 20


def problem(kind, message, details, extra_info=None):
    return {"type": kind, "message": message, "details": details, "extra_info": extra_info or {}}


def check_link(prompt, link, name, config, accepts_any_type, received_types):
    """`config` is (type, options). A link to a node that does not exist raises KeyError."""
    info = {"input_name": name, "input_config": config}
    if len(link) != 2:
        message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        return [problem("bad_linked_input", message, name, {**info, "received_value": link})]
    source_class = nodes.NODE_CLASS_MAPPINGS[prompt[link[0]]["class_type"]]
    received = source_class.RETURN_TYPES[link[1]]
    received_types[name] = received
    if accepts_any_type or types_match(received, config[0]):
        return []
    message = "Return type mismatch between linked nodes"
    details = f"{name}, received_type({received}) mismatch input_type({config[0]})"
    info |= {"received_type": received, "linked_node": link}
    return [problem("return_type_mismatch", message, details, info)]


def types_match(received, wanted):
    """Types are names or unions like "INT,FLOAT"; "*" goes with everything."""
    # Not "==": packs define types whose "!=" is always false.
    if not received != wanted:
        return True
    if not isinstance(received, str) or not isinstance(wanted, str):
        return "*" in (received, wanted)
    received_types = {part.strip() for part in received.split(",")}
    wanted_types = {part.strip() for part in wanted.split(",")}
    return bool(received_types & wanted_types) or "*" in received_types | wanted_types


def check_value(inputs, name, config, checked_by_node):
    """Converts the value in place, so that history shows what the node really got."""
    input_type, options = config
    value = inputs[name]
    if isinstance(value, dict) and "__value__" in value:
        value = inputs[name] = value["__value__"]
    info = {"input_name": name, "input_config": config, "received_value": value}
    try:
        if isinstance(input_type, str) and input_type in CONVERSIONS:
            value = inputs[name] = CONVERSIONS[input_type](value)
            info["received_value"] = value
    except Exception as error:
        message = f"Failed to convert an input value to a {input_type} value"
        info["exception_message"] = str(error)
        return [problem("invalid_input_type", message, f"{name}, {value}, {error}", info)]
    if checked_by_node:
        return []
    if "min" in options and value < options["min"]:
        message = f"Value {value} smaller than min of {options['min']}"
        return [problem("value_smaller_than_min", message, name, info)]
    if "max" in options and value > options["max"]:
        message = f"Value {value} bigger than max of {options['max']}"
        return [problem("value_bigger_than_max", message, name, info)]
    return check_choice(value, name, config, info)


def check_choice(value, name, config, info):
    input_type, options = config
    choices = options.get("options", []) if input_type == "COMBO" else input_type
    if not isinstance(choices, list) or value in choices:
        return []
    quoted = str(choices)
    if len(choices) > LONGEST_QUOTED_LIST:
        quoted = f"(list of length {len(choices)})"
        info = {**info, "input_config": None}
    details = f"{name}: {value!r} not in {quoted}"
    return [problem("value_not_in_list", "Value not in list", details, info)]
