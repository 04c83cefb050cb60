"""Every route asks the policy."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from api.access import Asks
from api.app import ROUTERS
from api.doors import OPEN_TO_ALL
from docs.pages.access import asked_by, calls

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_a_route_asks_for_one_action_or_is_open_to_all(route: APIRoute) -> None:
    asked = [call for call in calls(route.dependant) if isinstance(call, Asks)]
    assert len(asked) == (0 if route.path.startswith(OPEN_TO_ALL) else 1)


def test_the_list_of_routes_is_of_all_of_them() -> None:
    assert [operation for operation, _, _, _ in asked_by()] == [route.operation_id for route in ROUTES]
