import type { StrengthTexts } from '../en/strength.ts';

export const strength: StrengthTexts = {
  levels: ['Sehr schwach', 'Schwach', 'Mittel', 'Gut', 'Stark'],
  crackTime: (time: string) => `Es zu erraten würde ${time} dauern.`,
  times: {
    instant: 'weniger als eine Sekunde',
    minutes: 'Minuten',
    hours: 'Stunden',
    days: 'Tage',
    years: 'Jahre',
    centuries: 'Jahrhunderte',
  },
  warnings: {
    topTen: 'Das ist eines der zehn häufigsten Passwörter.',
    topHundred: 'Das ist ein sehr häufiges Passwort.',
    common: 'Das ist ein häufiges Passwort.',
    similarToCommon: 'Das ähnelt einem häufigen Passwort.',
    wordByItself: 'Ein einzelnes Wort ist leicht zu erraten.',
    namesByThemselves: 'Ein Name allein ist leicht zu erraten.',
    commonNames: 'Häufige Namen sind leicht zu erraten.',
    userInputs: 'Es ist Ihrem Namen oder Ihrer Adresse zu ähnlich.',
    straightRow: 'Nebeneinanderliegende Tasten sind leicht zu erraten.',
    keyPattern: 'Kurze Muster auf der Tastatur sind leicht zu erraten.',
    simpleRepeat: 'Wiederholte Zeichen wie „aaa“ sind leicht zu erraten.',
    extendedRepeat: 'Wiederholte Folgen wie „abcabc“ sind leicht zu erraten.',
    sequences: 'Reihen wie „abc“ sind leicht zu erraten.',
    recentYears: 'Jahre der letzten Zeit sind leicht zu erraten.',
    dates: 'Daten sind leicht zu erraten.',
    pwned: 'Dieses Passwort ist aus einem Datenleck bekannt.',
  },
};
