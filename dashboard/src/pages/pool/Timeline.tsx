import { useMemo } from "react";

import { readRunsSince } from "../../api/runs";
import { useLiveQuery } from "../../live/useLiveQuery";
import { serverNow } from "../../time/clock";
import { clockWords, durationWords } from "../../time/words";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { toneOf } from "../../ui/StateBadge";
import { lanesOf, type Bar, type QueueLanes } from "./lanes";

const HOUR = 3_600_000;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** The runs of the last hour by queue: light while they waited, full while they ran. */
export function Timeline({ pool }: { pool: string }) {
  const runs = useLiveQuery({
    key: ["timeline", pool],
    read: async (signal) => {
      const now = serverNow();
      return { now, runs: await readRunsSince(pool, new Date(now - HOUR).toISOString(), signal) };
    },
  });
  return (
    <section className="panel" aria-labelledby="timeline-title">
      <div className="panel-head">
        <h2 id="timeline-title">Last hour</h2>
        <span className="quiet small legend">
          <span className="legend-wait" /> waited <span className="legend-run" /> ran
        </span>
      </div>
      {runs.isError && <Trouble error={runs.error} />}
      {runs.isPending && <Loading />}
      {runs.data && runs.data.runs.length === 0 && (
        <Empty command={`penstock deploy hello --command 'echo hello' --pool ${shellWord(pool)}`}>
          Nothing has run in the last hour. To have something to run:
        </Empty>
      )}
      {runs.data && runs.data.runs.length > 0 && <Chart {...runs.data} />}
    </section>
  );
}

function Chart({ runs, now }: { runs: Parameters<typeof lanesOf>[0]; now: number }) {
  // What there is fills the width: a pool that began ten minutes ago is not squeezed into a corner.
  const earliest = Math.min(...runs.map((run) => Date.parse(run.expected_start_time ?? run.start_time ?? "")).filter(Number.isFinite));
  const from = Math.max(now - HOUR, Math.min(earliest, now - 60_000));
  const queues = useMemo(() => lanesOf(runs, from, now), [runs, from, now]);
  const summary = queues.map((one) => `${one.queue}: ${one.lanes.flat().length + one.more} runs`).join(", ");
  return (
    <div className="timeline" role="img" aria-label={`Runs by queue. ${summary}`}>
      {queues.map((queue) => (
        <QueueChart key={queue.queue} queue={queue} from={from} now={now} />
      ))}
      <div className="timeline-row timeline-ticks" aria-hidden="true">
        <span />
        <div>
          {TICKS.map((part) => (
            <span key={part}>{clockWords(from + part * (now - from), now - from < 600_000)}</span>
          ))}
        </div>
      </div>
    </div>
  );
}

function QueueChart({ queue, from, now }: { queue: QueueLanes; from: number; now: number }) {
  return (
    <div className="timeline-row">
      <span className="timeline-queue">
        {queue.queue}
        {queue.more > 0 && <span className="quiet small"> {queue.more} more</span>}
      </span>
      <div className="timeline-lanes">
        {queue.lanes.map((lane, index) => (
          <div key={index} className="timeline-lane">
            {lane.map((bar) => (
              <BarParts key={bar.run.id} bar={bar} from={from} span={now - from} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function BarParts({ bar, from, span }: { bar: Bar; from: number; span: number }) {
  const at = (moment: number) => (100 * (moment - from)) / span;
  const waitedUntil = bar.start ?? bar.end;
  const ran = bar.start === null ? "" : `, ran ${durationWords((bar.end - bar.start) / 1000)}`;
  const words = `${bar.run.name}: ${bar.run.state_name ?? ""}, waited ${durationWords((waitedUntil - bar.due) / 1000)}${ran}`;
  return (
    <span title={words}>
      <span className="bar bar-wait" style={{ left: `${at(bar.due)}%`, width: `${at(waitedUntil) - at(bar.due)}%` }} />
      {bar.start !== null && (
        <span
          className={`bar bar-${toneOf(bar.run.state_type)}`}
          style={{ left: `${at(bar.start)}%`, width: `${at(bar.end) - at(bar.start)}%` }}
        />
      )}
    </span>
  );
}
