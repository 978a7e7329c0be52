/** Say a number with its noun: 1 run, 2 runs. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString()} ${number === 1 ? noun : `${noun}s`}`;
}
