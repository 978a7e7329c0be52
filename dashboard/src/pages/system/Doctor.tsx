import { useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components";

import { examine, type DoctorReport } from "../../api/system";
import { Ago } from "../../time/Times";
import { Trouble } from "../../ui/Feedback";
import { StateBadge } from "../../ui/StateBadge";

/** Every invariant checked against the database, when somebody asks: it reads every run once. */
export function Doctor() {
  const report = useQuery({ queryKey: ["doctor"], queryFn: ({ signal }) => examine(signal), enabled: false });
  return (
    <section className="panel" aria-labelledby="doctor-title">
      <div className="panel-head panel-head-tools">
        <h2 id="doctor-title">Doctor</h2>
        {report.data ? (
          <span className="quiet small">
            examined <Ago moment={report.data.checked_at} />
          </span>
        ) : (
          <span className="quiet small">checks every invariant; reads every run once</span>
        )}
        <div className="page-head-end">
          <Button className="button" isDisabled={report.isFetching} onPress={() => void report.refetch()}>
            {report.isFetching ? "Examining …" : "Examine the database"}
          </Button>
        </div>
      </div>
      {report.isError && <Trouble error={report.error} />}
      {report.data && <Checks report={report.data} />}
    </section>
  );
}

function Checks({ report }: { report: DoctorReport }) {
  return (
    <ul className="workers">
      {report.checks.map((check) => (
        <li key={check.name} className="worker">
          <div className="worker-words">
            <p>{check.sentence}</p>
            {check.violations.map((finding) => (
              <p key={finding.sentence} className="field-error">
                {finding.sentence}
              </p>
            ))}
            {check.overrides.map((finding) => (
              <p key={finding.sentence} className="quiet small">
                On purpose: {finding.sentence}
              </p>
            ))}
          </div>
          <StateBadge
            status={check.violations.length > 0 ? "FAILED" : "COMPLETED"}
            words={check.violations.length > 0 ? `${check.violations.length} violated` : `${check.checked.toLocaleString()} fine`}
          />
        </li>
      ))}
    </ul>
  );
}
