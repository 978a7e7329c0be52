/** A queue in the order of priority. */
export interface Ranked {
  id: string;
  name: string;
  priority: number;
}

/** Where something is dropped: before or after the queue of an id. */
export interface Target {
  id: string;
  place: "before" | "after";
}

/** Return the queues with one moved, as they will be shown until the server answers. */
export function moved<Queue extends Ranked>(queues: Queue[], id: string, target: Target): Queue[] {
  const queue = queues.find((one) => one.id === id);
  if (queue === undefined || id === target.id) return queues;
  const others = queues.filter((one) => one.id !== id);
  const at = others.findIndex((one) => one.id === target.id) + (target.place === "after" ? 1 : 0);
  return [...others.slice(0, at), queue, ...others.slice(at)];
}

/**
 * Return the one priority to write so that a queue comes before or after another. The server moves
 * those that follow out of its way, and keeps their order.
 */
export function priorityAt(queues: Ranked[], id: string, target: Target): number | undefined {
  const order = moved(queues, id, target);
  const at = order.findIndex((one) => one.id === id);
  if (order === queues || order.every((one, index) => one.id === queues[index]?.id)) return undefined;
  const next = order[at + 1];
  const previous = order[at - 1];
  const old = queues.findIndex((one) => one.id === id);
  // Upwards it takes the place of the next one, downwards the number after the one it passes.
  if (at < old && next !== undefined) return next.priority;
  return previous === undefined ? 1 : previous.priority + 1;
}
