import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";

import { sentenceOf } from "../api/errors";
import { notify } from "../ui/notices";

interface Change<Input, Output> {
  send: (input: Input) => Promise<Output>;
  /** What to say when it is done; nothing when left out. */
  done?: (input: Input, output: Output) => string | undefined;
  /** False where the form that asked shows the error itself. */
  tellsErrors?: boolean;
}

/** A change of something on the server; afterwards all that is shown is read anew. */
export function useChange<Input, Output = unknown>({
  send,
  done,
  tellsErrors = true,
}: Change<Input, Output>): UseMutationResult<Output, Error, Input> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: (output, input) => {
      const words = done?.(input, output);
      if (words) notify("good", words);
    },
    onError: (error) => {
      if (tellsErrors) notify("bad", sentenceOf(error));
    },
    onSettled: () => client.invalidateQueries({ predicate: (query) => query.meta?.live === true }),
  });
}
