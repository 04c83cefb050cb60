"""What a change would do, before it is made."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import StrictRoute

router = APIRouter(prefix="/api/runtime-configs", tags=["preview"], route_class=StrictRoute)
