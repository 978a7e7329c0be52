"""The route that a Prometheus server reads."""

from fastapi import APIRouter, Response

from penstock.server.api.dependencies import ShownMetrics
from penstock.server.api.late_routes import LateRoute

router = APIRouter(tags=["Server"], route_class=LateRoute)


@router.get("/metrics", response_class=Response)
async def read_metrics(metrics: ShownMetrics) -> Response:
    """Read backlogs, slots, workers, counters and violations in the text format of Prometheus."""
    text, media_type = await metrics.text()
    return Response(text, media_type=media_type)
