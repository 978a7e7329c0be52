import { readStates } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Lasting } from "../../time/Times";
import { momentWords } from "../../time/words";
import { Loading, Trouble } from "../../ui/Feedback";
import { StateBadge } from "../../ui/StateBadge";

/** The states a run has had, each with how long it lasted, the newest first. */
export function States({ run }: { run: string }) {
  const read = useLiveQuery({ key: ["states", run], read: (signal) => readStates(run, signal) });
  const states = read.data ?? [];
  return (
    <section className="panel" aria-labelledby="states-title">
      <div className="panel-head">
        <h2 id="states-title">States</h2>
      </div>
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      <ol className="states" reversed>
        {states.toReversed().map((state, index) => {
          const next = states[states.length - index];
          const isLast = index === 0 && ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"].includes(state.type);
          return (
            <li key={state.id} className="state">
              <div>
                <StateBadge status={state.type} words={state.name} />{" "}
                {!isLast && (
                  <span className="small">
                    <Lasting since={state.timestamp} until={next?.timestamp} />
                  </span>
                )}
              </div>
              <time className="quiet small" dateTime={state.timestamp}>
                {momentWords(state.timestamp)}
              </time>
              {state.message && <p className="state-message">{state.message}</p>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
