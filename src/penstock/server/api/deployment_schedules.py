"""What a change of a deployment makes of its schedules (orchestration.md 2.4)."""

from collections.abc import Collection, Sequence

from penstock.core.errors import InvalidInputError
from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.server.database.orm_models import DeploymentSchedule
from penstock.server.models.schedules import WantedSchedule


def merge_schedules(
    existing: Sequence[DeploymentSchedule], sent: Sequence[DeploymentScheduleUpdate] | None
) -> list[WantedSchedule] | None:
    """Return all schedules the deployment has afterwards, or None when they stay as they are.

    Where every existing schedule has a slug, those sent change the ones of their slugs and the
    others stay; elsewhere those sent replace all.

    Raises:
        InvalidInputError: a slug is missing, taken twice, or belongs to a schedule without times.
    """
    if existing and all(row.slug for row in existing):
        return _merge_by_slug(existing, sent or ())
    if sent is None:
        return None
    return [(None, _created(one)) for one in sent if one.schedule is not None]


def _merge_by_slug(
    existing: Sequence[DeploymentSchedule], sent: Sequence[DeploymentScheduleUpdate]
) -> list[WantedSchedule]:
    kept = {row.slug: row for row in existing if row.slug}
    replaced = {one.replaces for one in sent if one.replaces in kept and one.replaces != one.slug}
    _check_slugs(kept.keys(), replaced, sent)
    wanted: dict[str, WantedSchedule] = {
        slug: (row.id, _kept(row)) for slug, row in kept.items() if slug not in replaced
    }
    for one in sent:
        assert one.slug is not None
        before = kept.get(one.replaces or "")
        if before is None and one.slug not in replaced:
            before = kept.get(one.slug)
        if before is None and one.schedule is None:
            raise InvalidInputError("schedules", f"The new schedule '{one.slug}' says no times.")
        wanted[one.slug] = (None, _created(one)) if before is None else (before.id, _changed(before, one))
    return list(wanted.values())


def _check_slugs(
    kept: Collection[str], replaced: Collection[str], sent: Sequence[DeploymentScheduleUpdate]
) -> None:
    slugs = [one.slug for one in sent]
    if None in slugs:
        raise InvalidInputError("schedules", "Every schedule of this deployment needs a slug.")
    replacements = [one.replaces for one in sent if one.replaces in kept]
    for slug in replacements:
        if replacements.count(slug) > 1:
            raise InvalidInputError("schedules", f"Two schedules replace '{slug}'.")
    for one in sent:
        if slugs.count(one.slug) > 1:
            raise InvalidInputError("schedules", f"Two schedules have the slug '{one.slug}'.")
        renames = one.replaces in replaced and one.replaces != one.slug
        if renames and one.slug in kept and one.slug not in replaced:
            raise InvalidInputError("schedules", f"The slug '{one.slug}' is taken by another schedule.")


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


def _changed(row: DeploymentSchedule, sent: DeploymentScheduleUpdate) -> DeploymentScheduleCreate:
    changes = {name: value for name, value in sent.set_fields().items() if name != "replaces"}
    return _kept(row).model_copy(update=changes)


def _created(sent: DeploymentScheduleUpdate) -> DeploymentScheduleCreate:
    assert sent.schedule is not None
    return DeploymentScheduleCreate(
        active=True if sent.active is None else sent.active,
        schedule=sent.schedule,
        max_scheduled_runs=sent.max_scheduled_runs,
        parameters=sent.parameters,
        slug=sent.slug,
    )
