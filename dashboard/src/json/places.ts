export type Path = readonly (string | number)[];

interface Token {
  text: string;
  at: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => ({ text: match[0], at: match.index }));
}

/** Return the number of the token after the value that begins at a token. */
function after(tokens: Token[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const { text } = tokens[index] as Token;
    if (text === "{" || text === "[") depth += 1;
    if (text === "}" || text === "]") depth -= 1;
    if (depth === 0) return index + 1;
  }
  return tokens.length;
}

/** Return the tokens at which the value of a key, or of an index, begins; and its key where it has one. */
function child(tokens: Token[], start: number, part: string | number): { key: number; value: number } | undefined {
  const isObject = tokens[start]?.text === "{";
  let index = start + 1;
  for (let count = 0; index < tokens.length; count++) {
    const token = tokens[index];
    if (token === undefined || token.text === "}" || token.text === "]") return undefined;
    const value = isObject ? index + 2 : index;
    if (isObject ? JSON.parse(token.text) === String(part) : count === Number(part)) return { key: index, value };
    index = after(tokens, value);
    if (tokens[index]?.text === ",") index += 1;
  }
  return undefined;
}

/**
 * Return from where to where a path leads in a text that is JSON: its key or element, or those of as
 * much of the path as there is.
 */
export function placeOf(text: string, path: Path): { start: number; end: number } {
  const tokens = tokensOf(text);
  let at = 0;
  let shown = 0;
  for (const part of path) {
    const opening = tokens[at]?.text;
    const found = opening === "{" || opening === "[" ? child(tokens, at, part) : undefined;
    if (found === undefined) break;
    shown = found.key;
    at = found.value;
  }
  const token = tokens[shown];
  return token === undefined ? { start: 0, end: 0 } : { start: token.at, end: token.at + token.text.length };
}

/** Return the line, from 1, in which a place of a text lies. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** Return where a text stops being JSON, by what the browser says of it; undefined where it does not say. */
export function syntaxErrorAt(text: string, message: string): number | undefined {
  const position = /position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  if (line === undefined) return /end of/i.test(message) ? text.length : undefined;
  const before = text.split("\n").slice(0, Number(line) - 1);
  return before.join("\n").length + (before.length > 0 ? 1 : 0) + Number(column) - 1;
}
