import { Button, GridListItem, Menu, MenuItem, MenuTrigger, Popover, SwitchButton, SwitchField } from "react-aria-components";

import { updateQueue, type QueueOverview } from "../../api/pools";
import { useChange } from "../../live/useChange";
import { durationWords } from "../../time/words";
import { Gauge } from "../../ui/Gauge";
import { LimitEditor } from "../../ui/LimitEditor";
import type { Target } from "./reorder";

interface QueueRowProps {
  pool: string;
  queue: QueueOverview;
  queues: QueueOverview[];
  move: (id: string, target: Target) => void;
}

/** One queue: its place, its slots, what waits in it, and whether it hands out. */
export function QueueRow({ pool, queue, queues, move }: QueueRowProps) {
  const limit = useChange({
    send: (wanted: number | null) => updateQueue(pool, queue.name, { concurrency_limit: wanted }),
    done: (wanted) => `The limit of ${queue.name} is ${wanted ?? "lifted"} now.`,
    tellsErrors: false,
  });
  return (
    <GridListItem id={queue.id} textValue={queue.name} className="queue">
      <Button slot="drag" className="icon-button queue-handle" aria-label={`Move ${queue.name}`}>
        ⠿
      </Button>
      <span className="quiet queue-priority">{queue.priority}</span>
      <span className="queue-name">
        {queue.name}
        {queue.description && !queue.is_default && <span className="quiet small"> {queue.description}</span>}
      </span>
      <span className="queue-slots">
        <span>
          {queue.active_slots} {queue.concurrency_limit === null ? "·" : "of"}{" "}
          <LimitEditor of={`queue ${queue.name}`} limit={queue.concurrency_limit} save={limit.mutateAsync} />
        </span>
        {queue.concurrency_limit !== null && (
          <Gauge label={`Slots of ${queue.name}`} used={queue.active_slots} limit={queue.concurrency_limit} />
        )}
      </span>
      <Count name="waiting" count={queue.waiting_runs} />
      <Count name="late" count={queue.late_runs} isWarning={queue.late_runs > 0} />
      <span className="queue-count">
        {queue.oldest_wait_seconds === null ? "–" : durationWords(queue.oldest_wait_seconds)}
        <span className="queue-word"> oldest</span>
      </span>
      <HandsOut pool={pool} queue={queue} />
      <Places queue={queue} queues={queues} move={move} />
    </GridListItem>
  );
}

function Count({ name, count, isWarning = false }: { name: string; count: number; isWarning?: boolean }) {
  return (
    <span className={isWarning ? "queue-count queue-count-warn" : "queue-count"}>
      {count.toLocaleString()}
      <span className="queue-word"> {name}</span>
    </span>
  );
}

function HandsOut({ pool, queue }: { pool: string; queue: QueueOverview }) {
  const pause = useChange({
    send: (isPaused: boolean) => updateQueue(pool, queue.name, { is_paused: isPaused }),
    done: (isPaused) => (isPaused ? `${queue.name} is paused; what runs goes on.` : `${queue.name} hands out again.`),
  });
  const isPaused = pause.isPending ? pause.variables : queue.is_paused;
  return (
    <SwitchField
      aria-label={`${queue.name} hands out runs`}
      isSelected={!isPaused}
      onChange={(handsOut) => pause.mutate(!handsOut)}
    >
      <SwitchButton className="switch">
        <span className="switch-track" />
        <span className="small quiet queue-paused">{isPaused ? "paused" : ""}</span>
      </SwitchButton>
    </SwitchField>
  );
}

/** Moves without dragging: on a phone, or by keys. */
function Places({ queue, queues, move }: Omit<QueueRowProps, "pool">) {
  const at = queues.findIndex((one) => one.id === queue.id);
  const first = queues[0];
  const before = queues[at - 1];
  const after = queues[at + 1];
  const act = {
    top: () => first && move(queue.id, { id: first.id, place: "before" }),
    up: () => before && move(queue.id, { id: before.id, place: "before" }),
    down: () => after && move(queue.id, { id: after.id, place: "after" }),
  };
  const disabled = [...(before ? [] : ["top", "up"]), ...(after ? [] : ["down"])];
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={`Place of ${queue.name}`}>
        ⋯
      </Button>
      <Popover className="popover menu-popover" placement="bottom end">
        <Menu className="menu" disabledKeys={disabled} onAction={(key) => act[key as keyof typeof act]()}>
          <MenuItem id="top" className="menu-item">
            Move to the top
          </MenuItem>
          <MenuItem id="up" className="menu-item">
            Move up
          </MenuItem>
          <MenuItem id="down" className="menu-item">
            Move down
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
