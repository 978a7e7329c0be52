import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";

import { cancelAll, cancellable, countRuns, deleteAll, filterOf, type RunFilter } from "../../api/runs";
import { useChange } from "../../live/useChange";
import { serverNow } from "../../time/clock";
import { Confirm } from "../../ui/Confirm";
import { counted } from "../../ui/counted";
import { Trouble } from "../../ui/Feedback";
import { searchOf, searchWords, type RunsAddress } from "./search";

/** Cancels or deletes all runs of the search, after saying how many that are. */
export function BulkButtons({ address }: { address: RunsAddress }) {
  // The moment at which the question is asked bounds what it touches.
  const [asked] = useState(serverNow);
  const filter = () => filterOf(searchOf(address), asked);
  return (
    <div className="page-head-end">
      <Bulk
        words="Cancel all …"
        title="Cancel these runs?"
        action="Cancel them"
        address={address}
        read={async () => cancellable(await filter())}
        change={cancelAll}
        done={(count) => `${counted(count, "run")} cancelled or told to stop.`}
        touches="What waits ends at once; what is under way is told to stop."
      />
      <Bulk
        words="Delete all …"
        title="Delete these runs?"
        action="Delete them"
        address={address}
        read={filter}
        change={deleteAll}
        done={(count) => `${counted(count, "run")} deleted.`}
        touches="Their history and logs are deleted too, and can't be brought back. Jobs under way are ended."
      />
    </div>
  );
}

interface BulkProps {
  words: string;
  title: string;
  action: string;
  touches: string;
  address: RunsAddress;
  read: () => Promise<RunFilter>;
  change: typeof cancelAll;
  done: (count: number) => string;
}

function Bulk({ words, title, action, touches, address, read, change, done }: BulkProps) {
  const [progress, setProgress] = useState(0);
  const all = useChange({
    send: async () => change(await read(), setProgress),
    done: (_, result) => `${done(result.done)}${result.refused > 0 ? ` ${result.refused} were refused.` : ""}`,
  });
  const trigger = (
    <Button className="button button-small" isDisabled={all.isPending}>
      {all.isPending ? `${progress} …` : words}
    </Button>
  );
  return (
    <Confirm trigger={trigger} title={title} action={action} isBad onConfirm={() => all.mutate(undefined)}>
      <Count address={address} read={read} touches={touches} of={action} />
    </Confirm>
  );
}

function Count({ address, read, touches, of }: { address: RunsAddress; read: () => Promise<RunFilter>; touches: string; of: string }) {
  const count = useQuery({
    queryKey: ["bulk-count", of, address],
    queryFn: async ({ signal }) => countRuns(await read(), signal),
    gcTime: 0,
  });
  if (count.isError) return <Trouble error={count.error} />;
  return (
    <p>
      <strong>{count.data === undefined ? "…" : counted(count.data, "run")}</strong> {searchWords(address)}. {touches}
    </p>
  );
}
