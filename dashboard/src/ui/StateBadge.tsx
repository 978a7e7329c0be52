type Tone = "good" | "busy" | "warn" | "bad" | "wait";

const TONES: Record<string, Tone> = {
  READY: "good",
  ONLINE: "good",
  COMPLETED: "good",
  RUNNING: "busy",
  PENDING: "busy",
  PAUSED: "warn",
  NOT_READY: "warn",
  CANCELLING: "warn",
  DRAINING: "warn",
  FAILED: "bad",
  CRASHED: "bad",
  SCHEDULED: "wait",
  CANCELLED: "wait",
  OFFLINE: "wait",
};

export function toneOf(status: string | null | undefined): Tone {
  return TONES[status ?? ""] ?? "wait";
}

/** A state or a status in its colour; the words say the same. */
export function StateBadge({ status, words }: { status: string | null | undefined; words?: string | null }) {
  const tone = words === "Late" ? "warn" : toneOf(status);
  const shown = words ?? (status ?? "unknown").toLowerCase().replaceAll("_", " ");
  return <span className={`badge badge-${tone}`}>{shown}</span>;
}
