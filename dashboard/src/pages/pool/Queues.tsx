import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { GridList, Input, Label, ListLayout, SearchField, useDragAndDrop, Virtualizer } from "react-aria-components";

import { readQueues, updateQueue, type QueueOverview } from "../../api/pools";
import { useChange } from "../../live/useChange";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { oneDrag } from "./oneDrag";
import { QueueRow } from "./QueueRow";
import { moved, priorityAt, type Target } from "./reorder";

const MANY = 60;
const ROW_HEIGHT = 57;

/** The queues of a pool, the most urgent first, in an order that is changed by dragging or by keys. */
export function Queues({ pool }: { pool: string }) {
  const queues = useLiveQuery({ key: ["queues", pool], read: (signal) => readQueues(pool, signal) });
  const [words, setWords] = useState("");
  const found = queues.data ?? [];
  const shown = found.filter((queue) => queue.name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <section className="panel" aria-labelledby="queues-title">
      <div className="panel-head">
        <h2 id="queues-title">Queues</h2>
        <span className="quiet small">the first is served first; drag to reorder</span>
        {found.length > 5 && (
          <SearchField className="panel-search" value={words} onChange={setWords}>
            <Label className="visually-hidden">Search queues</Label>
            <Input className="input" placeholder="Search queues  /" />
          </SearchField>
        )}
      </div>
      {queues.isError && <Trouble error={queues.error} />}
      {queues.isPending ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty command={`penstock queue create critical --pool ${shellWord(pool)} --priority 1`}>No queue is called so.</Empty>
      ) : (
        <QueueList pool={pool} queues={shown} all={found} />
      )}
    </section>
  );
}

function QueueList({ pool, queues, all }: { pool: string; queues: QueueOverview[]; all: QueueOverview[] }) {
  const move = useReorder(pool, all);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": String(key) })),
    onReorder: ({ keys, target }) => {
      const [id] = keys;
      if (target.dropPosition !== "on") move(String(id), { id: String(target.key), place: target.dropPosition });
    },
  });
  const isLong = queues.length > MANY;
  const list = (
    <GridList
      aria-label="Queues in order of priority"
      className={isLong ? "queues queues-long" : "queues"}
      items={queues}
      dragAndDropHooks={dragAndDropHooks}
      selectionMode="none"
    >
      {(queue) => <QueueRow pool={pool} queue={queue} queues={all} move={move} />}
    </GridList>
  );
  return (
    <div {...oneDrag(dragAndDropHooks)}>
      <div className="queue queue-titles" aria-hidden="true">
        <span />
        <span>#</span>
        <span>queue</span>
        <span>slots</span>
        <span>waiting</span>
        <span>late</span>
        <span>oldest wait</span>
        <span>handing out</span>
        <span />
      </div>
      {isLong ? (
        <Virtualizer layout={ListLayout} layoutOptions={{ estimatedRowHeight: ROW_HEIGHT }}>
          {list}
        </Virtualizer>
      ) : (
        list
      )}
    </div>
  );
}

/** Return how to move a queue: shown at once, written as one priority, and put back if refused. */
function useReorder(pool: string, queues: QueueOverview[]): (id: string, target: Target) => void {
  const client = useQueryClient();
  const change = useChange({
    send: ({ name, priority }: { name: string; priority: number }) => updateQueue(pool, name, { priority }),
    done: ({ name }) => `${name} has a new place.`,
  });
  return (id, target) => {
    const priority = priorityAt(queues, id, target);
    const queue = queues.find((one) => one.id === id);
    if (priority === undefined || queue === undefined) return;
    // An answer that is on its way knows nothing of the move.
    void client.cancelQueries({ queryKey: ["queues", pool] }).then(() => {
      client.setQueryData(["queues", pool], moved(queues, id, target));
      change.mutate({ name: queue.name, priority });
    });
  };
}
