export const strength = {
  levels: ['Very weak', 'Weak', 'Fair', 'Good', 'Strong'] as readonly string[],
  crackTime: (time: string) => `Guessing it would take ${time}.`,
  times: {
    instant: 'less than a second',
    minutes: 'minutes',
    hours: 'hours',
    days: 'days',
    years: 'years',
    centuries: 'centuries',
  },
  warnings: {
    topTen: 'This is one of the ten most used passwords.',
    topHundred: 'This is a very common password.',
    common: 'This is a common password.',
    similarToCommon: 'This is close to a common password.',
    wordByItself: 'A single word is easy to guess.',
    namesByThemselves: 'A name by itself is easy to guess.',
    commonNames: 'Common names are easy to guess.',
    userInputs: 'It is too close to your own name or address.',
    straightRow: 'Keys in a row are easy to guess.',
    keyPattern: 'Short keyboard patterns are easy to guess.',
    simpleRepeat: 'Repeated characters like “aaa” are easy to guess.',
    extendedRepeat: 'Repeated patterns like “abcabc” are easy to guess.',
    sequences: 'Sequences like “abc” are easy to guess.',
    recentYears: 'Recent years are easy to guess.',
    dates: 'Dates are easy to guess.',
    pwned: 'This password is known from a leak.',
  } as Readonly<Record<string, string>>,
};

export type StrengthTexts = typeof strength;
