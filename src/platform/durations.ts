/** Durations in seconds, named by their unit. */
export const durations = {
  minutes: (count: number): number => count * 60,
  hours: (count: number): number => count * 60 * 60,
  days: (count: number): number => count * 24 * 60 * 60,
};
