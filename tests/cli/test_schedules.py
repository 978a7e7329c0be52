"""``penstock deployment schedule``."""

import pytest

from tests.cli.conftest import Cli


def schedules(cli: Cli, deployment: str) -> dict[str, dict]:
    """Return the schedules of a deployment by their slugs."""
    return {one["slug"]: one for one in cli("deployment", "schedule", "ls", deployment, "--json").document}


def test_a_schedule_from_its_creation_to_its_end(cli: Cli, deployment: str) -> None:
    created = cli(
        "deployment", "schedule", "create", deployment, "--cron", "0 6 * * *", "--timezone", "Europe/Berlin",
        "--slug", "nightly", "--param", "station=Oakford", "--max-runs", 5,
    )  # fmt: skip
    assert created.out.startswith(f"Schedule 'nightly' of deployment '{deployment}' is due next at ")
    nightly = schedules(cli, deployment)["nightly"]
    assert nightly["schedule"] == {"cron": "0 6 * * *", "timezone": "Europe/Berlin", "day_or": True}
    assert (nightly["parameters"], nightly["max_scheduled_runs"]) == ({"station": "Oakford"}, 5)
    listed = cli("deployment", "schedule", "ls", deployment).out
    for words in ("nightly", "0 6 * * *", "Europe/Berlin", "Oakford", "in "):
        assert words in listed

    paused = cli("deployment", "schedule", "pause", deployment, "nightly")
    assert paused.out == f"Schedule 'nightly' of deployment '{deployment}' is paused.\n"
    assert schedules(cli, deployment)["nightly"]["active"] is False
    resumed = cli("deployment", "schedule", "resume", deployment, nightly["id"], "--json")
    assert resumed.document["active"] is True

    deleted = cli("deployment", "schedule", "delete", deployment, "nightly", "--yes")
    assert deleted.out.startswith(f"Deleted schedule 'nightly' of deployment '{deployment}' with ")
    assert schedules(cli, deployment) == {}
    assert "penstock deployment schedule create" in cli("deployment", "schedule", "ls", deployment).out


def test_what_is_not_said_stays_as_it_is(cli: Cli, deployment: str) -> None:
    cli(
        "deployment", "schedule", "create", deployment, "--interval", 3600,
        "--anchor", "2030-01-01T00:00:00Z", "--timezone", "Asia/Tokyo", "--slug", "hourly",
    )  # fmt: skip
    assert cli("deployment", "schedule", "update", deployment, "hourly", "--interval", 60).code == 0
    assert schedules(cli, deployment)["hourly"]["schedule"] == {
        "interval": 60.0,
        "anchor_date": "2030-01-01T00:00:00.000000Z",
        "timezone": "Asia/Tokyo",
    }
    cli("deployment", "schedule", "update", deployment, "hourly", "--timezone", "UTC")
    assert schedules(cli, deployment)["hourly"]["schedule"]["timezone"] == "UTC"
    assert schedules(cli, deployment)["hourly"]["schedule"]["interval"] == 60.0

    cli("deployment", "schedule", "update", deployment, "hourly", "--rrule", "FREQ=DAILY", "--slug", "daily")
    changed = schedules(cli, deployment)["daily"]["schedule"]
    assert changed["rrule"].endswith("FREQ=DAILY")
    assert "interval" not in changed


def test_a_paused_schedule_makes_no_runs(cli: Cli, deployment: str) -> None:
    created = cli("deployment", "schedule", "create", deployment, "--interval", 60, "--paused", "--json")
    assert created.document["active"] is False


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--cron, --interval or --rrule"),
        (["--cron", "every day"], "'every day' is not a cron expression"),
        (["--cron", "0 6 * * *", "--interval", "60"], "Give one of --cron, --interval and --rrule."),
        (["--cron", "0 6 * * *", "--anchor", "2030-01-01"], "--anchor goes with --interval."),
        (["--cron", "0 6 * * *", "--timezone", "Mars/Olympus"], "There is no time zone named 'Mars/Olympus'"),
        (["--interval", "0"], "Interval: "),
        (["--interval", "60", "--anchor", "noon"], "--anchor 'noon' is no time."),
        (["--rrule", "FREQ=NEVER"], "is not a recurrence rule"),
    ],
)
def test_what_is_no_schedule(cli: Cli, deployment: str, arguments: list[str], complaint: str) -> None:
    refused = cli("deployment", "schedule", "create", deployment, *arguments)
    assert refused.code == 2
    assert complaint in refused.error
    assert schedules(cli, deployment) == {}


def test_a_slug_is_taken_once(cli: Cli, deployment: str) -> None:
    for code in (0, 1):
        tried = cli("deployment", "schedule", "create", deployment, "--cron", "@daily", "--slug", "nightly")
        assert tried.code == code
    assert "already exists" in tried.error


def test_a_schedule_that_is_not_there(cli: Cli, deployment: str) -> None:
    missing = cli("deployment", "schedule", "pause", deployment, "nightly")
    assert missing.code == 1
    assert missing.error == (
        f"Deployment '{deployment}' has no schedule 'nightly'. "
        f"List them with: penstock deployment schedule ls {deployment}"
    )


def test_deleting_needs_a_confirmation(cli: Cli, deployment: str) -> None:
    cli("deployment", "schedule", "create", deployment, "--cron", "@yearly", "--slug", "yearly")
    refused = cli("deployment", "schedule", "delete", deployment, "yearly")
    assert refused.code == 2
    assert "waiting run" in refused.error
    assert schedules(cli, deployment).keys() == {"yearly"}
