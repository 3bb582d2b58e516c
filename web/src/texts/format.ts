import { useMemo } from 'preact/hooks';
import { useLanguage } from './texts.tsx';

const units = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
] as const;

export type Format = ReturnType<typeof createFormat>;

/** Dates, times and numbers as the language writes them. */
export function useFormat(): Format {
  const { language } = useLanguage();
  return useMemo(() => createFormat(regionOf(language)), [language]);
}

/** As the reader's own country writes it, where the language is theirs. */
function regionOf(language: string): string {
  return navigator.languages.find((one) => one.split('-')[0] === language) ?? language;
}

function createFormat(language: string) {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  const number = new Intl.NumberFormat(language);
  const change = new Intl.NumberFormat(language, { style: 'percent', signDisplay: 'exceptZero' });
  return {
    date: (time: string) => date.format(new Date(time)),
    dateTime: (time: string) => dateTime.format(new Date(time)),
    exact: (time: string) => exact.format(new Date(time)),
    day: (isoDay: string) => day.format(new Date(`${isoDay}T00:00:00Z`)),
    number: (value: number) => number.format(value),
    change: (share: number) => change.format(share),
    ago: (time: string) => {
      const seconds = (new Date(time).getTime() - Date.now()) / 1000;
      const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? ['minute', 60];
      return relative.format(Math.abs(seconds) < 60 ? 0 : Math.round(seconds / length), unit);
    },
    /** How long to wait, e.g. `45 seconds`. */
    wait: (seconds: number) => {
      const [unit, value] =
        seconds < 90
          ? (['second', seconds] as const)
          : (['minute', Math.ceil(seconds / 60)] as const);
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
        value,
      );
    },
  };
}
