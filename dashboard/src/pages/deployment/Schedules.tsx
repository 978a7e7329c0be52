import { SwitchButton, SwitchField } from "react-aria-components";

import { updateSchedule, type Deployment, type DeploymentOutlook, type DeploymentSchedule } from "../../api/deployments";
import { useChange } from "../../live/useChange";
import { scheduleWords } from "../../schedules/scheduleWords";
import { Empty } from "../../ui/Feedback";
import { Starts } from "./Starts";

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
      <div className="panel-head">
        <h2 id="schedules-title">Schedules</h2>
        {deployment.paused && <span className="quiet small">none makes runs while the deployment is paused</span>}
      </div>
      {schedules.length === 0 && (
        <Empty command={commandFor(deployment.id)}>
          It has none: its runs are started by people and programs. To have one made every day at 06:00:
        </Empty>
      )}
      <ul className="schedules">
        {schedules.map((schedule) => (
          <Schedule
            key={schedule.id}
            deployment={deployment}
            schedule={schedule}
            outlook={outlook?.schedules.find((one) => one.schedule_id === schedule.id)}
          />
        ))}
      </ul>
    </section>
  );
}

function commandFor(deployment: string): string {
  const body = '[{"schedule": {"cron": "0 6 * * *", "timezone": "Europe/Berlin"}}]';
  const address = `${window.location.origin}/api/deployments/${deployment}/schedules`;
  return `curl ${address} -H 'content-type: application/json' -d '${body}'`;
}

interface ScheduleProps {
  deployment: Deployment;
  schedule: DeploymentSchedule;
  outlook: DeploymentOutlook["schedules"][number] | undefined;
}

function Schedule({ deployment, schedule, outlook }: ScheduleProps) {
  const { words, written } = scheduleWords(schedule.schedule);
  const name = schedule.slug ?? words;
  const change = useChange({
    send: (active: boolean) => updateSchedule(deployment.id, schedule.id, { active }),
    done: (active) => (active ? `“${name}” makes runs again.` : `“${name}” is paused.`),
  });
  const isActive = change.isPending ? change.variables : schedule.active;
  const given = Object.keys(schedule.parameters);
  return (
    <li className={isActive && !deployment.paused ? "schedule" : "schedule schedule-paused"}>
      <div className="schedule-head">
        <SwitchField aria-label={`${name} makes runs`} isSelected={isActive} onChange={(active) => change.mutate(active)}>
          <SwitchButton className="switch">
            <span className="switch-track" />
          </SwitchButton>
        </SwitchField>
        <div className="schedule-words">
          <p>
            <strong>{words}</strong>
            {outlook && <span className="quiet"> · {outlook.timezone}</span>}
            {!isActive && <span className="quiet"> · paused</span>}
          </p>
          <p className="quiet small">
            <code>{written}</code>
            {schedule.slug && ` · ${schedule.slug}`}
            {given.length > 0 && ` · with its own ${given.join(", ")}`}
          </p>
        </div>
      </div>
      {outlook && <Starts outlook={outlook} name={name} />}
    </li>
  );
}
