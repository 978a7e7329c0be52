"""The route that a Prometheus server reads."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from penstock.server.api.dependencies import ShownMetrics
from penstock.server.api.late_routes import LateRoute

router = APIRouter(tags=["Server"], route_class=LateRoute)


@router.get("/metrics", response_class=Response)
async def read_metrics(metrics: ShownMetrics) -> Response:
    """Read backlogs, slots, workers, counters and violations in the text format of Prometheus."""
    return Response(await metrics.text(), media_type=CONTENT_TYPE_LATEST)
