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

/** By locale, e.g. `de-AT`. A browser takes milliseconds to make a formatter. */
const formats = new Map<string, Format>();

/** Dates, times and numbers as the language writes them. */
export function useFormat(): Format {
  const { language } = useLanguage();
  return useMemo(() => {
    const region = regionOf(language);
    const format = formats.get(region) ?? createFormat(region);
    formats.set(region, format);
    return format;
  }, [language]);
}

/** As the reader's own country writes it, where the language is theirs. */
function regionOf(language: string): string {
  return navigator.languages.find((one) => one.split('-')[0] === language) ?? language;
}

function createFormat(language: string) {
  const dateFormat = (options: Intl.DateTimeFormatOptions) =>
    atFirstUse(() => new Intl.DateTimeFormat(language, options));
  const numberFormat = (options: Intl.NumberFormatOptions = {}) =>
    atFirstUse(() => new Intl.NumberFormat(language, options));
  const relative = atFirstUse(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
  const date = dateFormat({ dateStyle: 'medium' });
  const dateTime = dateFormat({ dateStyle: 'medium', timeStyle: 'short' });
  const exact = dateFormat({ dateStyle: 'medium', timeStyle: 'medium' });
  const day = dateFormat({ day: 'numeric', month: 'short', timeZone: 'UTC' });
  const number = numberFormat();
  const change = numberFormat({ style: 'percent', signDisplay: 'exceptZero' });
  const seconds = numberFormat({ style: 'unit', unit: 'second', unitDisplay: 'long' });
  const minutes = numberFormat({ style: 'unit', unit: 'minute', unitDisplay: 'long' });
  return {
    date: (time: string) => date().format(new Date(time)),
    dateTime: (time: string) => dateTime().format(new Date(time)),
    exact: (time: string) => exact().format(new Date(time)),
    day: (isoDay: string) => day().format(new Date(`${isoDay}T00:00:00Z`)),
    number: (value: number) => number().format(value),
    change: (share: number) => change().format(share),
    ago: (time: string) => {
      const away = (new Date(time).getTime() - Date.now()) / 1000;
      const [unit, length] = units.find(([, one]) => Math.abs(away) >= one) ?? ['minute', 60];
      return relative().format(Math.abs(away) < 60 ? 0 : Math.round(away / length), unit);
    },
    /** How long to wait, e.g. `45 seconds`. */
    wait: (length: number) =>
      length < 90 ? seconds().format(length) : minutes().format(Math.ceil(length / 60)),
  };
}

function atFirstUse<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
