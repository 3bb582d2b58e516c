const reminderMilliseconds = 60_000;

/** For frequent faults: `isDue` is true the first time and then once a minute. */
export type Reminder = { isDue(): boolean; reset(): void };

export function createReminder(): Reminder {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    isDue: () => {
      if (performance.now() - toldAt < reminderMilliseconds) return false;
      toldAt = performance.now();
      return true;
    },
    reset: () => {
      toldAt = Number.NEGATIVE_INFINITY;
    },
  };
}
