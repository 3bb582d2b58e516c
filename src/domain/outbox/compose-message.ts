import { layOutHtml, layOutText } from './layout.ts';
import type { MailContext, MailText } from './mail-text.ts';

export type Message = { subject: string; text: string; html: string };

export function composeMessage(text: MailText, context: MailContext): Message {
  const content = text.write(context);
  const { projectName } = context;
  return {
    subject: `${content.title} – ${projectName}`,
    text: layOutText(content, projectName),
    html: layOutHtml(content, context),
  };
}

/** `1800` → `30 minutes`. */
export function describeLife(seconds: number): string {
  const units: [number, string][] = [
    [24 * 60 * 60, 'days'],
    [60 * 60, 'hours'],
    [60, 'minutes'],
  ];
  const [unit, name] = units.find(([size]) => seconds >= 2 * size && seconds % size < 1) ?? [
    60,
    'minutes',
  ];
  return `${Math.round(seconds / unit)} ${name}`;
}
