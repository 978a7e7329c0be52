import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "react-aria-components";

import { readDeployments } from "../../api/deployments";
import { readPools } from "../../api/pools";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Choice } from "../../ui/Choice";
import { counted } from "../../ui/counted";
import { DataTable } from "../../ui/DataTable";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { TypedSearch } from "../../ui/TypedSearch";
import { columns } from "./columns";
import type { DeploymentsAddress } from "./search";

const PAGE = 50;
const PAUSED_CHOICES = [
  { id: "any", words: "Paused or not" },
  { id: "false", words: "Not paused" },
  { id: "true", words: "Paused" },
];

/** All deployments: where their runs go, when the next are due, and how the last one fared. */
export function DeploymentsPage() {
  const address = useSearch({ from: "/deployments" });
  const navigate = useNavigate();
  const change = (changed: Partial<DeploymentsAddress>) => {
    void navigate({ to: "/deployments", search: { ...address, page: undefined, ...changed }, replace: true });
  };
  const pools = useLiveQuery({ key: ["pools"], read: readPools });
  const named = (pools.data ?? []).map((pool) => ({ id: pool.name, words: pool.name }));
  return (
    <>
      <div className="page-head">
        <h1>Deployments</h1>
      </div>
      <div className="filters" role="search" aria-label="Deployments">
        <TypedSearch label="Part of the name" text={address.text ?? ""} change={(text) => change({ text: text || undefined })} />
        <Choice
          label="Pool"
          value={address.pool ?? ""}
          options={[{ id: "", words: "All pools" }, ...named]}
          onChange={(pool) => change({ pool: pool || undefined })}
        />
        <Choice
          label="Paused"
          value={String(address.paused ?? "any")}
          options={PAUSED_CHOICES}
          onChange={(paused) => change({ paused: paused === "any" ? undefined : paused === "true" })}
        />
        {address.tag && (
          <Button className="button" onPress={() => change({ tag: undefined })}>
            Tag {address.tag} ×
          </Button>
        )}
      </div>
      <Listing address={address} change={change} />
    </>
  );
}

interface ListingProps {
  address: DeploymentsAddress;
  change: (changed: Partial<DeploymentsAddress>) => void;
}

function Listing({ address, change }: ListingProps) {
  const { page = 1, ...search } = address;
  const read = useLiveQuery({
    key: ["deployments", search, page],
    read: (signal) => readDeployments(search, page, PAGE, signal),
  });
  const found = read.data;
  const isAll = !search.text && !search.tag && !search.pool && search.paused === undefined;
  return (
    <section className="panel" aria-label="Deployments">
      {found && (
        <div className="panel-head">
          <span className="quiet">{counted(found.count, "deployment")}</span>
        </div>
      )}
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      {found?.count === 0 && (
        <Empty command="penstock deploy hello --command 'echo hello' --pool mill">
          {isAll ? "There is no deployment yet. To make one:" : "No deployment is like that. To make one:"}
        </Empty>
      )}
      {found && found.results.length > 0 && (
        <DataTable label="deployments" rows={found.results} columns={columns} keyOf={(one) => one.id} />
      )}
      {found && found.pages > 1 && (
        <nav className="pager" aria-label="Pages of deployments">
          <Button className="button" isDisabled={page === 1} onPress={() => change({ page: page - 1 })}>
            Previous
          </Button>
          <span className="quiet small">
            page {page} of {found.pages}
          </span>
          <Button className="button" isDisabled={page >= found.pages} onPress={() => change({ page: page + 1 })}>
            Next
          </Button>
        </nav>
      )}
    </section>
  );
}
