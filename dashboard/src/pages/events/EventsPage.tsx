import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { Input, Label, SearchField, SwitchButton, SwitchField } from "react-aria-components";

import { Ago } from "../../time/Times";
import { DataTable, type Columns } from "../../ui/DataTable";
import { Empty } from "../../ui/Feedback";
import { useEvents, type LiveEvent } from "./useEvents";

function kindAndId(resource: Record<string, string>): [string, string] {
  const [, kind, id] = /^prefect\.([\w-]+)\.(.+)$/.exec(resource["prefect.resource.id"] ?? "") ?? [];
  return [kind ?? "", id ?? ""];
}

function Resource({ resource }: { resource: Record<string, string> }) {
  const [kind, id] = kindAndId(resource);
  const name = resource["prefect.resource.name"] ?? id;
  if (kind === "flow-run") {
    return (
      <Link to="/runs/$run" params={{ run: id }}>
        {name}
      </Link>
    );
  }
  if (kind === "work-pool") {
    return (
      <Link to="/pools/$pool" params={{ pool: name }}>
        {name}
      </Link>
    );
  }
  return <span>{name}</span>;
}

function relatedWords(event: LiveEvent): string {
  return event.related
    .map((one) => `${one["prefect.resource.role"] ?? ""} ${one["prefect.resource.name"] ?? ""}`.trim())
    .filter(Boolean)
    .join(" · ");
}

const columns: Columns<LiveEvent> = [
  { id: "when", header: "When", enableSorting: false, cell: ({ row }) => <Ago moment={row.original.occurred} /> },
  { id: "event", header: "Event", enableSorting: false, cell: ({ row }) => <code>{row.original.event}</code> },
  { id: "of", header: "Of", enableSorting: false, cell: ({ row }) => <Resource resource={row.original.resource} /> },
  {
    id: "related",
    header: "Related",
    enableSorting: false,
    cell: ({ row }) => <span className="quiet small">{relatedWords(row.original)}</span>,
  },
];

/** What happens on the server, as it happens. */
export function EventsPage() {
  const [prefix, setPrefix] = useState("");
  const [follows, setFollows] = useState(true);
  const events = useEvents(useDeferredValue(prefix.trim()), !follows);
  return (
    <>
      <div className="page-head">
        <h1>Events</h1>
        <span className="quiet">the last 15 minutes, and what happens now</span>
        <div className="page-head-end">
          <SearchField value={prefix} onChange={setPrefix}>
            <Label className="visually-hidden">Beginning of the name</Label>
            <Input className="input" placeholder="prefect.flow-run.  /" />
          </SearchField>
          <SwitchField isSelected={follows} onChange={setFollows}>
            <SwitchButton className="switch">
              <span className="switch-track" /> Follow
            </SwitchButton>
          </SwitchField>
        </div>
      </div>
      <section className="panel" aria-label="Events">
        {events.length === 0 ? (
          <Empty command="penstock run create DEPLOYMENT">Nothing like that has happened lately. To make something happen:</Empty>
        ) : (
          <DataTable label="events" rows={events} columns={columns} keyOf={(event) => event.id} />
        )}
      </section>
    </>
  );
}
