import { Button } from "react-aria-components";

import type { Deployment, DeploymentOutlook } from "../../api/deployments";
import { Empty } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { Schedule } from "./Schedule";
import { ScheduleDialog } from "./ScheduleDialog";

interface SchedulesProps {
  deployment: Deployment;
  outlook: DeploymentOutlook | undefined;
}

/** The schedules of a deployment in words, and when each is due next. */
export function Schedules({ deployment, outlook }: SchedulesProps) {
  // Changing one moves it to the front of the answer; here each stays where it is.
  const schedules = deployment.schedules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return (
    <section className="panel" aria-labelledby="schedules-title">
      <div className="panel-head panel-head-tools">
        <h2 id="schedules-title">Schedules</h2>
        {deployment.paused && <span className="quiet small">none makes runs while the deployment is paused</span>}
        <div className="page-head-end">
          <ScheduleDialog deployment={deployment} trigger={<Button className="button">Add a schedule …</Button>} />
        </div>
      </div>
      {schedules.length === 0 && (
        <Empty command={`penstock deployment schedule create ${shellWord(deployment.name)} --cron '0 6 * * *'`}>
          It has none: its runs are started by people and programs. To have one made every day at 06:00:
        </Empty>
      )}
      <ul className="schedules">
        {schedules.map((schedule) => (
          <Schedule key={schedule.id} deployment={deployment} schedule={schedule} outlook={outlook} />
        ))}
      </ul>
    </section>
  );
}
