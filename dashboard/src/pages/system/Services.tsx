import type { ServiceStatus } from "../../api/system";
import { Ago } from "../../time/Times";
import { durationWords } from "../../time/words";
import { DataTable, type Columns } from "../../ui/DataTable";
import { StateBadge } from "../../ui/StateBadge";
import { serviceWords } from "./words";

function Standing({ service }: { service: ServiceStatus }) {
  if (!service.is_enabled) return <StateBadge status="OFFLINE" words="not in this server" />;
  if (service.last_error) return <StateBadge status="FAILED" words="failed" />;
  return <StateBadge status={service.last_started_at ? "COMPLETED" : "PENDING"} words={service.last_started_at ? "fine" : "first pass"} />;
}

function tookWords(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : durationWords(seconds);
}

const columns: Columns<ServiceStatus> = [
  { id: "service", header: "Service", accessorFn: (service) => serviceWords(service.name) },
  { id: "standing", header: "Last pass", enableSorting: false, cell: ({ row }) => <Standing service={row.original} /> },
  {
    id: "began",
    header: "Began",
    enableSorting: false,
    cell: ({ row }) => (row.original.last_started_at ? <Ago moment={row.original.last_started_at} /> : "–"),
  },
  {
    id: "took",
    header: "Took",
    accessorFn: (service) => service.last_seconds ?? -1,
    cell: ({ row }) => tookWords(row.original.last_seconds),
  },
  {
    id: "every",
    header: "Every",
    accessorFn: (service) => service.interval_seconds,
    cell: ({ row }) => durationWords(row.original.interval_seconds),
  },
  {
    id: "error",
    header: "Why it failed",
    enableSorting: false,
    cell: ({ row }) => <span className="field-error">{row.original.last_error}</span>,
  },
];

interface ServicesProps {
  /** The server that they belong to, in words. */
  of: string;
  services: ServiceStatus[];
}

/** The loops of a server: when each last did its work, and how that went. */
export function Services({ of, services }: ServicesProps) {
  return (
    <section className="panel" aria-labelledby="services-title">
      <div className="panel-head">
        <h2 id="services-title">Services</h2>
        <span className="quiet small">of {of}</span>
      </div>
      <DataTable label="services" rows={services} columns={columns} keyOf={(service) => service.name} />
    </section>
  );
}
