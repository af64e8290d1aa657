"""Names of calls and folders that install scripts are made of."""

import re

from install_script.values import CORE

MODEL_FILE = r"\.(safetensors|sft|ckpt|pth|pt|bin|onnx|gguf|pkl|torchscript|tflite|task)"
MODEL = re.compile(rf"^https?://[^\s\0]+{MODEL_FILE}(\?[^\s\0]*)?$", re.IGNORECASE)
# as ComfyUI-Manager sets them, and the names that other scripts ask for
FOLDERS = {
    "COMFYUI_PATH": CORE,
    "COMFYUI_FOLDERS_BASE_PATH": CORE,
    "COMFYUI_MODEL_PATH": f"{CORE}/models",
    "models_dir": f"{CORE}/models",
    "base_path": CORE,
}
RUNNERS = {
    "run", "call", "check_call", "check_output", "Popen", "system", "popen", "getoutput",
    "getstatusoutput", "main", "pipmain", "create_subprocess_exec", "create_subprocess_shell",
}
RUNNING_MODULES = {"subprocess", "sp", "os", "asyncio", "pip", "_internal"}
SAME = {
    "abspath", "realpath", "normpath", "expanduser", "Path", "PurePath", "PosixPath", "str", "fspath", "resolve",
    "absolute", "as_posix", "quote", "strip", "rstrip", "lstrip", "list", "tuple", "set", "sorted", "iter",
    "decode", "expandvars", "readlines", "read", "splitlines", "read_text", "deepcopy", "copy", "reversed",
}
JOINS = {"join", "joinpath"}
# calls that leave nothing behind which the version could lack
HARMLESS = {
    "print", "len", "int", "float", "bool", "repr", "isinstance", "getattr", "hasattr", "range", "type", "filter",
    "map", "any", "all", "min", "max", "zip", "next", "input", "super", "format", "exists", "isfile", "isdir",
    "is_file", "is_dir", "listdir", "iterdir", "glob", "makedirs", "mkdir", "insert", "append", "extend", "add",
    "remove", "pop", "update", "getLogger", "basicConfig", "info", "warning", "warn", "error", "debug",
    "exception", "critical", "log", "startswith", "endswith", "lower", "upper", "replace", "encode", "split",
    "group", "match", "search", "findall", "compile", "sub", "is_available", "system_info", "machine", "platform",
    "python_version", "find_spec", "import_module", "__import__", "get_distribution", "distribution", "version",
    "require", "Version", "parse", "keys", "values", "items", "enumerate", "cwd", "getcwd", "filterwarnings",
    "print_exc", "format_exc", "flush", "write_stdout", "exit", "quit", "_exit", "time", "sleep", "close",
    "get_folder_paths", "get", "getenv", "dirname", "basename", "isatty", "invalidate_caches", "simplefilter",
    "CalledProcessError", "Exception", "ImportError", "RuntimeError", "setdefault", "count", "index", "sum",
} | SAME | JOINS
