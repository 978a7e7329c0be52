"""What a change of a deployment makes of its schedules (orchestration.md 2.4)."""

from collections.abc import Sequence

from penstock.core.errors import InvalidInputError
from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.server.database.orm_models import DeploymentSchedule


def merge_schedules(
    existing: Sequence[DeploymentSchedule], sent: Sequence[DeploymentScheduleUpdate] | None
) -> list[DeploymentScheduleCreate] | None:
    """Return all schedules the deployment has afterwards, or None when they stay as they are.

    Where every existing schedule has a slug, those sent change the ones of their slugs and the
    others stay; elsewhere those sent replace all.

    Raises:
        InvalidInputError: a slug is missing, taken twice, or belongs to a schedule without times.
    """
    if existing and all(row.slug is not None for row in existing):
        return _merge_by_slug(existing, sent or ())
    if sent is None:
        return None
    return [_created(one) for one in sent if one.schedule is not None]


def _merge_by_slug(
    existing: Sequence[DeploymentSchedule], sent: Sequence[DeploymentScheduleUpdate]
) -> list[DeploymentScheduleCreate]:
    merged = {row.slug: _kept(row) for row in existing if row.slug is not None}
    replaced = [one.replaces for one in sent if one.replaces is not None and one.replaces in merged]
    for slug in replaced:
        if replaced.count(slug) > 1:
            raise InvalidInputError("schedules", f"Two schedules replace '{slug}'.")
    for one in sent:
        if one.slug is None:
            raise InvalidInputError("schedules", "Every schedule of this deployment needs a slug.")
        renamed_from = one.replaces if one.replaces in merged and one.replaces != one.slug else None
        if renamed_from is not None and one.slug in merged and one.slug not in replaced:
            raise InvalidInputError("schedules", f"The slug '{one.slug}' is taken by another schedule.")
    taken_out = {slug: merged.pop(slug) for slug in replaced}
    for one in sent:
        assert one.slug is not None
        before = taken_out.get(one.replaces or "") or merged.get(one.slug)
        if before is None and one.schedule is None:
            raise InvalidInputError("schedules", f"The new schedule '{one.slug}' says no times.")
        merged[one.slug] = _created(one) if before is None else _changed(before, one)
    return list(merged.values())


def _kept(row: DeploymentSchedule) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate.model_validate(
        {
            "active": row.active,
            "schedule": row.schedule,
            "max_scheduled_runs": row.max_scheduled_runs,
            "parameters": row.parameters,
            "slug": row.slug,
        }
    )


def _changed(before: DeploymentScheduleCreate, sent: DeploymentScheduleUpdate) -> DeploymentScheduleCreate:
    return before.model_copy(
        update={name: value for name, value in sent.set_fields().items() if name != "replaces"}
    )


def _created(sent: DeploymentScheduleUpdate) -> DeploymentScheduleCreate:
    assert sent.schedule is not None
    return DeploymentScheduleCreate(
        active=True if sent.active is None else sent.active,
        schedule=sent.schedule,
        max_scheduled_runs=sent.max_scheduled_runs,
        parameters=sent.parameters,
        slug=sent.slug,
    )
