import { Link } from "@tanstack/react-router";

import { readRecentRuns, type Deployment } from "../../api/deployments";
import type { Run } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago, Lasting } from "../../time/Times";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { RunLink } from "../../ui/RunLink";
import { shellWord } from "../../ui/shellWord";
import { StateBadge } from "../../ui/StateBadge";

const SHOWN = 10;

const columns: Columns<Run> = [
  { id: "run", header: "Run", enableSorting: false, cell: ({ row }) => <RunLink run={row.original} /> },
  {
    id: "state",
    header: "State",
    enableSorting: false,
    cell: ({ row }) => <StateBadge status={row.original.state_type} words={row.original.state_name} />,
  },
  { id: "due", header: "Due", enableSorting: false, cell: ({ row }) => <Ago moment={row.original.expected_start_time} /> },
  {
    id: "ran",
    header: "Ran",
    enableSorting: false,
    cell: ({ row }) => <Lasting since={row.original.start_time} until={row.original.end_time} />,
  },
];

/** The runs of a deployment that were due last. */
export function RecentRuns({ deployment }: { deployment: Deployment }) {
  const runs = useLiveQuery({
    key: ["recent-runs", deployment.id],
    read: (signal) => readRecentRuns(deployment.id, SHOWN, signal),
  });
  return (
    <section className="panel" aria-labelledby="recent-title">
      <div className="panel-head">
        <h2 id="recent-title">Recent runs</h2>
        <Link to="/runs" search={{ deployment: deployment.id }} className="small">
          all runs
        </Link>
      </div>
      {runs.isError && <Trouble error={runs.error} />}
      {runs.isPending && <Loading />}
      {runs.data?.length === 0 && <Empty command={`penstock run create ${shellWord(deployment.name)}`}>No run of it has been due yet. To make one:</Empty>}
      {runs.data && runs.data.length > 0 && (
        <DataTable label="recent runs" rows={runs.data} columns={columns} keyOf={(run) => run.id} />
      )}
    </section>
  );
}
