"""Whether importing `comfy.cli_args` may read the command line of this process."""

args_parsing = False


def enable_args_parsing(enable=True):
    global args_parsing
    args_parsing = enable
