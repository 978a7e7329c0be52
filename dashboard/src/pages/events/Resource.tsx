import { Link } from "@tanstack/react-router";
import { Button } from "react-aria-components";

export type Labels = Record<string, string | null>;

interface ResourceProps {
  resource: Labels;
  /** Shows only what has to do with a resource. */
  choose: (id: string, name: string) => void;
}

function kindAndId(resource: Labels): [string, string] {
  const [, kind, id] = /^prefect\.([\w-]+)\.(.+)$/.exec(resource["prefect.resource.id"] ?? "") ?? [];
  return [kind ?? "", id ?? ""];
}

/** What people call a resource. */
export function nameOf(resource: Labels): string {
  return resource["prefect.resource.name"] ?? (kindAndId(resource)[1] || (resource["prefect.resource.id"] ?? ""));
}

/** A resource by its name, leading to its page where it has one, and to all its events. */
export function Resource({ resource, choose }: ResourceProps) {
  const [kind, id] = kindAndId(resource);
  const name = nameOf(resource);
  return (
    <span className="resource">
      {kind === "flow-run" && (
        <Link to="/runs/$run" params={{ run: id }}>
          {name}
        </Link>
      )}
      {kind === "work-pool" && (
        <Link to="/pools/$pool" params={{ pool: name }}>
          {name}
        </Link>
      )}
      {kind === "deployment" && (
        <Link to="/deployments/$deployment" params={{ deployment: id }}>
          {name}
        </Link>
      )}
      {!["flow-run", "work-pool", "deployment"].includes(kind) && <span>{name}</span>}
      <Button
        className="icon-button resource-button"
        aria-label={`Only events with ${name}`}
        onPress={() => choose(resource["prefect.resource.id"] ?? "", name)}
      >
        ⌕
      </Button>
    </span>
  );
}
