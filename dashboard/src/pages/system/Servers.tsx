import { useState } from "react";
import { Button } from "react-aria-components";

import { readServers, type KnownServer, type ServerStatus } from "../../api/system";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago } from "../../time/Times";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { StateBadge } from "../../ui/StateBadge";
import { Services } from "./Services";
import { runningWords } from "./words";

const OFTEN = 5000;

/** Every server of the database, and the services of the one that is chosen: at first the one that answers. */
export function Servers({ answering }: { answering: ServerStatus }) {
  const known = useLiveQuery({ key: ["servers"], read: readServers, every: OFTEN });
  const [wanted, setWanted] = useState(answering.id);
  const other = known.data?.find((server) => server.id === wanted && server.id !== answering.id);
  const shown = other ?? answering;
  return (
    <>
      <section className="panel" aria-labelledby="servers-title">
        <div className="panel-head">
          <h2 id="servers-title">Servers</h2>
          <span className="quiet small">all that serve this database; one that stops leaves the list</span>
        </div>
        {known.isError && <Trouble error={known.error} />}
        {known.isPending && <Loading />}
        {known.data?.length === 0 && <Empty command="penstock server ls">No server has entered itself yet.</Empty>}
        {known.data && known.data.length > 0 && (
          <DataTable
            label="servers"
            rows={known.data}
            columns={columnsOf(answering.id, shown.id, setWanted)}
            keyOf={(server) => server.id}
          />
        )}
      </section>
      <Services of={`process ${shown.process_id} on ${shown.host}`} services={shown.services} />
    </>
  );
}

function columnsOf(answering: string, shown: string, show: (server: string) => void): Columns<KnownServer> {
  return [
    {
      id: "server",
      header: "Server",
      enableSorting: false,
      cell: ({ row: { original } }) => (
        <>
          process {original.process_id} on {original.host}
          {original.id === answering && <span className="quiet small"> this one answers</span>}
        </>
      ),
    },
    { id: "standing", header: "Standing", enableSorting: false, cell: ({ row }) => <Standing server={row.original} /> },
    { id: "version", header: "Version", accessorFn: (server) => server.version },
    {
      id: "started",
      header: "Started",
      accessorFn: (server) => server.started_at,
      cell: ({ row }) => <Ago moment={row.original.started_at} />,
    },
    {
      id: "seen",
      header: "Last seen",
      accessorFn: (server) => server.last_seen,
      cell: ({ row }) => <Ago moment={row.original.last_seen} />,
    },
    {
      id: "services",
      header: "Services",
      enableSorting: false,
      cell: ({ row: { original } }) => (
        <>
          {runningWords(original.services)}{" "}
          {original.id !== shown && (
            <Button
              className="button button-small"
              aria-label={`Show the services of process ${original.process_id} on ${original.host}`}
              onPress={() => show(original.id)}
            >
              Show
            </Button>
          )}
        </>
      ),
    },
  ];
}

function Standing({ server }: { server: KnownServer }) {
  return server.is_alive ? <StateBadge status="ONLINE" words="alive" /> : <StateBadge status="OFFLINE" words="not seen" />;
}
