"""Routes that tell about the server itself (orchestration.md 4.11, 4.12)."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from penstock.schemas.job_templates import default_base_job_template
from penstock.schemas.responses import DoctorReport, KnownServer, ServerStatus
from penstock.server.api.api_version import API_VERSION, PREFECT_VERSION
from penstock.server.api.dependencies import Database, DoctorPatience, ServerStanding
from penstock.server.api.errors import not_found
from penstock.server.api.late_routes import LateRoute
from penstock.server.models import doctor, servers

router = APIRouter(tags=["Server"], route_class=LateRoute)

WORKER_METADATA_VIEW = "aggregate-worker-metadata"


@router.get("/health")
async def read_health() -> bool:
    """Answer true while the process serves requests."""
    return True


@router.get("/ready")
async def read_readiness(db: Database) -> dict[str, str]:
    """Answer OK when the database answers, else 503."""
    await db.check()
    return {"message": "OK"}


@router.get("/hello")
async def say_hello() -> str:
    """Wave back."""
    return "👋"


@router.get("/version")
async def read_api_version() -> str:
    """Read the version of the API."""
    return API_VERSION


@router.get("/admin/version")
async def read_server_version() -> str:
    """Read the release of Prefect whose clients this server serves."""
    return PREFECT_VERSION


@router.get("/admin/settings")
async def read_settings(request: Request) -> dict[str, Any]:
    """Read the server's settings; passwords are not shown."""
    shown: dict[str, Any] = request.app.state.shown_settings
    return shown


@router.get("/admin/server")
async def read_server_status(standing: ServerStanding) -> ServerStatus:
    """Read what this server is made of, and how the last pass of each of its loops went."""
    return await standing.read()


@router.get("/admin/servers")
async def read_servers(db: Database) -> list[KnownServer]:
    """Read the servers of the database as they last entered themselves, the living first."""
    async with db.session_context() as session:
        known = await servers.read_servers(session=session)
        return [KnownServer.model_validate(one, from_attributes=True) for one in known]


@router.get("/admin/doctor")
async def examine_database(db: Database, patience: DoctorPatience) -> DoctorReport:
    """Check every invariant against the database; reads only, and every run's row once."""
    async with db.session_context() as session:
        return await doctor.examine(session=session, patience=patience)


@router.get("/csrf-token")
async def read_csrf_token(client: str = "") -> None:
    """Refuse: there are no CSRF tokens here, and clients stop asking when told so."""
    raise HTTPException(422, detail="CSRF protection is disabled.")


@router.get("/collections/views/{view}")
async def read_collection_view(view: str) -> dict[str, Any]:
    """Read the types of worker this server knows, each with its default job template."""
    if view != WORKER_METADATA_VIEW:
        not_found(f"View '{view}' not found.")
    process = {
        "type": "process",
        "display_name": "Process",
        "description": "Starts each flow run as a process on the worker's machine.",
        "default_base_job_configuration": default_base_job_template("process"),
        "documentation_url": "",
        "install_command": "pip install penstock",
        "logo_url": "",
        "is_beta": False,
    }
    return {"penstock": {"process": process}}
