import { Link } from "@tanstack/react-router";

/** The name of a run, leading to its page. */
export function RunLink({ run }: { run: { id: string; name: string } }) {
  return (
    <Link to="/runs/$run" params={{ run: run.id }}>
      {run.name}
    </Link>
  );
}
