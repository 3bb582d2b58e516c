import type { shared as english } from '../en/shared.ts';

export const shared: typeof english = {
  skip: 'Zum Inhalt springen',
  retry: 'Erneut versuchen',
  cancel: 'Abbrechen',
  close: 'Schließen',
  save: 'Änderungen speichern',
  saved: 'Gespeichert',
  copy: 'Kopieren',
  copied: 'Kopiert',
  back: 'Zurück',
  more: 'Weitere Aktionen',
  loading: 'Wird geladen',
  optional: 'freiwillig',
  menu: 'Menü',
  lightTheme: 'Helle Farben verwenden',
  darkTheme: 'Dunkle Farben verwenden',
  language: 'Sprache',
  terms: 'Nutzungsbedingungen',
  privacy: 'Datenschutz',
  backToApp: 'Zurück zur Anwendung',
  mailbox: 'Postfach',
  apiDocumentation: 'API-Dokumentation',
  notFound: {
    title: 'Diese Seite gibt es nicht',
    text: 'Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen.',
    home: 'Zum Konto',
  },
  problem: {
    network:
      'Der Dienst ist nicht erreichbar. Ihre Eingaben sind noch da: Versuchen Sie es erneut.',
    unavailable: 'Der Dienst ist gerade ausgelastet. Versuchen Sie es gleich noch einmal.',
    unexpected:
      'Bei uns ist etwas schiefgegangen. Versuchen Sie es erneut, oder nennen Sie dem Betreiber die Nummer unten.',
    tooMany: (wait: string) => `Zu viele Versuche. Sie können es in ${wait} erneut versuchen.`,
    tooManyOver: 'Sie können es jetzt erneut versuchen.',
    challenge:
      'Ihr Browser konnte eine Prüfung gegen Missbrauch nicht ausführen. Versuchen Sie es erneut, oder nehmen Sie einen neueren Browser.',
    load: 'Das konnte nicht geladen werden.',
    requestId: 'Anfrage',
    conflict:
      'Inzwischen hat jemand anderes etwas geändert. Die Seite zeigt den neuesten Stand: Versuchen Sie es erneut.',
    recentSignIn:
      'Dafür müssen Sie sich gerade erst angemeldet haben: Melden Sie sich ab und wieder an, und wiederholen Sie es.',
    sessionEnded: 'Ihre Sitzung ist beendet. Melden Sie sich wieder an, um fortzufahren.',
  },
  fields: {
    username: 'Benutzername',
    usernameOrEmail: 'Benutzername oder E-Mail-Adresse',
    email: 'E-Mail-Adresse',
    fullName: 'Vollständiger Name',
    password: 'Passwort',
    newPassword: 'Neues Passwort',
    currentPassword: 'Aktuelles Passwort',
    showPassword: 'Passwort anzeigen',
    hidePassword: 'Passwort verbergen',
    required: 'Diese Angabe fehlt',
  },
  strength: {
    short: (length: number) =>
      `Mindestens ${length} Zeichen. Ein paar Wörter ohne Zusammenhang sind gut.`,
  },
};
