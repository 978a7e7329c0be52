import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "react-aria-components";

import { countRuns, filterOf, readRuns, type Run } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { serverNow } from "../../time/clock";
import { Ago, Lasting } from "../../time/Times";
import { counted } from "../../ui/counted";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { RunLink } from "../../ui/RunLink";
import { StateBadge } from "../../ui/StateBadge";
import { BulkButtons } from "./BulkButtons";
import { Filters } from "./Filters";
import { searchOf, type RunsAddress } from "./search";

const PAGE = 50;

const columns: Columns<Run> = [
  { id: "run", header: "Run", enableSorting: false, cell: ({ row }) => <RunLink run={row.original} /> },
  {
    id: "state",
    header: "State",
    enableSorting: false,
    cell: ({ row }) => <StateBadge status={row.original.state_type} words={row.original.state_name} />,
  },
  { id: "pool", header: "Pool", enableSorting: false, cell: ({ row }) => row.original.work_pool_name ?? "–" },
  { id: "queue", header: "Queue", enableSorting: false, cell: ({ row }) => row.original.work_queue_name ?? "–" },
  {
    id: "due",
    header: "Due",
    enableSorting: false,
    cell: ({ row }) => <Ago moment={row.original.next_scheduled_start_time ?? row.original.expected_start_time} />,
  },
  {
    id: "ran",
    header: "Ran",
    enableSorting: false,
    cell: ({ row }) => <Lasting since={row.original.start_time} until={row.original.end_time} />,
  },
  { id: "worker", header: "Worker", enableSorting: false, cell: ({ row }) => row.original.worker_name ?? "–" },
];

/** All runs, by what is asked of them, a page at a time. */
export function RunsPage() {
  const address = useSearch({ from: "/runs" });
  const navigate = useNavigate();
  const change = (changed: Partial<RunsAddress>) => {
    void navigate({ to: "/runs", search: { ...address, ...changed }, replace: true });
  };
  return (
    <>
      <div className="page-head">
        <h1>Runs</h1>
      </div>
      <Filters address={address} change={change} />
      {/* A new search begins at its first page. */}
      <Listing key={JSON.stringify(address)} address={address} />
    </>
  );
}

function Listing({ address }: { address: RunsAddress }) {
  // The last run of each page that was left behind.
  const [trail, setTrail] = useState<string[]>([]);
  const before = trail.at(-1);
  const [opened] = useState(serverNow);
  const read = useLiveQuery({
    key: ["runs", address, before],
    read: async (signal) => readRuns(await filterOf(searchOf(address), serverNow(), signal), before, PAGE, signal),
  });
  const count = useQuery({
    queryKey: ["runs-count", address],
    queryFn: async ({ signal }) => countRuns(await filterOf(searchOf(address), opened, signal), signal),
    refetchInterval: 15_000,
  });
  const runs = read.data;
  const last = runs?.at(-1);
  return (
    <section className="panel" aria-label="Runs">
      <div className="panel-head">
        <span className="quiet">{count.data === undefined ? " " : counted(count.data, "run")}</span>
        <BulkButtons address={address} />
      </div>
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      {runs?.length === 0 && (
        <Empty command="penstock run create DEPLOYMENT">No run is like that. To make one from a deployment:</Empty>
      )}
      {runs && runs.length > 0 && <DataTable label="runs" rows={runs} columns={columns} keyOf={(run) => run.id} />}
      <nav className="pager" aria-label="Pages of runs">
        <Button className="button" isDisabled={trail.length === 0} onPress={() => setTrail(trail.slice(0, -1))}>
          Newer
        </Button>
        <span className="quiet small">page {trail.length + 1}</span>
        <Button
          className="button"
          isDisabled={last === undefined || (runs?.length ?? 0) < PAGE || read.isPlaceholderData}
          onPress={() => last && setTrail([...trail, last.id])}
        >
          Older
        </Button>
      </nav>
    </section>
  );
}
