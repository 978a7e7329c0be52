import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { ApiError } from "../../api/errors";
import { previewStarts, type ScheduleTimes, type UpcomingStarts } from "../../api/schedules";
import { Starts } from "./Starts";

const PAUSE = 300;
const SHOWN = 5;

/** Ask when a schedule that is being typed would be due, once typing pauses. */
export function usePreview(times: ScheduleTimes | undefined): UseQueryResult<UpcomingStarts> {
  const typed = times === undefined ? "" : JSON.stringify(times);
  const [asked, setAsked] = useState(typed);
  useEffect(() => {
    const timer = window.setTimeout(() => setAsked(typed), PAUSE);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return useQuery({
    queryKey: ["preview", asked],
    queryFn: ({ signal }) => previewStarts(JSON.parse(asked) as ScheduleTimes, SHOWN, signal),
    enabled: asked !== "",
    retry: false,
    placeholderData: keepPreviousData,
  });
}

interface PreviewProps {
  words: string;
  times: ScheduleTimes | undefined;
  preview: UseQueryResult<UpcomingStarts>;
}

/** What is typed in words, and its next starts. */
export function Preview({ words, times, preview }: PreviewProps) {
  if (times === undefined || preview.isError) {
    const isUnknown = preview.isError && !(preview.error instanceof ApiError);
    return <p className="quiet">{isUnknown ? "The server does not answer." : "As it is typed it is never due."}</p>;
  }
  if (preview.data === undefined) return <p className="quiet">Reckoning …</p>;
  return (
    <div>
      <p>
        <strong>{words}</strong>
        <span className="quiet"> · {preview.data.timezone}</span>
      </p>
      <Starts outlook={preview.data} name="what is typed" />
    </div>
  );
}
