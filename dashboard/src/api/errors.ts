/** An answer of the API that says no, or none at all: always with a sentence for a person. */
export class ApiError extends Error {
  constructor(
    sentence: string,
    readonly status: number,
    readonly fields: Record<string, string> = {},
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

function faultsOf(body: Record<string, unknown>): FieldFault[] {
  const found = body.exception_detail ?? body.detail;
  return Array.isArray(found) ? found.filter(isObject) : [];
}

function fieldName(fault: FieldFault): string {
  return (fault.loc ?? []).filter((part) => part !== "body").join(".");
}

function plain(message: string): string {
  return message.replace(/^Value error, /, "");
}

/** Return what an answer's body says, as an error with one sentence and one for each field. */
export function errorFrom(body: unknown, status: number): ApiError {
  if (!isObject(body)) return new ApiError(`The server answered ${status}.`, status);
  const faults = faultsOf(body);
  const fields = Object.fromEntries(faults.map((one) => [fieldName(one), plain(one.msg ?? "")]));
  if (faults.length > 0) {
    const told = Object.entries(fields).map(([field, message]) => (field ? `${field}: ${message}` : message));
    return new ApiError(told.join(" · "), status, fields);
  }
  const sentence = body.detail ?? body.exception_message;
  return new ApiError(typeof sentence === "string" ? sentence : `The server answered ${status}.`, status);
}

/** Return the sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof TypeError) return "The server does not answer. Is it running?";
  return error instanceof Error ? error.message : String(error);
}
