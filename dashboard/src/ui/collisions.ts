/** What becomes of a run that finds no slot of its deployment, by the word of the API. */
export const COLLISIONS: Record<string, string> = {
  ENQUEUE: "A run that finds no slot waits.",
  CANCEL_NEW: "A run that finds no slot is cancelled.",
};
