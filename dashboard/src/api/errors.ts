/** What is wrong at one place of what was sent: keys and indexes from the outermost on. */
export interface Fault {
  path: (string | number)[];
  message: string;
}

/** An answer of the API that says no, or none at all: always with a sentence for a person. */
export class ApiError extends Error {
  constructor(
    sentence: string,
    readonly status: number,
    readonly faults: Fault[] = [],
  ) {
    super(sentence);
    this.name = "ApiError";
  }
}

interface FieldFault {
  loc?: (string | number)[];
  msg?: string;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Return the faults that the check of the request's shape has found. */
function faultsOfShape(body: Record<string, unknown>): Fault[] {
  const found = body.exception_detail ?? body.detail;
  return (Array.isArray(found) ? found.filter(isObject) : []).map((one: FieldFault) => ({
    path: (one.loc ?? []).filter((part) => part !== "body"),
    message: (one.msg ?? "").replace(/^Value error, /, ""),
  }));
}

/** Return what an answer's body says, as an error with one sentence and one for each place. */
export function errorFrom(body: unknown, status: number): ApiError {
  if (!isObject(body)) return new ApiError(`The server answered ${status}.`, status);
  const faults = faultsOfShape(body);
  if (faults.length > 0) {
    const told = faults.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
    return new ApiError(told.join(" · "), status, faults);
  }
  const sentence = body.detail ?? body.exception_message;
  const places = Array.isArray(body.faults) ? (body.faults as Fault[]) : [];
  return new ApiError(typeof sentence === "string" ? sentence : `The server answered ${status}.`, status, places);
}

/** Return the sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof TypeError) return "The server does not answer. Is it running?";
  return error instanceof Error ? error.message : String(error);
}
