"""``penstock doctor``: check that everything in the database holds that should."""

from cyclopts import App
from rich.text import Text

from penstock.cli.connection import connect
from penstock.cli.context import Options
from penstock.cli.render import console, print_json, print_table
from penstock.schemas.responses import CheckResult, DoctorReport, Finding

app = App(name="doctor", help="Check the server's database; nothing is changed.")


@app.default
async def doctor(*, options: Options = Options()) -> int:
    """Check every invariant of the server's database; exit code 1 when one is violated.

    Overrides, such as runs forced past a limit, are listed and are no violations.
    """
    async with connect(options) as client:
        report = await client.examine()
    if options.json:
        print_json(report)
    else:
        _print(report)
    return 1 if report.violation_count else 0


def _print(report: DoctorReport) -> None:
    rows = [(one.sentence, one.checked, _verdict(one)) for one in report.checks]
    print_table(("CHECK", "LOOKED AT", "FOUND"), rows, empty="")
    for check in report.checks:
        _print_findings(f"Violated: {check.sentence}", check.violations, "red")
        _print_findings("Overrides:", check.overrides, "yellow")
        if not check.is_complete:
            print("  ... and more than are listed.")
    checked = f"{len(report.checks)} checks"
    if report.violation_count:
        print(f"\n{checked}, {report.violation_count} violations.")
    else:
        print(f"\n{checked}, no violations.")


def _verdict(check: CheckResult) -> Text:
    if check.violations:
        return Text(f"{len(check.violations)} violated", style="red")
    if check.overrides:
        return Text(f"ok, {len(check.overrides)} overrides", style="yellow")
    return Text("ok", style="green")


def _print_findings(headline: str, findings: list[Finding], style: str) -> None:
    if not findings:
        return
    out = console()
    out.print()
    out.print(Text(headline, style=style))
    for finding in findings:
        ids = ", ".join(f"{kind} {value}" for kind, value in finding.ids.items())
        out.print(f"  {finding.sentence} ({ids})", markup=False, soft_wrap=True)
