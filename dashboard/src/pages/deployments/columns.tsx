import { Link } from "@tanstack/react-router";

import type { DeploymentOverview } from "../../api/deployments";
import { Ago } from "../../time/Times";
import type { Columns } from "../../ui/DataTable";
import { slotWords } from "../../ui/Gauge";
import { RunLink } from "../../ui/RunLink";
import { StateBadge } from "../../ui/StateBadge";
import { Tags } from "./Tags";

function Name({ deployment }: { deployment: DeploymentOverview }) {
  return (
    <>
      <Link to="/deployments/$deployment" params={{ deployment: deployment.id }}>
        {deployment.name}
      </Link>{" "}
      <span className="quiet small">{deployment.flow_name}</span>
    </>
  );
}

function Place({ deployment }: { deployment: DeploymentOverview }) {
  const { work_pool_name: pool, work_queue_name: queue } = deployment;
  if (!pool) return <span className="quiet">none</span>;
  return (
    <>
      <Link to="/pools/$pool" params={{ pool }} className="inline-link">
        {pool}
      </Link>{" "}
      <span className="quiet small">{queue}</span>
    </>
  );
}

function LastRun({ run }: { run: DeploymentOverview["last_run"] }) {
  if (!run) return <span className="quiet">none yet</span>;
  return (
    <>
      <StateBadge status={run.state_type} words={run.state_name} /> <RunLink run={run} />{" "}
      <span className="quiet small">
        <Ago moment={run.start_time ?? run.expected_start_time} />
      </span>
    </>
  );
}

function scheduleWords({ schedule_count: all, active_schedules: active }: DeploymentOverview): string {
  if (all === 0) return "–";
  return active === all ? String(all) : `${active} of ${all}`;
}

export const columns: Columns<DeploymentOverview> = [
  { id: "name", header: "Deployment", enableSorting: false, cell: ({ row }) => <Name deployment={row.original} /> },
  {
    id: "status",
    header: "Status",
    enableSorting: false,
    cell: ({ row }) => <StateBadge status={row.original.paused ? "PAUSED" : row.original.status} />,
  },
  { id: "place", header: "Pool, queue", enableSorting: false, cell: ({ row }) => <Place deployment={row.original} /> },
  { id: "schedules", header: "Schedules", enableSorting: false, cell: ({ row }) => scheduleWords(row.original) },
  {
    id: "limit",
    header: "Limit",
    enableSorting: false,
    cell: ({ row: { original } }) => (original.limit ? slotWords(original.limit.active_slots, original.limit.limit) : "–"),
  },
  { id: "last", header: "Last run", enableSorting: false, cell: ({ row }) => <LastRun run={row.original.last_run} /> },
  { id: "tags", header: "Tags", enableSorting: false, cell: ({ row }) => <Tags tags={row.original.tags} /> },
];
