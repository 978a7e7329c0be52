/** The pages of the bar, with the key that goes there after g. */
export const PLACES = [
  { to: "/", words: "Pools", key: "p", below: "/pools" },
  { to: "/deployments", words: "Deployments", key: "d", below: "/deployments" },
  { to: "/runs", words: "Runs", key: "r", below: "/runs" },
  { to: "/events", words: "Events", key: "e", below: "/events" },
  { to: "/system", words: "System", key: "s", below: "/system" },
] as const;

/** Whether a path belongs to a page of the bar. */
export function isWithin(path: string, place: (typeof PLACES)[number]): boolean {
  return path === place.to || path.startsWith(`${place.below}/`);
}
