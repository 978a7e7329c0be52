import { keepPreviousData, useQuery, type QueryKey, type UseQueryResult } from "@tanstack/react-query";

import { WITH_SOCKET, WITHOUT_SOCKET } from "./changes";
import { useLiveStatus } from "./status";

interface LiveQuery<Data> {
  key: QueryKey;
  read: (signal: AbortSignal) => Promise<Data>;
  enabled?: boolean;
  /** Milliseconds between two looks; the page's own rhythm when left out. */
  every?: number;
}

/** A query that is read anew when the server tells of changes, and now and then by itself. */
export function useLiveQuery<Data>({ key, read, enabled = true, every }: LiveQuery<Data>): UseQueryResult<Data> {
  const status = useLiveStatus();
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => read(signal),
    enabled,
    meta: { live: true },
    placeholderData: keepPreviousData,
    refetchInterval: every ?? (status === "live" ? WITH_SOCKET : WITHOUT_SOCKET),
  });
}
