"""The command line. It speaks the HTTP API, over the network or within its own process."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main() -> None:
    """What the command `varve` runs."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line, and answer with its exit code; a traceback is shown only with --debug."""
    from api.cli.failures import BROKEN, INTERRUPTED, Failed, tell

    try:
        code = _carried_out(list(arguments))
        sys.stdout.flush()
        return code
    except Failed as failure:
        tell(failure)
        return failure.exit_code
    except KeyboardInterrupt:
        tell(Failed("interrupted"))
        return INTERRUPTED
    except BrokenPipeError:  # whoever read has read enough; nothing more is flushed there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in arguments:
            raise
        what = f"a fault of Varve itself, {type(error).__name__}: {error}"
        tell(Failed(f"{what}; run it again with --debug, and report what it shows"))
        return BROKEN


def _carried_out(arguments: list[str]) -> int:
    """Raises Failed; what typer has to say of misuse comes as Misused."""
    import typer

    from api.cli.app import app
    from api.cli.failures import INTERRUPTED, MISUSED, Misused

    command = typer.main.get_command(app)
    for option in command.params:
        if isinstance(option, typer.core.TyperOption) and option.name == "show_completion":
            option.hidden = True  # --install-completion is enough, and the help fits a screen
    try:
        code: int = command.main(arguments, prog_name="varve", standalone_mode=False) or 0
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            print(message, file=sys.stderr)
            return MISUSED
        raise Misused(f"{message.rstrip('.')}; varve --help tells what there is") from None
    if code == INTERRUPTED:  # what typer makes of Ctrl-C
        raise KeyboardInterrupt
    return code
