import { explainRun } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Ago, Lasting } from "../../time/Times";
import { Loading, Trouble } from "../../ui/Feedback";
import { COLLISIONS } from "../../ui/collisions";
import { RunLink } from "../../ui/RunLink";

/** Why a run is not running, the first obstacle first, and when it is likely to start. */
export function Explain({ run }: { run: string }) {
  const read = useLiveQuery({ key: ["explain", run], read: (signal) => explainRun(run, signal) });
  const estimate = read.data?.estimate;
  return (
    <section className="panel panel-warn" aria-labelledby="explain-title">
      <div className="panel-head">
        <h2 id="explain-title">Why is it not running?</h2>
        {estimate && (
          <span className="quiet small">
            likely to start <Ago moment={estimate.starts_at} />: {estimate.basis}
          </span>
        )}
      </div>
      {read.isError && <Trouble error={read.error} />}
      {read.isPending && <Loading />}
      <ol className="reasons">
        {read.data?.reasons.map((reason) => (
          <li key={reason.code}>
            <p>{reason.sentence}</p>
            {(reason.by ?? reason.comment) && (
              <p className="quiet small">
                {reason.comment && (COLLISIONS[reason.comment] ?? `“${reason.comment}” `)}
                {reason.by && `by ${reason.by} `}
                {reason.since && <Ago moment={reason.since} />}
              </p>
            )}
            {reason.holders.length > 0 && (
              <ul className="holders">
                {reason.holders.map((holder, index) => (
                  <li key={holder.flow_run_id ?? index}>
                    {holder.flow_run_id ? (
                      <RunLink run={{ id: holder.flow_run_id, name: holder.name ?? holder.flow_run_id }} />
                    ) : (
                      (holder.name ?? "a client")
                    )}{" "}
                    <span className="quiet small">
                      {holder.worker_name && `on ${holder.worker_name} `}
                      {holder.since && (
                        <>
                          for <Lasting since={holder.since} />
                        </>
                      )}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
