import type { LinkPageTexts } from './english.ts';

export const german: LinkPageTexts = {
  pages: {
    'reset-password': {
      title: 'Neues Passwort festlegen',
      account: 'Für das Konto von {email}',
      newPassword: 'Neues Passwort',
      show: 'Anzeigen',
      hide: 'Verbergen',
      short: 'Mindestens {length} Zeichen. Ein paar Wörter ohne Zusammenhang sind gut.',
      submit: 'Passwort festlegen',
      ask: 'Geben Sie die E-Mail-Adresse Ihres Kontos ein, dann senden wir Ihnen einen Link.',
      email: 'E-Mail-Adresse',
      send: 'Link senden',
      password_too_short: 'Es muss mindestens {length} Zeichen haben.',
      password_too_long: 'Es darf höchstens 128 Zeichen haben.',
      password_common: 'Es ist eines der häufigsten Passwörter.',
      password_guessable:
        'Es ist Ihrem Namen, Ihrer Adresse oder dem Namen des Dienstes zu ähnlich.',
      password_refused: 'Wählen Sie ein anderes Passwort.',
      doneTitle: 'Ihr Passwort ist festgelegt',
      done: 'Sie können sich jetzt mit dem neuen Passwort anmelden. Alle Geräte wurden abgemeldet.',
      over: 'Dieser Link ist ungültig oder abgelaufen.',
      emailFault: 'Geben Sie eine einzelne E-Mail-Adresse ein.',
      sent: 'Falls es ein Konto mit dieser Adresse gibt, ist ein Link unterwegs.',
    },
    'verify-email': {
      title: 'E-Mail-Adresse bestätigen',
      question: 'Bestätigen Sie mit der Schaltfläche, dass diese Adresse Ihnen gehört.',
      confirm: 'Meine Adresse bestätigen',
      done: 'Ihre E-Mail-Adresse ist bestätigt.',
      over: 'Dieser Link ist ungültig oder abgelaufen. {advice}',
      noLink: 'Öffnen Sie diese Seite mit dem Link aus einer Mail. {advice}',
      advice: 'Melden Sie sich an, um einen neuen anzufordern.',
    },
    undo: {
      title: 'Änderung rückgängig machen',
      question:
        'Wenn Sie Ihre E-Mail-Adresse nicht geändert haben, machen Sie die Änderung rückgängig. Dann gilt wieder die alte Adresse, alle Geräte werden abgemeldet, und Sie erhalten einen Link für ein neues Passwort.',
      confirm: 'Änderung rückgängig machen',
      done: 'Ihre E-Mail-Adresse gilt wieder. Ein Link für ein neues Passwort ist an sie unterwegs.',
      deletionTitle: 'Konto wiederherstellen',
      deletionQuestion:
        'Ihr Konto ist gelöscht. Sie können es zurückhaben, wie es war. Wenn Sie es nicht gelöscht haben, kennt jemand Ihr Passwort: Legen Sie sofort ein neues fest.',
      deletionConfirm: 'Mein Konto wiederherstellen',
      deletionDone: 'Ihr Konto ist wiederhergestellt. Sie können sich wieder anmelden.',
      over: 'Dieser Link ist ungültig oder abgelaufen. {advice}',
      noLink: 'Öffnen Sie diese Seite mit dem Link aus einer Mail. {advice}',
      advice:
        'Wenn Sie Ihr Konto verloren haben, wenden Sie sich an den Betreiber dieses Dienstes.',
    },
    'sign-in-failed': {
      title: 'Das hat nicht geklappt',
      explanation:
        'Sie wurden nicht angemeldet, und nichts wurde geändert. Bitte versuchen Sie es erneut.',
      advice:
        'Wenn Sie hier schon ein Konto haben, melden Sie sich wie bisher an. Danach können Sie unter „Sicherheit“ weitere Anmeldewege verknüpfen.',
      reference:
        'Wenn es wieder geschieht, nennen Sie dem Betreiber dieses Dienstes diese Kennung:',
    },
  },
  shared: {
    needsScript: 'Diese Seite braucht JavaScript.',
    signIn: 'Anmelden',
    backToApp: 'Zurück zur Anwendung',
    terms: 'Nutzungsbedingungen',
    privacy: 'Datenschutz',
    mailbox: 'Postfach',
    unreachable: 'Der Dienst ist nicht erreichbar. Versuchen Sie es erneut.',
    busy: 'Der Dienst ist gerade ausgelastet.',
    tooMany: 'Zu viele Versuche.',
    unexpected: 'Etwas ist schiefgegangen. Versuchen Sie es erneut.',
    again: 'Versuchen Sie es erneut in {wait}.',
  },
  mailbox: {
    title: 'Postfach',
    lead: 'SMTP_HOST ist nicht gesetzt. Mails werden deshalb hier aufbewahrt statt gesendet. Nur ein Browser auf diesem Rechner sieht diese Seite.',
    none: 'Noch keine Mail. Registrieren Sie jemanden, um hier die erste zu sehen.',
    to: 'An',
    over: 'Der Link in dieser Mail wurde benutzt oder ist abgelaufen.',
    asItArrives: 'Wie sie ankommt',
    frame: 'Die Mail, wie sie ankommt',
  },
};
