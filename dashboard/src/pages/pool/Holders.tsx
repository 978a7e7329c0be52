import { readHolders, type Run } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago, Lasting } from "../../time/Times";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { RunLink } from "../../ui/RunLink";
import { StateBadge } from "../../ui/StateBadge";

const columns: Columns<Run> = [
  { id: "run", header: "Run", accessorFn: (run) => run.name, cell: ({ row }) => <RunLink run={row.original} /> },
  { id: "queue", header: "Queue", accessorFn: (run) => run.work_queue_name ?? "" },
  {
    id: "state",
    header: "State",
    accessorFn: (run) => run.state_name ?? "",
    cell: ({ row }) => <StateBadge status={row.original.state_type} words={row.original.state_name} />,
  },
  {
    id: "since",
    header: "Holds for",
    accessorFn: (run) => run.state?.timestamp ?? "",
    cell: ({ row }) => <Lasting since={row.original.state?.timestamp} />,
  },
  { id: "worker", header: "Worker", accessorFn: (run) => run.worker_name ?? "–" },
  {
    id: "lease",
    header: "Lease ends",
    enableSorting: false,
    cell: ({ row }) => (row.original.lease_expires_at ? <Ago moment={row.original.lease_expires_at} /> : "–"),
  },
];

/** Who holds the pool's slots, and for how long. */
export function Holders({ pool }: { pool: string }) {
  const holders = useLiveQuery({ key: ["holders", pool], read: (signal) => readHolders(pool, signal) });
  return (
    <section className="panel" aria-labelledby="holders-title">
      <div className="panel-head">
        <h2 id="holders-title">Slot holders</h2>
        {holders.data && <span className="quiet small">{holders.data.length}</span>}
      </div>
      {holders.isError && <Trouble error={holders.error} />}
      {holders.isPending && <Loading />}
      {holders.data?.length === 0 && <Empty command="penstock run create DEPLOYMENT">All slots are free. To make a run for one of them:</Empty>}
      {holders.data && holders.data.length > 0 && (
        <DataTable label="slot holders" rows={holders.data} columns={columns} keyOf={(run) => run.id} />
      )}
    </section>
  );
}
