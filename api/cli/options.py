"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Environment = Annotated[str | None, typer.Option("-e", "--environment", help="The default one where it is not named.")]
Reason = Annotated[str | None, typer.Option("-r", "--reason", help="Why; recorded with the change.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and tell, but record nothing.")]
