import type { Mail } from '../../../../client/src/api.ts';
import { useTexts } from '../../texts/texts.tsx';

const looks: Record<Mail['status'], string> = {
  queued: 'badge warn',
  sent: 'badge good',
  kept: 'badge',
  dead: 'badge bad',
};

export function MailBadge({ status }: Pick<Mail, 'status'>) {
  const t = useTexts().admin.mails;
  return <span class={looks[status]}>{t.statuses[status]}</span>;
}
