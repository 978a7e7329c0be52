import type { Run } from "../api/runs";

/** The name of a run. */
export function RunLink({ run }: { run: Pick<Run, "id" | "name"> }) {
  return <span title={run.id}>{run.name}</span>;
}
