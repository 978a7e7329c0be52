import { useNow } from "./clock";
import { agoWords, durationWords, momentWords } from "./words";

/** How long ago a moment was, kept up to date; the moment itself on hover. */
export function Ago({ moment }: { moment: string | null | undefined }) {
  const now = useNow();
  if (!moment) return <span className="quiet">never</span>;
  return (
    <time dateTime={moment} title={momentWords(moment)}>
      {agoWords(moment, now)}
    </time>
  );
}

/** How long something has lasted since a moment, or lasted until another one. */
export function Lasting({ since, until }: { since: string | null | undefined; until?: string | null }) {
  const now = useNow();
  if (!since) return <span className="quiet">–</span>;
  const end = until ? Date.parse(until) : now;
  return <span title={`since ${momentWords(since)}`}>{durationWords((end - Date.parse(since)) / 1000)}</span>;
}
